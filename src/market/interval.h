// Intervals: their text form, their buckets, and the tier they are computed from.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "market/tier.h"
#include "wick/candle.h"

namespace wick::market {

/// Longest interval of fixed length: N seconds, minutes, hours or days within 366 days.
inline constexpr uint64_t kIntervalMsMax = 366ull * 86'400'000;

/// Reads "1s", "90s", "5m", "4h", "3d", "1w", "1M" (case-sensitive, no leading zero). nullopt if it
/// is none.
std::optional<Interval> ParseInterval(std::string_view text);
std::string ToString(const Interval& interval);

/// The coarsest tier whose buckets divide the interval's.
Tier SourceTier(const Interval& interval);

/// Start of the bucket that holds `timestamp_ms`: fixed lengths are aligned to the Unix epoch,
/// weeks to Monday 00:00 UTC, months to the first of the month.
uint64_t BucketStartMs(const Interval& interval, uint64_t timestamp_ms);

/// Start of the bucket after the one that starts at `start_ms`.
uint64_t NextBucketMs(const Interval& interval, uint64_t start_ms);

/// Start of the bucket `n` before the one that starts at `start_ms`, not before the first bucket of
/// the epoch.
uint64_t BucketsBeforeMs(const Interval& interval, uint64_t start_ms, uint64_t n);

/// The first bucket start at or after `timestamp_ms`.
uint64_t FirstBucketAtOrAfterMs(const Interval& interval, uint64_t timestamp_ms);

/// Bucket starts in [from, to); counting stops at `limit` + 1.
uint64_t CountBuckets(const Interval& interval, uint64_t from_ms, uint64_t to_ms, uint64_t limit);

}  // namespace wick::market
