#include "protocol/json_events.h"

#include <string>

#include "catch.h"
#include "market/validation.h"

namespace wick::protocol {
namespace {

constexpr uint64_t kNowMs = 1'700'000'100'000;
constexpr uint64_t kSkewMs = 10'000;
const std::string kGood =
    R"({"baseCurrency":"BTC","quoteCurrency":"USD","exchange":"Kraken","price":46450.5,)"
    R"("baseVolumeLast24h":12.5,"quoteVolumeLast24h":3e6,"timestampInMs":1700000000000})";

/// An event whose fields from `price` on are `rest`.
std::string Event(const std::string& rest) {
  return R"({"baseCurrency":"BTC","quoteCurrency":"USD","exchange":"Kraken",)" + rest + "}";
}
std::string EventAt(const std::string& timestamp) {
  return Event(R"("price":1,"timestampInMs":)" + timestamp);
}
std::string EventOfPrice(const std::string& price) {
  return Event(R"("timestampInMs":1700000000000,"price":)" + price);
}

/// A parser, and a body that lives as long as what was parsed from it.
struct Parsed {
  explicit Parsed(std::string text, EventsFormat format = EventsFormat::kJson)
      : body(std::move(text)), answer(parser.Parse(body, format, kNowMs, kSkewMs)) {}

  const ParsedEvent& Only() const {
    CAPTURE(body, answer.document_error);
    REQUIRE(answer.events.size() == 1);
    return answer.events[0];
  }
  /// The refusal of the only event.
  const EventError& Error() const {
    CAPTURE(body, answer.document_error);
    REQUIRE(answer.events.empty());
    REQUIRE(answer.report.errors().size() == 1);
    return answer.report.errors()[0];
  }

