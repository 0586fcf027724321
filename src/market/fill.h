// What stands in the buckets without events.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "market/candle_plan.h"
#include "market/fold.h"
#include "wick/query.h"

namespace wick::market {

struct FilledCandles {
  std::vector<Candle> candles;      // ascending, at most `limit`
  std::optional<uint64_t> next_ms;  // start of the first candle left out; none: all are here
};

/// Fills the buckets of the plan that have no candle, from the first candle known before or in the
/// range to the end of the range or to the wall clock's bucket, whichever is first. `fill` is not
/// kNone. `before` is the candle known before the range (CandlePlan::before), of any tier: only its
/// close and volumes count. `candles` are the plan's candles, ascending: the first `limit` + 1 of
/// them or all; where the plan wants the newest, the newest `limit` or all. A candle ahead of the
/// wall clock stays; the gap before it is not filled beyond the clock.
FilledCandles FillGaps(const CandlePlan& plan, Fill fill, const std::optional<FoldedCandle>& before,
                       std::span<const Candle> candles, uint64_t now_ms, uint32_t limit);

}  // namespace wick::market
