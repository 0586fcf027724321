#include "protocol/json_merge.h"

#include <string>
#include <string_view>

#include "catch.h"
#include "protocol/json_replies.h"
#include "protocol/json_split.h"

namespace wick::protocol {
namespace {

PriceEvent Event(std::string quote, std::string exchange, double price, uint64_t timestamp_ms) {
  return {{"BTC", std::move(quote), std::move(exchange)}, {price, 0.1, 1e22, timestamp_ms}};
}

template <typename Merge>
std::string TextOf(const Merge& merge) {
  std::string text;
  merge.AppendTo(text);
  return text;
}

std::string TextOf(const std::vector<PriceEvent>& events) {
  std::string text;
  AppendPriceEvents(text, events);
  return text;
}

std::string TextOf(const std::vector<BaseListing>& bases) {
  std::string text;
  AppendBases(text, bases);
  return text;
}

TEST_CASE("exchanges of several nodes are one list by name", "[protocol][merge]") {
  const auto pair = [](std::string_view base, uint64_t ms) {
    return R"({"baseCurrency":")" + std::string(base) +
           R"(","quoteCurrency":"USD","lastSeenInMs":)" + std::to_string(ms) + "}";
  };
  const std::string one = R"([{"exchange":"B","lastSeenInMs":5,"pairs":[)" + pair("Z", 5) + "]}]";
  const std::string two = R"([{"exchange":"A","lastSeenInMs":2,"pairs":[)" + pair("X", 2) +
                          R"(]},{"exchange":"B","lastSeenInMs":9,"pairs":[)" + pair("A", 9) + "," +
                          pair("Z", 3) + "]}]";
  ExchangesMerge merge(true);
  REQUIRE(merge.Add(one));
  REQUIRE(merge.Add(two));
  CHECK(TextOf(merge) == R"([{"exchange":"A","lastSeenInMs":2,"pairs":[)" + pair("X", 2) +
                             R"(]},{"exchange":"B","lastSeenInMs":9,"pairs":[)" + pair("A", 9) +
                             "," + pair("Z", 5) + "]}]");
  ExchangesMerge names(false);
  REQUIRE(names.Add(R"([{"exchange":"B","lastSeenInMs":5}])"));
  REQUIRE(names.Add(R"([{"exchange":"\u0041\"","lastSeenInMs":7,"later":[1,{}]}])"));
  CHECK(TextOf(names) ==
        R"([{"exchange":"A\"","lastSeenInMs":7},{"exchange":"B","lastSeenInMs":5}])");
  CHECK(TextOf(ExchangesMerge(true)) == "[]");
}

TEST_CASE("the price of a base currency is its reference's, else the newest", "[protocol][merge]") {
  const BaseListing older{Event("EUR", "Kraken", 1.5, 100), 3};
  const BaseListing newer{Event("USD", "Binance", 0.1, 200), 4};
  const auto merged = [&](std::vector<Reference> references) {
    BasesMerge merge(std::move(references));
    REQUIRE(merge.Add(TextOf({older})));
    REQUIRE(merge.Add(TextOf({newer})));
    return TextOf(merge);
  };
  CHECK(merged({}) == TextOf({BaseListing{newer.reference, 7}}));
  CHECK(merged({{"BTC", "EUR", "Kraken"}}) == TextOf({BaseListing{older.reference, 7}}));
  CHECK(merged({{"BTC", "EUR", "Other"}}) == TextOf({BaseListing{newer.reference, 7}}));

  // At the same time the first by quote currency and exchange, whoever answered first.
  BasesMerge same({});
  REQUIRE(same.Add(TextOf({BaseListing{Event("USD", "B", 1, 100), 1}})));
  REQUIRE(same.Add(TextOf({BaseListing{Event("EUR", "Z", 2, 100), 1}})));
  REQUIRE(same.Add(TextOf({BaseListing{Event("USD", "A", 3, 100), 1}})));
  CHECK(TextOf(same) == TextOf({BaseListing{Event("EUR", "Z", 2, 100), 3}}));
}

