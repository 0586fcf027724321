#include "feed/kafka/consumer.h"

#include <algorithm>

#include "base/assert.h"
#include "feed/kafka/consumer_impl.h"

namespace wick::feed {
namespace {

using protocol::KafkaPartitionStatus;
using protocol::KafkaState;
using protocol::KafkaStatus;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

/// Events of one chunk: its parts are applied within about a millisecond, and one write of so many
/// is cheap for each of them.
constexpr size_t kChunkEventsMax = 16'384;
constexpr size_t kChunkRecordsMax = 16'384;  // some hold no event
constexpr size_t kChunkLettersMax = 100;     // of 64 KiB at most
/// On their way: one is gathered, one applied, one written, and one more of each.
constexpr size_t kChunksMax = 6;
constexpr milliseconds kPatience{50};  // for a record, or for room
constexpr milliseconds kNewSeriesWait{200};

/// Messages have their offset as a signed number; errors have none.
std::optional<uint64_t> OffsetOf(const rd_kafka_message_t& message) {
  return message.offset < 0 ? std::nullopt : std::optional(static_cast<uint64_t>(message.offset));
}

std::string_view KeyOf(const rd_kafka_message_t& message) {
  return {static_cast<const char*>(message.key), message.key == nullptr ? 0 : message.key_len};
}
std::string_view ValueOf(const rd_kafka_message_t& message) {
  return {static_cast<const char*>(message.payload), message.payload == nullptr ? 0 : message.len};
}

}  // namespace

absl::Status KafkaConsumer::Impl::Start(ChunkLine::RunOnWorker run_on_worker) {
  WICK_RETURN_IF_ERROR(CheckKafkaOptions(options_));
  WICK_RETURN_IF_ERROR(LoadOffsets());
  WICK_RETURN_IF_ERROR(bound_.Load());
  WICK_RETURN_IF_ERROR(OpenClient());
  if (!options_.dead_letter_topic.empty()) {
    std::vector<cold::KafkaOffset> stored;
    for (const auto& [partition, offset] : stored_) stored.push_back(offset);
    WICK_ASSIGN_OR_RETURN(publisher_, DeadLetterPublisher::Start(engine_, options_, stored, log_));
  }
  line_ = std::make_shared<ChunkLine>(
      engine_, std::move(run_on_worker),
      [this](const auto& offsets, const auto& letters) { OnDurable(offsets, letters); });
  ShowStatus();  // nobody takes it for caught up before it has looked
  thread_ = std::thread([this] { Loop(); });
  return absl::OkStatus();
}

absl::Status KafkaConsumer::Impl::OpenClient() {
  std::map<std::string, std::string> own = {
      {"enable.auto.commit", "false"},
      {"enable.auto.offset.store", "false"},
      {"auto.offset.reset", "error"},  // the default would skip what is lost, and say nothing
      {"check.crcs", "true"},
      // Full, the queue is looked at again after a second (a setting since 2.2.0): it must hold
      // about what is read in that time. Bytes count values alone; a record costs some hundred
      // more, so the number of small ones is bounded, too.
      {"queued.min.messages", "1000000"},
      {"queued.max.messages.kbytes", "131072"},
      {"fetch.message.max.bytes", "4194304"},
      {"fetch.wait.max.ms", "100"}};
  if (!options_.group.empty()) own["group.id"] = options_.group;
  WICK_ASSIGN_OR_RETURN(OwnedConf conf, MakeConf(options_, own));
  WICK_ASSIGN_OR_RETURN(client_, MakeClient(RD_KAFKA_CONSUMER, std::move(conf), log_));
  queue_.reset(rd_kafka_queue_new(client_.get()));
  for (const std::string& name : options_.topics) {
    auto& topic = topics_.emplace_back(std::make_unique<KafkaTopic>());
    topic->name = name;
    // A new one would not have the properties above, auto.offset.reset among them.
    rd_kafka_topic_conf_t* const conf_of_topic = rd_kafka_default_topic_conf_dup(client_.get());
    rd_kafka_topic_conf_set_opaque(conf_of_topic, topic.get());
    topic->handle.reset(rd_kafka_topic_new(client_.get(), name.c_str(), conf_of_topic));
    if (topic->handle == nullptr) {
      return Error(absl::StatusCode::kInvalidArgument, "kafka.topics: {}: {}", name,
                   rd_kafka_err2str(rd_kafka_last_error()));
    }
  }
  return absl::OkStatus();
}

void KafkaConsumer::Impl::Stop() {
  if (stopping_.exchange(true)) return;
  if (line_ != nullptr) line_->Stop();
  if (thread_.joinable()) thread_.join();
  publisher_.reset();
}

void KafkaConsumer::Impl::Loop() {
  rate_since_ = steady_clock::now();
  bool said = false;
  while (!stopping_.load(std::memory_order_relaxed)) {
    rd_kafka_poll(client_.get(), 0);  // its callbacks
    const auto now = steady_clock::now();
    if (now >= look_at_) LookForPartitions();
    if (now >= commit_at_) CommitForTools();
    ShowStatus();
    if (const absl::Status failure = line_->failure(); !failure.ok()) {
      // The store takes nothing any more: a restart goes on from what is durable.
      if (!std::exchange(said, true)) {
        for (const auto& topic : topics_) {
          for (auto& [number, partition] : topic->partitions) {
            StopReading(partition, KafkaState::kStopped, Message(failure));
          }
        }
        log_(KafkaSeverity::kError,
             fmt::format("kafka: nothing is read any more: {}", Message(failure)));
      }
      std::this_thread::sleep_for(kPatience);
      continue;
    }
    if (!line_->AwaitRoom(kChunksMax, kPatience)) continue;
    Gather();
    PassMarks();
    OfferChunk();
  }
  for (const auto& topic : topics_) {
    for (auto& [number, partition] : topic->partitions) {
      if (partition.reading)
        rd_kafka_consume_stop(topic->handle.get(), static_cast<int32_t>(number));
    }
  }
  again_.reset();
  show_at_ = {};
  ShowStatus();
}

// --- records
void KafkaConsumer::Impl::Gather() {
  if (!batch_) batch_.emplace(engine_.NewBatch(kChunkEventsMax));
  milliseconds patience = kPatience;
  for (size_t records = 0; records < kChunkRecordsMax && batch_->size() < kChunkEventsMax &&
                           passed_.dead_letters.size() < kChunkLettersMax;
       ++records) {
    OwnedMessage message = std::move(again_);
    if (message == nullptr) {
      message.reset(rd_kafka_consume_queue(queue_.get(), static_cast<int>(patience.count())));
    }
    if (message == nullptr) return;
    patience = milliseconds(0);  // what is there, and no waiting for more
    KafkaPartition* const partition = Find(*message);
    if (partition == nullptr || !partition->reading) continue;
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
      TakeError(*message, *partition);
      continue;
    }
    const std::optional<uint64_t> offset = OffsetOf(*message);
    WICK_ASSERT(offset.has_value());
    if (*offset < partition->next) {
      ++partition->counts.repeated;
      continue;
    }
    if (!CheckGap(*partition, *offset)) continue;
    Take(*message, *partition);
    if (partition->next <= *offset) {  // not yet
      again_ = std::move(message);
      std::this_thread::sleep_for(kNewSeriesWait);
      return;
    }
  }
}

