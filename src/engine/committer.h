// The one writer of the store: gathers what has come into one synced write.
#pragma once

#include <absl/functional/any_invocable.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
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
#include "engine/write_gate.h"
#include "hot/symbol_index.h"

namespace wick::engine {

/// Captured series of one shard, in its order between the shard's parts.
struct CheckpointSlice {
  unsigned shard = 0;
  std::vector<CapturedSeries> series;
  bool last = false;  // of its pass: frames up to pass_number are covered by this shard
  uint64_t pass_number = 0;
  market::Horizons refused_until;  // of the shard, with these captures
};

/// A change of the references, written with whatever else has come.
struct ReferenceWrite {
  ReferenceChange change;
  absl::AnyInvocable<void(absl::Status)> done;  // null once it was called
};

/// Group commit. What one sender gives is written in its order; everything of one round is one
/// atomic, synced write.
///
/// A submission that passes records of Kafka is a group: no part of it, nor what its shard did
/// after that part, is written before all its parts have come and all earlier groups are written or
/// in the same round (docs/decisions/kafka-offsets.md). Who submitted it waits for a full disk.
///
/// No space left: the gate closes and the round is kept. Whoever waits is told that his write is
/// not acknowledged, but it stays in line, for memory has applied it: when the store can go on, the
/// same round is written and then what is behind it, everything once. Then the gate opens. Any
/// other error is final: nothing is written any more and everything is answered with it. Threads:
/// any may call Add; the rest is the commit thread, or the caller of Turn() in its place.
class Committer {
 public:
  using Work = std::variant<Part, CheckpointSlice, ReferenceWrite>;

  struct Hooks {
    // on the commit thread
    /// Every part of the submission is durable (or refused, or failed: see its status).
    std::function<void(std::shared_ptr<Submission>)> durable;
    /// A shard's slice was written (or failed for good).
    std::function<void(const CheckpointSlice&, const absl::Status&)> slice_written;
    std::function<void(const ReferenceChange&)> references_written;
  };

  Committer(cold::Store& store, const hot::SymbolIndex& index, unsigned shards, WriteGate& gate,
            Hooks hooks);
  ~Committer();

  /// Recovery, before Start(): a frame that the store holds, ascending; how many symbols it holds;
  /// the newest number in it.
  void KnowFrame(uint64_t number, uint64_t bytes);
  void KnowSymbols(size_t count) { symbols_written_ = count; }
  void KnowNumber(uint64_t number) {
    counters_.synced_number.store(number, std::memory_order_relaxed);
  }

  /// What the store says was refused as too late; nullopt: it does not know, but nothing behind
  /// `newest_ms`.
  void KnowRefused(const std::optional<market::Horizons>& refused_until, uint64_t newest_ms);

  void Start();
  /// Writes what was added before and ends the thread. On a full disk it tries once more and leaves
  /// what still cannot be written: none of it was acknowledged.
  void Stop();
  /// One turn of the thread's work without waiting, where there is no thread. True: it wrote
  /// something.
  bool Turn();

  void Add(Work work);
  /// Makes it look whether the store can still be written: others than commits may have met a full
  /// disk.
  void LookAtStore();

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
  /// Puts what was added into the queue; waits for it, or until it is time to try to resume. True:
  /// nothing came and nothing will.
  bool AwaitWork();
  /// Puts what has come into the queue, and into `held_` what must wait for its group.
  void TakeIn(std::vector<Work>& came);
  void TakeIn(Work work);
  /// Counts a part of a group. True: a group is complete, and all before it.
  bool CountGroup(const Part& part);
  /// Writes the queue, unless the disk is full or writing has failed. `resume_now`: whether it is
  /// time or not.
  void Proceed(bool resume_now);
  void Resume();
  void Stall(absl::Status full);
  void GatherRound();
  void Gather(Part& part);
  void Gather(CheckpointSlice& slice);
  void Gather(ReferenceWrite& write);
  void CloseRun(unsigned shard);
  /// Writes down what the round's groups pass.
  void GatherPassed();
  /// Deletes the frames that every shard's checkpoint covers; returns the number up to which.
  uint64_t DeleteCoveredFrames();
  void CountCommitted();
  /// Answers the first of the queue and takes it out.
  void AnswerFront(const absl::Status& result);
  /// Answers whoever waits in the queue; what waits stays in line.
  void AnswerRefused();
  void Answer(Part& part, const absl::Status& result);

  cold::Store& store_;
  const hot::SymbolIndex& index_;
  WriteGate& gate_;
  const Hooks hooks_;
  std::unique_ptr<std::atomic<uint64_t>[]> uncommitted_events_;

  std::mutex mutex_;
  std::condition_variable work_came_;
  std::vector<Work> incoming_;  // under mutex_
  bool stopping_ = false;       // under mutex_
  bool look_ = false;           // under mutex_
  std::thread thread_;

  // commit thread only
  std::vector<Work> taken_;
  std::deque<Work> queue_;  // in order; the round under way is its front
  std::vector<Work> held_;  // in order, of closed shards, behind or of a group that is not complete
  std::vector<char> closed_;              // by shard: something of it is held
  std::map<uint64_t, uint32_t> missing_;  // by group beyond groups_complete_: parts to come
  std::vector<uint64_t> newest_group_;    // by shard: that has come
  uint64_t groups_complete_ = 0;          // all up to this one have come
  uint64_t groups_gathered_ = 0;          // all up to this one are written or in the round
  uint64_t newest_gathered_ = 0;          // group of which a part is written or in the round
  std::vector<Submission*> passing_;      // groups of this round
  size_t gathered_ = 0;                   // of the queue: they are the round, and in batch_
  size_t refused_ = 0;    // of the queue: answered already, because the disk is full
  bool stalled_ = false;  // the store must resume before anything is written
  absl::Status full_;     // why the gate is closed, until the queue is written
  std::chrono::steady_clock::time_point resume_at_;  // if stalled
  cold::Batch batch_;
  std::vector<Run> runs_;          // by shard
  std::vector<Frame> new_frames_;  // of this round
  std::deque<Frame> frames_;       // in the store, ascending
  uint64_t frame_bytes_ = 0;       // of those
  std::vector<uint64_t> covered_;  // by shard: newest pass' number
  uint64_t round_number_ = 0;      // newest number of this round
  uint64_t round_covered_ = 0;     // the round deletes the frames up to this one
  size_t symbols_written_ = 0;
  market::Horizons refused_until_;     // of all shards, written with the captures it belongs to
  bool refused_until_written_ = true;  // as it is
  Counters counters_;
};

}  // namespace wick::engine
