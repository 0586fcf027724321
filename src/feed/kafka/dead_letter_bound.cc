#include "feed/kafka/dead_letter_bound.h"

#include <algorithm>

namespace wick::feed {
namespace {

constexpr size_t kLettersAtATime = 100;  // of 64 KiB at most
constexpr size_t kDropsMax = 2'000;      // of one chunk: more than it may bring

}  // namespace

absl::Status DeadLetterBound::Load() {
  WICK_ASSIGN_OR_RETURN(const auto bytes, engine_.DeadLetterBytes());
  for (const auto& [partition, kept] : bytes) {
    kept_[partition].bytes += kept;
    bytes_ += kept;
  }
  return absl::OkStatus();
}

void DeadLetterBound::Add(const cold::DeadLetter& letter) {
  const size_t bytes = cold::KeptBytes(letter);
  kept_[{letter.place.topic, letter.place.partition}].bytes += bytes;
  bytes_ += bytes;
}

absl::StatusOr<std::vector<cold::KafkaPlace>> DeadLetterBound::Drop() {
  std::vector<cold::KafkaPlace> dropped;
  while (bytes_ > bytes_max_ && dropped.size() < kDropsMax) {
    auto& [partition, kept] =
        *std::ranges::max_element(kept_, {}, [](const auto& each) { return each.second.bytes; });
    WICK_ASSIGN_OR_RETURN(
        const auto letters,
        engine_.DeadLettersOf({partition.first, partition.second, kept.first}, kLettersAtATime));
    if (letters.empty()) break;  // none of them is durable yet
    for (const cold::DeadLetter& letter : letters) {
      if (bytes_ <= bytes_max_) break;
      const uint64_t bytes = std::min<uint64_t>(cold::KeptBytes(letter), kept.bytes);
      kept.bytes -= bytes;
      bytes_ -= bytes;
      kept.first = letter.place.offset + 1;
      dropped.push_back(letter.place);
    }
  }
  return dropped;
}

}  // namespace wick::feed
