#include "engine/impl.h"

namespace wick::engine {

EngineStatus Impl::Status() const {
  constexpr auto kRelaxed = std::memory_order_relaxed;
  EngineStatus s;
  for (unsigned i = 0; i < workers.size(); ++i) {
    const Worker& worker = *workers[i];
    const ShardCounters& counters = worker.shard.counters();
    s.events_accepted += counters.accepted.load(kRelaxed);
    s.events_duplicate += counters.duplicates.load(kRelaxed);
    s.events_late += counters.late.load(kRelaxed);
    for (market::Tier tier : market::kTiers) {
      s.late_beyond_horizon[market::Index(tier)] +=
          counters.late_beyond_horizon[market::Index(tier)].load(kRelaxed);
      s.tier_memory_bytes[market::Index(tier)] +=
          counters.ring_bytes[market::Index(tier)].load(kRelaxed);
    }
    s.shards.push_back({.queued_events = worker.queued_events.load(kRelaxed),
                        .uncommitted_events = committer.uncommitted_events(i),
                        .dirty_series = counters.dirty_series.load(kRelaxed),
                        .unwritten_candles = worker.shard.unwritten().size()});
  }
  for (int i = 0; i < kRefusalCount; ++i) s.events_rejected[i] = rejected[i].load(kRelaxed);

  s.series = index.size();
  s.newest_event_ms = NewestEventMs();
  s.horizons = Horizons();

  const Committer::Counters& committed = committer.counters();
  s.last_number = last_number.load(kRelaxed);
  s.synced_number = committed.synced_number.load(kRelaxed);
  s.checkpoint_number = committed.checkpoint_number.load(kRelaxed);
  s.journal_frames = committed.frames.load(kRelaxed);
  s.journal_bytes = committed.frame_bytes.load(kRelaxed);
  s.commits = committed.commits.load(kRelaxed);
  const CheckpointPasses::Ended ended = passes.ended();
  s.checkpoints = ended.passes;
  s.checkpoint_ended_ms = ended.ended_ms;
  s.checkpoint_duration_ms = ended.duration_ms;
  s.recovered_events = recovered_events;
  s.recovery_duration_ms = recovery_duration_ms;

  s.series_memory_bytes = table.MemoryBytes() + shard_of.MemoryBytes() + index.MemoryBytes();
  s.store = store.Usage();
  s.disk_free_bytes = store.FreeBytes();
  s.write = gate.health();
  return s;
}

}  // namespace wick::engine
