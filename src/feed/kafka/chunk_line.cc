#include "feed/kafka/chunk_line.h"

#include <algorithm>

namespace wick::feed {
namespace {

ChunkLine::Offsets WithLetters(const engine::Passed& passed) {
  ChunkLine::Offsets with_letters = passed.offsets;
  std::erase_if(with_letters, [&](const cold::KafkaOffset& offset) {
    return std::ranges::none_of(passed.dead_letters, [&](const cold::DeadLetter& letter) {
      return letter.place.topic == offset.topic && letter.place.partition == offset.partition;
    });
  });
  return with_letters;
}

}  // namespace

void ChunkLine::Offer(engine::EventBatch batch, engine::Passed passed) {
  {
    const std::lock_guard lock(mutex_);
    ++on_their_way_;
  }
  run_on_worker_(
      [self = shared_from_this(), chunk = Chunk{std::move(batch), std::move(passed)}]() mutable {
        self->waiting_.push_back(std::move(chunk));
        self->Pump();
      });
}

bool ChunkLine::AwaitRoom(size_t chunks, std::chrono::milliseconds longest) {
  std::unique_lock lock(mutex_);
  fewer_.wait_for(lock, longest, [&] { return on_their_way_ < chunks || stopped_; });
  const bool has_room = on_their_way_ < chunks && !stopped_;
  const bool offer_again = refused_ && !stopped_;  // the disk may have room again
  lock.unlock();
  if (offer_again) run_on_worker_([self = shared_from_this()] { self->Pump(); });
  return has_room;
}

void ChunkLine::Pump() {
  while (!waiting_.empty()) {
    {
      const std::lock_guard lock(mutex_);
      if (stopped_ || !failure_.ok()) return;
    }
    if (waits_for_room_) return;
    if (!engine_.HasRoom(engine::Engine::kPassingWorker)) {
      waits_for_room_ = true;
      engine_.WhenRoom(engine::Engine::kPassingWorker, [self = shared_from_this()] {
        self->waits_for_room_ = false;
        self->Pump();
      });
      return;
    }
    Chunk& chunk = waiting_.front();
    const absl::Status taken = engine_.SubmitPassing(
        chunk.batch, chunk.passed,
        [self = shared_from_this(), offsets = chunk.passed.offsets,
         with_letters = WithLetters(chunk.passed)](const engine::IngestResult& result) {
          self->TakeAnswer(offsets, with_letters, result);
        });
    const std::lock_guard lock(mutex_);
    refused_ = absl::IsResourceExhausted(taken);
    if (refused_) return;
    if (!taken.ok()) {
      failure_.Update(taken);
      fewer_.notify_one();
      return;
    }
    waiting_.pop_front();
  }
}

void ChunkLine::TakeAnswer(const Offsets& offsets, const Offsets& with_letters,
                           const engine::IngestResult& result) {
  const std::lock_guard lock(mutex_);
  --on_their_way_;
  failure_.Update(result.status);
  if (result.status.ok() && !stopped_) durable_(offsets, with_letters);
  fewer_.notify_one();
}

absl::Status ChunkLine::failure() const {
  const std::lock_guard lock(mutex_);
  return failure_;
}

bool ChunkLine::refused() const {
  const std::lock_guard lock(mutex_);
  return refused_;
}

void ChunkLine::Stop() {
  const std::lock_guard lock(mutex_);
  stopped_ = true;
  fewer_.notify_one();
}

}  // namespace wick::feed
