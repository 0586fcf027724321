#include "market/candle_plan.h"

#include <algorithm>

#include "market/interval.h"
#include "market/validation.h"

namespace wick::market {
namespace {

// Nothing is there beyond it; its bucket of any interval ends within Bucket's range.
constexpr uint64_t kPlanEndMs = kTimestampEndMs;
static_assert(kPlanEndMs + kIntervalMsMax < UINT32_MAX * BucketMs(Tier::k1s));

constexpr Tier kCoarsest = kTiers.back();

/// Bucket starts in [from, to).
struct Range {
  uint64_t from_ms = 0;
  uint64_t to_ms = 0;
};

/// End of the bucket the wall clock is in: gaps are filled and candles counted up to here.
uint64_t EndOfNowMs(const Interval& interval, uint64_t now_ms) {
  return NextBucketMs(interval, BucketStartMs(interval, now_ms));
}

absl::Status Check(const CandlesRequest& request, uint32_t limit_max) {
  if (request.limit == 0 || request.limit > limit_max) {
    return InvalidArgument("limit {} is out of range; ask for 1 to {} candles", request.limit,
                           limit_max);
  }
  if (request.from_ms && request.to_ms && *request.from_ms >= *request.to_ms) {
    return InvalidArgument("from {} must be less than to {}; both are milliseconds since the epoch",
                           *request.from_ms, *request.to_ms);
  }
  // An interval may come from the wire as it is; one that has no text form is none.
  const std::string text = ToString(request.interval);
  if (request.grain == Grain::kFixed && ParseInterval(text) != request.interval) {
    return InvalidArgument(
        "interval \"{}\" is none; give Ns, Nm, Nh or Nd of at most 366 days, 1w or 1M",
        Printable(text));
  }
  return absl::OkStatus();
}

Interval ChooseInterval(const CandlesRequest& request, const Horizons& horizons, uint64_t now_ms) {
  if (!request.from_ms) return IntervalOf(Tier::k1s);
  for (Tier tier : kTiers) {
    const Interval interval = IntervalOf(tier);
    // No candles are to be expected after now.
    const uint64_t now_end_ms = EndOfNowMs(interval, now_ms);
    const uint64_t to_ms = std::min(request.to_ms.value_or(now_end_ms), now_end_ms);
    const uint64_t needed = CountBuckets(interval, *request.from_ms, to_ms, request.limit);
    const bool reaches = horizons.AvailableFromMs(tier) <= *request.from_ms;
    if (reaches && needed <= request.limit) return interval;
  }
  return IntervalOf(kCoarsest);
}

void AddSegment(std::vector<Segment>& segments, const Segment& segment) {
  if (segment.from_ms < segment.to_ms) segments.push_back(segment);
}

/// Where the earliest of the tiers finer than this one begins.
uint64_t FinerAvailableFromMs(const Horizons& horizons, Tier tier) {
  uint64_t from_ms = UINT64_MAX;
  for (Tier finer : kTiers) {
    if (finer < tier) from_ms = std::min(from_ms, horizons.AvailableFromMs(finer));
  }
  return from_ms;
}

/// End of a tier's stretch of a range that ends at `to_ms`: from there on finer tiers keep all.
uint64_t StretchEndMs(const Horizons& horizons, Tier tier, uint64_t to_ms) {
  const uint64_t end_ms = std::min(to_ms, FinerAvailableFromMs(horizons, tier));
  return FirstBucketAtOrAfterMs(IntervalOf(tier), end_ms);
}

/// Start of the earliest candle of any tier.
uint64_t EarliestMs(const Horizons& horizons) {
  return std::min(horizons.AvailableFromMs(kCoarsest), FinerAvailableFromMs(horizons, kCoarsest));
}

/// Each stretch of the range in the finest tier that keeps it. A coarse stretch ends with the last
/// bucket that the finer tiers do not keep whole; the next stretch goes on where it ends. Where the
/// range begins inside the last bucket of a coarse stretch, the finer tier begins as early as it
/// can.
std::vector<Segment> FinestSegments(const Horizons& horizons, const Range& range) {
  std::vector<Segment> segments;
  uint64_t from_ms = range.from_ms;
  for (auto tier = kTiers.rbegin(); tier != kTiers.rend(); ++tier) {
    const Interval interval = IntervalOf(*tier);
    const uint64_t first_ms = FirstBucketAtOrAfterMs(interval, from_ms);
    const Segment segment{interval, *tier, std::max(first_ms, horizons.AvailableFromMs(*tier)),
                          StretchEndMs(horizons, *tier, range.to_ms)};
    AddSegment(segments, segment);
    if (segment.from_ms < segment.to_ms) from_ms = segment.to_ms;
  }
  return segments;
}

/// Drops what is older than the newest `limit` buckets up to now.
void KeepNewest(std::vector<Segment>& segments, uint64_t now_ms, uint64_t limit) {
  uint64_t wanted = limit;
  for (auto segment = segments.rbegin(); segment != segments.rend(); ++segment) {
    const uint64_t end_ms = std::min(segment->to_ms, EndOfNowMs(segment->interval, now_ms));
    const uint64_t count = CountBuckets(segment->interval, segment->from_ms, end_ms, wanted);
    if (count >= wanted) {
      segment->from_ms = BucketsBeforeMs(segment->interval, end_ms, wanted);
      segments.erase(segments.begin(), std::prev(segment.base()));
      return;
    }
    wanted -= count;
  }
}

/// Of every tier, whatever is asked for: a pair may have traded last when only the coarser ones
/// remember.
std::vector<Segment> SegmentsBefore(uint64_t from_ms, const Horizons& horizons) {
  std::vector<Segment> before;
  for (auto tier = kTiers.rbegin(); tier != kTiers.rend(); ++tier) {
    AddSegment(before, {IntervalOf(*tier), *tier, horizons.AvailableFromMs(*tier),
                        StretchEndMs(horizons, *tier, from_ms)});
  }
  return before;
}

}  // namespace

absl::StatusOr<CandlePlan> PlanCandles(const CandlesRequest& request, const Horizons& horizons,
                                       uint64_t now_ms, uint32_t limit_max) {
  WICK_RETURN_IF_ERROR(Check(request, limit_max));

  const Range range{request.from_ms.value_or(0),
                    std::min(request.to_ms.value_or(kPlanEndMs), kPlanEndMs)};
  CandlePlan plan;
  plan.newest = !request.from_ms;
  if (request.grain == Grain::kFinest) {
    plan.grain = Grain::kFinest;
    plan.available_from_ms = EarliestMs(horizons);
    plan.segments = FinestSegments(horizons, range);
  } else {
    plan.interval = request.grain == Grain::kAuto ? ChooseInterval(request, horizons, now_ms)
                                                  : request.interval;
    const Tier tier = SourceTier(plan.interval);
    plan.available_from_ms = FirstBucketAtOrAfterMs(plan.interval, horizons.AvailableFromMs(tier));
    AddSegment(plan.segments, {plan.interval, tier,
                               std::max(FirstBucketAtOrAfterMs(plan.interval, range.from_ms),
                                        plan.available_from_ms),
                               FirstBucketAtOrAfterMs(plan.interval, range.to_ms)});
  }
  if (request.fill == Fill::kNone || plan.segments.empty()) return plan;

  if (plan.newest) KeepNewest(plan.segments, now_ms, request.limit);
  plan.before = SegmentsBefore(plan.segments.front().from_ms, horizons);
  return plan;
}

}  // namespace wick::market