void KafkaConsumer::Impl::Take(const rd_kafka_message_t& message, KafkaPartition& partition) {
  const auto offset = static_cast<uint64_t>(message.offset);
  const std::string_view value = ValueOf(message);
  const ReadRecord read = reader_.Read(value, *batch_);
  if (read.not_yet) return;
  KafkaPartitionStatus& counts = partition.counts;
  ++counts.records;
  counts.events += read.events;
  events_ += read.events;
  counts.missing += offset - partition.next;
  if (counts.state != KafkaState::kReading) {
    counts.state = KafkaState::kReading;
    counts.reason.clear();
  }
  if (!read.reason.empty()) {
    ++counts.dead_letters;
    const std::string_view key = KeyOf(message);
    cold::DeadLetter letter;
    letter.place = {partition.topic->name, partition.number, offset};
    letter.time_ms = engine_.clock().NowMs();
    letter.reason = read.reason;
    letter.key_bytes = static_cast<uint32_t>(key.size());
    letter.value_bytes = static_cast<uint32_t>(value.size());
    letter.key = key.substr(0, cold::kDeadLetterKeyBytesMax);
    letter.value = value.substr(0, cold::kDeadLetterValueBytesMax);
    bound_.Add(letter);
    passed_.dead_letters.push_back(std::move(letter));
  }
  partition.next = offset + 1;
  Pass(partition);
}

void KafkaConsumer::Impl::TakeError(const rd_kafka_message_t& message, KafkaPartition& partition) {
  const std::string why = rd_kafka_message_errstr(&message);
  if (message.err == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET ||
      message.err == RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE) {
    std::string reason = fmt::format(
        "topic {}, partition {}: Kafka does not have offset {} any more, records were lost between "
        "it and the oldest that is there ({}); the partition is not read any more; stop the server "
        "and "
        "set its offset with `wick offsets --set`",
        partition.topic->name, partition.number, partition.next, why);
    log_(KafkaSeverity::kError, "kafka: " + reason);
    StopReading(partition, KafkaState::kOffsetLost, std::move(reason));
    return;
  }
  if (partition.counts.state != KafkaState::kFailing) {
    log_(KafkaSeverity::kWarning, fmt::format("kafka: topic {}, partition {}: {}",
                                              partition.topic->name, partition.number, why));
  }
  partition.counts.state = KafkaState::kFailing;
  partition.counts.reason = why;
  partition.gaps.MeetError();
}

