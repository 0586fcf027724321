#include "protocol/http_routes.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "market/validation.h"
#include "protocol/http_query.h"
#include "protocol/http_target.h"
#include "protocol/http_values.h"

namespace wick::protocol {
namespace {

/// What a route reads its request from.
struct Target {
  Query query;
  std::string base_currency;  // of the path; valid, empty where the path has none
  uint32_t candles_per_request_max;
};

Problem BadParameter(const absl::Status& status) {
  return MakeProblem(ProblemCode::kInvalidParameter, Message(status));
}

Problem BadParameter(std::string_view name, std::string_view value, std::string_view allowed) {
  return MakeProblem(ProblemCode::kInvalidParameter,
                     fmt::format("{} \"{}\" must be {}", name, market::Printable(value), allowed));
}

/// Reads a whole number into `number`, which is left alone if the parameter is not there.
template <typename Number>
std::optional<Problem> ReadWhole(const Query& query, std::string_view name,
                                 std::string_view allowed, Number& number) {
  const auto text = query.Find(name);
  if (!text) return std::nullopt;
  uint64_t value = 0;
  const auto result = std::from_chars(text->data(), text->data() + text->size(), value);
  if (result.ec != std::errc() || result.ptr != text->data() + text->size()) {
    return BadParameter(name, *text, allowed);
  }
  number = value;
  return std::nullopt;
}

OrProblem<Symbol> ReadSeries(const Query& query) {
  const auto symbol = query.Find("symbol");
  const auto base = query.Find("baseCurrency");
  const auto quote = query.Find("quoteCurrency");
  const auto exchange = query.Find("exchange");
  if (symbol && (base || quote || exchange)) {
    return MakeProblem(ProblemCode::kInvalidParameter,
                       "name the series by symbol or by baseCurrency, quoteCurrency and exchange, "
                       "not by both");
  }
  if (symbol) {
    auto named = ReadSymbol(*symbol);
    if (!named.ok()) return BadParameter(named.status());
    return *std::move(named);
  }
  if (!base || !quote || !exchange) {
    const std::string_view missing = !base ? "baseCurrency" : !quote ? "quoteCurrency" : "exchange";
    return MakeProblem(ProblemCode::kMissingParameter,
                       base || quote || exchange
                           ? fmt::format("{} is missing beside the other two", missing)
                           : "name the series: symbol=exchange:BASE/QUOTE, or baseCurrency, "
                             "quoteCurrency and exchange");
  }
  Symbol named{std::string(*base), std::string(*quote), std::string(*exchange)};
  if (const absl::Status valid = CheckNames(named); !valid.ok()) return BadParameter(valid);
  return named;
}

OrProblem<HttpRequest> ReadPostEvents(const Target& target) {
  const std::string_view ack = target.query.Find("ack").value_or("durable");
  if (ack == "durable") return PostEvents{engine::Ack::kDurable};
  if (ack == "memory") return PostEvents{engine::Ack::kMemory};
  if (ack == "none") return PostEvents{engine::Ack::kNone};
  return BadParameter("ack", ack, "durable, memory or none");
}

OrProblem<HttpRequest> ReadGetLatest(const Target& target) {
  auto symbol = ReadSeries(target.query);
  if (auto* problem = std::get_if<Problem>(&symbol)) return std::move(*problem);
  return GetLatest{std::get<Symbol>(std::move(symbol))};
}

OrProblem<HttpRequest> ReadGetCandles(const Target& target) {
  constexpr std::string_view kTime = "a whole number of milliseconds since 1970-01-01 UTC";
  const Query& query = target.query;
  auto symbol = ReadSeries(query);
  if (auto* problem = std::get_if<Problem>(&symbol)) return std::move(*problem);
  GetCandles get;
  get.symbol = std::get<Symbol>(std::move(symbol));

  CandlesRequest& candles = get.request;
  if (const auto text = query.Find("interval")) {
    if (const absl::Status read = ReadInterval(*text, candles); !read.ok())
      return BadParameter(read);
  }
  if (const auto text = query.Find("fill")) {
    const auto fill = ReadFill(*text);
    if (!fill.ok()) return BadParameter(fill.status());
    candles.fill = *fill;
  }
  if (auto problem = ReadWhole(query, "from", kTime, candles.from_ms)) return *std::move(problem);
  if (auto problem = ReadWhole(query, "to", kTime, candles.to_ms)) return *std::move(problem);
  const uint32_t limit_max = target.candles_per_request_max;
  uint64_t limit = std::min(kCandlesPerRequestDefault, limit_max);
  const std::string allowed = fmt::format("from 1 to {} candles", limit_max);
  if (auto problem = ReadWhole(query, "limit", allowed, limit)) return *std::move(problem);
  candles.limit = static_cast<uint32_t>(std::min<uint64_t>(limit, UINT32_MAX));
  if (const absl::Status valid = CheckCandlesRequest(candles, limit_max); !valid.ok()) {
    return BadParameter(valid);
  }

  const std::string_view format = query.Find("format").value_or("json");
  if (format == "csv") {
    get.format = CandlesFormat::kCsv;
  } else if (format == "ccxt") {
    get.format = CandlesFormat::kCcxt;
  } else if (format != "json") {
    return BadParameter("format", format, "json, csv or ccxt");
  }
  return get;
}

OrProblem<HttpRequest> ReadGetExchanges(const Target& target) {
  GetExchanges get;
  if (const auto exchange = target.query.Find("exchange")) {
    if (const absl::Status valid = CheckExchange(*exchange); !valid.ok())
      return BadParameter(valid);
    get.exchange = *exchange;
  }
  const std::string_view pairs = target.query.Find("pairs").value_or("true");
  if (pairs != "true" && pairs != "false") return BadParameter("pairs", pairs, "true or false");
  get.pairs = pairs == "true";
  return get;
}

OrProblem<HttpRequest> ReadGetBases(const Target& target) {
  GetBases get;
  auto names = target.query.Find("baseCurrency");
  while (names) {
    const size_t comma = names->find(',');
    const std::string_view name = names->substr(0, comma);
    if (const absl::Status valid = CheckBaseCurrency(name); !valid.ok()) return BadParameter(valid);
    get.base_currencies.emplace_back(name);
    if (comma == std::string_view::npos) break;
    names->remove_prefix(comma + 1);
  }
  return get;
}

OrProblem<HttpRequest> ReadDeadLetters(const Target& target) {
  const Query& query = target.query;
  GetDeadLetters get;
  get.from.topic = query.Find("topic").value_or("");
  if (get.from.topic.size() > cold::kTopicBytesMax) {
    return BadParameter("topic", get.from.topic, "at most 249 bytes");
  }
  for (const std::string_view name : {"partition", "offset"}) {
    if (query.Find(name) && get.from.topic.empty()) {
      return MakeProblem(ProblemCode::kMissingParameter,
                         fmt::format("topic is missing beside {}", name));
    }
  }
  uint64_t partition = 0;
  uint64_t limit = get.limit;
  const std::string allowed = fmt::format("from 1 to {}", wire::kDeadLettersPerReplyMax);
  if (auto problem = ReadWhole(query, "partition", "a number of a partition", partition)) {
    return *std::move(problem);
  }
  if (auto problem = ReadWhole(query, "offset", "an offset of the partition", get.from.offset)) {
    return *std::move(problem);
  }
  if (auto problem = ReadWhole(query, "limit", allowed, limit)) return *std::move(problem);
  if (partition > INT32_MAX) {
    return BadParameter("partition", *query.Find("partition"), "a number of a partition");
  }
  if (limit < 1 || limit > wire::kDeadLettersPerReplyMax) {
    return BadParameter("limit", *query.Find("limit"), allowed);
  }
  get.from.partition = static_cast<uint32_t>(partition);
  get.limit = static_cast<uint32_t>(limit);
  return get;
}

/// A request that is nothing but the base currency of its path.
template <typename Request>
OrProblem<HttpRequest> ReadBase(const Target& target) {
  return Request{target.base_currency};
}

/// A request whose path says it all.
template <typename Request>
OrProblem<HttpRequest> ReadNothing(const Target&) {
  return Request{};
}

constexpr std::string_view kAckParameters[] = {"ack"};
constexpr std::string_view kSeriesParameters[] = {"symbol", "baseCurrency", "quoteCurrency",
                                                  "exchange"};
constexpr std::string_view kCandlesParameters[] = {
    "symbol", "baseCurrency", "quoteCurrency", "exchange", "interval",
    "from",   "to",           "limit",         "fill",     "format"};
constexpr std::string_view kExchangesParameters[] = {"exchange", "pairs"};
constexpr std::string_view kBasesParameters[] = {"baseCurrency"};

constexpr std::string_view kDeadLettersParameters[] = {"topic", "partition", "offset", "limit"};

struct Route {
  std::string_view method;
  std::string_view path;  // "{base}" stands for one segment
  Scope scope;            // that its sender needs
  OrProblem<HttpRequest> (*read)(const Target& target);
  std::span<const std::string_view> parameters = {};
};

const Route kRoutes[] = {
    {"POST", "/v1/events", Scope::kIngest, ReadPostEvents, kAckParameters},
    {"GET", "/v1/latest", Scope::kRead, ReadGetLatest, kSeriesParameters},
    {"POST", "/v1/latest", Scope::kRead, ReadNothing<PostLatest>},
    {"GET", "/v1/candles", Scope::kRead, ReadGetCandles, kCandlesParameters},
    {"POST", "/v1/candles", Scope::kRead, ReadNothing<PostCandles>},
    {"GET", "/v1/exchanges", Scope::kRead, ReadGetExchanges, kExchangesParameters},
    {"GET", "/v1/bases", Scope::kRead, ReadGetBases, kBasesParameters},
    {"GET", "/v1/bases/{base}", Scope::kRead, ReadBase<GetBase>},
    {"PUT", "/v1/bases/{base}/reference", Scope::kAdmin, ReadBase<PutReference>},
    {"DELETE", "/v1/bases/{base}/reference", Scope::kAdmin, ReadBase<DeleteReference>},
    {"GET", "/v1/references", Scope::kRead, ReadNothing<GetReferences>},
    {"PUT", "/v1/references", Scope::kAdmin, ReadNothing<PutReferences>},
    {"GET", "/v1/status", Scope::kRead, ReadNothing<GetStatus>},
    {"GET", "/v1/cluster", Scope::kRead, ReadNothing<GetCluster>},
    {"GET", "/healthz", Scope::kNone, ReadNothing<GetHealthz>},
    {"GET", "/readyz", Scope::kNone, ReadNothing<GetReadyz>},
    {"GET", "/metrics", Scope::kRead, ReadNothing<GetMetrics>},
    {"GET", "/v1/openapi.json", Scope::kRead, ReadNothing<GetOpenApi>},
    {"POST", "/v1/admin/checkpoint", Scope::kAdmin, ReadNothing<AdminCheckpoint>},
    {"POST", "/v1/admin/backup", Scope::kAdmin, ReadNothing<AdminBackup>},
    {"GET", "/v1/admin/dead-letters", Scope::kAdmin, ReadDeadLetters, kDeadLettersParameters},
};

constexpr std::string_view kBaseSegment = "{base}";

/// The segment in the place of "{base}", still encoded, empty if there is no such place. nullopt:
/// no match.
std::optional<std::string_view> Match(std::string_view pattern, std::string_view path) {
  const size_t segment = pattern.find(kBaseSegment);
  if (segment == std::string_view::npos) {
    if (pattern != path) return std::nullopt;
    return std::string_view();
  }
  const std::string_view before = pattern.substr(0, segment);
  const std::string_view after = pattern.substr(segment + kBaseSegment.size());
  if (path.size() <= before.size() + after.size() || !path.starts_with(before) ||
      !path.ends_with(after)) {
    return std::nullopt;
  }
  path.remove_prefix(before.size());
  path.remove_suffix(after.size());
  if (path.find('/') != std::string_view::npos) return std::nullopt;
  return path;
}

OrProblem<HttpRequest> ReadRoute(const Route& route, std::string_view base_segment,
                                 std::string_view query_text, uint32_t candles_per_request_max) {
  auto query = Query::Read(query_text, route.parameters);
  if (auto* problem = std::get_if<Problem>(&query)) return std::move(*problem);
  Target target{std::get<Query>(std::move(query)), {}, candles_per_request_max};
  if (!base_segment.empty()) {
    auto base = DecodePercent(base_segment, Plus::kPlus);
    if (!base) return BadParameter("base", base_segment, "percent-encoded UTF-8");
    if (const absl::Status valid = CheckBaseCurrency(*base); !valid.ok())
      return BadParameter(valid);
    target.base_currency = *std::move(base);
  }
  return route.read(target);
}

std::string_view WithoutHead(std::string_view method) { return method == "HEAD" ? "GET" : method; }

}  // namespace

OrProblem<HttpRequest> RouteHttp(std::string_view method, std::string_view target,
                                 uint32_t candles_per_request_max) {
  const HttpTarget cut = CutTarget(target);  // its host is the reader's concern
  const std::string_view path = cut.path;
  method = WithoutHead(method);

  std::string allow;
  for (const Route& route : kRoutes) {
    const auto base_segment = Match(route.path, path);
    if (!base_segment) continue;
    if (route.method == method) {
      return ReadRoute(route, *base_segment, cut.query, candles_per_request_max);
    }
    if (!allow.empty()) allow += ", ";
    allow += route.method;
    if (route.method == "GET") allow += ", HEAD";
  }
  if (allow.empty()) {
    return MakeProblem(ProblemCode::kNotFound,
                       fmt::format("\"{}\" is no path of this API; GET /v1/openapi.json lists them",
                                   market::Printable(path)));
  }
  Problem problem =
      MakeProblem(ProblemCode::kMethodNotAllowed,
                  fmt::format("{} does not take {}, it takes {}", market::Printable(path),
                              market::Printable(method), allow));
  problem.allow = std::move(allow);
  return problem;
}

std::vector<HttpRouteInfo> HttpRoutes() {
  std::vector<HttpRouteInfo> routes;
  for (const Route& route : kRoutes) {
    routes.push_back({route.method, route.path, route.scope, route.parameters});
  }
  return routes;
}

Scope ScopeOfHttp(std::string_view method, std::string_view target) {
  const std::string_view path = CutTarget(target).path;
  method = WithoutHead(method);
  for (const Route& route : kRoutes) {
    if (route.method == method && Match(route.path, path)) return route.scope;
  }
  return Scope::kToken;
}

}  // namespace wick::protocol
