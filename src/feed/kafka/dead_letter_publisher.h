// Dead letters into a topic of their own.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>

#include "engine/engine.h"
#include "feed/kafka/kafka_options.h"
#include "feed/kafka/producer.h"

namespace wick::feed {

/// Publishes what the store keeps, each letter at least once, in the order of its partition: from
/// the store alone, so that a restart goes on where the marks stand. A partition's mark is the
/// offset before which all its letters are published; who writes the partition's offset writes the
/// mark with it.
/// Threads: any may call; it has one of its own, which waits for the brokers as long as it takes.
class DeadLetterPublisher {
 public:
  using Partition = std::pair<std::string, uint32_t>;  // topic, number
  using Marks = std::map<Partition, uint64_t>;

  /// `stored`: the offsets in the store. `log` must outlive it.
  static absl::StatusOr<std::unique_ptr<DeadLetterPublisher>> Start(
      const engine::Engine& engine, const KafkaOptions& options,
      const std::vector<cold::KafkaOffset>& stored, const KafkaLog& log);
  ~DeadLetterPublisher();

  /// There may be letters of these partitions that are durable and not published. Only those before
  /// `next` are, whatever else the store holds: no mark may pass a partition's offset.
  void Look(const std::vector<cold::KafkaOffset>& partitions);

  /// The marks that have moved since the last call.
  Marks TakeMoved();

  uint64_t published() const { return published_.load(std::memory_order_relaxed); }
  uint64_t failed() const { return failed_.load(std::memory_order_relaxed); }  // attempts

 private:
  DeadLetterPublisher(const engine::Engine& engine, const KafkaOptions& options,
                      const std::vector<cold::KafkaOffset>& stored, const KafkaLog& log);

  void Loop();
  /// Publishes the next letters of a partition, in [from, end). True: there may be more of them.
  absl::StatusOr<bool> PublishSome(const Partition& partition, uint64_t from, uint64_t end);

  const engine::Engine& engine_;
  const KafkaOptions options_;
  const KafkaLog& log_;
  std::unique_ptr<KafkaProducer> producer_;  // its own thread's; null: a new one is due

  std::mutex mutex_;
  std::condition_variable look_;
  Marks marks_;                        // under mutex_
  Marks to_look_;                      // under mutex_; up to which offset
  Marks moved_;                        // under mutex_
  std::atomic<bool> stopping_{false};  // set under mutex_
  std::atomic<uint64_t> published_{0};
  std::atomic<uint64_t> failed_{0};
  std::thread thread_;
};

}  // namespace wick::feed