  std::string body;
  EventParser parser;
  ParsedEvents& answer;
};

Refusal RefusalOf(const std::string& body) { return Parsed(body).Error().refusal; }

TEST_CASE("an event object gives its event", "[protocol][events]") {
  const Parsed parsed(" \r\n" + kGood + "\n");
  CHECK(parsed.Only().symbol == SymbolView{"BTC", "USD", "Kraken"});
  CHECK(parsed.Only().price == Price{46450.5, 12.5, 3e6, 1'700'000'000'000});
  CHECK(parsed.Only().index == 0);
  CHECK(parsed.answer.document_error.empty());
}

TEST_CASE("an array keeps its order, and a bad event never costs its neighbours",
          "[protocol][events]") {
  const Parsed parsed("[" + kGood + "," + EventOfPrice("-1") + ", 5 ,[{}],null," + kGood + "]");
  REQUIRE(parsed.answer.events.size() == 2);
  CHECK(parsed.answer.events[1].index == 5);
  const IngestReport& report = parsed.answer.report;
  CHECK(report.rejected() == 4);
  CHECK(report.rejected(Refusal::kInvalidJson) == 3);
  CHECK(report.rejected(Refusal::kInvalidPrice) == 1);
  REQUIRE(report.errors().size() == 4);
  CHECK(report.errors()[0].index == 1);
  CHECK(report.errors()[0].refusal == Refusal::kInvalidPrice);
  CHECK(report.errors()[3].index == 4);
}

TEST_CASE("an empty array holds no events and is no error", "[protocol][events]") {
  const Parsed parsed("[]");
  CHECK(parsed.answer.document_error.empty());
  CHECK(parsed.answer.events.empty());
  CHECK(parsed.answer.report.rejected() == 0);
}

TEST_CASE("numbers may be strings that hold one", "[protocol][events]") {
  const Parsed parsed(
      Event(R"("price":"46450","baseVolumeLast24h":"1e20","quoteVolumeLast24h":"0.1",)"
            R"("timestampInMs":"1700000000000")"));
  CHECK(parsed.Only().price == Price{46450, 1e20, 0.1, 1'700'000'000'000});
  CHECK(Parsed(EventOfPrice(R"("\u0031.5")")).Only().price.price == 1.5);
  for (const char* text : {R"("")", R"(" 1")", R"("1 ")", R"("abc")", R"("0x1")", R"("1,5")",
                           R"("+1")", R"("NaN")", R"("1\n")"}) {
    CAPTURE(text);
    CHECK(RefusalOf(EventOfPrice(text)) == Refusal::kInvalidPrice);
  }
}

TEST_CASE("prices of any digits are the nearest float64", "[protocol][events]") {
  CHECK(Parsed(EventOfPrice("100000000000000000000")).Only().price.price == 1e20);
  CHECK(Parsed(EventOfPrice("0.1000000000000000055511151231257827")).Only().price.price == 0.1);
  CHECK(Parsed(EventOfPrice("5e-324")).Only().price.price == 5e-324);
  CHECK(RefusalOf(EventOfPrice("1e309")) == Refusal::kInvalidPrice);
  CHECK(RefusalOf(EventOfPrice("1e-400")) == Refusal::kInvalidPrice);  // 0 is no price
  CHECK(Parsed(EventOfPrice("1,\"baseVolumeLast24h\":1e-400")).Only().price.base_volume_last_24h ==
        0);
  CHECK(RefusalOf(EventOfPrice("1,\"baseVolumeLast24h\":\"1e309\"")) == Refusal::kInvalidVolume);
}

TEST_CASE("a missing or null volume is 0", "[protocol][events]") {
  const Parsed parsed(EventOfPrice("1,\"quoteVolumeLast24h\":null"));
  CHECK(parsed.Only().price.base_volume_last_24h == 0);
  CHECK(parsed.Only().price.quote_volume_last_24h == 0);
}

TEST_CASE("a timestamp is a whole number in any form", "[protocol][events]") {
  for (const char* text : {"1700000000000", "1.7e12", "1700000000000.0", "\"1700000000000\"",
                           "\"1.7e12\"", "17000000000000e-1"}) {
    CAPTURE(text);
    CHECK(Parsed(EventAt(text)).Only().price.timestamp_ms == 1'700'000'000'000);
  }
  for (const char* text :
       {"1700000000000.5", "-1700000000000", "0", "\"now\"", "null", "true", "{}", "[1]",
        "1700000000", "1700000000000000", "1700000000000000000", "1e30"}) {
    CAPTURE(text);
    CHECK(RefusalOf(EventAt(text)) == Refusal::kInvalidTimestamp);
  }
  CHECK(Parsed(EventAt("1700000110000")).answer.events.size() == 1);  // exactly the skew ahead
  CHECK(RefusalOf(EventAt("1700000110001")) == Refusal::kFutureTimestamp);
}

TEST_CASE("a missing field is named", "[protocol][events]") {
  const std::string rest = R"("quoteCurrency":"USD","exchange":"Kraken",)";
  const Parsed no_base("{" + rest + R"("price":1,"timestampInMs":1700000000000})");
  CHECK(no_base.Error().refusal == Refusal::kMissingField);
  CHECK(no_base.Error().message == "baseCurrency is missing");
  CHECK(Parsed(Event(R"("timestampInMs":1700000000000)")).Error().message == "price is missing");
  CHECK(Parsed(Event(R"("price":1)")).Error().message == "timestampInMs is missing");
  CHECK(Parsed("{}").Error().message == "baseCurrency is missing");
}

TEST_CASE("a field of the wrong type gets its own refusal, with its value", "[protocol][events]") {
  const Parsed name(R"({"baseCurrency":5,"quoteCurrency":"USD","exchange":"K","price":1,)"
                    R"("timestampInMs":1700000000000})");
  CHECK(name.Error().refusal == Refusal::kInvalidName);
  CHECK(name.Error().message == "baseCurrency 5 must be a string");
  CHECK(Parsed(EventOfPrice("\"abc\"")).Error().message == "price \"abc\" must be a number");
  CHECK(Parsed(EventOfPrice("1e999")).Error().message == "price 1e999 is too large for a float64");
  for (const char* value : {"null", "true", "{}", "[]", "{\"a\":[1]}"}) {
    CAPTURE(value);
    CHECK(RefusalOf(EventOfPrice(value)) == Refusal::kInvalidPrice);
  }
  const Parsed volume(EventOfPrice("1,\"quoteVolumeLast24h\":[2]"));
  CHECK(volume.Error().refusal == Refusal::kInvalidVolume);
  CHECK(volume.Error().message == "quoteVolumeLast24h [2] must be a number");
}

TEST_CASE("the first refusal in the order of the rules is the one told", "[protocol][events]") {
  CHECK(RefusalOf(EventOfPrice("-1,\"baseVolumeLast24h\":\"x\"")) == Refusal::kInvalidPrice);
  const Parsed volumes(EventOfPrice("1,\"baseVolumeLast24h\":-1,\"quoteVolumeLast24h\":\"x\""));
  CHECK(volumes.Error().message.starts_with("baseVolumeLast24h -1"));
  CHECK(RefusalOf(Event(R"("price":"x","timestampInMs":0)")) == Refusal::kInvalidPrice);
}

TEST_CASE("names are taken as they are, escapes undone", "[protocol][events]") {
  const Parsed parsed(
      R"({"base\u0043urrency":"\u5e01\"x","quoteCurrency":" ","exchange":"Gate.io",)"
      R"("price":1,"timestampInMs":1700000000000})");
  CHECK(parsed.Only().symbol == SymbolView{"\xE5\xB8\x81\"x", " ", "Gate.io"});
}

TEST_CASE("many escaped names stay valid together", "[protocol][events]") {
  std::string body;
  for (int i = 0; i < 1'000; ++i) {
    body += R"({"baseCurrency":"\u0042)" + std::to_string(i) +
            R"(","quoteCurrency":"USD","exchange":"K","price":1,"timestampInMs":1700000000000})"
            "\n";
  }
  const Parsed parsed(body, EventsFormat::kNdjson);
  REQUIRE(parsed.answer.events.size() == 1'000);
  for (size_t i = 0; i < 1'000; ++i) {
    REQUIRE(parsed.answer.events[i].symbol.base_currency == "B" + std::to_string(i));
  }
}

