#include "protocol/http_routes.h"

#include <set>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "catch.h"

namespace wick::protocol {
namespace {

constexpr uint32_t kLimitMax = 10'000;

/// The request of a target that must give a `Request`.
template <typename Request>
Request Routed(std::string_view method, std::string_view target) {
  CAPTURE(method, target);
  const auto routed = RouteHttp(method, target, kLimitMax);
  if (const auto* problem = std::get_if<Problem>(&routed)) FAIL(problem->detail);
  const auto& request = std::get<HttpRequest>(routed);
  REQUIRE(std::holds_alternative<Request>(request));
  return std::get<Request>(request);
}

Problem Refused(std::string_view method, std::string_view target) {
  CAPTURE(method, target);
  const auto routed = RouteHttp(method, target, kLimitMax);
  REQUIRE(std::holds_alternative<Problem>(routed));
  return std::get<Problem>(routed);
}

CandlesRequest Candles(const std::string& query) {
  return Routed<GetCandles>("GET", "/v1/candles?symbol=K:B/Q" + query).request;
}

TEST_CASE("every path leads to its request", "[protocol][routes]") {
  Routed<PostLatest>("POST", "/v1/latest");
  Routed<PostCandles>("POST", "/v1/candles");
  Routed<GetReferences>("GET", "/v1/references");
  Routed<PutReferences>("PUT", "/v1/references");
  Routed<GetStatus>("GET", "/v1/status");
  Routed<GetHealthz>("GET", "/healthz");
  Routed<GetReadyz>("GET", "/readyz?");
  Routed<GetMetrics>("GET", "/metrics");
  Routed<GetOpenApi>("GET", "/v1/openapi.json");
  Routed<AdminCheckpoint>("POST", "/v1/admin/checkpoint");
  Routed<AdminBackup>("POST", "/v1/admin/backup");
  const auto letters = Routed<GetDeadLetters>(
      "GET", "/v1/admin/dead-letters?topic=ticks&partition=7&offset=9&limit=3");
  CHECK(letters.from == cold::KafkaPlace{"ticks", 7, 9});
  CHECK(letters.limit == 3);
  CHECK(Routed<GetDeadLetters>("GET", "/v1/admin/dead-letters").from.topic.empty());
  CHECK(Refused("GET", "/v1/admin/dead-letters?partition=7").code == "missing_parameter");
  for (const char* query : {"limit=0", "limit=101", "topic=t&partition=-1", "topic=t&offset=x",
                            "topic=t&partition=2147483648"}) {
    CHECK(Refused("GET", std::string("/v1/admin/dead-letters?") + query).code ==
          "invalid_parameter");
  }
  CHECK(Routed<GetBase>("GET", "/v1/bases/BTC").base_currency == "BTC");
  CHECK(Routed<PutReference>("PUT", "/v1/bases/BTC/reference").base_currency == "BTC");
  CHECK(Routed<DeleteReference>("DELETE", "/v1/bases/BTC/reference").base_currency == "BTC");
}

TEST_CASE("every route of the table is reached by its method and path", "[protocol][routes]") {
  std::set<size_t> reached;
  for (const HttpRouteInfo& route : HttpRoutes()) {
    std::string target(route.path);
    if (const size_t base = target.find("{base}"); base != std::string::npos)
      target.replace(base, 6, "BTC");
    if (!route.parameters.empty() && route.parameters[0] == "symbol") target += "?symbol=K:B/Q";
    CAPTURE(route.method, target);
    const auto routed = RouteHttp(route.method, target, kLimitMax);
    REQUIRE(std::holds_alternative<HttpRequest>(routed));
    reached.insert(std::get<HttpRequest>(routed).index());
  }
  CHECK(reached.size() == std::variant_size_v<HttpRequest>);
}

TEST_CASE("HEAD and absolute targets are routed like GET of the path", "[protocol][routes]") {
  CHECK(Routed<GetLatest>("HEAD", "/v1/latest?symbol=K:B/Q").symbol == Symbol("B", "Q", "K"));
  Routed<GetStatus>("GET", "http://localhost:9400/v1/status");
  CHECK(Refused("GET", "http://localhost:9400").status == 404);
  CHECK(Refused("GET", "http://localhost:9400?a=/v1/status").code == "not_found");
  CHECK(Refused("GET", "ftp://localhost/v1/status").code == "not_found");
}

TEST_CASE("what is not there is 404, what is there in another way is 405", "[protocol][routes]") {
  for (const char* target :
       {"/", "", "/v1", "/v1/latest/", "/v2/latest", "/v1/bases/", "/v1/bases/a/b",
        "/v1/bases//reference", "/v1/bases/a/reference/x", "*", "/V1/latest"}) {
    CAPTURE(target);
    CHECK(Refused("GET", target).code == "not_found");
  }
  const Problem latest = Refused("DELETE", "/v1/latest");
  CHECK(latest.status == 405);
  CHECK(latest.code == "method_not_allowed");
  CHECK(latest.allow == "GET, HEAD, POST");
  CHECK(Refused("GET", "/v1/bases/BTC/reference").allow == "PUT, DELETE");
  CHECK(Refused("HEAD", "/v1/events").allow == "POST");
  CHECK(Refused("get", "/v1/status").status == 405);
}

TEST_CASE("a series is named by a symbol or by its three names", "[protocol][routes]") {
  const Symbol symbol("BTC", "USD", "Kraken");
  CHECK(Routed<GetLatest>("GET", "/v1/latest?symbol=Kraken:BTC/USD").symbol == symbol);
  CHECK(Routed<GetLatest>("GET", "/v1/latest?symbol=Kraken%3ABTC%2fUSD").symbol == symbol);
  CHECK(Routed<GetLatest>("GET", "/v1/latest?exchange=Kraken&quoteCurrency=USD&baseCurrency=BTC")
            .symbol == symbol);
  CHECK(Routed<GetLatest>("GET", "/v1/latest?symbol=Gate.io:%E5%B8%81+x:y/U%2BS:D").symbol ==
        Symbol("\xE5\xB8\x81 x:y", "U+S:D", "Gate.io"));

  CHECK(Refused("GET", "/v1/latest").code == "missing_parameter");
  const Problem part = Refused("GET", "/v1/latest?baseCurrency=BTC&exchange=Kraken");
  CHECK(part.code == "missing_parameter");
  CHECK(part.detail == "quoteCurrency is missing beside the other two");
  CHECK(Refused("GET", "/v1/latest?symbol=K:B/Q&exchange=K").code == "invalid_parameter");
}

TEST_CASE("a symbol that is none is refused", "[protocol][routes]") {
  for (const char* text :
       {"", "BTC", "BTC/USD", "Kraken:BTC", "Kraken:/USD", "Kraken:BTC/", ":BTC/USD",
        "Kraken:BTC/USD/X", "Kraken:%20BTC/USD", "Kraken:BTC/%FF", "Kraken:BTC/%00"}) {
    CAPTURE(text);
    CHECK(Refused("GET", "/v1/latest?symbol=" + std::string(text)).code == "invalid_parameter");
  }
}

TEST_CASE("unknown, repeated and broken parameters are refused by name", "[protocol][routes]") {
  const Problem unknown = Refused("GET", "/v1/latest?symbol=K:B/Q&sybmol=1");
  CHECK(unknown.code == "unknown_parameter");
  CHECK(unknown.detail ==
        "\"sybmol\": this request takes symbol, baseCurrency, quoteCurrency, exchange");
  CHECK(Refused("GET", "/v1/status?a").detail == "\"a\": this request takes no parameters");
  CHECK(Refused("POST", "/v1/latest?symbol=K:B/Q").code == "unknown_parameter");
  CHECK(Refused("GET", "/v1/latest?symbol=K:B/Q&symbol=K:B/Q").detail == "symbol is given twice");
  for (const char* text : {"%", "%4", "%4g", "%+1", "%-1", "a%"}) {
    CAPTURE(text);
    CHECK(Refused("GET", "/v1/latest?symbol=" + std::string(text)).code == "invalid_parameter");
  }
  CHECK(Routed<GetLatest>("GET", "/v1/latest?&symbol=K:B/Q&&").symbol.exchange == "K");
}

TEST_CASE("ack says when to answer", "[protocol][routes]") {
  CHECK(Routed<PostEvents>("POST", "/v1/events").ack == engine::Ack::kDurable);
  CHECK(Routed<PostEvents>("POST", "/v1/events?ack=durable").ack == engine::Ack::kDurable);
  CHECK(Routed<PostEvents>("POST", "/v1/events?ack=memory").ack == engine::Ack::kMemory);
  CHECK(Routed<PostEvents>("POST", "/v1/events?ack=none").ack == engine::Ack::kNone);
  CHECK(Refused("POST", "/v1/events?ack=1").detail == "ack \"1\" must be durable, memory or none");
}

TEST_CASE("candle parameters are read, and have defaults", "[protocol][routes]") {
  CHECK(Candles("") == CandlesRequest{});
  CandlesRequest expected;
  expected.interval = {90, IntervalUnit::kSecond};
  expected.from_ms = 0;
  expected.to_ms = 1'700'000'000'000;
  expected.limit = 10'000;
  expected.fill = Fill::kNull;
  CHECK(Candles("&interval=90s&from=0&to=1700000000000&limit=10000&fill=null") == expected);
  CHECK(Candles("&interval=auto").grain == Grain::kAuto);
  CHECK(Candles("&interval=finest").grain == Grain::kFinest);
  CHECK(Candles("&interval=1M").interval == Interval{1, IntervalUnit::kMonth});
  CHECK(Candles("&fill=previous").fill == Fill::kPrevious);
  const auto format = [](const std::string& query) {
    return Routed<GetCandles>("GET", "/v1/candles?symbol=K:B/Q" + query).format;
  };
  CHECK(format("") == CandlesFormat::kJson);
  CHECK(format("&format=csv") == CandlesFormat::kCsv);
  CHECK(format("&format=ccxt") == CandlesFormat::kCcxt);
  const auto small = RouteHttp("GET", "/v1/candles?symbol=K:B/Q", 50);
  CHECK(std::get<GetCandles>(std::get<HttpRequest>(small)).request.limit == 50);
}

TEST_CASE("candle parameters out of their bounds are refused", "[protocol][routes]") {
  for (const char* query : {"interval=",       "interval=1",
                            "interval=m",      "interval=0m",
                            "interval=01m",    "interval=2w",
                            "interval=1y",     "interval=Auto",
                            "from=",           "from=-1",
                            "from=1.5",        "from=1e3",
                            "from=+1",         "from=18446744073709551616",
                            "from=2023-01-01", "to=x",
                            "from=5&to=5",     "from=6&to=5",
                            "limit=0",         "limit=10001",
                            "limit=-1",        "limit=4294967297",
                            "limit=",          "fill=zero",
                            "fill=",           "format=xml"}) {
    CAPTURE(query);
    CHECK(Refused("GET", "/v1/candles?symbol=K:B/Q&" + std::string(query)).code ==
          "invalid_parameter");
  }
  CHECK(Refused("GET", "/v1/candles?symbol=K:B/Q&limit=x").detail ==
        "limit \"x\" must be from 1 to 10000 candles");
}

TEST_CASE("listings can be narrowed", "[protocol][routes]") {
  const auto all = Routed<GetExchanges>("GET", "/v1/exchanges");
  CHECK_FALSE(all.exchange);
  CHECK(all.pairs);
  const auto one = Routed<GetExchanges>("GET", "/v1/exchanges?exchange=Gate.io&pairs=false");
  CHECK(one.exchange == "Gate.io");
  CHECK_FALSE(one.pairs);
  CHECK(Refused("GET", "/v1/exchanges?pairs=no").code == "invalid_parameter");
  CHECK(Refused("GET", "/v1/exchanges?exchange=").code == "invalid_parameter");

  CHECK(Routed<GetBases>("GET", "/v1/bases").base_currencies.empty());
  CHECK(Routed<GetBases>("GET", "/v1/bases?baseCurrency=BTC,ETH%2C%E5%B8%81").base_currencies ==
        std::vector<std::string>{"BTC", "ETH", "\xE5\xB8\x81"});
  CHECK(Refused("GET", "/v1/bases?baseCurrency=").code == "invalid_parameter");
  CHECK(Refused("GET", "/v1/bases?baseCurrency=BTC,").code == "invalid_parameter");
}

TEST_CASE("a base in the path is decoded, a plus sign stays one", "[protocol][routes]") {
  CHECK(Routed<GetBase>("GET", "/v1/bases/%E5%B8%81").base_currency == "\xE5\xB8\x81");
  CHECK(Routed<GetBase>("GET", "/v1/bases/A+B%20C").base_currency == "A+B C");
  CHECK(Routed<GetBase>("GET", "/v1/bases/reference").base_currency == "reference");
  CHECK(Routed<PutReference>("PUT", "/v1/bases/reference/reference").base_currency == "reference");
  for (const char* target : {"/v1/bases/a%2Fb", "/v1/bases/%", "/v1/bases/%FF", "/v1/bases/%20a"}) {
    CAPTURE(target);
    CHECK(Refused("GET", target).code == "invalid_parameter");
  }
}

}  // namespace
}  // namespace wick::protocol
