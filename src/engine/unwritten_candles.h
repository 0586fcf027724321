// Candles and corrections that are neither in their series nor in RocksDB yet.
#pragma once

#include <absl/container/btree_map.h>
#include <absl/container/flat_hash_map.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "cold/store.h"
#include "market/fold.h"
#include "market/tier.h"
#include "wick/series.h"

namespace wick::engine {

/// A candle to be written, and how it meets the one on disk.
struct UnwrittenCandle {
  market::FoldedCandle candle;
  cold::CandleOp op;
};

/// What one shard has to write beside its series: candles that left memory before they were
/// saved, and late events of candles that are no longer in memory.
///
/// Between Capture() and Written() a series' candles are on their way to the disk. A reader must
/// apply them exactly once, whichever side of the commit it sees, so each layer says as of which
/// journal number it was last changed: a snapshot of the store whose `applied` of the series is at
/// least that number holds it already. To be safe, copy the layers first and take the snapshot
/// after.
///
/// Threads: the shard's worker changes and captures, the commit thread reports Written(), anyone
/// copies.
class UnwrittenCandles {
 public:
  using ByBucket = absl::btree_map<market::Bucket, UnwrittenCandle>;
  struct OfSeries {
    uint64_t number = 0;  // of the newest part in it; in a capture: everything up to this is in it
    std::array<ByBucket, market::kTierCount> tiers;
  };
  struct Layer {
    uint64_t number = 0;
    std::vector<UnwrittenCandle> candles;  // bucket ascending
  };

  /// A whole candle that left memory; there is none of this bucket here.
  void Add(SeriesId series, market::Tier tier, const market::FoldedCandle& candle, uint64_t number);
  /// A piece that arrived after everything known of its bucket.
  void Fold(SeriesId series, market::Tier tier, const market::FoldedCandle& piece, uint64_t number);

  /// Takes what is there for the series; null if nothing is. The one before must have been written.
  std::shared_ptr<const OfSeries> Capture(SeriesId series, uint64_t number);
  void Written(SeriesId series);

  /// Appends the layers (older first) with candles in [from, to): of each the first `limit`, or the
  /// last.
  void CopyLayers(SeriesId series, market::Tier tier, market::Bucket from, market::Bucket to,
                  size_t limit, bool last, std::vector<Layer>& layers) const;

  /// Candles not yet captured.
  size_t size() const { return size_.load(std::memory_order_relaxed); }

 private:
  ByBucket& BucketsOf(SeriesId series, market::Tier tier, uint64_t number);

  mutable std::mutex mutex_;
  absl::flat_hash_map<SeriesId, OfSeries> pending_;
  absl::flat_hash_map<SeriesId, std::shared_ptr<const OfSeries>> captured_;
  std::atomic<size_t> size_{0};
};

}  // namespace wick::engine
