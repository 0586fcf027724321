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
  std::string obstacle;  // why not all were found, or what is wrong now
  std::string mismatch;  // a topic has another number of partitions than it must have, and both
};

/// A server is behind from its start until the lag of every partition it reads is known and within
/// the bound, and again when that was not so for kPatience without a break: a burst that a server
/// at the head takes in sends nobody away. A partition that is stopped does not count: nothing
/// would make its lag smaller, and its state says so. A mismatch is behind whatever the bound: what
/// is written to other partitions nobody reads. Threads: one at a time.
class LagWatch {
 public:
  static constexpr std::chrono::seconds kPatience{5};

  /// In records; 0: no lag is too large.
  explicit LagWatch(uint64_t lag_max) : lag_max_(lag_max) {}

  protocol::KafkaLag Look(const TopicsSeen& topics, std::chrono::steady_clock::time_point now);

 private:
  const uint64_t lag_max_;
  bool behind_ = true;
  std::optional<std::chrono::steady_clock::time_point> above_since_;  // nullopt: it is not
};

}  // namespace wick::feed
