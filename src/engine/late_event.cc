// A late event: older than its series' latest. It corrects its candle in every tier, be the candle
// in memory or on disk, closed or not, unless the tier no longer shows that candle.
#include <algorithm>

#include "engine/shard.h"

namespace wick::engine {

using market::FoldedCandle;
using market::Tier;

void Shard::ApplyLate(hot::Series& series, SeriesId id, const Price& event, uint64_t number,
                      uint64_t newest_elsewhere_ms) {
  Bump(counters_.late);
  const uint64_t newest_ms =
      std::max(counters_.newest_event_ms.load(std::memory_order_relaxed), newest_elsewhere_ms);
  const auto horizons = market::HorizonsAt(keep_, clock_.NowMs(), newest_ms);
  for (Tier tier : market::kTiers) {
    const FoldedCandle piece = market::StartCandle(tier, event);
    if (horizons.Behind(tier, piece.bucket)) {
      Bump(counters_.late_beyond_horizon[market::Index(tier)]);
      uint64_t& until_ms = refused_until_.ms[market::Index(tier)];
      until_ms = std::max(until_ms, EndMs(tier, piece.bucket));
    } else if (!series.FoldLate(tier, piece, memory_, HandOver(id, number))) {
      unwritten_.Fold(id, tier, piece, number);
    }
  }
}

}  // namespace wick::engine
