#include "protocol/json_requests.h"

#include <string>
#include <variant>
#include <vector>

#include "catch.h"

namespace wick::protocol {
namespace {

constexpr uint32_t kLimitMax = 10'000;

/// The value of an answer that must be one.
template <typename T>
T Value(const OrProblem<T>& answer) {
  if (const auto* problem = std::get_if<Problem>(&answer)) FAIL(problem->detail);
  return std::get<T>(answer);
}

template <typename T>
std::string CodeOf(const OrProblem<T>& answer) {
  return std::holds_alternative<Problem>(answer) ? std::string(std::get<Problem>(answer).code)
                                                 : "ok";
}

template <typename T>
std::string DetailOf(const OrProblem<T>& answer) {
  REQUIRE(std::holds_alternative<Problem>(answer));
  CHECK(std::get<Problem>(answer).status == 400);
  return std::get<Problem>(answer).detail;
}

TEST_CASE("latest takes objects and symbols in one array", "[protocol][requests]") {
  const auto symbols =
      Value(ParseLatestBody(R"([ "Kraken:BTC/USD", {"exchange":"Gate.io","baseCurrency":"\u5e01",)"
                            R"("quoteCurrency":"U:S"} ])"));
  REQUIRE(symbols.size() == 2);
  CHECK(symbols[0] == Symbol("BTC", "USD", "Kraken"));
  CHECK(symbols[1] == Symbol("\xE5\xB8\x81", "U:S", "Gate.io"));
  CHECK(Value(ParseLatestBody("[]")).empty());
}

TEST_CASE("latest takes ten thousand series and no more", "[protocol][requests]") {
  std::string body = "[\"K:B/U\"";
  for (int i = 1; i < 10'000; ++i) body += ",\"K:B/U\"";
  CHECK(Value(ParseLatestBody(body + "]")).size() == 10'000);
  CHECK(DetailOf(ParseLatestBody(body + ",\"K:B/U\"]")) == "body has more than 10000 elements");
}

TEST_CASE("a bad element of latest is named with its place", "[protocol][requests]") {
  CHECK(DetailOf(ParseLatestBody(R"(["K:B/U",5])")) == "body[1] 5 must be a string");
  CHECK(DetailOf(ParseLatestBody(R"(["BTC/USD"])")) ==
        "body[0]: symbol \"BTC/USD\" must be exchange:BASE/QUOTE");
  CHECK(DetailOf(ParseLatestBody(R"([{"baseCurrency":"B","quoteCurrency":"Q"}])")) ==
        "body[0].exchange is missing or empty");
  CHECK(DetailOf(ParseLatestBody(R"([{"baseCurrency":null}])")) ==
        "body[0].baseCurrency null must be a string");
  CHECK(DetailOf(ParseLatestBody(R"([{"base":"B"}])"))
            .starts_with("body[0] has the unknown field \"base\""));
  CHECK(DetailOf(ParseLatestBody(R"([{"exchange":"B","exchange":"B"}])")) ==
        "body[0] has the field exchange twice");
  CHECK(CodeOf(ParseLatestBody(R"([{"baseCurrency":"a/b","quoteCurrency":"Q","exchange":"E"}])")) ==
        "invalid_body");
  CHECK(DetailOf(ParseLatestBody("{}")) == "body must be an array");
}

TEST_CASE("a body that is no JSON is told apart from one that says nothing useful",
          "[protocol][requests]") {
  for (const char* body :
       {"", "[", "[\"K:B/U\"", "[\"K:B/U\"]]", "[\"K:B/U\",]", "[\"\\x:B/U\"]", "[\"\xFF\"]",
        "[{\"exchange\" \"K\"}]", "nonsense", "[5,nonsense]", "{}}", "5 5", "[{\"a\":1},"}) {
    CAPTURE(body);
    CHECK(CodeOf(ParseLatestBody(body)) == "invalid_json");
  }
  CHECK(CodeOf(ParseLatestBody("[5]")) == "invalid_body");
  CHECK(CodeOf(ParseReferenceBody("nonsense", "BTC")) == "invalid_json");
  CHECK(CodeOf(ParseReferenceBody("null", "BTC")) == "invalid_body");
  CHECK(CodeOf(ParseCandlesBody("nonsense", kLimitMax)) == "invalid_json");
  CHECK(CodeOf(ParseReferencesBody("[{}, nonsense]")) == "invalid_json");
  CHECK(CodeOf(ParseLatestBody(R"(["K:\ud800/U"])")) == "invalid_body");
  CHECK(CodeOf(ParseReferenceBody("{", "BTC")) == "invalid_json");
}

TEST_CASE("a body nests as deep as it may", "[protocol][requests]") {
  CHECK(CodeOf(ParseLatestBody("[[[]]]", 3)) == "invalid_body");
  CHECK(CodeOf(ParseLatestBody("[[[]]]", 2)) == "invalid_json");
  CHECK(CodeOf(ParseLatestBody(std::string(1'000'000, '['))) == "invalid_json");
}

TEST_CASE("candles take every field", "[protocol][requests]") {
  const CandlesBody body = Value(ParseCandlesBody(
      R"({"series":["Kraken:BTC/USD"],"interval":"4h","from":1000,"to":2e3,"limit":7,)"
      R"("fill":"previous"})",
      kLimitMax));
  CHECK(body.series == std::vector<Symbol>{{"BTC", "USD", "Kraken"}});
  CandlesRequest expected;
  expected.interval = {4, IntervalUnit::kHour};
  expected.from_ms = 1'000;
  expected.to_ms = 2'000;
  expected.limit = 7;
  expected.fill = Fill::kPrevious;
  CHECK(body.request == expected);
}

TEST_CASE("candles need only the series; null stands for what is not given",
          "[protocol][requests]") {
  for (const char* text :
       {R"({"series":["K:B/Q"]})",
        R"({"series":["K:B/Q"],"interval":null,"from":null,"to":null,"limit":null,"fill":null})"}) {
    CAPTURE(text);
    CHECK(Value(ParseCandlesBody(text, kLimitMax)).request == CandlesRequest{});
  }
  CHECK(Value(ParseCandlesBody(R"({"series":["K:B/Q"]})", 50)).request.limit == 50);
  CHECK(Value(ParseCandlesBody(R"({"series":["K:B/Q"],"interval":"auto"})", 50)).request.grain ==
        Grain::kAuto);
  CHECK(Value(ParseCandlesBody(R"({"interval":"finest","series":["K:B/Q"]})", 50)).request.grain ==
        Grain::kFinest);
}

TEST_CASE("candles of wrong values are refused", "[protocol][requests]") {
  const std::string bad = GENERATE(
      as<std::string>(), "", R"(,"interval":"1M2")", R"(,"interval":5)", R"(,"interval":"01m")",
      R"(,"from":-1)", R"(,"from":1.5)", R"(,"from":"1")", R"(,"from":5,"to":5)",
      R"(,"from":6,"to":5)", R"(,"limit":0)", R"(,"limit":10001)", R"(,"limit":4294967297)",
      R"(,"fill":"zero")", R"(,"fill":1)", R"(,"format":"csv")", R"(,"limit":1,"limit":2)");
  CAPTURE(bad);
  const std::string body = bad.empty() ? R"({"series":[]})" : R"({"series":["K:B/Q"])" + bad + "}";
  CHECK(CodeOf(ParseCandlesBody(body, kLimitMax)) == "invalid_body");
}

TEST_CASE("candles take a hundred series and no more", "[protocol][requests]") {
  std::string body = R"({"series":["K:B/U")";
  for (int i = 1; i < 100; ++i) body += ",\"K:B/U\"";
  CHECK(Value(ParseCandlesBody(body + "]}", kLimitMax)).series.size() == 100);
  CHECK(DetailOf(ParseCandlesBody(body + ",\"K:B/U\"]}", kLimitMax)) ==
        "series has more than 100 elements");
  CHECK(DetailOf(ParseCandlesBody("{}", kLimitMax)) ==
        "series is missing or empty; 1 to 100 are allowed");
}

TEST_CASE("a backup names a directory, and how many and how fast if it matters",
          "[protocol][requests]") {
  const BackupBody all =
      Value(ParseBackupBody(R"({"directory":"/b","keep":7,"bytesPerSecond":1099511627776})"));
  CHECK(all.directory == "/b");
  CHECK(all.keep == 7);
  CHECK(all.bytes_per_second == uint64_t{1} << 40);
  const BackupBody least = Value(ParseBackupBody(R"({"directory":"/b","keep":null})"));
  CHECK(least.keep == 0);
  CHECK(least.bytes_per_second == 0);
  CHECK(DetailOf(ParseBackupBody("{}")) == "body.directory is missing or empty");
  CHECK(CodeOf(ParseBackupBody("")) == "invalid_json");
  for (const char* body : {"[]", R"({"directory":1})", R"({"directory":"/b","keep":-1})",
                           R"({"directory":"/b","x":1})"}) {
    CAPTURE(body);
    CHECK(CodeOf(ParseBackupBody(body)) == "invalid_body");
  }
}

TEST_CASE("a reference is of the base it is put to", "[protocol][requests]") {
  CHECK(Value(ParseReferenceBody(R"({"exchange":"Kraken","quoteCurrency":"USD"})", "BTC")) ==
        Reference{"BTC", "USD", "Kraken"});
  for (const char* body : {"{}", "[]", R"({"exchange":"Kraken"})", R"({"quoteCurrency":"USD"})",
                           R"({"exchange":"Kra:ken","quoteCurrency":"USD"})",
                           R"({"exchange":"Kraken","quoteCurrency":"USD","baseCurrency":"BTC"})"}) {
    CAPTURE(body);
    CHECK(CodeOf(ParseReferenceBody(body, "BTC")) == "invalid_body");
  }
}

TEST_CASE("references have each base once", "[protocol][requests]") {
  const std::string btc = R"({"baseCurrency":"BTC","quoteCurrency":"USD","exchange":"Kraken"})";
  const std::string eth = R"({"baseCurrency":"ETH","quoteCurrency":"USD","exchange":"Kraken"})";
  CHECK(Value(ParseReferencesBody("[" + btc + "," + eth + "]")) ==
        std::vector<Reference>{{"BTC", "USD", "Kraken"}, {"ETH", "USD", "Kraken"}});
  CHECK(Value(ParseReferencesBody("[]")).empty());
  CHECK(DetailOf(ParseReferencesBody("[" + btc + "," + eth + "," + btc + "]")) ==
        "body[2].baseCurrency \"BTC\" has a reference already");
  CHECK(CodeOf(ParseReferencesBody("[\"Kraken:BTC/USD\"]")) == "invalid_body");
}

}  // namespace
}  // namespace wick::protocol
