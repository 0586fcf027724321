// The one writer of the store: gathers what has come into one synced write.
#pragma once

#include <absl/functional/any_invocable.h>

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <variant>
#include <vector>

#include "base/units.h"
#include "cold/store.h"
#include "engine/references.h"
#include "engine/shard.h"
#include "engine/submission.h"
#include "hot/symbol_index.h"

namespace wick::engine {

/// Captured series of one shard, in its order between the shard's parts.
struct CheckpointSlice {
  unsigned shard = 0;
  std::vector<CapturedSeries> series;
  bool last = false;         // of its pass: frames up to pass_number are covered by this shard
  uint64_t pass_number = 0;
  market::Horizons refused_until;  // of the shard, with these captures
};

/// A change of the references, written with whatever else has come.
struct ReferenceWrite {
  ReferenceChange change;
  absl::AnyInvocable<void(absl::Status)> done;
};

/// Group commit. What one sender gives is written in its order; everything of one round is one atomic,
/// synced write. An error is final: nothing is written any more and everything is answered with it.
/// Threads: any may call Add; Run is the commit thread.
class Committer {
 public:
  using Work = std::variant<Part, CheckpointSlice, ReferenceWrite>;

  struct Hooks {
    /// On the commit thread: every part of the submission is durable (or failed: see its status).
    std::function<void(std::shared_ptr<Submission>)> durable;
    /// On the commit thread: a shard's slice was written (or failed).
    std::function<void(const CheckpointSlice&, const absl::Status&)> slice_written;
  };

  Committer(cold::Store& store, const hot::SymbolIndex& index, unsigned shards, Hooks hooks);
  ~Committer();

  /// Recovery, before Start(): a frame that the store holds, ascending; how many symbols it holds; the
  /// newest number in it.
  void KnowFrame(uint64_t number, uint64_t bytes);
  void KnowSymbols(size_t count) { symbols_written_ = count; }
  void KnowNumber(uint64_t number) { counters_.synced_number.store(number, std::memory_order_relaxed); }

  /// What the store says was refused as too late; nullopt: it does not know, but nothing behind `newest_ms`.
  void KnowRefused(const std::optional<market::Horizons>& refused_until, uint64_t newest_ms);

  void Start();
  /// Writes what was added before and ends the thread.
  void Stop();

  void Add(Work work);

  /// OK, or the error that ended writing. Any thread.
  absl::Status status() const;
  bool failed() const { return failed_.load(std::memory_order_acquire); }

  struct Counters {
    std::atomic<uint64_t> synced_number{0};
    std::atomic<uint64_t> checkpoint_number{0};
    std::atomic<uint64_t> frames{0};
    std::atomic<uint64_t> frame_bytes{0};
    std::atomic<uint64_t> commits{0};
  };
  const Counters& counters() const { return counters_; }
  /// Events applied by a shard and not yet durable.
  uint64_t uncommitted_events(unsigned shard) const {
    return uncommitted_events_[shard].load(std::memory_order_relaxed);
  }

 private:
  struct Frame {
    uint64_t number;
    uint64_t bytes;
  };
  /// Consecutive parts of one shard that will be one frame.
  struct Run {
    std::vector<std::span<const Tick>> parts;
    uint64_t last_number = 0;
    uint64_t bytes = 0;
  };

  void Loop();
  void CommitRound();
  void Gather(Part& part);
  void Gather(CheckpointSlice& slice);
  void Gather(ReferenceWrite& write);
  void CloseRun(unsigned shard);
  /// Deletes the frames that every shard's checkpoint covers; returns the number up to which.
  uint64_t DeleteCoveredFrames();
  void CountCommitted(uint64_t covered);

  cold::Store& store_;
  const hot::SymbolIndex& index_;
  const Hooks hooks_;
  std::unique_ptr<std::atomic<uint64_t>[]> uncommitted_events_;

  std::mutex mutex_;
  std::condition_variable work_came_;
  std::vector<Work> incoming_;  // under mutex_
  bool stopping_ = false;       // under mutex_
  std::thread thread_;

  std::atomic<bool> failed_{false};
  mutable std::mutex status_mutex_;
  absl::Status status_;  // under status_mutex_

  // commit thread only
  std::vector<Work> round_;
  cold::Batch batch_;
  std::vector<Run> runs_;                 // by shard
  std::vector<Frame> new_frames_;         // of this round
  std::deque<Frame> frames_;              // in the store, ascending
  uint64_t frame_bytes_ = 0;              // of those
  std::vector<uint64_t> covered_;         // by shard: newest pass' number
  uint64_t round_number_ = 0;             // newest number of this round
  size_t symbols_written_ = 0;
  market::Horizons refused_until_;        // of all shards, written with the captures it belongs to
  bool refused_until_written_ = true;     // as it is
  Counters counters_;
};

}  // namespace wick::engine
