// How long each tier is kept, and where its horizon lies.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

#include "market/tier.h"

namespace wick::market {

inline constexpr uint64_t kKeepForever = UINT64_MAX;

/// Age in milliseconds up to which a tier's candles are kept; kKeepForever: no limit.
struct Keep {
  std::array<uint64_t, kTierCount> ms = {24ull * 3'600'000, 30ull * 86'400'000, 730ull * 86'400'000,
                                         kKeepForever};
  uint64_t operator[](Tier tier) const { return ms[Index(tier)]; }
};

/// The horizon of each tier, ms since the epoch: min(wall clock, newest event time of the server) -
/// keep. 0 where a tier is kept for ever or is younger than its keep.
struct Horizons {
  std::array<uint64_t, kTierCount> ms = {};
  uint64_t operator[](Tier tier) const { return ms[Index(tier)]; }

  /// True if the bucket ends at or before the horizon: it is never shown and no event corrects it.
  bool Behind(Tier tier, Bucket bucket) const { return EndMs(tier, bucket) <= ms[Index(tier)]; }

  /// Start of the first bucket that is shown; 0: everything is.
  uint64_t AvailableFromMs(Tier tier) const {
    return StartMs(tier, BucketOf(tier, ms[Index(tier)]));
  }

  friend bool operator==(const Horizons&, const Horizons&) = default;
};

/// The later one in each tier.
inline Horizons Furthest(const Horizons& a, const Horizons& b) {
  Horizons furthest;
  for (size_t i = 0; i < kTierCount; ++i) furthest.ms[i] = std::max(a.ms[i], b.ms[i]);
  return furthest;
}

/// What is behind both.
inline Horizons Earlier(const Horizons& a, const Horizons& b) {
  Horizons earlier;
  for (size_t i = 0; i < earlier.ms.size(); ++i) earlier.ms[i] = std::min(a.ms[i], b.ms[i]);
  return earlier;
}

inline Horizons HorizonsAt(const Keep& keep, uint64_t now_ms, uint64_t newest_event_ms) {
  Horizons horizons;
  const uint64_t reference = std::min(now_ms, newest_event_ms);
  for (Tier tier : kTiers) {
    const uint64_t kept = keep[tier];
    horizons.ms[Index(tier)] = reference > kept ? reference - kept : 0;
  }
  return horizons;
}

}  // namespace wick::market