TEST_CASE("prices of a base currency are newest first, then by quote currency and exchange",
          "[protocol][merge]") {
  PriceEventsMerge merge;
  REQUIRE(merge.Add(TextOf({Event("USD", "B", 1, 300), Event("USD", "A", 46450.1, 100)})));
  REQUIRE(merge.Add(TextOf({Event("EUR", "C", 2, 100), Event("USD", "B", 9, 200)})));
  CHECK(TextOf(merge) == TextOf({Event("USD", "B", 1, 300), Event("EUR", "C", 2, 100),
                                 Event("USD", "A", 46450.1, 100)}));
}

TEST_CASE("of different references the first node's counts", "[protocol][merge]") {
  ReferencesMerge merge;
  REQUIRE(merge.Add(R"([{"baseCurrency":"B","quoteCurrency":"USD","exchange":"X"}])"));
  REQUIRE(merge.Add(R"([{"baseCurrency":"A","quoteCurrency":"EUR","exchange":"Y"},)"
                    R"({"baseCurrency":"B","quoteCurrency":"EUR","exchange":"Y"}])"));
  CHECK(TextOf(merge) == R"([{"baseCurrency":"A","quoteCurrency":"EUR","exchange":"Y"},)"
                         R"({"baseCurrency":"B","quoteCurrency":"USD","exchange":"X"}])");
}

TEST_CASE("what is no answer of a node changes nothing", "[protocol][merge]") {
  const std::string good = TextOf({Event("USD", "A", 1, 100)});
  for (const std::string& bad :
       {std::string(), std::string("{}"), std::string("[7]"), good + "x", good.substr(0, 40),
        std::string(R"([{"price":"text"}])"), std::string(R"([{"timestampInMs":-1}])"),
        std::string(R"([{"exchange":null}])"), std::string("[{\"exchange\":\"\xff\"}]")}) {
    CAPTURE(bad);
    PriceEventsMerge merge;
    REQUIRE(merge.Add(good));
    CHECK_FALSE(merge.Add(bad));
    CHECK(TextOf(merge) == good);
    CHECK_FALSE(ExchangesMerge(true).Add(bad));
    CHECK_FALSE(BasesMerge({}).Add(bad));
    CHECK_FALSE(ReferencesMerge().Add(bad));
  }
  ExchangesMerge exchanges(true);
  CHECK_FALSE(exchanges.Add(R"([{"exchange":"A","lastSeenInMs":1,"pairs":[]},{"exchange":7}])"));
  CHECK(TextOf(exchanges) == "[]");
}

TEST_CASE("a text is cut into its elements and fields as they stand there", "[protocol][split]") {
  const auto elements = SplitArray(R"([ 1.50, "a\"b" ,null,{"x": [1, 2]},[] ])");
  REQUIRE(elements);
  CHECK(*elements ==
        std::vector<std::string_view>{"1.50", R"("a\"b")", "null", R"({"x": [1, 2]})", "[]"});
  std::string again;
  AppendArrayOf(again, *elements);
  CHECK(again == R"([1.50,"a\"b",null,{"x": [1, 2]},[]])");
  again.clear();
  AppendArrayOf(again, {});
  CHECK(again == "[]");

  const auto fields = SplitObject(R"({"series":["A:B/C"],"\u0061":"1h"})");
  REQUIRE(fields);
  REQUIRE(fields->size() == 2);
  CHECK((*fields)[0] == std::pair<std::string, std::string_view>("series", R"(["A:B/C"])"));
  CHECK((*fields)[1] == std::pair<std::string, std::string_view>("a", R"("1h")"));
  for (const char* text : {"", "{}", "[1", "[1]x", "7"}) CHECK_FALSE(SplitArray(text));
  for (const char* text : {"", "[]", "{\"a\"}", "{\"a\":1}x"}) CHECK_FALSE(SplitObject(text));
  CHECK_FALSE(SplitArray("[[[]]]", 2));
}

}  // namespace
}  // namespace wick::protocol
