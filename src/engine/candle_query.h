// Answers candle requests: plans the stretches, reads their tiers, builds intervals, fills gaps.
#pragma once

#include <cstdint>

#include "engine/tier_reader.h"
#include "market/candle_plan.h"
#include "wick/query.h"

namespace wick::engine {

/// Tier candles one request walks over before it ends with the candle it has begun: a forward range
/// is then answered with a shorter page.
inline constexpr uint64_t kTierCandlesPerRequestMax = 2'000'000;

/// Errors: kInvalidArgument if it cannot be answered, and those of the reader. Thread-safe.
absl::StatusOr<CandlesReply> QueryCandles(const TierReader& reader, const CandlesRequest& request,
                                          const market::Horizons& horizons, uint64_t now_ms,
                                          uint32_t limit_max);

}  // namespace wick::engine
