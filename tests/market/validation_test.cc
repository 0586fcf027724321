#include "market/validation.h"

#include <cmath>
#include <limits>

#include "catch.h"

namespace wick::market {
namespace {

using Catch::Matchers::Contains;

constexpr uint64_t kNowMs = 1'700'000'000'000;
constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

Refusal Check(const Price& price) { return CheckPrice(price, kNowMs, kFutureSkewMsDefault); }
std::string Describe(const Price& price) {
  return DescribePrice(Check(price), price, kNowMs, kFutureSkewMsDefault);
}

TEST_CASE("real names are accepted", "[market][validation]") {
  const std::string_view name =
      GENERATE("BTC", "1INCH", "USD.e", "BTC-PERP", "Bitcoin Cash", "币安人生", "\xF0\x9F\x90\xB8",
               "a", "$", "MiXeD", "\"quoted\"", "back\\slash",
               "\xC2\xA0"  // U+00A0, the first after C1
               "no-break space ends here\xE3\x80\x80");
  CAPTURE(name);
  CHECK(IsCurrencyName(name));
  CHECK(IsExchangeName(name));
}

TEST_CASE("names with control characters, bad UTF-8 or spaces at the ends are refused",
          "[market][validation]") {
  const std::string name = GENERATE(
      std::string(""), std::string(" "), std::string(" BTC"), std::string("BTC "),
      std::string("B\nC"), std::string("BTC\0", 4), std::string("\x1F"), std::string("\x7F"),
      std::string("\xC2\x80"), std::string("\xC2\x9F"), std::string("\xFF"), std::string(65, 'a'));
  CAPTURE(name);
  CHECK_FALSE(IsCurrencyName(name));
  CHECK_FALSE(IsExchangeName(name));
}

TEST_CASE("a name has 64 bytes at most, not 64 characters", "[market][validation]") {
  std::string characters;
  for (int i = 0; i < 21; ++i) characters += "币";  // 63 bytes
  CHECK(IsCurrencyName(std::string(64, 'a')));
  CHECK(IsCurrencyName(characters + "x"));
  CHECK_FALSE(IsCurrencyName(characters + "币"));
}

TEST_CASE("a separator is refused only where it separates", "[market][validation]") {
  CHECK_FALSE(IsCurrencyName("A/B"));
  CHECK(IsCurrencyName("A:B"));
  CHECK(IsExchangeName("A/B"));
  CHECK_FALSE(IsExchangeName("A:B"));
}

TEST_CASE("UTF-8 is valid up to both sides of each border", "[market][validation]") {
  const std::string_view text =
      GENERATE("", "\x7F", "\xC2\x80", "\xDF\xBF", "\xE0\xA0\x80", "\xED\x9F\xBF", "\xEE\x80\x80",
               "\xEF\xBF\xBF", "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF");
  CAPTURE(text);
  CHECK(IsValidUtf8(text));
}

TEST_CASE("overlong, surrogate, too large and torn UTF-8 is invalid", "[market][validation]") {
  const std::string_view text =
      GENERATE("\x80", "\xBF", "\xC0\x80", "\xC1\xBF", "\xC2", "\xC2\x41", "\xC2\xC2",
               "\xE0\x80\x80", "\xE0\x9F\xBF", "\xE2\x82", "\xE2\x28\xA1", "\xED\xA0\x80",
               "\xED\xBF\xBF", "\xF0\x80\x80\x80", "\xF0\x8F\xBF\xBF", "\xF0\x9F\x90",
               "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFE", "\xFF", "ok\xE2\x82");
  CAPTURE(text);
  CHECK_FALSE(IsValidUtf8(text));
}

TEST_CASE("each of the three names is checked and the message says which", "[market][validation]") {
  CHECK(CheckSymbol({"BTC", "USDT", "Binance"}) == Refusal::kNone);
  CHECK(CheckSymbol({"", "USDT", "Binance"}) == Refusal::kInvalidName);
  CHECK(CheckSymbol({"BTC", "US/DT", "Binance"}) == Refusal::kInvalidName);
  CHECK(CheckSymbol({"BTC", "USDT", "Bin:ance"}) == Refusal::kInvalidName);

  CHECK_THAT(DescribeSymbol({"", "USDT", "Binance"}),
             Contains("baseCurrency") && Contains("empty"));
  CHECK_THAT(DescribeSymbol({"BTC", "US/DT", "Binance"}), Contains("quoteCurrency \"US/DT\""));
  CHECK_THAT(DescribeSymbol({"BTC", "USDT", "Bin:ance"}), Contains("exchange \"Bin:ance\""));
  CHECK_THAT(DescribeSymbol({"BTC", "USDT", "Binance "}), Contains("trim"));
  CHECK_THAT(DescribeSymbol({"BTC", std::string(65, 'a'), "Binance"}), Contains("64 bytes"));
  CHECK_THAT(DescribeSymbol({"BTC", "\xFF", "Binance"}), Contains("UTF-8"));
  CHECK_THAT(DescribeSymbol({"BTC", "A\nB", "Binance"}), Contains("A\\u000aB"));
}

TEST_CASE("a price is finite and above zero", "[market][validation]") {
  const double bad = GENERATE(0.0, -0.0, -1.0, kInfinity, -kInfinity, kNan);
  CHECK(Check({bad, 0, 0, kNowMs}) == Refusal::kInvalidPrice);
  CHECK_THAT(Describe({bad, 0, 0, kNowMs}), Contains("price"));

  CHECK(Check({5e-324, 0, 0, kNowMs}) == Refusal::kNone);
  CHECK(Check({1.7976931348623157e308, 0, 0, kNowMs}) == Refusal::kNone);
}

TEST_CASE("a volume is finite and not below zero", "[market][validation]") {
  const double bad = GENERATE(-1e-300, -1.0, kInfinity, -kInfinity, kNan);
  CHECK(Check({1, bad, 0, kNowMs}) == Refusal::kInvalidVolume);
  CHECK(Check({1, 0, bad, kNowMs}) == Refusal::kInvalidVolume);
  CHECK_THAT(Describe({1, bad, 0, kNowMs}), Contains("baseVolumeLast24h"));
  CHECK_THAT(Describe({1, 0, bad, kNowMs}), Contains("quoteVolumeLast24h"));

  CHECK(Check({1, 0, 1e300, kNowMs}) == Refusal::kNone);
  CHECK(Check({1, -0.0, 0, kNowMs}) == Refusal::kNone);
}

TEST_CASE("a timestamp in another unit is refused at both of the unit's borders",
          "[market][validation]") {
  struct Row {
    uint64_t timestamp;
    Refusal refusal;
    std::string says;
  };
  const Row row = GENERATE(
      Row{0, Refusal::kInvalidTimestamp, "greater than 0"}, Row{1, Refusal::kNone, ""},
      Row{946'684'799, Refusal::kNone, ""},
      Row{946'684'800, Refusal::kInvalidTimestamp, "looks like seconds; multiply by 1000"},
      Row{1'700'000'000, Refusal::kInvalidTimestamp, "timestampInMs 1700000000 looks like seconds"},
      Row{9'999'999'999, Refusal::kInvalidTimestamp, "seconds"},
      Row{10'000'000'000, Refusal::kNone, ""},
      Row{946'684'799'999'999, Refusal::kFutureTimestamp, "ahead"},
      Row{946'684'800'000'000, Refusal::kInvalidTimestamp, "microseconds; divide by 1000"},
      Row{99'999'999'999'999'999, Refusal::kInvalidTimestamp, "microseconds"},
      Row{100'000'000'000'000'000, Refusal::kFutureTimestamp, "ahead"},
      Row{946'684'799'999'999'999, Refusal::kFutureTimestamp, "ahead"},
      Row{946'684'800'000'000'000, Refusal::kInvalidTimestamp, "nanoseconds; divide by 1000000"},
      Row{UINT64_MAX, Refusal::kInvalidTimestamp, "nanoseconds"});
  const Price price{1, 0, 0, row.timestamp};
  CAPTURE(row.timestamp);
  CHECK(Check(price) == row.refusal);
  if (row.refusal != Refusal::kNone) CHECK_THAT(Describe(price), Contains(row.says));
}

TEST_CASE("an event may be exactly the skew ahead of the clock and not a millisecond more",
          "[market][validation]") {
  CHECK(Check({1, 0, 0, kNowMs + 10'000}) == Refusal::kNone);
  CHECK(Check({1, 0, 0, kNowMs + 10'001}) == Refusal::kFutureTimestamp);
  CHECK_THAT(Describe({1, 0, 0, kNowMs + 10'001}),
             Contains("is 10001 ms ahead") && Contains("at most 10000 ms"));
  CHECK(CheckPrice({1, 0, 0, kNowMs + 1}, kNowMs, 0) == Refusal::kFutureTimestamp);
  CHECK(CheckPrice({1, 0, 0, kNowMs}, kNowMs, 0) == Refusal::kNone);
  CHECK(CheckPrice({1, 0, 0, kNowMs + 1}, kNowMs, UINT64_MAX) == Refusal::kNone);
}

TEST_CASE("a clock gone astray does not let times in that no bucket holds",
          "[market][validation]") {
  constexpr uint64_t kAstrayMs = 2 * kTimestampEndMs;
  CHECK(CheckPrice({1, 0, 0, kTimestampEndMs - 1}, kAstrayMs, 0) == Refusal::kNone);
  CHECK(CheckPrice({1, 0, 0, kTimestampEndMs}, kAstrayMs, 0) == Refusal::kInvalidTimestamp);
  CHECK(DescribePrice(Refusal::kInvalidTimestamp, {1, 0, 0, kTimestampEndMs}, kAstrayMs, 0)
            .find("2100") != std::string::npos);
}

TEST_CASE("price goes before volume and volume before timestamp", "[market][validation]") {
  CHECK(Check({0, -1, 0, 0}) == Refusal::kInvalidPrice);
  CHECK(Check({1, -1, 0, 0}) == Refusal::kInvalidVolume);
  CHECK(Check({1, 0, 0, 0}) == Refusal::kInvalidTimestamp);
}

TEST_CASE("a printable name cannot break a log line or a JSON string", "[market][validation]") {
  CHECK(Printable("币 BTC") == "币 BTC");
  CHECK(Printable("a\"b\\c") == "a\\\"b\\\\c");
  CHECK(Printable("\n\x7F\xC2\x85") == "\\u000a\\u007f\\u0085");
  CHECK(Printable("a\xFF"
                  "b") == "a\\xffb");
  CHECK(Printable(std::string(64, 'a')) == std::string(64, 'a'));
  CHECK(Printable(std::string(1'000, 'a')) == std::string(64, 'a') + "...");
  // Cut between characters, never inside one.
  CHECK(Printable(std::string(63, 'a') + "币") == std::string(63, 'a') + "...");
}

}  // namespace
}  // namespace wick::market