TEST_CASE("the last of a repeated key wins", "[protocol][events]") {
  CHECK(Parsed(EventOfPrice("\"bad\",\"price\":2")).Only().price.price == 2);
  CHECK(RefusalOf(EventOfPrice("2,\"price\":\"bad\"")) == Refusal::kInvalidPrice);
  CHECK(Parsed(EventOfPrice("2,\"exchange\":\"Binance\"")).Only().symbol.exchange == "Binance");
}

TEST_CASE("the envelope's event is taken, with its own timestamp first", "[protocol][events]") {
  const std::string inner =
      R"({"baseCurrency":"BTC","quoteCurrency":"USD","exchange":"K","price":1)";
  const auto timestamp_of = [](const std::string& body) {
    return Parsed(body).Only().price.timestamp_ms;
  };
  CHECK(timestamp_of(R"({"timestampInMs":1700000000001,"priceEvent":)" + inner + "}}") ==
        1'700'000'000'001);
  CHECK(timestamp_of(R"({"timestampInMs":1700000000001,"priceEvent":)" + inner +
                     R"(,"timestampInMs":1700000000002}})") == 1'700'000'000'002);
  CHECK(timestamp_of(R"({"priceEvent":)" + inner +
                     R"(,"timestampInMs":null},"timestampInMs":1.7e12})") == 1'700'000'000'000);
  CHECK(timestamp_of(R"({"priceEvent":)" + inner + R"(,"timestampInMs":1700000000002}})") ==
        1'700'000'000'002);
  CHECK(Parsed(R"({"priceEvent":)" + inner + "}}").Error().message == "timestampInMs is missing");
  CHECK(RefusalOf(R"({"priceEvent":5,"timestampInMs":1700000000000})") == Refusal::kInvalidJson);
  CHECK(RefusalOf(R"({"priceEvent":[],"timestampInMs":1700000000000})") == Refusal::kInvalidJson);

  const std::string envelope = R"({"timestampInMs":1700000000001,"priceEvent":)" + inner + "}}";
  CHECK(Parsed("[" + envelope + "," + kGood + "," + envelope + "]").answer.events.size() == 3);
  CHECK(Parsed(envelope + "\n" + envelope, EventsFormat::kNdjson).answer.events.size() == 2);
}

