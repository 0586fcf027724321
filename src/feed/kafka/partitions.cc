// Consumer: which partitions are read, and from where.
#include <algorithm>
#include <charconv>

#include "base/assert.h"
#include "feed/kafka/consumer_impl.h"

namespace wick::feed {
namespace {

using protocol::KafkaState;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds kAgain{1'000};  // between attempts to find the partitions
constexpr int kRequestMsMax = 5'000;   // for an answer about partitions

}  // namespace

absl::Status KafkaConsumer::Impl::LoadOffsets() {
  WICK_ASSIGN_OR_RETURN(const std::vector<cold::KafkaOffset> offsets, engine_.KafkaOffsets());
  for (const cold::KafkaOffset& offset : offsets) {
    stored_[{offset.topic, offset.partition}] = offset;
    durable_[{offset.topic, offset.partition}] = offset.next;
  }
  if (options_.start == "earliest" || options_.start == "latest") return absl::OkStatus();
  for (const std::string& topic : options_.topics) {
    if (std::ranges::any_of(offsets, [&](const auto& offset) { return offset.topic == topic; })) {
      continue;
    }
    return Error(absl::StatusCode::kFailedPrecondition,
                 "nothing of the topic {} was ever read into this data directory: set kafka.start "
                 "to earliest (everything Kafka still has) or latest (what comes from now on)",
                 topic);
  }
  return absl::OkStatus();
}

void KafkaConsumer::Impl::LookForPartitions() {
  absl::Status status;
  for (const auto& topic : topics_) {
    if (stopping_.load(std::memory_order_relaxed)) return;
    const absl::Status looked = LookForPartitions(*topic);
    topic->complete = topic->complete || looked.ok();
    status.Update(looked);
  }
  const bool complete =
      std::ranges::all_of(topics_, [](const auto& topic) { return topic->complete; });
  look_at_ = steady_clock::now() +
             (complete ? std::max(kAgain, milliseconds(options_.partition_refresh_ms)) : kAgain);
  const std::lock_guard lock(mutex_);
  const std::string error = Message(status);
  if (shown_.error == error) return;
  shown_.error = error;
  if (!error.empty()) {
    log_(KafkaSeverity::kWarning, fmt::format("kafka: {}; it is asked again", error));
  } else {
    log_(KafkaSeverity::kInfo, "kafka: all topics are read");
  }
}

absl::Status KafkaConsumer::Impl::LookForPartitions(KafkaTopic& topic) {
  WICK_ASSIGN_OR_RETURN(const std::vector<uint32_t> wanted, WantedPartitions(topic));
  std::vector<KafkaPartition> found;
  bool answers = true;
  for (const uint32_t number : wanted) {
    if (topic.partitions.contains(number)) continue;
    KafkaPartition partition;
    partition.topic = &topic;
    partition.number = number;
    partition.counts.topic = topic.name;
    partition.counts.partition = number;
    const auto stored = stored_.find({topic.name, number});
    const bool is_stored = stored != stored_.end();
    // Whoever is read already goes on without an answer; its lag is known later.
    const absl::StatusOr<OffsetSpan> offsets =
        answers || !is_stored ? OffsetsOf(topic, number) : absl::StatusOr<OffsetSpan>(OffsetSpan{});
    answers = answers && offsets.ok();
    if (offsets.ok()) partition.counts.end_offset = offsets->end;
    if (is_stored) {
      partition.next = stored->second.next;
      partition.published = stored->second.published;
    } else {
      WICK_RETURN_IF_ERROR(offsets.status());
      WICK_ASSIGN_OR_RETURN(partition.next, FirstOffset(topic, number, *offsets));
    }
    found.push_back(std::move(partition));
  }
  // In one chunk, before any record of them: a crash in between must not leave some of a new topic
  // with "latest" to be asked for again.
  for (KafkaPartition& partition : found) {
    KafkaPartition& kept = topic.partitions[partition.number] = std::move(partition);
    if (!stored_.contains({topic.name, kept.number})) Pass(kept);
  }
  OfferChunk();
  for (auto& [number, partition] : topic.partitions) {
    stored_[{topic.name, number}];  // from now on those that are not in it were added to the topic
    if (!partition.reading && partition.counts.state == KafkaState::kStarting) {
      StartReading(partition);
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<uint32_t>> KafkaConsumer::Impl::WantedPartitions(KafkaTopic& topic) {
  const rd_kafka_metadata_t* raw = nullptr;
  const rd_kafka_resp_err_t asked =
      rd_kafka_metadata(client_.get(), 0, topic.handle.get(), &raw, kRequestMsMax);
  if (asked != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return Error(absl::StatusCode::kUnavailable, "no broker of kafka.brokers answers: {}",
                 rd_kafka_err2str(asked));
  }
  const OwnedMetadata metadata(raw);
  WICK_ASSERT(metadata->topic_cnt == 1);
  const rd_kafka_metadata_topic_t& of_topic = metadata->topics[0];
  if (of_topic.err != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return Error(absl::StatusCode::kNotFound, "topic {}: {}", topic.name,
                 rd_kafka_err2str(of_topic.err));
  }
  const auto count = static_cast<uint32_t>(of_topic.partition_cnt);
  std::vector<uint32_t> wanted;
  if (options_.partitions.empty()) {
    for (uint32_t number = 0; number < count; ++number) wanted.push_back(number);
  }
  for (const std::string& text : options_.partitions) {
    uint32_t number = 0;
    std::from_chars(text.data(), text.data() + text.size(), number);  // CheckKafkaOptions()
    if (number >= count) {
      return Error(absl::StatusCode::kNotFound,
                   "topic {} has {} partitions, and kafka.partitions names {}", topic.name, count,
                   number);
    }
    wanted.push_back(number);
  }
  return wanted;
}

absl::StatusOr<OffsetSpan> KafkaConsumer::Impl::OffsetsOf(const KafkaTopic& topic,
                                                          uint32_t number) {
  int64_t low = 0;
  int64_t high = 0;
  const rd_kafka_resp_err_t asked = rd_kafka_query_watermark_offsets(
      client_.get(), topic.name.c_str(), static_cast<int32_t>(number), &low, &high, kRequestMsMax);
  if (asked != RD_KAFKA_RESP_ERR_NO_ERROR || low < 0 || high < low) {
    return Error(absl::StatusCode::kUnavailable, "the offsets of topic {}, partition {}: {}",
                 topic.name, number, rd_kafka_err2str(asked));
  }
  return OffsetSpan{static_cast<uint64_t>(low), static_cast<uint64_t>(high)};
}

absl::StatusOr<uint64_t> KafkaConsumer::Impl::FirstOffset(const KafkaTopic& topic, uint32_t number,
                                                          const OffsetSpan& offsets) {
  const bool known = std::ranges::any_of(
      stored_, [&](const auto& stored) { return stored.first.first == topic.name; });
  // A partition that was added to a topic that is read: nothing of it may be missed.
  if (known && options_.partitions.empty()) return offsets.begin;
  if (options_.start == "earliest") return offsets.begin;
  if (options_.start == "latest") return offsets.end;
  return Error(absl::StatusCode::kFailedPrecondition,
               "nothing of topic {}, partition {} was ever read into this data directory: set "
               "kafka.start to earliest or latest",
               topic.name, number);
}

void KafkaConsumer::Impl::StartReading(KafkaPartition& partition) {
  KafkaTopic& topic = *partition.topic;
  if (rd_kafka_consume_start_queue(topic.handle.get(), static_cast<int32_t>(partition.number),
                                   static_cast<int64_t>(partition.next), queue_.get()) != 0) {
    partition.counts.state = KafkaState::kFailing;
    partition.counts.reason = rd_kafka_err2str(rd_kafka_last_error());
    return;
  }
  partition.reading = true;
  partition.counts.state = KafkaState::kReading;
  log_(KafkaSeverity::kInfo, fmt::format("kafka: reads topic {}, partition {} from offset {}",
                                         topic.name, partition.number, partition.next));
}

void KafkaConsumer::Impl::StopReading(KafkaPartition& partition, KafkaState state,
                                      std::string reason) {
  if (!std::exchange(partition.reading, false)) return;
  rd_kafka_consume_stop(partition.topic->handle.get(), static_cast<int32_t>(partition.number));
  partition.counts.state = state;
  partition.counts.reason = std::move(reason);
}

}  // namespace wick::feed
