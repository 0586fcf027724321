#include "protocol/http_values.h"

#include "market/interval.h"
#include "market/validation.h"

namespace wick::protocol {
namespace {

/// A name that passes every check, to check one name of a triple.
constexpr std::string_view kValidName = "x";

}  // namespace

absl::Status ReadInterval(std::string_view text, CandlesRequest& request) {
  if (text == "auto" || text == "finest") {
    request.grain = text == "auto" ? Grain::kAuto : Grain::kFinest;
    return absl::OkStatus();
  }
  const auto interval = market::ParseInterval(text);
  if (!interval) {
    return InvalidArgument(
        "interval \"{}\" must be auto, finest, Ns, Nm, Nh or Nd of at most 366 days, 1w or 1M",
        market::Printable(text));
  }
  request.grain = Grain::kFixed;
  request.interval = *interval;
  return absl::OkStatus();
}

absl::StatusOr<Fill> ReadFill(std::string_view text) {
  if (text == "none") return Fill::kNone;
  if (text == "previous") return Fill::kPrevious;
  if (text == "null") return Fill::kNull;
  return InvalidArgument("fill \"{}\" must be none, previous or null", market::Printable(text));
}

absl::StatusOr<Symbol> ReadSymbol(std::string_view text) {
  const size_t colon = text.find(':');
  const size_t slash = colon == std::string_view::npos ? colon : text.find('/', colon);
  if (slash == std::string_view::npos) {
    return InvalidArgument("symbol \"{}\" must be exchange:BASE/QUOTE", market::Printable(text));
  }
  const SymbolView symbol = {.base_currency = text.substr(colon + 1, slash - colon - 1),
                             .quote_currency = text.substr(slash + 1),
                             .exchange = text.substr(0, colon)};
  if (const absl::Status valid = CheckNames(symbol); !valid.ok()) {
    return InvalidArgument("symbol \"{}\": {}", market::Printable(text), Message(valid));
  }
  return Symbol(symbol);
}

absl::Status CheckNames(const SymbolView& symbol) {
  if (market::CheckSymbol(symbol) == Refusal::kNone) return absl::OkStatus();
  return InvalidArgument("{}", market::DescribeSymbol(symbol));
}

absl::Status CheckBaseCurrency(std::string_view name) {
  return CheckNames({.base_currency = name, .quote_currency = kValidName, .exchange = kValidName});
}

absl::Status CheckExchange(std::string_view name) {
  return CheckNames({.base_currency = kValidName, .quote_currency = kValidName, .exchange = name});
}

absl::Status CheckCandlesRequest(const CandlesRequest& request, uint32_t candles_per_request_max) {
  if (request.limit == 0 || request.limit > candles_per_request_max) {
    return InvalidArgument("limit {} must be from 1 to {} candles", request.limit,
                           candles_per_request_max);
  }
  if (request.from_ms && request.to_ms && *request.from_ms >= *request.to_ms) {
    return InvalidArgument("from {} must be before to {}", *request.from_ms, *request.to_ms);
  }
  return absl::OkStatus();
}

}  // namespace wick::protocol
