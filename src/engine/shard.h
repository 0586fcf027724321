// The series of one worker: applies events to them and captures them for checkpoints.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/clock.h"
#include "cold/store.h"
#include "engine/series_set.h"
#include "engine/unwritten_candles.h"
#include "hot/series.h"
#include "market/retention.h"
#include "wick/event.h"

namespace wick::engine {

/// What a checkpoint writes for one series.
struct CapturedSeries {
  SeriesId series = kNoSeries;
  cold::SeriesState state;
  std::array<std::vector<market::FoldedCandle>, market::kTierCount>
      changed;                                                  // whole candles of the rings
  std::shared_ptr<const UnwrittenCandles::OfSeries> unwritten;  // may be null
};

/// Counts of one shard, since the process started.
struct ShardCounters {
  std::atomic<uint64_t> accepted{0};
  std::atomic<uint64_t> duplicates{0};
  std::atomic<uint64_t> late{0};
  std::array<std::atomic<uint64_t>, market::kTierCount> late_beyond_horizon{};
  std::atomic<uint64_t> newest_event_ms{0};
  std::atomic<uint64_t> dirty_series{0};
  std::array<std::atomic<uint64_t>, market::kTierCount> ring_bytes{};  // candle rings
};

/// Threads: one worker calls everything but the const accessors, which are for anyone.
/// Invariant: every event of a series is applied here, in the order of its journal numbers.
class Shard {
 public:
  struct Options {
    market::Keep keep;
    std::array<uint32_t, market::kTierCount> window_candles;
  };

  Shard(const Options& options, hot::SeriesTable& table, const Clock& clock)
      : keep_(options.keep), table_(table), clock_(clock), memory_{options.window_candles} {}

  /// Applies events of this shard's series, all under one journal number, and moves those that
  /// changed something to the front, in order; returns how many. The rest were duplicates.
  /// `newest_elsewhere_ms`: newest event time of the other shards, for the horizon.
  size_t Apply(std::span<Tick> ticks, uint64_t number, uint64_t newest_elsewhere_ms);

  /// Recovery: a series as its state record says.
  void Restore(SeriesId series, const cold::SeriesState& state);

  /// Series changed since their last capture, to be captured one by one; none is left.
  SeriesSet TakeDirty();
  /// State and changed candles of a series as of journal number `applied`. The capture before is
  /// durable.
  CapturedSeries Capture(SeriesId series, uint64_t applied);

  /// The latest ends of buckets in which an event was refused as too late. Worker only.
  const market::Horizons& refused_until() const { return refused_until_; }

  /// Forgets what was counted so far, gauges excepted: replayed events were counted by another
  /// process.
  void ResetCounts();
  const ShardCounters& counters() const { return counters_; }
  UnwrittenCandles& unwritten() { return unwritten_; }
  const UnwrittenCandles& unwritten() const { return unwritten_; }

 private:
  void UpdateGauges();
  void ApplyInOrder(hot::Series& series, SeriesId id, const Price& event, uint64_t number);
  /// An event older than its series' latest (late_event.cc).
  void ApplyLate(hot::Series& series, SeriesId id, const Price& event, uint64_t number,
                 uint64_t newest_elsewhere_ms);
  /// Takes a candle that a part pushes out of memory before it was saved.
  auto HandOver(SeriesId id, uint64_t number) {
    return [=, this](market::Tier tier, const market::FoldedCandle& unsaved) {
      unwritten_.Add(id, tier, unsaved, number);
    };
  }

  const market::Keep keep_;
  hot::SeriesTable& table_;
  const Clock& clock_;
  hot::SeriesMemory memory_;
  UnwrittenCandles unwritten_;
  SeriesSet dirty_;
  market::Horizons refused_until_;
  ShardCounters counters_;
};

/// Adds to a counter that one thread writes and any thread reads.
inline void Bump(std::atomic<uint64_t>& counter, uint64_t by = 1) {
  counter.store(counter.load(std::memory_order_relaxed) + by, std::memory_order_relaxed);
}

}  // namespace wick::engine
