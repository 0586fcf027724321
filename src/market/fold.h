// Folding events into candles: the one place that knows what open and close mean.
#pragma once

#include <algorithm>
#include <cstdint>

#include "codec/candle.h"
#include "market/tier.h"
#include "wick/event.h"

namespace wick::market {

using codec::FoldedCandle;

/// The candle of one event.
inline FoldedCandle StartCandle(Tier tier, const Price& event) {
  const Bucket bucket = BucketOf(tier, event.timestamp_ms);
  const auto offset = static_cast<uint32_t>(event.timestamp_ms - StartMs(tier, bucket));
  return {bucket,
          offset,
          offset,
          1,
          event.price,
          event.price,
          event.price,
          event.price,
          event.base_volume_last_24h,
          event.quote_volume_last_24h};
}

/// Folds `later` into `candle`: two candles of the same bucket, every event of `later` having
/// arrived after every event of `candle`. On equal timestamps the first to arrive opens, the last
/// to arrive closes. Associative, so a candle may be folded in pieces as long as the pieces keep
/// their order.
inline void Fold(FoldedCandle& candle, const FoldedCandle& later) {
  if (later.open_offset_ms < candle.open_offset_ms) {
    candle.open = later.open;
    candle.open_offset_ms = later.open_offset_ms;
  }
  if (later.close_offset_ms >= candle.close_offset_ms) {
    candle.close = later.close;
    candle.close_offset_ms = later.close_offset_ms;
    candle.base_volume_last_24h = later.base_volume_last_24h;
    candle.quote_volume_last_24h = later.quote_volume_last_24h;
  }
  candle.high = std::max(candle.high, later.high);
  candle.low = std::min(candle.low, later.low);
  candle.count += later.count;
}

/// Appends `next`, a candle of a later bucket, to `candle`, a candle of a longer interval. Volumes
/// and close are those of `next`; the timestamp stays.
inline void Append(Candle& candle, const FoldedCandle& next) {
  candle.high = std::max(candle.high, next.high);
  candle.low = std::min(candle.low, next.low);
  candle.close = next.close;
  candle.count += next.count;
  candle.base_volume_last_24h = next.base_volume_last_24h;
  candle.quote_volume_last_24h = next.quote_volume_last_24h;
}

}  // namespace wick::market
