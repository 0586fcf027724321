// Records of Kafka's topics into the engine, each exactly once.
#pragma once

#include <memory>

#include "base/status.h"
#include "engine/engine.h"
#include "feed/kafka/chunk_line.h"
#include "feed/kafka/kafka_options.h"
#include "protocol/kafka_status.h"

namespace wick::feed {

/// Reads the configured partitions from the offsets in the store, in chunks that are durable with
/// the offset behind them (docs/decisions/kafka-offsets.md). A record that cannot be read is kept
/// as a dead letter and never stops its partition; an offset that Kafka does not have any more
/// does. No consumer group is joined: who reads what is configured.
///
/// Back-pressure: while the engine has no room, or the disk is full, nothing is taken from
/// librdkafka's queue, which is bounded and then fetches no more. Partitions are never paused,
/// resumed or sought, and records are consumed one by one: librdkafka 2.0.2 skips or repeats
/// offsets when batches are consumed beside those (fixed in 2.1.0). That offsets of a partition
/// ascend is checked all the same; one that comes again is skipped, and counted.
///
/// Threads: one of its own reads; any may ask for Status().
class KafkaConsumer {
 public:
  /// The engine must be open, and started before `run_on_worker` runs anything. FailedPrecondition:
  /// nothing of any topic was ever read, and kafka.start does not say where to begin. (If some was,
  /// a topic without a beginning stands as stopped.) Brokers that cannot be reached are no error:
  /// they may come.
  static absl::StatusOr<std::unique_ptr<KafkaConsumer>> Start(engine::Engine& engine,
                                                              const KafkaOptions& options,
                                                              ChunkLine::RunOnWorker run_on_worker,
                                                              KafkaLog log);
  /// As Stop().
  ~KafkaConsumer();

  /// Ends reading; what is on its way to the disk may still become durable. Before Engine::Stop().
  void Stop();

  protocol::KafkaStatus Status() const;

 private:
  class Impl;
  explicit KafkaConsumer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace wick::feed
