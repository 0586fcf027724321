#include "feed/kafka/dead_letter_publisher.h"

#include <algorithm>

namespace wick::feed {
namespace {

constexpr size_t kLettersAtATime = 100;  // of 64 KiB at most
constexpr int kFlushMsMax = 10'000;
// After a failure; it doubles while they go on.
constexpr std::chrono::seconds kAgain{1};
constexpr std::chrono::seconds kAgainMax{32};

KafkaProducer::Headers HeadersOf(const cold::DeadLetter& letter) {
  return {{"wick.topic", letter.place.topic},
          {"wick.partition", std::to_string(letter.place.partition)},
          {"wick.offset", std::to_string(letter.place.offset)},
          {"wick.reason", letter.reason},
          {"wick.timestampInMs", std::to_string(letter.time_ms)},
          {"wick.valueBytes", std::to_string(letter.value_bytes)}};
}

}  // namespace

absl::StatusOr<std::unique_ptr<DeadLetterPublisher>> DeadLetterPublisher::Start(
    const engine::Engine& engine, const KafkaOptions& options,
    const std::vector<cold::KafkaOffset>& stored, const KafkaLog& log) {
  std::unique_ptr<DeadLetterPublisher> publisher(
      new DeadLetterPublisher(engine, options, stored, log));
  WICK_ASSIGN_OR_RETURN(publisher->producer_, KafkaProducer::Open(options, log));
  publisher->thread_ = std::thread([self = publisher.get()] { self->Loop(); });
  return publisher;
}

DeadLetterPublisher::DeadLetterPublisher(const engine::Engine& engine, const KafkaOptions& options,
                                         const std::vector<cold::KafkaOffset>& stored,
                                         const KafkaLog& log)
    : engine_(engine), options_(options), log_(log) {
  for (const auto& offset : stored) marks_[{offset.topic, offset.partition}] = offset.published;
  Look(stored);  // whatever an earlier process left
}

DeadLetterPublisher::~DeadLetterPublisher() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  look_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void DeadLetterPublisher::Look(const std::vector<cold::KafkaOffset>& partitions) {
  const std::lock_guard lock(mutex_);
  for (const auto& offset : partitions) {
    uint64_t& end = to_look_[{offset.topic, offset.partition}];
    end = std::max(end, offset.next);
  }
  look_.notify_one();
}

DeadLetterPublisher::Marks DeadLetterPublisher::TakeMoved() {
  const std::lock_guard lock(mutex_);
  return std::exchange(moved_, {});
}

void DeadLetterPublisher::Loop() {
  std::unique_lock lock(mutex_);
  std::chrono::seconds again = kAgain;
  for (;;) {
    look_.wait(lock, [this] { return stopping_.load() || !to_look_.empty(); });
    if (stopping_) return;
    const auto [partition, end] = *to_look_.begin();
    const uint64_t from = marks_[partition];
    lock.unlock();
    const absl::StatusOr<bool> more = PublishSome(partition, from, end);
    if (!more.ok()) producer_.reset();  // what failed may be for ever, of this one
    lock.lock();
    if (stopping_) return;  // what it gave up comes again
    if (more.ok()) again = kAgain;
    if (!more.ok()) {
      failed_.fetch_add(1, std::memory_order_relaxed);
      log_(KafkaSeverity::kWarning,
           fmt::format("kafka: dead letters are not published, and tried again: {}",
                       Message(more.status())));
      look_.wait_for(lock, again, [this] { return stopping_.load(); });
      again = std::min(2 * again, kAgainMax);
    } else if (!*more && to_look_[partition] == end) {
      to_look_.erase(partition);
    }
  }
}

absl::StatusOr<bool> DeadLetterPublisher::PublishSome(const Partition& partition, uint64_t from,
                                                      uint64_t end) {
  const auto& [topic, number] = partition;
  WICK_ASSIGN_OR_RETURN(std::vector<cold::DeadLetter> letters,
                        engine_.DeadLettersOf({topic, number, from}, kLettersAtATime));
  std::erase_if(letters,
                [&](const cold::DeadLetter& letter) { return letter.place.offset >= end; });
  if (letters.empty()) return false;
  if (producer_ == nullptr) {
    WICK_ASSIGN_OR_RETURN(producer_, KafkaProducer::Open(options_, log_));
  }
  for (const cold::DeadLetter& letter : letters) {
    WICK_RETURN_IF_ERROR(producer_->Produce(options_.dead_letter_topic, letter.key, letter.value,
                                            HeadersOf(letter)));
  }
  WICK_RETURN_IF_ERROR(producer_->Flush(kFlushMsMax, [this] { return stopping_.load(); }));
  published_.fetch_add(letters.size(), std::memory_order_relaxed);
  const std::lock_guard lock(mutex_);
  marks_[partition] = moved_[partition] = letters.back().place.offset + 1;
  return letters.size() == kLettersAtATime;
}

}  // namespace wick::feed
