// Records into a topic.
#pragma once

#include <absl/functional/function_ref.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/status.h"
#include "feed/kafka/kafka_options.h"

namespace wick::feed {

/// Acknowledged by all replicas in sync and once for each Produce(), as far as Kafka can
/// (idempotent). The partition of a key is the one that Java's clients choose (wick/partition.h).
/// After an error it may never send again (a fatal one of the idempotence): open a new one.
/// Threads: one at a time.
class KafkaProducer {
 public:
  using Headers = std::vector<std::pair<std::string, std::string>>;

  /// `log` must outlive the producer.
  static absl::StatusOr<std::unique_ptr<KafkaProducer>> Open(const KafkaOptions& options,
                                                             const KafkaLog& log);
  ~KafkaProducer();

  /// Takes a copy; waits while too much is on its way. An empty key is none. An error is final.
  absl::Status Produce(const std::string& topic, std::string_view key, std::string_view value,
                       const Headers& headers = {});

  /// Waits until everything is acknowledged, or for `longest_ms`. OK: all of it was since the last
  /// Flush(). Unavailable: the brokers did not answer in time, and what is left was given up.
  /// Another error: the first refusal. It waits no longer when `give_up` says so.
  absl::Status Flush(
      int longest_ms, absl::FunctionRef<bool()> give_up = [] { return false; });

  uint64_t acknowledged() const;  // records

 private:
  struct Impl;
  explicit KafkaProducer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace wick::feed
