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

constexpr milliseconds kAgain{1'000};      // between the first attempts to find the partitions
constexpr milliseconds kAgainMax{32'000};  // between later ones, while others are read
// For an answer about partitions: the thread that reads waits for it. Each failure doubles it.
constexpr int kRequestMs = 500;
constexpr int kRequestMsMax = 2'000;
constexpr unsigned kDoublingsMax = 5;

std::string WhyRefused(std::string_view topic) {
  return fmt::format(
      "nothing of the topic {} was ever read into this data directory: set kafka.start to earliest "
      "(everything Kafka still has) or latest (what comes from now on)",
      topic);
}

}  // namespace

absl::Status KafkaConsumer::Impl::LoadOffsets() {
  WICK_ASSIGN_OR_RETURN(const std::vector<cold::KafkaOffset> offsets, engine_.KafkaOffsets());
  for (const cold::KafkaOffset& offset : offsets) {
    stored_[{offset.topic, offset.partition}] = offset;
    durable_[{offset.topic, offset.partition}] = offset.next;
  }
  if (options_.start != "refuse") return absl::OkStatus();
  const bool any = std::ranges::any_of(offsets, [&](const auto& offset) {
    return std::ranges::count(options_.topics, offset.topic);
  });
  if (any) return absl::OkStatus();  // the others stand as stopped: RefuseTopic()
  return Error(absl::StatusCode::kFailedPrecondition, "{}", WhyRefused(options_.topics.front()));
}

void KafkaConsumer::Impl::LookForPartitions() {
  absl::Status status;
  for (const auto& topic : topics_) {
    if (stopping_.load(std::memory_order_relaxed)) return;
    status.Update(LookForPartitions(*topic));
  }
  failed_looks_ = status.ok() ? 0 : failed_looks_ + 1;
  const bool is_reading = std::ranges::any_of(topics_, [](const auto& topic) {
    return std::ranges::any_of(topic->partitions,
                               [](const auto& each) { return each.second.reading; });
  });
  milliseconds wait = kAgain;
  if (status.ok()) {
    wait = std::max(kAgain, milliseconds(options_.partition_refresh_ms));
  } else if (is_reading) {
    wait = std::min(kAgainMax, kAgain * (1u << std::min(failed_looks_ - 1, kDoublingsMax)));
  }
  look_at_ = steady_clock::now() + wait;
  const std::string error = Message(status);
  {
    const std::lock_guard lock(mutex_);
    if (shown_.error == error) return;
    shown_.error = error;
  }
  if (!error.empty()) {
    log_(KafkaSeverity::kWarning, fmt::format("kafka: {}; it is asked again", error));
  } else {
    log_(KafkaSeverity::kInfo, "kafka: all topics are read");
  }
}

absl::Status KafkaConsumer::Impl::LookForPartitions(KafkaTopic& topic) {
  WICK_ASSIGN_OR_RETURN(const std::vector<WantedPartition> wanted, WantedPartitions(topic));
  if (options_.start == "refuse" && !IsKnown(topic)) {
    RefuseTopic(topic, wanted);
    topic.found = true;
    return absl::OkStatus();
  }
  // Those whose place is known begin at once, whatever is wrong with others.
  std::vector<WantedPartition> fresh;
  std::vector<KafkaPartition*> begun;
  for (const WantedPartition& each : wanted) {
    if (topic.partitions.contains(each.number)) continue;
    const auto stored = stored_.find({topic.name, each.number});
    if (stored == stored_.end()) {
      fresh.push_back(each);
      continue;
    }
    KafkaPartition& partition = Add(topic, each.number, stored->second.next);
    partition.published = stored->second.published;
    begun.push_back(&partition);
  }
  absl::Status status = fresh.empty() ? absl::OkStatus() : AddFresh(topic, std::move(fresh));
  OfferChunk();
  for (auto& [number, partition] : topic.partitions) {
    if (!partition.reading && partition.counts.state == KafkaState::kStarting) {
      StartReading(partition);
    }
  }
  // For the lag, until records tell it; one that does not answer is enough to wait for.
  for (KafkaPartition* const partition : begun) {
    const absl::StatusOr<OffsetSpan> offsets = OffsetsOf(topic, partition->number);
    if (!offsets.ok()) break;
    partition->counts.end_offset = offsets->end;
    partition->counts.end_known = true;
  }
  topic.found = topic.found || std::ranges::all_of(wanted, [&](const WantedPartition& each) {
                  return !each.exists || topic.partitions.contains(each.number);
                });
  return status;
}

absl::Status KafkaConsumer::Impl::AddFresh(KafkaTopic& topic, std::vector<WantedPartition> fresh) {
  // The first is the one behind the last that did not answer: none holds back the others for ever.
  const auto first = std::ranges::find_if(
      fresh, [&](const WantedPartition& each) { return each.number >= topic.ask_from; });
  std::rotate(fresh.begin(), first, fresh.end());
  absl::Status status;
  bool whole = true;                                   // all there are said where they begin
  std::vector<std::pair<uint32_t, OffsetSpan>> found;  // from where, and how far
  for (const WantedPartition& each : fresh) {
    if (!each.obstacle.empty()) {
      status.Update(Error(absl::StatusCode::kUnavailable, "topic {}, partition {}: {}", topic.name,
                          each.number, each.obstacle));
      whole = whole && !each.exists;
      continue;
    }
    const absl::StatusOr<OffsetSpan> offsets = OffsetsOf(topic, each.number);
    if (!offsets.ok()) {
      status.Update(offsets.status());
      topic.ask_from = each.number + 1;
      whole = false;
      break;
    }
    found.emplace_back(each.number, OffsetSpan{FirstOffset(topic, *offsets), offsets->end});
  }
  // A new topic's "latest" is one moment of all its partitions: what is found later is read from
  // its beginning.
  if (!whole && !IsKnown(topic) && options_.start == "latest") return status;
  // In one chunk, before any record of them: a crash in between must not leave some of a new topic
  // with "latest" to be asked for again.
  for (const auto& [number, offsets] : found) {
    KafkaPartition& partition = Add(topic, number, offsets.begin);
    partition.counts.end_offset = offsets.end;
    partition.counts.end_known = true;
    Pass(partition);
    stored_[{topic.name, number}] = {topic.name, number, offsets.begin, 0};
  }
  return status;
}

KafkaPartition& KafkaConsumer::Impl::Add(KafkaTopic& topic, uint32_t number, uint64_t next) {
  KafkaPartition& partition = topic.partitions[number];
  partition.topic = &topic;
  partition.number = number;
  partition.next = next;
  partition.counts.topic = topic.name;
  partition.counts.partition = number;
  partition.counts.next_offset = next;
  return partition;
}

bool KafkaConsumer::Impl::IsKnown(const KafkaTopic& topic) const {
  return std::ranges::any_of(stored_,
                             [&](const auto& stored) { return stored.first.first == topic.name; });
}

int KafkaConsumer::Impl::RequestMs() const {
  return std::min(kRequestMsMax, kRequestMs << std::min(failed_looks_, kDoublingsMax));
}

absl::StatusOr<std::vector<WantedPartition>> KafkaConsumer::Impl::WantedPartitions(
    KafkaTopic& topic) {
  const rd_kafka_metadata_t* raw = nullptr;
  const rd_kafka_resp_err_t asked =
      rd_kafka_metadata(client_.get(), 0, topic.handle.get(), &raw, RequestMs());
  if (asked != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return Error(absl::StatusCode::kUnavailable, "no broker of kafka.brokers answers: {}",
                 rd_kafka_err2str(asked));
  }
  const OwnedMetadata metadata(raw);
  WICK_ASSERT(metadata->topic_cnt == 1);
  const rd_kafka_metadata_topic_t& of_topic = metadata->topics[0];
  topic.refused = of_topic.err != RD_KAFKA_RESP_ERR_NO_ERROR;
  if (topic.refused) {
    return Error(absl::StatusCode::kNotFound, "topic {}: {}", topic.name,
                 rd_kafka_err2str(of_topic.err));
  }
  const auto count = static_cast<uint32_t>(of_topic.partition_cnt);
  topic.mismatch.clear();
  if (options_.topic_partitions != 0 && options_.topic_partitions != count) {
    topic.mismatch = fmt::format(
        "topic {} has {} partitions, but cluster.partitions is {}: the pairs of both would not be "
        "the same; make both numbers one and restart the nodes",
        topic.name, count, options_.topic_partitions);
    return Error(absl::StatusCode::kFailedPrecondition, "{}", topic.mismatch);
  }
  std::vector<WantedPartition> wanted;
  if (options_.partitions.empty()) {
    for (uint32_t number = 0; number < count; ++number) wanted.push_back({number, true, ""});
  }
  for (const std::string& text : options_.partitions) {
    uint32_t number = 0;
    std::from_chars(text.data(), text.data() + text.size(), number);  // CheckKafkaOptions()
    wanted.push_back({number, number < count, ""});
    if (number >= count) wanted.back().obstacle = fmt::format("the topic has only {}", count);
  }
  for (int i = 0; i < of_topic.partition_cnt; ++i) {
    const rd_kafka_metadata_partition_t& partition = of_topic.partitions[i];
    if (partition.leader >= 0) continue;  // else a question would only wait
    const auto number = static_cast<uint32_t>(partition.id);
    const auto each = std::ranges::find(wanted, number, &WantedPartition::number);
    if (each != wanted.end()) each->obstacle = "it has no leader";
  }
  return wanted;
}

absl::StatusOr<OffsetSpan> KafkaConsumer::Impl::OffsetsOf(const KafkaTopic& topic,
                                                          uint32_t number) {
  int64_t low = 0;
  int64_t high = 0;
  const rd_kafka_resp_err_t asked = rd_kafka_query_watermark_offsets(
      client_.get(), topic.name.c_str(), static_cast<int32_t>(number), &low, &high, RequestMs());
  if (asked != RD_KAFKA_RESP_ERR_NO_ERROR || low < 0 || high < low) {
    return Error(absl::StatusCode::kUnavailable, "the offsets of topic {}, partition {}: {}",
                 topic.name, number, rd_kafka_err2str(asked));
  }
  return OffsetSpan{static_cast<uint64_t>(low), static_cast<uint64_t>(high)};
}

uint64_t KafkaConsumer::Impl::FirstOffset(const KafkaTopic& topic,
                                          const OffsetSpan& offsets) const {
  // New to a topic that is read, added to it or to kafka.partitions: nothing of it may be missed.
  if (IsKnown(topic)) return offsets.begin;
  return options_.start == "latest" ? offsets.end : offsets.begin;
}

void KafkaConsumer::Impl::RefuseTopic(KafkaTopic& topic,
                                      const std::vector<WantedPartition>& wanted) {
  const std::string why = WhyRefused(topic.name);
  if (topic.partitions.empty()) log_(KafkaSeverity::kError, "kafka: " + why);
  for (const WantedPartition& each : wanted) {
    KafkaPartition& partition = Add(topic, each.number, 0);
    partition.counts.state = KafkaState::kStopped;
    partition.counts.reason = why;
  }
}

void KafkaConsumer::Impl::StartReading(KafkaPartition& partition) {
  KafkaTopic& topic = *partition.topic;
  if (rd_kafka_consume_start_queue(topic.handle.get(), static_cast<int32_t>(partition.number),
                                   static_cast<int64_t>(partition.next), queue_.get()) != 0) {
    partition.counts.reason = rd_kafka_err2str(rd_kafka_last_error());  // at the next look again
    return;
  }
  partition.reading = true;
  partition.counts.state = KafkaState::kReading;
  partition.counts.reason.clear();
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