bool KafkaConsumer::Impl::CheckGap(KafkaPartition& partition, uint64_t offset) {
  const GapWatch::Step step = partition.gaps.Meet(partition.next, offset);
  if (step == GapWatch::Step::kTake) return true;
  std::string what = fmt::format(
      "topic {}, partition {}: after an error ({}) offset {} came instead of {}",
      partition.topic->name, partition.number, partition.counts.reason, offset, partition.next);
  if (step == GapWatch::Step::kGiveUp) {
    what += fmt::format(
        ", {} times; the partition is not read any more; see what the broker says, then start the "
        "server again, or stop it and leave records out with `wick offsets --set`",
        GapWatch::kTriesMax);
    log_(KafkaSeverity::kError, "kafka: " + what);
    StopReading(partition, KafkaState::kStopped, std::move(what));
    return false;
  }
  log_(KafkaSeverity::kWarning, "kafka: " + what + "; it is asked for again");
  StopReading(partition, KafkaState::kStarting, "");
  StartReading(partition);
  return false;
}

KafkaPartition* KafkaConsumer::Impl::Find(const rd_kafka_message_t& message) {
  if (message.rkt == nullptr) return nullptr;
  auto& topic = *static_cast<KafkaTopic*>(rd_kafka_topic_opaque(message.rkt));
  const auto found = topic.partitions.find(static_cast<uint32_t>(message.partition));
  return found == topic.partitions.end() ? nullptr : &found->second;
}

// --- chunks
void KafkaConsumer::Impl::Pass(KafkaPartition& partition) { touched_.insert(&partition); }

void KafkaConsumer::Impl::PassMarks() {
  if (publisher_ == nullptr) return;
  for (const auto& [key, mark] : publisher_->TakeMoved()) {
    bool is_read = false;
    for (const auto& topic : topics_) {
      if (topic->name != key.first) continue;
      const auto found = topic->partitions.find(key.second);
      if (found == topic->partitions.end()) continue;
      found->second.published = std::min(mark, found->second.next);
      Pass(found->second);
      is_read = true;
    }
    if (is_read) continue;
    // Of a partition that is not configured any more, or not yet found.
    cold::KafkaOffset& offset = stored_[key];
    offset.published = std::min(mark, offset.next);
    passed_.offsets.push_back(offset);
  }
}

void KafkaConsumer::Impl::DropLetters() {
  auto dropped = bound_.Drop();
  if (dropped.ok() && dropped->empty()) return;
  if (!std::exchange(said_of_dropping_, true)) {
    log_(KafkaSeverity::kWarning,
         dropped.ok()
             ? "kafka: the dead letters reached kafka.max_dead_letters, the oldest are "
               "dropped; wick_kafka_dead_letters_dropped_total counts them"
             : fmt::format("kafka: dead letters are not dropped: {}", Message(dropped.status())));
  }
  if (!dropped.ok()) return;
  dropped_ += dropped->size();
  passed_.dropped = *std::move(dropped);
}

void KafkaConsumer::Impl::OfferChunk() {
  for (const KafkaPartition* partition : touched_) {
    passed_.offsets.push_back(
        {partition->topic->name, partition->number, partition->next, partition->published});
  }
  touched_.clear();
  if (passed_.offsets.empty()) return;
  DropLetters();
  if (!batch_) batch_.emplace(engine_.NewBatch());
  line_->Offer(std::move(*batch_), std::exchange(passed_, {}));
  batch_.reset();
}

void KafkaConsumer::Impl::OnDurable(const ChunkLine::Offsets& offsets,
                                    const ChunkLine::Offsets& with_letters) {
  {
    const std::lock_guard lock(mutex_);
    for (const auto& offset : offsets) {
      uint64_t& next = durable_[{offset.topic, offset.partition}];
      next = std::max(next, offset.next);  // chunks of one write are answered in any order
    }
    durable_moved_ = true;
  }
  if (!with_letters.empty() && publisher_ != nullptr) publisher_->Look(with_letters);
}

// --- the facade
KafkaConsumer::KafkaConsumer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
KafkaConsumer::~KafkaConsumer() = default;

absl::StatusOr<std::unique_ptr<KafkaConsumer>> KafkaConsumer::Start(
    engine::Engine& engine, const KafkaOptions& options, ChunkLine::RunOnWorker run_on_worker,
    KafkaLog log) {
  auto impl = std::make_unique<Impl>(engine, options, std::move(log));
  WICK_RETURN_IF_ERROR(impl->Start(std::move(run_on_worker)));
  return std::unique_ptr<KafkaConsumer>(new KafkaConsumer(std::move(impl)));
}

void KafkaConsumer::Stop() { impl_->Stop(); }
KafkaStatus KafkaConsumer::Status() const { return impl_->Status(); }

}  // namespace wick::feed
