// How far a start has come, for whoever asks while it runs.
#pragma once

#include <atomic>
#include <cstdint>
#include <string_view>

namespace wick::engine {

enum class RecoveryPhase : uint8_t {
  kStorage = 0,  // the store opens: RocksDB reads its write-ahead log
  kSeries = 1,   // names of the series
  kStates = 2,   // what the last checkpoints hold of them
  kJournal = 3,  // events that are in no checkpoint
  kDone = 4,
};

constexpr std::string_view Name(RecoveryPhase phase) {
  constexpr std::string_view kNames[] = {"storage", "series", "states", "journal", "done"};
  return kNames[static_cast<uint8_t>(phase)];
}

/// Written by the thread that opens the store and the engine, read by any. The three values are
/// independent: a reader may see the records of one phase beside the name of its neighbour.
struct RecoveryProgress {
  std::atomic<RecoveryPhase> phase{RecoveryPhase::kStorage};
  std::atomic<uint64_t> records{0};  // of the phase, done: series, states or events of the journal
  std::atomic<uint64_t> records_total{0};  // at most so many; 0: not known beforehand

  void Begin(RecoveryPhase next, uint64_t total) {
    records.store(0, std::memory_order_relaxed);
    records_total.store(total, std::memory_order_relaxed);
    phase.store(next, std::memory_order_relaxed);
  }
  void Count(uint64_t more) {
    records.store(records.load(std::memory_order_relaxed) + more, std::memory_order_relaxed);
  }
};

}  // namespace wick::engine
