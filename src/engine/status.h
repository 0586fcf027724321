// What an operator can see of a running engine: a plain copy, taken at one moment.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "cold/store.h"
#include "engine/write_gate.h"
#include "market/tier.h"
#include "wick/event.h"

namespace wick::engine {

/// Counts since the process started, unless said otherwise.
struct EngineStatus {
  uint64_t events_accepted = 0;
  uint64_t events_duplicate = 0;
  std::array<uint64_t, kRefusalCount> events_rejected = {};  // by Refusal
  uint64_t events_late = 0;                                  // older than their series' latest
  std::array<uint64_t, market::kTierCount> late_beyond_horizon = {};

  uint64_t series = 0;           // registered, whether or not a price was seen
  uint64_t newest_event_ms = 0;  // ms since the Unix epoch
  market::Horizons horizons;

  uint64_t last_number = 0;             // newest journal number given out
  uint64_t synced_number = 0;           // newest journal number that is durable
  uint64_t checkpoint_number = 0;       // every frame up to this one is in a checkpoint
  uint64_t journal_frames = 0;          // kept for recovery
  uint64_t journal_bytes = 0;           // of those frames
  uint64_t commits = 0;                 // synced writes
  uint64_t checkpoints = 0;             // completed
  uint64_t checkpoint_ended_ms = 0;     // wall clock, ms since the Unix epoch; 0: none yet
  uint64_t checkpoint_duration_ms = 0;  // of the newest one
  uint64_t recovered_events = 0;        // replayed at start
  uint64_t recovery_duration_ms = 0;

  struct Shard {
    uint64_t queued_events = 0;       // handed over, not yet applied
    uint64_t uncommitted_events = 0;  // applied, not yet durable
    uint64_t dirty_series = 0;        // changed since their last checkpoint
    uint64_t unwritten_candles = 0;   // corrections and evicted candles not yet in RocksDB
  };
  std::vector<Shard> shards;

  std::array<uint64_t, market::kTierCount> tier_memory_bytes = {};  // rings: closed candles
  uint64_t series_memory_bytes = 0;  // latest prices, open candles, names, index
  cold::StoreUsage store;
  uint64_t disk_free_bytes = 0;  // for wick, on the file system of the data directory

  WriteHealth write;
};

}  // namespace wick::engine
