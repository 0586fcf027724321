// What a store keeps of Kafka's topics: how far each partition is in, and the records that could
// not be read. Layout: docs/disk-format.md.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/status.h"

namespace wick::cold {

/// A record of a topic.
struct KafkaPlace {
  std::string topic;  // 1 to 249 bytes
  uint32_t partition = 0;
  uint64_t offset = 0;

  friend auto operator<=>(const KafkaPlace&, const KafkaPlace&) = default;
};

/// How far a partition is in: the records before `next` count or are dead letters, no other does.
struct KafkaOffset {
  std::string topic;
  uint32_t partition = 0;
  uint64_t next = 0;
  uint64_t published = 0;  // its dead letters before this offset are in the dead-letter topic

  friend bool operator==(const KafkaOffset&, const KafkaOffset&) = default;
};

/// A record that could not be read, or not all of it.
struct DeadLetter {
  KafkaPlace place;
  uint64_t time_ms = 0;  // wall clock when it was met
  std::string reason;
  uint32_t key_bytes = 0;  // of the record's; what is kept of it may be less
  uint32_t value_bytes = 0;
  std::string key;
  std::string value;

  friend bool operator==(const DeadLetter&, const DeadLetter&) = default;
};

// What is kept of a dead letter. A binary record may hold a megabyte; the first bytes show what is
// wrong with it, and the topic has the rest.
inline constexpr size_t kDeadLetterReasonBytesMax = 1'024;
inline constexpr size_t kDeadLetterKeyBytesMax = 1'024;
inline constexpr size_t kDeadLetterValueBytesMax = 64 * 1'024;

inline constexpr size_t kTopicBytesMax = 249;  // Kafka's own limit

enum class KafkaOffsetVersion : uint8_t { kV1 = 1 };  // on disk for ever: append, never renumber
enum class DeadLetterVersion : uint8_t { kV1 = 1 };   // on disk for ever: append, never renumber

//   | topic | partition u32 BE |
std::string MakeKafkaOffsetKey(std::string_view topic, uint32_t partition);
//   | version u8 | next u64 | published u64 |
std::string EncodeKafkaOffset(const KafkaOffset& offset);
/// DataLoss: says what is wrong with the bytes.
absl::StatusOr<KafkaOffset> DecodeKafkaOffset(std::string_view key, std::string_view value);

//   | topic | partition u32 BE | offset u64 BE |
std::string MakeDeadLetterKey(const KafkaPlace& place);
//   | version u8 | time u64 | key bytes u32 | value bytes u32 | reason | key | value |
//   each of the last three: | bytes u32 | text |
std::string EncodeDeadLetter(const DeadLetter& letter);
/// Of its key and its value in the store.
size_t KeptBytes(const DeadLetter& letter);
/// DataLoss: says what is wrong with the bytes.
absl::StatusOr<DeadLetter> DecodeDeadLetter(std::string_view key, std::string_view value);

}  // namespace wick::cold
