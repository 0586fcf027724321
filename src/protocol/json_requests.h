// Bodies of HTTP requests that are no events.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/http_problem.h"
#include "protocol/json_reader.h"
#include "wick/query.h"
#include "wick/series.h"

namespace wick::protocol {

inline constexpr size_t kSymbolsPerLatestMax = 10'000;
inline constexpr size_t kSeriesPerCandlesMax = 100;

/// Body of POST /v1/candles: one question of several series.
struct CandlesBody {
  std::vector<Symbol> series;  // 1..kSeriesPerCandlesMax
  CandlesRequest request;
};

// Each refuses unknown and repeated keys and names that are no names; a problem says which element
// is wrong. A body that is no JSON, or nests deeper than `depth_max`, is invalid_json; one that
// does not say what it should is invalid_body.

/// Array of {"baseCurrency","quoteCurrency","exchange"} or of "exchange:BASE/QUOTE".
OrProblem<std::vector<Symbol>> ParseLatestBody(std::string_view body,
                                               uint32_t depth_max = kJsonDepthDefault);

/// {"series":[…],"interval","from","to","limit","fill"}; only `series` is required.
OrProblem<CandlesBody> ParseCandlesBody(std::string_view body, uint32_t candles_per_request_max,
                                        uint32_t depth_max = kJsonDepthDefault);

/// Body of POST /v1/admin/backup.
struct BackupBody {
  std::string directory;
  uint32_t keep = 0;              // 0: all
  uint64_t bytes_per_second = 0;  // 0: no limit
};

/// {"directory","keep","bytesPerSecond"}; only `directory` is required.
OrProblem<BackupBody> ParseBackupBody(std::string_view body,
                                      uint32_t depth_max = kJsonDepthDefault);

/// {"quoteCurrency","exchange"}: the reference of `base_currency`.
OrProblem<Reference> ParseReferenceBody(std::string_view body, std::string_view base_currency,
                                        uint32_t depth_max = kJsonDepthDefault);

/// Array of {"baseCurrency","quoteCurrency","exchange"}, each base once.
OrProblem<std::vector<Reference>> ParseReferencesBody(std::string_view body,
                                                      uint32_t depth_max = kJsonDepthDefault);

}  // namespace wick::protocol
