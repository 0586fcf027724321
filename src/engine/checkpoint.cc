#include "engine/checkpoint.h"

#include <iterator>
#include <utility>

#include "base/assert.h"

namespace wick::engine {

void CheckpointPasses::Request(Done done) {
  const std::lock_guard lock(mutex_);
  waiting_.push_back(std::move(done));
}

bool CheckpointPasses::requested() const {
  const std::lock_guard lock(mutex_);
  return !waiting_.empty();
}

bool CheckpointPasses::Begin(uint64_t number) {
  const std::lock_guard lock(mutex_);
  if (shards_left_ > 0 || !failure_.ok()) return false;
  shards_left_ = shards_;
  pass_ = {pass_.id + 1, number};
  running_ = std::exchange(waiting_, {});
  began_ = std::chrono::steady_clock::now();
  return true;
}

CheckpointPasses::Pass CheckpointPasses::current() const {
  const std::lock_guard lock(mutex_);
  return pass_;
}

void CheckpointPasses::Refuse(const absl::Status& status) {
  std::vector<Done> refused;
  {
    const std::lock_guard lock(mutex_);
    refused.swap(running_);
    refused.insert(refused.end(), std::make_move_iterator(waiting_.begin()),
                   std::make_move_iterator(waiting_.end()));
    waiting_.clear();
  }
  for (Done& each : refused) each(status);
}

void CheckpointPasses::Fail(const absl::Status& status) {
  std::vector<Done> refused;
  {
    const std::lock_guard lock(mutex_);
    failure_.Update(status);
    refused.swap(waiting_);
  }
  for (Done& each : refused) each(status);
}

void CheckpointPasses::ShardDone(const absl::Status& status, uint64_t now_ms) {
  std::vector<Done> done;
  {
    const std::lock_guard lock(mutex_);
    WICK_ASSERT(shards_left_ > 0);
    // What a failed slice captured is neither on disk nor marked as changed, so no pass may follow.
    failure_.Update(status);
    if (--shards_left_ > 0) return;
    done = std::exchange(running_, {});
    if (failure_.ok()) {
      ++ended_.passes;
      ended_.ended_ms = now_ms;
      ended_.duration_ms =
          static_cast<uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(
                                    std::chrono::steady_clock::now() - began_)
                                    .count());
    } else {
      done.insert(done.end(), std::make_move_iterator(waiting_.begin()),
                  std::make_move_iterator(waiting_.end()));
      waiting_.clear();
    }
  }
  for (Done& each : done) each(status);
}

CheckpointPasses::Ended CheckpointPasses::ended() const {
  const std::lock_guard lock(mutex_);
  return ended_;
}

}  // namespace wick::engine
