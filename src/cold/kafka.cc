// Store: offsets and dead letters of Kafka, read back.
#include <algorithm>

#include "base/bytes.h"
#include "cold/kafka_records.h"
#include "cold/rocks_status.h"
#include "cold/store_impl.h"

namespace wick::cold {
namespace {

constexpr size_t kLettersAtATime = 100;  // of 64 KiB at most

absl::Status Damaged(std::string_view what, const absl::Status& status) {
  return Error(absl::StatusCode::kDataLoss,
               "{} damaged: {}; restore the data directory from a backup", what, Message(status));
}

/// From `from` on (an empty topic: from the first on), before the key `end` if it is not empty.
absl::StatusOr<std::vector<DeadLetter>> ReadLetters(const Database& database,
                                                    const KafkaPlace& from, std::string_view end,
                                                    size_t limit) {
  std::vector<DeadLetter> letters;
  if (database.Of(Family::kDeadLetters) == nullptr) return letters;
  rocksdb::ReadOptions options;
  const rocksdb::Slice bound = ToSlice(end);
  if (!end.empty()) options.iterate_upper_bound = &bound;
  const std::unique_ptr<rocksdb::Iterator> iterator(
      database.db().NewIterator(options, database.Of(Family::kDeadLetters)));
  from.topic.empty() ? iterator->SeekToFirst() : iterator->Seek(MakeDeadLetterKey(from));
  for (; iterator->Valid() && letters.size() < limit; iterator->Next()) {
    auto letter = DecodeDeadLetter(ToView(iterator->key()), ToView(iterator->value()));
    if (!letter.ok()) return Damaged("dead letter", letter.status());
    letters.push_back(*std::move(letter));
  }
  WICK_RETURN_IF_ERROR(FromRocks(iterator->status(), "reading the dead letters"));
  return letters;
}

}  // namespace

absl::StatusOr<std::vector<KafkaOffset>> Store::KafkaOffsets() const {
  WICK_ASSIGN_OR_RETURN(const std::shared_ptr<Database> database, impl_->CurrentOrError());
  std::vector<KafkaOffset> offsets;
  if (database->Of(Family::kKafkaOffsets) == nullptr) return offsets;
  const std::unique_ptr<rocksdb::Iterator> iterator(
      database->db().NewIterator(rocksdb::ReadOptions(), database->Of(Family::kKafkaOffsets)));
  for (iterator->SeekToFirst(); iterator->Valid(); iterator->Next()) {
    auto offset = DecodeKafkaOffset(ToView(iterator->key()), ToView(iterator->value()));
    if (!offset.ok()) return Damaged("Kafka offset", offset.status());
    offsets.push_back(*std::move(offset));
  }
  WICK_RETURN_IF_ERROR(FromRocks(iterator->status(), "reading the Kafka offsets"));
  return offsets;
}

absl::StatusOr<std::vector<DeadLetter>> Store::DeadLetters(const KafkaPlace& from,
                                                           size_t limit) const {
  WICK_ASSIGN_OR_RETURN(const std::shared_ptr<Database> database, impl_->CurrentOrError());
  return ReadLetters(*database, from, {}, limit);
}

absl::StatusOr<std::vector<DeadLetter>> Store::DeadLettersOf(const KafkaPlace& from,
                                                             size_t limit) const {
  WICK_ASSIGN_OR_RETURN(const std::shared_ptr<Database> database, impl_->CurrentOrError());
  const std::string end = MakeDeadLetterKey({from.topic, from.partition, UINT64_MAX});
  WICK_ASSIGN_OR_RETURN(std::vector<DeadLetter> letters, ReadLetters(*database, from, end, limit));
  // A key of a longer topic may lie between two of this one's, of a partition beyond any real one.
  std::erase_if(letters, [&](const DeadLetter& letter) {
    return letter.place.topic != from.topic || letter.place.partition != from.partition;
  });
  return letters;
}

absl::StatusOr<std::map<std::pair<std::string, uint32_t>, uint64_t>> Store::DeadLetterBytes()
    const {
  std::map<std::pair<std::string, uint32_t>, uint64_t> bytes;
  for (KafkaPlace from;;) {
    WICK_ASSIGN_OR_RETURN(const auto letters, DeadLetters(from, kLettersAtATime));
    if (letters.empty()) return bytes;
    for (const DeadLetter& letter : letters) {
      bytes[{letter.place.topic, letter.place.partition}] += KeptBytes(letter);
    }
    from = letters.back().place;
    ++from.offset;
  }
}

absl::StatusOr<uint64_t> Store::SetKafkaOffset(const KafkaPlace& next) {
  WICK_ASSIGN_OR_RETURN(const std::vector<KafkaOffset> offsets, KafkaOffsets());
  const auto known = std::ranges::find_if(offsets, [&](const KafkaOffset& offset) {
    return offset.topic == next.topic && offset.partition == next.partition;
  });
  if (known == offsets.end()) {
    return Error(absl::StatusCode::kNotFound, "nothing of topic {}, partition {} was ever read",
                 next.topic, next.partition);
  }
  Batch batch;
  batch.PutKafkaOffset(
      {next.topic, next.partition, next.offset, std::min(known->published, next.offset)});
  uint64_t dropped = 0;
  for (KafkaPlace from = next;;) {
    WICK_ASSIGN_OR_RETURN(const auto letters, DeadLettersOf(from, kLettersAtATime));
    if (letters.empty()) break;
    for (const DeadLetter& letter : letters) batch.DeleteDeadLetter(letter.place);
    dropped += letters.size();
    from.offset = letters.back().place.offset + 1;
  }
  WICK_RETURN_IF_ERROR(Commit(batch));
  return dropped;
}

}  // namespace wick::cold
