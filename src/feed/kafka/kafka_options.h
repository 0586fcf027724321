// What is configured of Kafka.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace wick::feed {

struct KafkaOptions {
  std::vector<std::string> brokers;  // "host:port"; none: no Kafka
  std::vector<std::string> topics;
  std::vector<std::string> partitions;  // numbers, of every topic; none: all there are
  uint32_t topic_partitions = 0;        // that every topic must have; 0: any number
  std::string start;                    // "earliest", "latest", or "refuse"
  std::string dead_letter_topic;        // empty: dead letters are kept, and published nowhere
  uint64_t dead_letter_bytes_max = 256ull << 20;  // of all that are kept
  std::string group;  // under which offsets are committed, for tools that show lag
  uint64_t partition_refresh_ms = 30'000;  // between two looks for new partitions
  uint64_t ready_lag = 10'000;  // records a partition of a ready server may be behind; 0: any
  std::map<std::string, std::string> properties;  // of librdkafka
};

/// InvalidArgument: the options contradict each other, or name what cannot be.
absl::Status CheckKafkaOptions(const KafkaOptions& options);

/// InvalidArgument: librdkafka does not know the property, refuses the value, or it is one that
/// wick must set itself.
absl::Status CheckKafkaProperty(const std::string& name, const std::string& value);

/// True for what must not be shown: passwords, keys.
bool IsSecretProperty(std::string_view name);

/// Takes a line for the operator. Thread-safe.
enum class KafkaSeverity : uint8_t { kInfo, kWarning, kError };
using KafkaLog = std::function<void(KafkaSeverity, const std::string&)>;

}  // namespace wick::feed
