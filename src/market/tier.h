// The stored grains of candles. Rules: docs/architecture.md, "Tiers".
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <utility>

#include "codec/candle.h"
#include "wick/candle.h"

namespace wick::market {

/// Finest first. On disk for ever: append, never renumber.
enum class Tier : uint8_t { k1s = 0, k1m = 1, k1h = 2, k1d = 3 };
inline constexpr int kTierCount = 4;
inline constexpr std::array<Tier, kTierCount> kTiers = {Tier::k1s, Tier::k1m, Tier::k1h, Tier::k1d};

constexpr uint8_t Index(Tier tier) { return static_cast<uint8_t>(tier); }

/// Length of a tier's bucket in milliseconds.
constexpr uint64_t BucketMs(Tier tier) {
  constexpr std::array<uint64_t, kTierCount> kMs = {1'000, 60'000, 3'600'000, 86'400'000};
  return kMs[Index(tier)];
}

constexpr std::string_view Name(Tier tier) {
  constexpr std::array<std::string_view, kTierCount> kNames = {"1s", "1m", "1h", "1d"};
  return kNames[Index(tier)];
}

constexpr Interval IntervalOf(Tier tier) {
  constexpr std::array<IntervalUnit, kTierCount> kUnits = {
      IntervalUnit::kSecond, IntervalUnit::kMinute, IntervalUnit::kHour, IntervalUnit::kDay};
  return {1, kUnits[Index(tier)]};
}

/// Calls `visit.template operator()<tier>()` for every tier, finest first: what divides by a
/// bucket's length is compiled for that length.
template <typename Visit>
constexpr void ForEachTier(Visit visit) {
  [&]<size_t... kIndex>(std::index_sequence<kIndex...>) {
    (visit.template operator()<kTiers[kIndex]>(), ...);
  }
  (std::make_index_sequence<kTierCount>());
}

using codec::Bucket;

constexpr Bucket BucketOf(Tier tier, uint64_t timestamp_ms) {
  return static_cast<Bucket>(timestamp_ms / BucketMs(tier));
}
constexpr uint64_t StartMs(Tier tier, Bucket bucket) { return bucket * BucketMs(tier); }
constexpr uint64_t EndMs(Tier tier, Bucket bucket) {
  return (bucket + uint64_t{1}) * BucketMs(tier);
}

}  // namespace wick::market
