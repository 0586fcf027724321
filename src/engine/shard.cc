#include "engine/shard.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"

namespace wick::engine {

using market::Tier;

namespace {

/// So many events lie between asking for memory and using it, or asking for what it points to.
constexpr size_t kPrefetchTicks = 5;

}  // namespace

size_t Shard::Apply(std::span<Tick> ticks, uint64_t number, uint64_t newest_elsewhere_ms) {
  size_t kept = 0;
  for (size_t i = 0; i < ticks.size(); ++i) {
    // Series lie somewhere in memory, and so does what they point to: all of it is on its way
    // before its turn.
    const auto ahead = [&](size_t steps, auto prefetch) {
      const size_t at = i + steps * kPrefetchTicks;
      if (at < ticks.size()) prefetch(table_[ticks[at].series], ticks[at].timestamp_ms);
    };
    ahead(3, [](const hot::Series& series, uint64_t) { series.Prefetch(); });
    ahead(2, [](const hot::Series& series, uint64_t ms) { series.PrefetchRing(ms); });
    ahead(1, [](const hot::Series& series, uint64_t ms) { series.PrefetchSlot(ms); });
    const Tick& tick = ticks[i];
    const SeriesId id{tick.series};
    const Price event = PriceOf(tick);
    WICK_ASSERT(event.price > 0);  // refused by market::CheckPrice if not
    hot::Series& series = table_[tick.series];
    const Price latest = series.OwnLatest();
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
  for (Tier tier : market::kTiers) {
    const size_t bytes = memory_.rings.size() * sizeof(hot::CandleRing) +
                         memory_.slots[market::Index(tier)].MemoryBytes();
    counters_.ring_bytes[market::Index(tier)].store(bytes, std::memory_order_relaxed);
  }
}

void Shard::ResetCounts() {
  counters_.accepted.store(0, std::memory_order_relaxed);
  counters_.duplicates.store(0, std::memory_order_relaxed);
  counters_.late.store(0, std::memory_order_relaxed);
  for (auto& count : counters_.late_beyond_horizon) count.store(0, std::memory_order_relaxed);
}

void Shard::ApplyInOrder(hot::Series& series, SeriesId id, const Price& event, uint64_t number) {
  series.Fold(event, memory_, HandOver(id, number));
  if (event.timestamp_ms > counters_.newest_event_ms.load(std::memory_order_relaxed)) {
    counters_.newest_event_ms.store(event.timestamp_ms, std::memory_order_relaxed);
  }
}

void Shard::Restore(SeriesId id, const cold::SeriesState& state) {
  hot::Series& series = table_[Raw(id)];
  series.Restore(state.latest, state.newest);
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
  captured.state.latest = series.OwnLatest();
  for (Tier tier : market::kTiers) {
    series.CaptureClosed(tier, captured.changed[market::Index(tier)]);
    captured.state.newest[market::Index(tier)] = series.OwnOpen(tier);
  }
  captured.unwritten = unwritten_.Capture(id, applied);
  return captured;
}

}  // namespace wick::engine
