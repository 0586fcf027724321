// The line of chunks between the consumer's thread and the engine.
#pragma once

#include <absl/functional/any_invocable.h>

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "base/status.h"
#include "engine/engine.h"

namespace wick::feed {

/// Takes chunks to the engine in their order, each once: one that is refused because the disk is
/// full stays at the front until it is taken, and those behind it wait. Threads: one offers and
/// waits; the rest is on the engine's passing worker.
class ChunkLine : public std::enable_shared_from_this<ChunkLine> {
 public:
  /// Runs work on the thread of Engine::kPassingWorker.
  using RunOnWorker = std::function<void(absl::AnyInvocable<void()>)>;
  using Offsets = std::vector<cold::KafkaOffset>;
  /// What became durable, and which of it with dead letters; on the worker's thread. Chunks of one
  /// write come in any order.
  using Durable = absl::AnyInvocable<void(const Offsets& offsets, const Offsets& with_letters)>;

  ChunkLine(engine::Engine& engine, RunOnWorker run_on_worker, Durable durable)
      : engine_(engine), run_on_worker_(std::move(run_on_worker)), durable_(std::move(durable)) {}

  void Offer(engine::EventBatch batch, engine::Passed passed);

  /// True: fewer than `chunks` are on their way. Waits for it, but not longer than so.
  bool AwaitRoom(size_t chunks, std::chrono::milliseconds longest);

  /// OK, or why nothing is taken any more: final.
  absl::Status failure() const;
  /// True: the front was refused, the disk is full.
  bool refused() const;

  /// Nothing is offered to the engine any more.
  void Stop();

 private:
  struct Chunk {
    engine::EventBatch batch;
    engine::Passed passed;
  };

  void Pump();  // worker
  void TakeAnswer(const Offsets& offsets, const Offsets& with_letters,
                  const engine::IngestResult& result);

  engine::Engine& engine_;
  const RunOnWorker run_on_worker_;
  Durable durable_;  // worker

  std::deque<Chunk> waiting_;    // worker
  bool waits_for_room_ = false;  // worker

  mutable std::mutex mutex_;
  std::condition_variable fewer_;
  size_t on_their_way_ = 0;  // under mutex_
  bool refused_ = false;     // under mutex_
  bool stopped_ = false;     // under mutex_
  absl::Status failure_;     // under mutex_
};

}  // namespace wick::feed
