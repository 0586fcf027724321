// Verify: offsets and dead letters of Kafka.
#include <map>
#include <utility>

#include "cold/kafka_records.h"
#include "cold/verify_impl.h"
#include "market/validation.h"

namespace wick::cold {

void Verification::CheckKafka() {
  std::map<std::pair<std::string, uint32_t>, uint64_t> next;  // by topic and partition
  const auto offsets = Walk(Family::kKafkaOffsets);
  for (offsets->SeekToFirst(); offsets->Valid(); offsets->Next()) {
    ++counts_.kafka_offsets;
    const auto offset = DecodeKafkaOffset(ToView(offsets->key()), ToView(offsets->value()));
    if (offset.ok()) {
      next[{offset->topic, offset->partition}] = offset->next;
    } else {
      Find(In(Family::kKafkaOffsets), "offset {} damaged: {}",
           market::Printable(ToView(offsets->key())), Message(offset.status()));
    }
  }
  CheckEnd(*offsets, Family::kKafkaOffsets);

  const auto letters = Walk(Family::kDeadLetters);
  for (letters->SeekToFirst(); letters->Valid(); letters->Next()) {
    ++counts_.dead_letters;
    const auto letter = DecodeDeadLetter(ToView(letters->key()), ToView(letters->value()));
    if (!letter.ok()) {
      Find(In(Family::kDeadLetters), "dead letter {} damaged: {}",
           market::Printable(ToView(letters->key())), Message(letter.status()));
      continue;
    }
    const KafkaPlace& place = letter->place;
    const auto passed = next.find({place.topic, place.partition});
    if (passed == next.end() || passed->second <= place.offset) {
      Find(fmt::format("{}, topic {}, partition {}, offset {}", In(Family::kDeadLetters),
                       market::Printable(place.topic), place.partition, place.offset),
           "the partition's own offset is not behind it: the record would be read again");
    }
  }
  CheckEnd(*letters, Family::kDeadLetters);
}

}  // namespace wick::cold
