// Everything in memory about every series, found by its dense id.
#pragma once

#include <array>
#include <cstdint>

#include "base/segmented_array.h"
#include "hot/candle_ring.h"
#include "hot/seqlock.h"
#include "market/tier.h"
#include "wick/event.h"

namespace wick::hot {

/// One series.
/// Threads: the worker of its shard writes; anyone reads `latest` and `rings` (through Read()).
struct alignas(32) Series {
  Seqlock<Price> latest;     // timestamp_ms 0: no event yet
  uint64_t last_number = 0;  // worker only: number of the last part that changed it
  bool dirty = false;        // worker only: on the shard's list for the next checkpoint
  bool here = true;          // immutable after registration: the pair is of this node's share
  std::array<CandleRing, market::kTierCount> rings;
};
static_assert(sizeof(Series) == 224);

inline constexpr size_t kSeriesMax = size_t{1} << 26;  // 67 M: more than one machine can keep live

using SeriesTable = SegmentedArray<Series, 10, (kSeriesMax >> 10)>;

}  // namespace wick::hot
