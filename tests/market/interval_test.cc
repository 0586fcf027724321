#include "market/interval.h"

#include "catch.h"

namespace wick::market {
namespace {

constexpr uint64_t kDayMs = 86'400'000;

Interval Parsed(std::string_view text) {
  const auto interval = ParseInterval(text);
  REQUIRE(interval.has_value());
  return *interval;
}

TEST_CASE("an interval reads back as it was written", "[market][interval]") {
  const std::string_view text =
      GENERATE("1s", "7s", "90s", "1m", "5m", "1440m", "4h", "1d", "366d", "31622400s", "1w", "1M");
  CAPTURE(text);
  CHECK(ToString(Parsed(text)) == text);
}

TEST_CASE("what is no interval is refused", "[market][interval]") {
  const std::string_view text =
      GENERATE("", "s", "1", "0s", "-1s", "+1s", "01m", "1 m", " 1m", "1m ", "1.5h", "1S", "1H",
               "1D", "1W", "1x", "1mm", "2w", "2M", "367d", "31622401s", "4294967296s",
               "99999999999999999999d", "1\xC2\xB5", "m1");
  CAPTURE(text);
  CHECK_FALSE(ParseInterval(text).has_value());
}

TEST_CASE("m is a minute and M is a month", "[market][interval]") {
  CHECK(Parsed("1m").unit == IntervalUnit::kMinute);
  CHECK(Parsed("1M").unit == IntervalUnit::kMonth);
}

TEST_CASE("an interval is computed from the coarsest tier that divides it", "[market][interval]") {
  struct Row {
    std::string_view text;
    Tier tier;
  };
  const Row row = GENERATE(Row{"1s", Tier::k1s}, Row{"59s", Tier::k1s}, Row{"60s", Tier::k1m},
                           Row{"90s", Tier::k1s}, Row{"120s", Tier::k1m}, Row{"3600s", Tier::k1h},
                           Row{"86400s", Tier::k1d}, Row{"1m", Tier::k1m}, Row{"5m", Tier::k1m},
                           Row{"60m", Tier::k1h}, Row{"90m", Tier::k1m}, Row{"1440m", Tier::k1d},
                           Row{"4h", Tier::k1h}, Row{"24h", Tier::k1d}, Row{"25h", Tier::k1h},
                           Row{"48h", Tier::k1d}, Row{"1d", Tier::k1d}, Row{"3d", Tier::k1d},
                           Row{"1w", Tier::k1d}, Row{"1M", Tier::k1d});
  CAPTURE(row.text);
  CHECK(SourceTier(Parsed(row.text)) == row.tier);
}

TEST_CASE("a bucket holds its first millisecond and not the next bucket's", "[market][interval]") {
  struct Row {
    std::string_view text;
    uint64_t time_ms;
    uint64_t start_ms;
    uint64_t next_ms;
  };
  const Row row = GENERATE(
      Row{"1s", 1'700'000'000'999, 1'700'000'000'000, 1'700'000'001'000},
      Row{"1m", 1'700'000'040'000, 1'700'000'040'000, 1'700'000'100'000},
      Row{"1m", 1'700'000'039'999, 1'699'999'980'000, 1'700'000'040'000},
      // Aligned to the epoch, not to the day: 7 h does not divide 24 h.
      Row{"7h", 26 * 3'600'000, 21 * 3'600'000, 28 * 3'600'000},
      Row{"3d", 4 * kDayMs, 3 * kDayMs, 6 * kDayMs},
      // The epoch is a Thursday; its week is cut at the epoch and the first Monday is 1970-01-05.
      Row{"1w", 0, 0, 4 * kDayMs}, Row{"1w", 4 * kDayMs - 1, 0, 4 * kDayMs},
      Row{"1w", 4 * kDayMs, 4 * kDayMs, 11 * kDayMs},
      // Sunday 2024-03-03 23:59:59.999 and Monday 2024-03-04 00:00.
      Row{"1w", 1'709'510'399'999, 1'708'905'600'000, 1'709'510'400'000},
      Row{"1w", 1'709'510'400'000, 1'709'510'400'000, 1'710'115'200'000},
      // February: 29 days in 2024 and 2000, 28 in 2023 and 2100.
      Row{"1M", 1'709'164'800'000, 1'706'745'600'000, 1'709'251'200'000},
      Row{"1M", 951'782'400'000, 949'363'200'000, 951'868'800'000},
      Row{"1M", 1'677'542'400'000, 1'675'209'600'000, 1'677'628'800'000},
      Row{"1M", 4'107'456'000'000, 4'105'123'200'000, 4'107'542'400'000},
      // Over the end of a year: December 2023.
      Row{"1M", 1'704'067'199'999, 1'701'388'800'000, 1'704'067'200'000},
      Row{"1M", 0, 0, 31 * kDayMs});
  const Interval interval = Parsed(row.text);
  CAPTURE(row.text, row.time_ms);
  CHECK(BucketStartMs(interval, row.time_ms) == row.start_ms);
  CHECK(NextBucketMs(interval, row.start_ms) == row.next_ms);
  CHECK(BucketStartMs(interval, row.next_ms - 1) == row.start_ms);
  CHECK(BucketStartMs(interval, row.next_ms) == row.next_ms);
}

TEST_CASE("the first bucket at or after a bucket start is that bucket", "[market][interval]") {
  CHECK(FirstBucketAtOrAfterMs(Parsed("1m"), 0) == 0);
  CHECK(FirstBucketAtOrAfterMs(Parsed("1m"), 60'000) == 60'000);
  CHECK(FirstBucketAtOrAfterMs(Parsed("1m"), 60'001) == 120'000);
  CHECK(FirstBucketAtOrAfterMs(Parsed("1w"), 1) == 4 * kDayMs);
  CHECK(FirstBucketAtOrAfterMs(Parsed("1M"), 1'704'067'200'000) == 1'704'067'200'000);
  CHECK(FirstBucketAtOrAfterMs(Parsed("1M"), 1'704'067'200'001) == 1'706'745'600'000);
}

TEST_CASE("going back stops at the epoch", "[market][interval]") {
  CHECK(BucketsBeforeMs(Parsed("5m"), 1'200'000, 3) == 300'000);
  CHECK(BucketsBeforeMs(Parsed("5m"), 1'200'000, 4) == 0);
  CHECK(BucketsBeforeMs(Parsed("5m"), 1'200'000, 5) == 0);
  CHECK(BucketsBeforeMs(Parsed("1w"), 11 * kDayMs, 2) == 0);
  CHECK(BucketsBeforeMs(Parsed("1M"), 1'709'251'200'000, 2) == 1'704'067'200'000);
  CHECK(BucketsBeforeMs(Parsed("1M"), 1'709'251'200'000, UINT64_MAX) == 0);
}

TEST_CASE("buckets are counted by their starts", "[market][interval]") {
  struct Row {
    std::string_view text;
    uint64_t from_ms;
    uint64_t to_ms;
    uint64_t count;
  };
  const Row row = GENERATE(
      Row{"1m", 0, 0, 0}, Row{"1m", 0, 1, 1}, Row{"1m", 0, 60'000, 1}, Row{"1m", 0, 60'001, 2},
      Row{"1m", 1, 60'000, 0}, Row{"1m", 1, 60'001, 1}, Row{"1m", 120'000, 60'000, 0},
      Row{"1m", 0, 600'000, 10}, Row{"1m", 0, 660'000, 11}, Row{"1m", 0, 720'000, 11},
      Row{"1w", 0, 11 * kDayMs, 2}, Row{"1w", 1, 11 * kDayMs + 1, 2},
      Row{"1M", 1'672'531'200'000, 1'688'169'600'000, 6}, Row{"1s", 0, UINT64_MAX, 11});
  CAPTURE(row.text, row.from_ms, row.to_ms);
  CHECK(CountBuckets(Parsed(row.text), row.from_ms, row.to_ms, 10) == row.count);
}

TEST_CASE("times beyond the calendar do not wrap round", "[market][interval]") {
  const std::string_view text = GENERATE("1s", "7s", "366d", "1w", "1M");
  CAPTURE(text);
  const Interval interval = Parsed(text);
  const uint64_t start_ms = BucketStartMs(interval, UINT64_MAX);
  CHECK(start_ms > 253'000'000'000'000);
  CHECK(FirstBucketAtOrAfterMs(interval, UINT64_MAX) >= start_ms);
}

}  // namespace
}  // namespace wick::market
