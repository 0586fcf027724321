#include "market/interval.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>

#include "base/assert.h"

namespace wick::market {
namespace {

constexpr uint64_t kDayMs = 86'400'000;
constexpr uint64_t kEpochWeekday = 3;  // 1970-01-01 was a Thursday: three days after Monday

// 10000-01-01. Later times count as this one, so that no sum overflows and the calendar stays
// defined.
constexpr uint64_t kTimeMsMax = 253'402'300'800'000;

/// 0 for calendar units, whose buckets follow the week or the month.
constexpr uint64_t FixedUnitMs(IntervalUnit unit) {
  switch (unit) {
    case IntervalUnit::kSecond:
      return 1'000;
    case IntervalUnit::kMinute:
      return 60'000;
    case IntervalUnit::kHour:
      return 3'600'000;
    case IntervalUnit::kDay:
      return kDayMs;
    case IntervalUnit::kWeek:
    case IntervalUnit::kMonth:
      return 0;
  }
  return 0;
}

constexpr bool IsCalendar(IntervalUnit unit) {
  return unit == IntervalUnit::kWeek || unit == IntervalUnit::kMonth;
}

uint64_t FixedLengthMs(const Interval& interval) {
  const uint64_t length_ms = interval.count * FixedUnitMs(interval.unit);
  WICK_ASSERT(length_ms > 0);
  return length_ms;
}

uint64_t MonthNumber(uint64_t days) {
  using namespace std::chrono;
  const year_month_day date{sys_days{std::chrono::days{static_cast<int>(days)}}};
  return static_cast<uint64_t>(static_cast<int>(date.year()) - 1970) * 12 +
         static_cast<unsigned>(date.month()) - 1;
}

uint64_t MonthStartDays(uint64_t number) {
  using namespace std::chrono;
  const sys_days first = year{1970 + static_cast<int>(number / 12)} /
                         month{static_cast<unsigned>(number % 12) + 1} / 1;
  return static_cast<uint64_t>(first.time_since_epoch().count());
}

/// Number of the bucket that holds a time, counted from the one that holds the epoch.
uint64_t NumberOf(const Interval& interval, uint64_t timestamp_ms) {
  const uint64_t time_ms = std::min(timestamp_ms, kTimeMsMax);
  switch (interval.unit) {
    case IntervalUnit::kWeek:
      return (time_ms / kDayMs + kEpochWeekday) / 7;
    case IntervalUnit::kMonth:
      return MonthNumber(time_ms / kDayMs);
    default:
      return time_ms / FixedLengthMs(interval);
  }
}

/// The week of the epoch began in 1969; times before the epoch do not exist here, so it starts at
/// 0.
uint64_t StartOf(const Interval& interval, uint64_t number) {
  switch (interval.unit) {
    case IntervalUnit::kWeek:
      return number == 0 ? 0 : (number * 7 - kEpochWeekday) * kDayMs;
    case IntervalUnit::kMonth:
      return MonthStartDays(number) * kDayMs;
    default:
      return number * FixedLengthMs(interval);
  }
}

/// Number of the first bucket that starts at or after a time.
uint64_t NumberAtOrAfter(const Interval& interval, uint64_t timestamp_ms) {
  const uint64_t time_ms = std::min(timestamp_ms, kTimeMsMax);
  const uint64_t number = NumberOf(interval, time_ms);
  return StartOf(interval, number) == time_ms ? number : number + 1;
}

}  // namespace

std::optional<Interval> ParseInterval(std::string_view text) {
  if (text.size() < 2 || text.front() < '1' || text.front() > '9') return std::nullopt;
  Interval interval;
  const char* const unit = text.data() + text.size() - 1;
  const auto [end, error] = std::from_chars(text.data(), unit, interval.count);
  if (error != std::errc{} || end != unit) return std::nullopt;

  interval.unit = static_cast<IntervalUnit>(*unit);
  if (IsCalendar(interval.unit)) {
    if (interval.count != 1) return std::nullopt;
    return interval;
  }
  const uint64_t length_ms = interval.count * FixedUnitMs(interval.unit);
  if (length_ms == 0 || length_ms > kIntervalMsMax) return std::nullopt;
  return interval;
}

std::string ToString(const Interval& interval) {
  return fmt::format("{}{}", interval.count, static_cast<char>(interval.unit));
}

Tier SourceTier(const Interval& interval) {
  if (IsCalendar(interval.unit)) return Tier::k1d;
  const uint64_t length_ms = FixedLengthMs(interval);
  Tier source = Tier::k1s;
  for (Tier tier : kTiers) {
    if (length_ms % BucketMs(tier) == 0) source = tier;
  }
  return source;
}

uint64_t BucketStartMs(const Interval& interval, uint64_t timestamp_ms) {
  return StartOf(interval, NumberOf(interval, timestamp_ms));
}

uint64_t NextBucketMs(const Interval& interval, uint64_t start_ms) {
  return StartOf(interval, NumberOf(interval, start_ms) + 1);
}

uint64_t BucketsBeforeMs(const Interval& interval, uint64_t start_ms, uint64_t n) {
  const uint64_t number = NumberOf(interval, start_ms);
  return StartOf(interval, number - std::min(number, n));
}

uint64_t FirstBucketAtOrAfterMs(const Interval& interval, uint64_t timestamp_ms) {
  return StartOf(interval, NumberAtOrAfter(interval, timestamp_ms));
}

uint64_t CountBuckets(const Interval& interval, uint64_t from_ms, uint64_t to_ms, uint64_t limit) {
  if (from_ms >= to_ms) return 0;
  const uint64_t count = NumberAtOrAfter(interval, to_ms) - NumberAtOrAfter(interval, from_ms);
  return count <= limit ? count : limit + 1;
}

}  // namespace wick::market