TEST_CASE("unknown fields are ignored, whatever they hold", "[protocol][events]") {
  const Parsed parsed(
      EventOfPrice(R"(1,"x":{"price":2,"a":[1,{"b":[]}]},"":"\u00e9","y":[true,false,null])"));
  CHECK(parsed.Only().price.price == 1);
}

TEST_CASE("a body that is no JSON gives nothing at all", "[protocol][events]") {
  const std::string bad = GENERATE(
      as<std::string>(), "", " \n", "{", "[", "[" + kGood, "[" + kGood + ",]", "[" + kGood + "]]",
      kGood + kGood, kGood + "\n" + kGood, "[" + kGood + "," + EventOfPrice("01") + "]",
      "[" + kGood + ",{\"a\":tru}]", "[" + kGood + ",{\"a\":\"\\x\"}]", "[" + kGood + ",{\"a\" 1}]",
      "[" + kGood + ",{\"a\":1 \"b\":2}]", "[" + kGood + ",{\"a\":\"b\":3}]",
      "[" + kGood + ",{a:1}]", "[" + kGood + " " + kGood + "]", "[" + kGood + ",{\"a\":1,}]",
      "[" + kGood + ",{,}]", "[" + kGood + ",\"\xFF\"]", "[" + kGood + ",\"a\nb\"]",
      "[" + kGood + ",\"open]", "[" + kGood + ",1\"a\"]", "[" + kGood + ",\"a\"1]",
      "[" + kGood + ",\"a\"\\\"]", "[" + kGood + ",nullx]", "[" + kGood + ",[1,2}]",
      "[" + kGood + "}", "[" + kGood + "]x", "[" + kGood + ",\x0c]", "[" + kGood + "\x0c{}]",
      std::string("[0]\0", 4), "\xEF\xBB\xBF[]", "[" + kGood + ",{\"a\":[1,\"\\ud80\"]}]",
      "[" + kGood + ",{\"\\q\":1}]", "[" + kGood + ",'a']", "nul", "-", "\"", "\"\\\"", "{\"", "[1",
      ":", ",", "]");
  CAPTURE(bad);
  const Parsed parsed(bad);
  CHECK_FALSE(parsed.answer.document_error.empty());
  CHECK(parsed.answer.events.empty());
  CHECK(parsed.answer.report.rejected() == 0);
  CHECK(parsed.answer.report.errors().empty());
}

TEST_CASE("a body that is JSON but neither object nor array is refused whole",
          "[protocol][events]") {
  for (const char* body : {"5", "\"text\"", "null", "true", "-1.5e3"}) {
    CAPTURE(body);
    const Parsed parsed(body);
    CHECK(parsed.answer.document_error.find(body) != std::string::npos);
    CHECK(parsed.answer.report.rejected() == 0);
  }
}

TEST_CASE("lines sent as one document are told about the content type", "[protocol][events]") {
  CHECK(Parsed(kGood + "\n" + kGood).answer.document_error.find("application/x-ndjson") !=
        std::string::npos);
}

