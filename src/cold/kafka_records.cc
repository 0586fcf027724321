#include "cold/kafka_records.h"

#include <algorithm>

#include "base/assert.h"
#include "base/bytes.h"
#include "cold/keys.h"

namespace wick::cold {
namespace {

template <typename... Args>
absl::Status Damaged(fmt::format_string<Args...> format, Args&&... args) {
  return Error(absl::StatusCode::kDataLoss, format, std::forward<Args>(args)...);
}

void AppendText(std::string_view text, size_t bytes_max, std::string& out) {
  text = text.substr(0, bytes_max);
  AppendLittleEndian(static_cast<uint32_t>(text.size()), out);
  out.append(text);
}

[[nodiscard]] bool TakeText(std::string_view& bytes, size_t bytes_max, std::string& text) {
  uint32_t length = 0;
  if (!TakeLittleEndian(bytes, length) || length > bytes_max || length > bytes.size()) return false;
  text = bytes.substr(0, length);
  bytes.remove_prefix(length);
  return true;
}

/// Takes the topic and the partition off the front of a key that ends `tail_bytes` behind them.
absl::Status TakePartition(std::string_view key, size_t tail_bytes, std::string& topic,
                           uint32_t& partition) {
  const size_t rest_bytes = sizeof(uint32_t) + tail_bytes;
  if (key.size() <= rest_bytes || key.size() > kTopicBytesMax + rest_bytes) {
    return Damaged("its key has {} bytes instead of {} to {}", key.size(), rest_bytes + 1,
                   kTopicBytesMax + rest_bytes);
  }
  topic = key.substr(0, key.size() - rest_bytes);
  partition = ReadBigEndian<uint32_t>(key.substr(topic.size()));
  if (partition <= INT32_MAX) return absl::OkStatus();
  return Damaged("partition {} is impossible", partition);
}

template <typename Version>
absl::Status TakeVersion(std::string_view& value) {
  Version version;
  if (!TakeLittleEndian(value, version)) return Damaged("it is empty");
  if (version == Version::kV1) return absl::OkStatus();
  return Damaged("its version is {}, this wick reads {}", static_cast<int>(version),
                 static_cast<int>(Version::kV1));
}

}  // namespace

std::string MakeKafkaOffsetKey(std::string_view topic, uint32_t partition) {
  WICK_ASSERT(!topic.empty() && topic.size() <= kTopicBytesMax);  // checked by the configuration
  std::string key(topic);
  Key<4> number;
  number.Put(0, partition);
  return key.append(number.view());
}

std::string EncodeKafkaOffset(const KafkaOffset& offset) {
  std::string value(1, static_cast<char>(KafkaOffsetVersion::kV1));
  AppendLittleEndian(offset.next, value);
  AppendLittleEndian(offset.published, value);
  return value;
}

absl::StatusOr<KafkaOffset> DecodeKafkaOffset(std::string_view key, std::string_view value) {
  KafkaOffset offset;
  WICK_RETURN_IF_ERROR(TakePartition(key, 0, offset.topic, offset.partition));
  WICK_RETURN_IF_ERROR(TakeVersion<KafkaOffsetVersion>(value));
  if (!TakeLittleEndian(value, offset.next) || !TakeLittleEndian(value, offset.published) ||
      !value.empty()) {
    return Damaged("it is not 17 bytes");
  }
  if (offset.next <= INT64_MAX && offset.published <= offset.next) return offset;
  return Damaged("next {} and published {} are impossible", offset.next, offset.published);
}

std::string MakeDeadLetterKey(const KafkaPlace& place) {
  std::string key = MakeKafkaOffsetKey(place.topic, place.partition);
  Key<8> number;
  number.Put(0, place.offset);
  return key.append(number.view());
}

std::string EncodeDeadLetter(const DeadLetter& letter) {
  std::string value(1, static_cast<char>(DeadLetterVersion::kV1));
  AppendLittleEndian(letter.time_ms, value);
  AppendLittleEndian(letter.key_bytes, value);
  AppendLittleEndian(letter.value_bytes, value);
  AppendText(letter.reason, kDeadLetterReasonBytesMax, value);
  AppendText(letter.key, kDeadLetterKeyBytesMax, value);
  AppendText(letter.value, kDeadLetterValueBytesMax, value);
  return value;
}

size_t KeptBytes(const DeadLetter& letter) {
  constexpr size_t kKeyBytes = sizeof(uint32_t) + sizeof(uint64_t);
  constexpr size_t kFixedBytes = 1 + sizeof(uint64_t) + 5 * sizeof(uint32_t);
  return letter.place.topic.size() + kKeyBytes + kFixedBytes +
         std::min(letter.reason.size(), kDeadLetterReasonBytesMax) +
         std::min(letter.key.size(), kDeadLetterKeyBytesMax) +
         std::min(letter.value.size(), kDeadLetterValueBytesMax);
}

absl::StatusOr<DeadLetter> DecodeDeadLetter(std::string_view key, std::string_view value) {
  DeadLetter letter;
  WICK_RETURN_IF_ERROR(
      TakePartition(key, sizeof(uint64_t), letter.place.topic, letter.place.partition));
  letter.place.offset = ReadBigEndian<uint64_t>(key.substr(key.size() - sizeof(uint64_t)));
  if (letter.place.offset > INT64_MAX) {
    return Damaged("offset {} is impossible", letter.place.offset);
  }
  WICK_RETURN_IF_ERROR(TakeVersion<DeadLetterVersion>(value));
  if (!TakeLittleEndian(value, letter.time_ms) || !TakeLittleEndian(value, letter.key_bytes) ||
      !TakeLittleEndian(value, letter.value_bytes) ||
      !TakeText(value, kDeadLetterReasonBytesMax, letter.reason) ||
      !TakeText(value, kDeadLetterKeyBytesMax, letter.key) ||
      !TakeText(value, kDeadLetterValueBytesMax, letter.value)) {
    return Damaged("it ends early");
  }
  if (!value.empty()) return Damaged("{} bytes follow it", value.size());
  if (letter.key.size() <= letter.key_bytes && letter.value.size() <= letter.value_bytes) {
    return letter;
  }
  return Damaged("it holds more of the record than there was");
}

}  // namespace wick::cold
