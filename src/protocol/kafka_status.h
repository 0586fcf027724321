// What the server says of the topics it reads: GET /v1/status and /metrics.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace wick::protocol {

enum class KafkaState : uint8_t {
  kStarting = 0,  // where it begins is not yet known
  kReading = 1,
  kFailing = 2,     // Kafka answers with an error; it is asked again
  kOffsetLost = 3,  // Kafka does not have the next record any more: stopped
  kStopped = 4,     // for good; the reason says why
};

constexpr std::string_view Name(KafkaState state) {
  constexpr std::string_view kNames[] = {"starting", "reading", "failing", "offset_lost",
                                         "stopped"};
  return kNames[static_cast<uint8_t>(state)];
}

/// Counts since the process started.
struct KafkaPartitionStatus {
  std::string topic;
  uint32_t partition = 0;
  KafkaState state = KafkaState::kStarting;
  std::string reason;        // why it is not reading; else empty
  uint64_t next_offset = 0;  // durable: the first record that does not count yet
  uint64_t end_offset = 0;   // of the partition, as far as known
  bool end_known = false;
  uint64_t records = 0;       // read
  uint64_t events = 0;        // accepted or duplicates, of those records
  uint64_t dead_letters = 0;  // of those records
  uint64_t repeated = 0;      // records that came again, and were skipped
  uint64_t missing = 0;       // offsets without a record: compacted, or marks of transactions

  uint64_t lag() const { return end_offset > next_offset ? end_offset - next_offset : 0; }
};

/// How far the partitions that are read are behind Kafka; a stopped one is not read.
struct KafkaLag {
  uint64_t records = 0;  // the largest that is known
  bool known = false;    // of every one of them
  std::string behind;    // why /readyz refuses: which one, how far, the bound; empty: it does not
};

struct KafkaStatus {
  std::string error;    // of the cluster as a whole; empty: none
  bool paused = false;  // chunks wait for room or for the disk
  KafkaLag lag;
  uint64_t events_per_second = 0;                // over the last seconds
  uint64_t dead_letters_published = 0;           // since the process started
  uint64_t dead_letters_failed = 0;              // attempts to publish
  uint64_t dead_letters_dropped = 0;             // to keep within kafka.max_dead_letters
  std::vector<KafkaPartitionStatus> partitions;  // by topic and number
};

}  // namespace wick::protocol
