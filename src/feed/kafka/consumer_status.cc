// Consumer: what it says of itself, here and to Kafka.
#include <algorithm>

#include "feed/kafka/consumer_impl.h"

namespace wick::feed {
namespace {

using protocol::KafkaPartitionStatus;
using protocol::KafkaStatus;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds kShowPeriod{50};
constexpr milliseconds kCommitPeriod{1'000};
constexpr double kRateSeconds = 2;  // over which the rate is taken

}  // namespace

void KafkaConsumer::Impl::CommitForTools() {
  commit_at_ = steady_clock::now() + kCommitPeriod;
  if (options_.group.empty()) return;
  const OwnedPartitions list(rd_kafka_topic_partition_list_new(0));
  {
    const std::lock_guard lock(mutex_);
    if (!std::exchange(durable_moved_, false)) return;
    for (const auto& [partition, next] : durable_) {
      if (std::ranges::count(options_.topics, partition.first) == 0) continue;
      rd_kafka_topic_partition_list_add(list.get(), partition.first.c_str(),
                                        static_cast<int32_t>(partition.second))
          ->offset = static_cast<int64_t>(next);
    }
  }
  // Nothing rests on it: whether it succeeds is nobody's concern.
  rd_kafka_commit(client_.get(), list.get(), /*async=*/1);
}

void KafkaConsumer::Impl::ShowStatus() {
  const auto now = steady_clock::now();
  if (now < show_at_) return;
  show_at_ = now + kShowPeriod;
  TopicsSeen seen;
  seen.all_found = true;
  for (const auto& topic : topics_) {
    seen.all_found = seen.all_found && topic->found;
    seen.refused = seen.refused || (topic->refused && !topic->found);
    if (seen.mismatch.empty()) seen.mismatch = topic->mismatch;
    for (auto& [number, partition] : topic->partitions) {
      int64_t low = 0;
      int64_t high = 0;
      if (rd_kafka_get_watermark_offsets(client_.get(), topic->name.c_str(),
                                         static_cast<int32_t>(number), &low,
                                         &high) == RD_KAFKA_RESP_ERR_NO_ERROR &&
          high >= 0) {
        partition.counts.end_offset = static_cast<uint64_t>(high);
        partition.counts.end_known = true;
      }
      seen.partitions.push_back(partition.counts);
    }
  }
  const double seconds = std::chrono::duration<double>(now - rate_since_).count();
  const bool paused = line_->refused();
  const std::lock_guard lock(mutex_);
  for (KafkaPartitionStatus& partition : seen.partitions) {
    const auto durable = durable_.find({partition.topic, partition.partition});
    if (durable != durable_.end()) partition.next_offset = durable->second;  // else its first
  }
  seen.obstacle = shown_.error;
  shown_.lag = lag_.Look(seen, now);
  shown_.partitions = std::move(seen.partitions);
  shown_.paused = paused;
  shown_.dead_letters_dropped = dropped_;
  if (publisher_ != nullptr) {
    shown_.dead_letters_published = publisher_->published();
    shown_.dead_letters_failed = publisher_->failed();
  }
  if (seconds < kRateSeconds) return;
  shown_.events_per_second =
      static_cast<uint64_t>(static_cast<double>(events_ - rate_events_) / seconds);
  rate_events_ = events_;
  rate_since_ = now;
}

KafkaStatus KafkaConsumer::Impl::Status() const {
  const std::lock_guard lock(mutex_);
  return shown_;
}

}  // namespace wick::feed
