// An engine that reads topics, and ends as a crash would.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "catch.h"
#include "engine/fixture.h"
#include "feed/kafka/consumer.h"

namespace wick::test {

/// Waits until it is so; a slow machine takes longer, a broken program for ever, up to two minutes.
inline bool Eventually(const std::function<bool()>& so) {
  for (int i = 0; i < 24'000; ++i) {
    if (so()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return false;
}

class ReadingEngine {
 public:
  ReadingEngine(const cold::StoreOptions& storage, const engine::EngineOptions& options,
                const Clock& clock, const feed::KafkaOptions& kafka)
      : engine_(storage, options, clock) {
    Read(kafka);
  }
  /// Without a consumer, until Read().
  ReadingEngine(const cold::StoreOptions& storage, const engine::EngineOptions& options,
                const Clock& clock)
      : engine_(storage, options, clock) {}

  void Read(const feed::KafkaOptions& kafka) {
    auto consumer = Start(kafka);
    INFO(consumer.status());
    REQUIRE(consumer.ok());
    consumer_ = std::move(*consumer);
  }
  absl::StatusOr<std::unique_ptr<feed::KafkaConsumer>> Start(const feed::KafkaOptions& kafka) {
    return feed::KafkaConsumer::Start(
        *engine_, kafka,
        [this](absl::AnyInvocable<void()> work) {
          auto shared = std::make_shared<absl::AnyInvocable<void()>>(std::move(work));
          engine_.OnWorker(engine::Engine::kPassingWorker, [shared] { (*shared)(); });
        },
        [](feed::KafkaSeverity, const std::string&) {});
  }

  RunningEngine& engine() { return engine_; }
  feed::KafkaConsumer& consumer() { return *consumer_; }

  /// True: everything that Kafka has is durable, of so many partitions.
  bool CaughtUp(size_t partitions) const {
    const protocol::KafkaStatus status = consumer_->Status();
    if (status.partitions.size() != partitions) return false;
    for (const auto& partition : status.partitions) {
      if (partition.next_offset == 0 || partition.lag() > 0) return false;
    }
    return true;
  }
  protocol::KafkaPartitionStatus Partition(size_t index) const {
    const protocol::KafkaStatus status = consumer_->Status();
    return index < status.partitions.size() ? status.partitions[index]
                                            : protocol::KafkaPartitionStatus();
  }

 private:
  RunningEngine engine_;
  std::unique_ptr<feed::KafkaConsumer> consumer_;
};

}  // namespace wick::test
