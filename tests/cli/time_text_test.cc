#include "cli/time_text.h"

#include <string>

#include "catch.h"

namespace wick::cli {
namespace {

constexpr uint64_t kNowMs = 1'700'000'000'000;

}  // namespace

TEST_CASE("times are read as milliseconds, ISO 8601 in UTC, or before now", "[cli][time]") {
  const struct {
    std::string text;
    uint64_t ms;
  } kCases[] = {
      {"0", 0},
      {"1398945600000", 1'398'945'600'000},
      {"2014-05-01", 1'398'902'400'000},
      {"2014-05-01T12:00Z", 1'398'945'600'000},
      {"2014-05-01T12:00", 1'398'945'600'000},
      {"2014-05-01 12:00:30", 1'398'945'630'000},
      {"2014-05-01T12:00:30.5Z", 1'398'945'630'500},
      {"2014-05-01T12:00:30.039Z", 1'398'945'630'039},
      {"2024-02-29", 1'709'164'800'000},
      {"1970-01-01", 0},
      {"now", kNowMs},
      {"-90s", kNowMs - 90'000},
      {"-5m", kNowMs - 300'000},
      {"-1h", kNowMs - 3'600'000},
      {"-7d", kNowMs - 604'800'000},
      {"-2w", kNowMs - 1'209'600'000},
      {"-0s", kNowMs},
  };
  for (const auto& c : kCases) {
    INFO(c.text);
    CHECK(ParseTime(c.text, kNowMs) == c.ms);
  }
}

TEST_CASE("what is no time is refused", "[cli][time]") {
  for (const char* text : {"",
                           "-",
                           "-h",
                           "-1",
                           "-1y",
                           "--1h",
                           "-1.5h",
                           "-99999999d",
                           "soon",
                           "1.5",
                           "2023-02-29",
                           "2014-13-01",
                           "2014-5-1",
                           "1969-12-31",
                           "2014-05-01T",
                           "2014-05-01T24:00",
                           "2014-05-01T12:60",
                           "2014-05-01T12:00:60",
                           "2014-05-01T12:00:00.",
                           "2014-05-01Z",
                           "2014-05-01T12:00:00.1234Z",
                           "2014-05-01T12:00+02:00",
                           "2014-05-01T12:00Zx",
                           "18446744073709551616"}) {
    INFO(text);
    CHECK_FALSE(ParseTime(text, kNowMs));
  }
}

TEST_CASE("a time is shown in ISO 8601 and reads back", "[cli][time]") {
  CHECK(FormatTime(0) == "1970-01-01T00:00:00Z");
  CHECK(FormatTime(1'398'945'630'000) == "2014-05-01T12:00:30Z");
  CHECK(FormatTime(1'398'945'630'009) == "2014-05-01T12:00:30.009Z");
  CHECK(FormatTime(1'709'251'199'999) == "2024-02-29T23:59:59.999Z");
  for (const uint64_t ms : {0ull, 1ull, 951'782'400'000ull, 1'700'000'000'123ull}) {
    CHECK(ParseTime(FormatTime(ms), kNowMs) == ms);
  }
}

TEST_CASE("an age has one unit that suits it", "[cli][time]") {
  const auto age = [](uint64_t ms) { return FormatAge(kNowMs - ms, kNowMs); };
  CHECK(age(0) == "0ms");
  CHECK(age(999) == "999ms");
  CHECK(age(1'000) == "1s");
  CHECK(age(59'999) == "59s");
  CHECK(age(60'000) == "1m");
  CHECK(age(3'600'000) == "1h");
  CHECK(age(172'799'999) == "47h");
  CHECK(age(172'800'000) == "2d");
  CHECK(age(63'072'000'000) == "2y");
  CHECK(FormatAge(kNowMs + 5, kNowMs) == "0ms");
}

}  // namespace wick::cli
