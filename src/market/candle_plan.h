// Which stretches of which tier answer a candle request.
#pragma once

#include <cstdint>
#include <vector>

#include "base/status.h"
#include "market/fold.h"
#include "market/retention.h"
#include "market/tier.h"
#include "wick/query.h"

namespace wick::market {

/// Candles of one interval whose bucket starts lie in [from_ms, to_ms), computed from one tier.
/// Both ends are bucket starts of the interval, so the tier's buckets in [from_ms, to_ms) are
/// exactly what the candles are made of. Never empty.
struct Segment {
  Interval interval;
  Tier tier = Tier::k1s;
  uint64_t from_ms = 0;
  uint64_t to_ms = 0;

  friend bool operator==(const Segment&, const Segment&) = default;
};

/// What to read for a request. Segments ascend, do not overlap and leave no gap between them; none
/// of their buckets is behind its tier's horizon.
struct CandlePlan {
  Grain grain = Grain::kFixed;     // of the reply: kFixed or kFinest
  Interval interval;               // of every candle, unless grain is kFinest
  uint64_t available_from_ms = 0;  // candles that start before this are not kept; 0: all are
  std::vector<Segment> segments;   // empty: nothing of the range is kept
  bool newest = false;             // the newest `limit` candles are wanted, not the first

  /// Only for a request that fills: the tiers' buckets that start before the first segment, coarse
  /// first. The candle known before the range is, looked for from the back, the first one that
  /// ClosesBefore() the first segment. Only the last bucket of each may fail to.
  std::vector<Segment> before;
};

/// True if the candle's last event happened before `time_ms`, so that its close was known then.
inline bool ClosesBefore(Tier tier, const FoldedCandle& candle, uint64_t time_ms) {
  return StartMs(tier, candle.bucket) + candle.close_offset_ms < time_ms;
}

/// Plans a request. `limit_max` is the server's bound of candles per answer. A range that begins
/// before the horizon is clipped to it; a multiple of a tier begins with the first bucket that is
/// kept whole. Without `from` a request that fills is clipped to its newest `limit` buckets.
/// InvalidArgument: the limit, the interval or the range makes no sense.
absl::StatusOr<CandlePlan> PlanCandles(const CandlesRequest& request, const Horizons& horizons,
                                       uint64_t now_ms, uint32_t limit_max);

}  // namespace wick::market
