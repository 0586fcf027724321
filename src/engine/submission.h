// A batch of events on its way from a session through the shards to the disk and back.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "engine/engine.h"
#include "wick/event.h"

namespace wick::engine {

/// One call of Engine::Submit(). Shared by its parts; answered on the worker it came from.
struct Submission {
  // immutable
  unsigned source = 0;  // worker
  Ack ack = Ack::kDurable;
  uint64_t events = 0;  // taken from the source's budget
  uint32_t parts = 0;
  /// Not 0: its parts and what it passes are durable in one write. 1, 2, 3, … in the order of
  /// submission.
  uint64_t group = 0;
  Passed passed;  // if it is a group

  // source worker only
  Engine::Done done;

  // shards add, the source reads when all parts are through
  std::atomic<uint64_t> accepted{0};
  std::atomic<uint64_t> duplicates{0};
  std::atomic<uint32_t> parts_unapplied{0};
  // commit thread only
  uint32_t parts_undurable = 0;
  uint32_t parts_ungathered = 0;  // if it is a group
  absl::Status status;
};

/// The events of a submission that belong to one shard. After Shard::Apply() only those are left
/// that changed something: they are the journal's records as they stand.
struct Part {
  std::shared_ptr<Submission> submission;
  unsigned shard = 0;
  uint64_t number = 0;  // journal number, given when applied
  std::vector<Tick> ticks;
  uint64_t group = 0;  // of the submission
};

}  // namespace wick::engine
