// What an HTTP request asks for: method and target in, a typed request out.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "engine/engine.h"
#include "protocol/http_problem.h"
#include "protocol/scope.h"
#include "wick/query.h"
#include "wick/series.h"
#include "wick/wire.h"

namespace wick::protocol {

enum class CandlesFormat : uint8_t { kJson, kCsv, kCcxt };

struct PostEvents {
  engine::Ack ack = engine::Ack::kDurable;
};
struct GetLatest {
  Symbol symbol;
};
struct PostLatest {};  // body: ParseLatestBody
struct GetCandles {
  Symbol symbol;
  CandlesRequest request;
  CandlesFormat format = CandlesFormat::kJson;
};
struct PostCandles {};  // body: ParseCandlesBody
struct GetExchanges {
  std::optional<std::string> exchange;  // only this one
  bool pairs = true;                    // false: names alone
};
struct GetBases {
  std::vector<std::string> base_currencies;  // only these; empty: all
};
struct GetBase {
  std::string base_currency;
};
struct PutReference {  // body: ParseReferenceBody
  std::string base_currency;
};
struct DeleteReference {
  std::string base_currency;
};
struct GetReferences {};
struct PutReferences {};  // body: ParseReferencesBody
struct GetStatus {};
struct GetCluster {};
struct GetHealthz {};
struct GetReadyz {};
struct GetMetrics {};
struct GetOpenApi {};
struct AdminCheckpoint {};
struct AdminBackup {};  // body: ParseBackupBody
struct GetDeadLetters {
  cold::KafkaPlace from;  // no topic: from the first on
  uint32_t limit = wire::kDeadLettersPerReplyMax;
};

using HttpRequest =
    std::variant<PostEvents, GetLatest, PostLatest, GetCandles, PostCandles, GetExchanges, GetBases,
                 GetBase, PutReference, DeleteReference, GetReferences, PutReferences, GetStatus,
                 GetCluster, GetHealthz, GetReadyz, GetMetrics, GetOpenApi, AdminCheckpoint,
                 AdminBackup, GetDeadLetters>;

/// Reads method and target ("/path?query", or absolute "http://host/path?query"). HEAD is routed as
/// GET: the session drops the body. Names in the result are valid names, `request.limit` is in
/// 1..candles_per_request_max, and from < to if both are there.
OrProblem<HttpRequest> RouteHttp(std::string_view method, std::string_view target,
                                 uint32_t candles_per_request_max);

/// One line of the table behind RouteHttp(); a test holds the OpenAPI description against it.
struct HttpRouteInfo {
  std::string_view method;                       // "GET"
  std::string_view path;                         // "/v1/bases/{base}"
  Scope scope;                                   // that its sender needs
  std::span<const std::string_view> parameters;  // known names in the query
};
std::vector<HttpRouteInfo> HttpRoutes();

}  // namespace wick::protocol
