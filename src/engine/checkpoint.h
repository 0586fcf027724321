// When checkpoints happen and when one is complete.
#pragma once

#include <absl/functional/any_invocable.h>

#include <chrono>
#include <cstdint>
#include <mutex>
#include <vector>

#include "base/status.h"

namespace wick::engine {

/// A pass takes every shard once over its changed series, a slice at a time; it is complete when
/// the last slice of each shard is durable. One pass at a time. Threads: any.
class CheckpointPasses {
 public:
  using Done = absl::AnyInvocable<void(absl::Status)>;

  explicit CheckpointPasses(unsigned shards) : shards_(shards) {}

  /// Asks for a pass that begins after this call.
  void Request(Done done);
  /// There is no room to write: answers every request. The pass that runs goes on, and others may
  /// begin.
  void Refuse(const absl::Status& status);
  /// Writing has failed: answers the requests that no pass has begun for; none begins any more.
  void Fail(const absl::Status& status);
  /// True if a requested pass waits for the running one, or for Begin().
  bool requested() const;

  /// Begins a pass if none is running: every shard must see current() and send its slices.
  /// `number`: newest journal number given out. False: one is running, or one has failed.
  bool Begin(uint64_t number);

  struct Pass {
    uint64_t id = 0;      // 0: none yet
    uint64_t number = 0;  // frames up to this number will be covered
  };
  Pass current() const;

  /// A shard's last slice is durable, or writing failed. `now_ms`: wall clock.
  void ShardDone(const absl::Status& status, uint64_t now_ms);

  struct Ended {
    uint64_t passes = 0;
    uint64_t ended_ms = 0;     // wall clock; 0: none yet
    uint64_t duration_ms = 0;  // of the newest
  };
  Ended ended() const;

 private:
  const unsigned shards_;
  mutable std::mutex mutex_;
  std::vector<Done> waiting_;  // for the next pass
  std::vector<Done> running_;  // for the one that runs
  Pass pass_;
  unsigned shards_left_ = 0;  // > 0: a pass is running
  std::chrono::steady_clock::time_point began_;
  absl::Status failure_;  // once set, final
  Ended ended_;
};

}  // namespace wick::engine
