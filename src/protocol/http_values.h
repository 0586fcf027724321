// Values that stand in queries and bodies alike. Errors name the value and what is allowed.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/status.h"
#include "wick/query.h"
#include "wick/series.h"

namespace wick::protocol {

/// "auto", "finest" or an interval: sets grain and interval.
absl::Status ReadInterval(std::string_view text, CandlesRequest& request);

absl::StatusOr<Fill> ReadFill(std::string_view text);

/// "exchange:BASE/QUOTE": the exchange ends at the first ':', the base currency at the first '/'
/// after it.
absl::StatusOr<Symbol> ReadSymbol(std::string_view text);

absl::Status CheckNames(const SymbolView& symbol);
absl::Status CheckBaseCurrency(std::string_view name);
absl::Status CheckExchange(std::string_view name);

/// Limit and range of a request that was read.
absl::Status CheckCandlesRequest(const CandlesRequest& request, uint32_t candles_per_request_max);

}  // namespace wick::protocol
