// Values that no wick ever wrote, under a checksum that is right: damage before they were written.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "market/fold.h"
#include "market/tier.h"
#include "wick/event.h"

namespace wick::cold {

/// Journal numbers count up from 1; none ever comes here.
inline constexpr uint64_t kNumberEnd = uint64_t{1} << 62;

inline bool IsPossiblePrice(double price) { return std::isfinite(price) && price > 0; }
inline bool IsPossibleVolume(double volume) { return std::isfinite(volume) && volume >= 0; }

/// What market::CheckPrice lets through, whatever the time is; what it says of units may change.
inline bool IsPossible(const Price& price) {
  return IsPossiblePrice(price.price) && IsPossibleVolume(price.base_volume_last_24h) &&
         IsPossibleVolume(price.quote_volume_last_24h) && price.timestamp_ms > 0 &&
         price.timestamp_ms / market::BucketMs(market::Tier::k1s) <= UINT32_MAX;
}

inline bool IsPossible(market::Tier tier, const market::FoldedCandle& candle) {
  return candle.count > 0 && candle.open_offset_ms <= candle.close_offset_ms &&
         candle.close_offset_ms < market::BucketMs(tier) && IsPossiblePrice(candle.low) &&
         IsPossiblePrice(candle.high) && IsPossiblePrice(candle.open) &&
         IsPossiblePrice(candle.close) && candle.low <= std::min(candle.open, candle.close) &&
         candle.high >= std::max(candle.open, candle.close) &&
         IsPossibleVolume(candle.base_volume_last_24h) &&
         IsPossibleVolume(candle.quote_volume_last_24h) &&
         (candle.count > 1 ||
          (candle.open_offset_ms == candle.close_offset_ms && candle.low == candle.high));
}

/// The candle ends with the event of a price, as every open candle does with the latest.
inline bool EndsWith(market::Tier tier, const market::FoldedCandle& candle, const Price& price) {
  const market::FoldedCandle end = market::StartCandle(tier, price);
  return candle.bucket == end.bucket && candle.close_offset_ms == end.close_offset_ms &&
         candle.close == end.close && candle.base_volume_last_24h == end.base_volume_last_24h &&
         candle.quote_volume_last_24h == end.quote_volume_last_24h;
}

}  // namespace wick::cold