TEST_CASE("half of a surrogate pair costs its own event only", "[protocol][events]") {
  std::string bad = kGood;
  bad.replace(bad.find("BTC"), 3, "\\ud800");
  for (const EventsFormat format : {EventsFormat::kJson, EventsFormat::kNdjson}) {
    const bool lines = format == EventsFormat::kNdjson;
    const Parsed parsed(
        lines ? kGood + "\n" + bad + "\n" + kGood : "[" + kGood + "," + bad + "," + kGood + "]",
        format);
    REQUIRE(parsed.answer.events.size() == 3);  // the engine checks the names
    CHECK(market::CheckSymbol(parsed.answer.events[0].symbol) == Refusal::kNone);
    CHECK(market::CheckSymbol(parsed.answer.events[1].symbol) == Refusal::kInvalidName);
    CHECK(market::CheckSymbol(parsed.answer.events[2].symbol) == Refusal::kNone);
  }
  CHECK(Parsed(EventOfPrice("1,\"x\":\"\\udc00\"")).answer.events.size() == 1);
  CHECK(Parsed(EventOfPrice("\"\\udc00\"")).answer.report.rejected(Refusal::kInvalidPrice) == 1);
}

TEST_CASE("nesting is taken up to the limit", "[protocol][events]") {
  EventParser flat(2);
  CHECK(flat.Parse("[" + kGood + "]", EventsFormat::kJson, kNowMs, kSkewMs).events.size() == 1);
  const std::string deeper = EventOfPrice("1,\"x\":[[]]");
  CHECK(flat.Parse(deeper, EventsFormat::kJson, kNowMs, kSkewMs)
            .document_error.find("limits.max_json_depth") != std::string::npos);
  CHECK(EventParser(3).Parse(deeper, EventsFormat::kJson, kNowMs, kSkewMs).events.size() == 1);
}

TEST_CASE("nesting is taken up to 32 levels unless configured", "[protocol][events]") {
  const auto nested = [](size_t arrays) {
    return EventOfPrice("1,\"x\":" + std::string(arrays, '[') + std::string(arrays, ']'));
  };
  CHECK(Parsed(nested(31)).answer.events.size() == 1);
  CHECK_FALSE(Parsed(nested(32)).answer.document_error.empty());
  CHECK(Parsed("[" + nested(30) + "]").answer.events.size() == 1);
  CHECK_FALSE(Parsed("[" + nested(31) + "]").answer.document_error.empty());
  CHECK_FALSE(Parsed(std::string(1'000'000, '[')).answer.document_error.empty());
  const Parsed lines(nested(32) + "\n" + nested(31), EventsFormat::kNdjson);
  CHECK(lines.answer.events.size() == 1);
  CHECK(lines.answer.report.rejected(Refusal::kInvalidJson) == 1);
}

TEST_CASE("a parser answers each body by itself", "[protocol][events]") {
  EventParser parser;
  const std::string bad = "[" + kGood;
  CHECK_FALSE(parser.Parse(bad, EventsFormat::kJson, kNowMs, kSkewMs).document_error.empty());
  const std::string refused = "{}";
  CHECK(parser.Parse(refused, EventsFormat::kJson, kNowMs, kSkewMs).report.rejected() == 1);
  const ParsedEvents& parsed = parser.Parse(kGood, EventsFormat::kJson, kNowMs, kSkewMs);
  CHECK(parsed.document_error.empty());
  CHECK(parsed.report.rejected() == 0);
  CHECK(parsed.events.size() == 1);
  CHECK(parser.Parse(kGood, EventsFormat::kJson, kNowMs, kSkewMs).events.size() == 1);
}

TEST_CASE("content types tell lines from documents", "[protocol][events]") {
  CHECK(EventsFormatOf("application/x-ndjson") == EventsFormat::kNdjson);
  CHECK(EventsFormatOf("Application/X-NDJSON ; charset=utf-8") == EventsFormat::kNdjson);
  CHECK(EventsFormatOf("application/jsonl") == EventsFormat::kNdjson);
  CHECK(EventsFormatOf("application/json") == EventsFormat::kJson);
  CHECK(EventsFormatOf("application/x-www-form-urlencoded") == EventsFormat::kJson);
  CHECK(EventsFormatOf("") == EventsFormat::kJson);
}

}  // namespace
}  // namespace wick::protocol
