// Inside of a consumer, shared by its rooms.
#pragma once

#include <atomic>
#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "feed/kafka/consumer.h"
#include "feed/kafka/dead_letter_bound.h"
#include "feed/kafka/dead_letter_publisher.h"
#include "feed/kafka/gap_watch.h"
#include "feed/kafka/handles.h"
#include "feed/kafka/lag_watch.h"
#include "feed/kafka/record_reader.h"

namespace wick::feed {

struct KafkaTopic;

/// The consumer's thread only.
struct KafkaPartition {
  KafkaTopic* topic = nullptr;
  uint32_t number = 0;
  bool reading = false;
  uint64_t next = 0;       // of the record to come
  uint64_t published = 0;  // mark of its dead letters
  GapWatch gaps;
  protocol::KafkaPartitionStatus counts;
};

/// Offsets that Kafka has of a partition.
struct OffsetSpan {
  uint64_t begin = 0;
  uint64_t end = 0;
};

/// A partition that is to be read.
struct WantedPartition {
  uint32_t number = 0;
  bool exists = true;
  std::string obstacle;  // not empty: it need not be asked where it begins
};

struct KafkaTopic {
  std::string name;
  OwnedTopic handle;
  std::map<uint32_t, KafkaPartition> partitions;  // that were started or stopped
  uint32_t ask_from = 0;                          // which one is asked first where it begins
  bool found = false;  // all partitions that are to be read and exist were, once
  // Of the last answer of Kafka:
  bool refused = false;  // there is no such topic, or it may not be read
  std::string mismatch;  // it has another number of partitions than it must have; empty: it has not
};

class KafkaConsumer::Impl {
 public:
  Impl(engine::Engine& engine, const KafkaOptions& options, KafkaLog log)
      : engine_(engine),
        options_(options),
        log_(std::move(log)),
        reader_(engine),
        bound_(engine, options.dead_letter_bytes_max),
        lag_(options.ready_lag) {}
  ~Impl() { Stop(); }

  absl::Status Start(ChunkLine::RunOnWorker run_on_worker);
  void Stop();
  protocol::KafkaStatus Status() const;

 private:
  absl::Status OpenClient();
  void Loop();

  // partitions.cc
  absl::Status LoadOffsets();
  void LookForPartitions();
  absl::Status LookForPartitions(KafkaTopic& topic);
  /// Adds those of which nothing was ever read, as far as they say where they begin.
  absl::Status AddFresh(KafkaTopic& topic, std::vector<WantedPartition> fresh);
  KafkaPartition& Add(KafkaTopic& topic, uint32_t number, uint64_t next);
  /// True: of some partition of it something was read.
  bool IsKnown(const KafkaTopic& topic) const;
  int RequestMs() const;
  absl::StatusOr<std::vector<WantedPartition>> WantedPartitions(KafkaTopic& topic);
  absl::StatusOr<OffsetSpan> OffsetsOf(const KafkaTopic& topic, uint32_t number);
  uint64_t FirstOffset(const KafkaTopic& topic, const OffsetSpan& offsets) const;
  /// Nobody said where it begins: its partitions stand as stopped, with the reason.
  void RefuseTopic(KafkaTopic& topic, const std::vector<WantedPartition>& wanted);
  void StartReading(KafkaPartition& partition);
  void StopReading(KafkaPartition& partition, protocol::KafkaState state, std::string reason);

  // consumer.cc
  /// Reads what has come into a chunk, up to its bounds.
  void Gather();
  void Take(const rd_kafka_message_t& message, KafkaPartition& partition);
  void TakeError(const rd_kafka_message_t& message, KafkaPartition& partition);
  /// True: the record may be taken. Else the partition began again, or was stopped.
  bool CheckGap(KafkaPartition& partition, uint64_t offset);
  KafkaPartition* Find(const rd_kafka_message_t& message);
  /// The next chunk has the partition's offset and mark.
  void Pass(KafkaPartition& partition);
  /// The next chunk has the marks that the publisher moved.
  void PassMarks();
  /// The next chunk drops the dead letters that are too many.
  void DropLetters();
  void OfferChunk();
  void OnDurable(const ChunkLine::Offsets& offsets, const ChunkLine::Offsets& with_letters);

  // consumer_status.cc
  void ShowStatus();
  void CommitForTools();

  engine::Engine& engine_;
  const KafkaOptions options_;
  const KafkaLog log_;
  std::shared_ptr<ChunkLine> line_;
  OwnedClient client_;
  OwnedQueue queue_;  // of all partitions
  std::unique_ptr<DeadLetterPublisher> publisher_;

  // the consumer's thread
  RecordReader reader_;
  DeadLetterBound bound_;
  LagWatch lag_;
  std::vector<std::unique_ptr<KafkaTopic>> topics_;
  std::map<DeadLetterPublisher::Partition, cold::KafkaOffset> stored_;  // or begun
  std::optional<engine::EventBatch> batch_;  // the chunk that is gathered
  engine::Passed passed_;                    // of it, without the offsets
  std::set<KafkaPartition*> touched_;        // by it
  OwnedMessage again_;                       // to be offered again: too many new series
  unsigned failed_looks_ = 0;                // in a row
  std::chrono::steady_clock::time_point look_at_;
  std::chrono::steady_clock::time_point commit_at_;
  std::chrono::steady_clock::time_point show_at_;
  std::chrono::steady_clock::time_point rate_since_;
  uint64_t events_ = 0;
  uint64_t dropped_ = 0;  // dead letters
  bool said_of_dropping_ = false;
  uint64_t rate_events_ = 0;  // events_ at rate_since_

  mutable std::mutex mutex_;
  protocol::KafkaStatus shown_;                                 // under mutex_
  std::map<DeadLetterPublisher::Partition, uint64_t> durable_;  // under mutex_: next offsets
  bool durable_moved_ = false;  // under mutex_: since they were committed for tools

  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

}  // namespace wick::feed
