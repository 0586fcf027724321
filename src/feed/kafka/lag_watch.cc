#include "feed/kafka/lag_watch.h"

#include <algorithm>
#include <string_view>

#include "base/status.h"

namespace wick::feed {
namespace {

using protocol::KafkaLag;
using protocol::KafkaPartitionStatus;
using protocol::KafkaState;

bool IsRead(const KafkaPartitionStatus& partition) {
  return partition.state != KafkaState::kOffsetLost && partition.state != KafkaState::kStopped;
}

std::string WhyNotKnown(const KafkaPartitionStatus* unknown, std::string_view obstacle) {
  return fmt::format("{}how far it is behind Kafka is not known yet{}{}; ask again in a second",
                     unknown == nullptr ? ""
                                        : fmt::format("topic {}, partition {}: ", unknown->topic,
                                                      unknown->partition),
                     obstacle.empty() ? "" : ": ", obstacle);
}

}  // namespace

bool LagWatch::MayLearn(const TopicsSeen& topics, std::chrono::steady_clock::time_point now) {
  const auto known = static_cast<size_t>(
      std::ranges::count(topics.partitions, true, &KafkaPartitionStatus::end_known));
  if (!learnt_at_ || known > known_) {
    learnt_at_ = now;
    known_ = known;
  }
  return topics.refused || now - *learnt_at_ < kSilence;
}

KafkaLag LagWatch::Look(const TopicsSeen& topics, std::chrono::steady_clock::time_point now) {
  KafkaLag lag;
  const KafkaPartitionStatus* largest = nullptr;
  const KafkaPartitionStatus* unknown = nullptr;
  for (const KafkaPartitionStatus& partition : topics.partitions) {
    if (!IsRead(partition)) continue;
    if (!partition.end_known) {
      if (unknown == nullptr) unknown = &partition;
    } else if (largest == nullptr || partition.lag() > largest->lag()) {
      largest = &partition;
    }
  }
  lag.records = largest == nullptr ? 0 : largest->lag();
  lag.known = topics.all_found && unknown == nullptr;
  const bool may_learn = MayLearn(topics, now);
  lag.behind = topics.mismatch;
  if (lag_max_ == 0 || !lag.behind.empty()) return lag;
  if (lag.records <= lag_max_ && (lag.known || was_ready_ || !may_learn)) {
    was_ready_ = true;
    behind_ = false;
    above_since_.reset();
    return lag;
  }
  if (!above_since_) above_since_ = now;
  behind_ = behind_ || now - *above_since_ >= kPatience;
  if (!behind_) return lag;
  lag.behind = lag.records > lag_max_
                   ? fmt::format(
                         "topic {}, partition {}: {} records behind Kafka, more than "
                         "kafka.ready_lag = {}; ask again when it has caught up",
                         largest->topic, largest->partition, lag.records, lag_max_)
                   : WhyNotKnown(unknown, topics.obstacle);
  return lag;
}

}  // namespace wick::feed
