// When a server is too far behind Kafka to be sent requests.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "protocol/kafka_status.h"

namespace wick::feed {

/// What is known of the topics that are to be read.
struct TopicsSeen {
  std::vector<protocol::KafkaPartitionStatus> partitions;
  bool all_found = false;  // they are all there are to be read
  bool refused = false;  // Kafka answered, but for one that was not found: no such topic, no right
  std::string obstacle;  // why not all were found, or what is wrong now
  std::string mismatch;  // a topic has another number of partitions than it must have, and both
};

/// A server is behind from its start until the lag of every partition it reads is known and within
/// the bound, and again when one was above it for kPatience without a break: a burst that a server
/// at the head takes in sends nobody away. A lag that is not known holds back no server for ever:
/// when for kSilence nothing more became known it is as one whose brokers fall silent later, unless
/// Kafka refuses a topic. A partition that is stopped does not count: nothing would make its lag
/// smaller, and its state says so. A mismatch is behind whatever the bound: what is written to
/// other partitions nobody reads. Threads: one at a time.
class LagWatch {
 public:
  static constexpr std::chrono::seconds kPatience{5};
  static constexpr std::chrono::seconds kSilence{60};  // about twice as long as between two looks

  /// In records; 0: no lag is too large.
  explicit LagWatch(uint64_t lag_max) : lag_max_(lag_max) {}

  protocol::KafkaLag Look(const TopicsSeen& topics, std::chrono::steady_clock::time_point now);

 private:
  /// True: what is not known may still become known, so that it is worth waiting for.
  bool MayLearn(const TopicsSeen& topics, std::chrono::steady_clock::time_point now);

  const uint64_t lag_max_;
  bool behind_ = true;
  bool was_ready_ = false;
  size_t known_ = 0;                                                  // partitions
  std::optional<std::chrono::steady_clock::time_point> learnt_at_;    // nullopt: never looked
  std::optional<std::chrono::steady_clock::time_point> above_since_;  // nullopt: it is not
};

}  // namespace wick::feed
