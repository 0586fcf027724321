#include <algorithm>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "catch.h"
#include "protocol/json_events.h"
#include "sanitized.h"

namespace wick::protocol {
namespace {

constexpr uint64_t kNowMs = 1'700'000'100'000;

std::string Line(const std::string& price) {
  return R"({"baseCurrency":"BTC","quoteCurrency":"USD","exchange":"Kraken","price":)" + price +
         R"(,"timestampInMs":1700000000000})";
}

ParsedEvents ParseLines(const std::string& body) {
  EventParser parser;
  return parser.Parse(body, EventsFormat::kNdjson, kNowMs, 10'000);
}

/// Index and price of each event, index and refusal of each error.
std::string Summary(const ParsedEvents& parsed) {
  std::string text;
  for (const ParsedEvent& event : parsed.events) {
    text += std::to_string(event.index) + "=" +
            std::to_string(static_cast<int>(event.price.price)) + " ";
  }
  for (const EventError& error : parsed.report.errors()) {
    text += std::to_string(error.index) + "!" + std::string(RefusalCode(error.refusal)) + " ";
  }
  return text;
}

TEST_CASE("each line is an event; blank lines are not counted", "[protocol][ndjson]") {
  CHECK(Summary(ParseLines(Line("1") + "\n" + Line("2"))) == "0=1 1=2 ");
  CHECK(Summary(ParseLines(Line("1") + "\r\n\r\n  \t\n\n" + Line("2") + "\r\n\n")) == "0=1 1=2 ");
  CHECK(Summary(ParseLines("\n\n" + Line("1"))) == "0=1 ");
  CHECK(Summary(ParseLines("")) == "");
  CHECK(Summary(ParseLines("\n \r\n")) == "");
  CHECK(ParseLines("").document_error.empty());
}

TEST_CASE("a bad line costs itself alone, whatever is wrong with it", "[protocol][ndjson]") {
  const std::string bad =
      GENERATE(as<std::string>(), "x", "{", "}", "[]", "5", "null", "{}}", "{\"a\":1}x",
               "{\"a\":1}{\"b\":2}", "\"open", "{\"open", "\xFF", "{\"a\":\"\xC3\"}", "\"",
               "{\"a\":\"\x01\"}", "{\"a\":\"\\\"", "\\", "{\"a\":", "[{", ",", "]", "{\"a\":01}",
               "{\"a\":\"\\x\"}", std::string(40, '{'), std::string(1, '\0'), "\xEF\xBB\xBF{}");
  CAPTURE(bad);
  const std::string body = Line("1") + "\n" + bad + "\n" + Line("2") + "\n" + bad;
  CHECK(Summary(ParseLines(body)) == "0=1 2=2 1!invalid_json 3!invalid_json ");
}

TEST_CASE("an event spread over two lines is two bad lines", "[protocol][ndjson]") {
  std::string body = Line("1");
  body.insert(body.find(",\"exchange"), "\n");
  CHECK(Summary(ParseLines(body + "\n" + Line("2"))) == "2=2 0!invalid_json 1!invalid_json ");
}

TEST_CASE("an open string does not reach into the next line", "[protocol][ndjson]") {
  CHECK(Summary(ParseLines("{\"a\":\"\n" + Line("1") + "\n\"}\n" + Line("2"))) ==
        "1=1 3=2 0!invalid_json 2!invalid_json ");
}

TEST_CASE("errors of lines name place and text", "[protocol][ndjson]") {
  const ParsedEvents parsed = ParseLines("\n" + Line("1") + "\n{\"a\":tru}\n\"\xFF");
  REQUIRE(parsed.report.errors().size() == 2);
  CHECK(parsed.report.errors()[0].message.starts_with("the line is no JSON: "));
  const ParsedEvents clean = ParseLines(Line("1") + "\n{\"a\":tru}\n");
  REQUIRE(clean.report.errors().size() == 1);
  CHECK(clean.report.errors()[0].message ==
        "the line is no JSON: a value was expected at byte 5: \"tru}\"");
}

TEST_CASE("bodies larger than a stretch lose and change nothing", "[protocol][ndjson]") {
  std::mt19937_64 random(7);
  std::string body;
  std::string expected;
  std::string errors;
  size_t index = 0;
  while (body.size() < 1'500'000) {
    const uint64_t kind = random() % 64;
    if (kind == 0 && index > 1) {
      body += "{\"open\n";
      if (errors.size() < 100'000) errors += std::to_string(index) + " ";
    } else if (kind == 1) {
      body += "\r\n";
      continue;
    } else {
      const std::string price = std::to_string(1 + random() % 100'000);
      body += Line(price) + std::string(random() % 50, ' ') + "\n";
      expected += std::to_string(index) + "=" + price + " ";
    }
    ++index;
  }
  ParsedEvents parsed = ParseLines(body);
  CHECK(parsed.report.rejected() ==
        static_cast<uint64_t>(std::count(errors.begin(), errors.end(), ' ')));
  CHECK(parsed.report.errors().size() == 100);
  parsed.report.Clear();
  CHECK(Summary(parsed) == expected);
}

TEST_CASE("a line longer than a stretch is read", "[protocol][ndjson]") {
  const std::string filler = "1,\"x\":\"" + std::string(400'000, 'y') + "\"";
  const std::string body = Line("5") + "\n" + Line(filler) + "\n" + Line("6") + "\n" + Line(filler);
  CHECK(Summary(ParseLines(body)) == "0=5 1=1 2=6 3=1 ");
}

TEST_CASE("a document cut anywhere never gives an event it did not hold", "[protocol][ndjson]") {
  const std::string array = "[" + Line("1") + "," + Line("\"2\"") + "]";
  EventParser parser;
  for (size_t bytes = 0; bytes < array.size(); ++bytes) {
    const std::string cut = array.substr(0, bytes);
    CAPTURE(cut);
    const ParsedEvents& parsed = parser.Parse(cut, EventsFormat::kJson, kNowMs, 10'000);
    REQUIRE_FALSE(parsed.document_error.empty());
    REQUIRE(parsed.events.empty());
    const ParsedEvents& line = parser.Parse(cut, EventsFormat::kNdjson, kNowMs, 10'000);
    REQUIRE(line.events.empty());
  }
}

TEST_CASE("an event reads the same by the parser's short way and by its long one",
          "[protocol][ndjson]") {
  const std::vector<std::string> fields = {
      R"("baseCurrency":"BTC")",         R"("quoteCurrency": "USD")",
      R"("exchange":"Kra ken~")",        R"("price":46450.12345678)",
      R"("baseVolumeLast24h": 0.5)",     R"("quoteVolumeLast24h":123456789012.25)",
      R"("timestampInMs":1700000000000)"};
  const std::vector<std::string> others = {R"("price":1e2)",
                                           R"("price":"7")",
                                           R"("price" :3)",
                                           R"("price":-0)",
                                           R"("price":007)",
                                           R"("price":5 )",
                                           R"("price":12345678)",
                                           R"("price":1234567.)",
                                           R"("price":0.00000000000000000000012)",
                                           R"("exchange":"\u0041")",
                                           R"("exchange":"é")",
                                           R"("exchange":"")",
                                           R"("timestampInMs":17e11)",
                                           R"("timestampInMs":null)",
                                           R"("baseVolumeLast24h":null)",
                                           R"("note":{"price":1})",
                                           R"("priceEvent":{})",
                                           R"("baseVolumeLast24H":1)",
                                           R"("baseCurrency":"A/B")",
                                           R"("quote":1)",
                                           R"("timestampInM":1)"};
  std::mt19937_64 random(7);
  EventParser plain, general;
  uint64_t taken = 0;
  for (int i = 0; i < test::Rounds(20'000); ++i) {
    std::vector<std::string> chosen = fields;
    std::shuffle(chosen.begin(), chosen.end(), random);
    if (random() % 4 == 0) chosen.pop_back();
    if (random() % 2 == 0) {
      chosen.insert(chosen.begin() + static_cast<std::ptrdiff_t>(random() % chosen.size()),
                    others[random() % others.size()]);
    }
    std::string line = "{";
    for (const std::string& field : chosen) {
      if (line.size() > 1) line += random() % 4 == 0 ? ", " : ",";
      line += field;
    }
    line += "}";
    if (random() % 8 == 0) line.resize(random() % line.size() + 1);
    if (random() % 8 == 0) line += "\r";
    CAPTURE(line);
    const std::string long_line = "\t" + line;  // begins with no brace
    const ParsedEvents& a = plain.Parse(line, EventsFormat::kNdjson, kNowMs, 10'000);
    const ParsedEvents& b = general.Parse(long_line, EventsFormat::kNdjson, kNowMs, 10'000);
    REQUIRE(a.events.size() == b.events.size());
    for (size_t event = 0; event < a.events.size(); ++event) {
      CHECK(a.events[event].symbol == b.events[event].symbol);
      CHECK(a.events[event].price == b.events[event].price);
    }
    REQUIRE(a.report.errors().size() == b.report.errors().size());
    if (!a.report.errors().empty()) {
      CHECK(a.report.errors()[0].refusal == b.report.errors()[0].refusal);
    }
    taken += a.events.size();
  }
  CHECK(taken > static_cast<uint64_t>(test::Rounds(5'000)));
}

TEST_CASE("random damage is survived in both forms", "[protocol][ndjson]") {
  std::mt19937_64 random(99);
  const std::string good = Line("1") + "\n" + Line("\"2\"") + "\n" + Line("3");
  constexpr std::string_view kBytes = "{}[]:,\"\\ \n0-e.ntf\x01\xC3\xFFu";
  EventParser parser;
  for (int i = 0; i < test::Rounds(50'000); ++i) {
    std::string body = good;
    for (uint64_t n = 1 + random() % 4; n > 0; --n) {
      body[random() % body.size()] = kBytes[random() % kBytes.size()];
    }
    const ParsedEvents& lines = parser.Parse(body, EventsFormat::kNdjson, kNowMs, 10'000);
    REQUIRE(lines.events.size() + lines.report.rejected() >= 1);
    REQUIRE(lines.events.size() <= 7);
    parser.Parse(body, EventsFormat::kJson, kNowMs, 10'000);
  }
}

}  // namespace
}  // namespace wick::protocol
