#include "engine/shard.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"

namespace wick::engine {

using market::FoldedCandle;
using market::Tier;

namespace {

/// So many events lie between asking for memory and using it.
constexpr size_t kPrefetchTicks = 6;

void Prefetch(const hot::Series* series) {
  const char* const end = reinterpret_cast<const char*>(series + 1);
  for (const char* line = reinterpret_cast<const char*>(series); line < end; line += 64) {
    __builtin_prefetch(line, 1);
  }
}

}  // namespace

size_t Shard::Apply(std::span<Tick> ticks, uint64_t number, uint64_t newest_elsewhere_ms) {
  size_t kept = 0;
  for (size_t i = 0; i < ticks.size(); ++i) {
    // A series, then its open candles, lie somewhere in memory: they are on their way before their
    // turn.
    if (i + 2 * kPrefetchTicks < ticks.size())
      Prefetch(&table_[ticks[i + 2 * kPrefetchTicks].series]);
    if (i + kPrefetchTicks < ticks.size()) {
      for (const hot::CandleRing& ring : table_[ticks[i + kPrefetchTicks].series].rings) {
        if (!ring.empty()) ring.Prefetch();
      }
    }
    const Tick& tick = ticks[i];
    const SeriesId id{tick.series};
    const Price event = PriceOf(tick);
    WICK_ASSERT(event.price > 0);  // refused by market::CheckPrice if not
    hot::Series& series = table_[tick.series];
    const Price latest = series.latest.Own();
    if (event == latest) {
      Bump(counters_.duplicates);
      continue;
    }
    WICK_ASSERT(series.last_number <= number);
    series.last_number = number;
    if (!series.dirty) {
      series.dirty = true;
      dirty_.Add(id);
    }
    if (event.timestamp_ms < latest.timestamp_ms) {
      ApplyLate(series, id, event, number, newest_elsewhere_ms);
    } else {
      ApplyInOrder(series, id, event, number);
    }
    ticks[kept++] = tick;
  }
  Bump(counters_.accepted, kept);
  UpdateGauges();
  return kept;
}

void Shard::UpdateGauges() {
  counters_.dirty_series.store(dirty_.size(), std::memory_order_relaxed);
  for (size_t i = 0; i < pools_.size(); ++i) {
    counters_.slot_bytes[i].store(pools_[i].MemoryBytes(), std::memory_order_relaxed);
  }
}

void Shard::ResetCounts() {
  counters_.accepted.store(0, std::memory_order_relaxed);
  counters_.duplicates.store(0, std::memory_order_relaxed);
  counters_.late.store(0, std::memory_order_relaxed);
  for (auto& count : counters_.late_beyond_horizon) count.store(0, std::memory_order_relaxed);
}

void Shard::ApplyInOrder(hot::Series& series, SeriesId id, const Price& event, uint64_t number) {
  market::ForEachTier([&]<Tier kTier>() {
    hot::CandleRing& ring = series.rings[market::Index(kTier)];
    const FoldedCandle piece = market::StartCandle(kTier, event);
    if (ring.empty()) {
      ring.Start(pools_[market::Index(kTier)], piece);
    } else if (piece.bucket == ring.NewestBucket()) {
      ring.FoldNewest(piece);
    } else {
      ring.Push(pools_[market::Index(kTier)], WindowOf(kTier), piece, HandOver(id, kTier, number));
    }
  });
  series.latest.Store(event);
  if (event.timestamp_ms > counters_.newest_event_ms.load(std::memory_order_relaxed)) {
    counters_.newest_event_ms.store(event.timestamp_ms, std::memory_order_relaxed);
  }
}

void Shard::Restore(SeriesId id, const cold::SeriesState& state) {
  hot::Series& series = table_[Raw(id)];
  for (Tier tier : market::kTiers) {
    const FoldedCandle& newest = state.newest[market::Index(tier)];
    if (newest.count > 0)
      series.rings[market::Index(tier)].Start(pools_[market::Index(tier)], newest);
  }
  series.latest.Store(state.latest);
  series.last_number = state.applied;
  counters_.newest_event_ms.store(
      std::max(counters_.newest_event_ms.load(std::memory_order_relaxed),
               state.latest.timestamp_ms),
      std::memory_order_relaxed);
  UpdateGauges();
}

SeriesSet Shard::TakeDirty() {
  counters_.dirty_series.store(0, std::memory_order_relaxed);
  return std::exchange(dirty_, {});
}

CapturedSeries Shard::Capture(SeriesId id, uint64_t applied) {
  hot::Series& series = table_[Raw(id)];
  WICK_ASSERT(series.dirty);
  WICK_ASSERT(series.last_number <= applied);
  series.dirty = false;
  CapturedSeries captured;
  captured.series = id;
  captured.state.applied = applied;
  captured.state.latest = series.latest.Own();
  for (Tier tier : market::kTiers) {
    hot::CandleRing& ring = series.rings[market::Index(tier)];
    if (ring.empty()) continue;
    ring.Capture(captured.changed[market::Index(tier)]);
    captured.state.newest[market::Index(tier)] = ring.Newest();
  }
  captured.unwritten = unwritten_.Capture(id, applied);
  return captured;
}

}  // namespace wick::engine
