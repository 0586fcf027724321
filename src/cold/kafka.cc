// Store: offsets and dead letters of Kafka, read back.
#include "cold/kafka_records.h"
#include "cold/rocks_status.h"
#include "cold/store_impl.h"

namespace wick::cold {
namespace {

absl::Status Damaged(std::string_view what, const absl::Status& status) {
  return Error(absl::StatusCode::kDataLoss,
               "{} damaged: {}; restore the data directory from a backup", what, Message(status));
}

}  // namespace

absl::StatusOr<std::vector<KafkaOffset>> Store::KafkaOffsets() const {
  WICK_ASSIGN_OR_RETURN(const std::shared_ptr<Database> database, impl_->CurrentOrError());
  const std::unique_ptr<rocksdb::Iterator> iterator(
      database->db().NewIterator(rocksdb::ReadOptions(), database->Of(Family::kKafkaOffsets)));
  std::vector<KafkaOffset> offsets;
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
  const std::unique_ptr<rocksdb::Iterator> iterator(
      database->db().NewIterator(rocksdb::ReadOptions(), database->Of(Family::kDeadLetters)));
  from.topic.empty() ? iterator->SeekToFirst() : iterator->Seek(MakeDeadLetterKey(from));
  std::vector<DeadLetter> letters;
  for (; iterator->Valid() && letters.size() < limit; iterator->Next()) {
    auto letter = DecodeDeadLetter(ToView(iterator->key()), ToView(iterator->value()));
    if (!letter.ok()) return Damaged("dead letter", letter.status());
    letters.push_back(*std::move(letter));
  }
  WICK_RETURN_IF_ERROR(FromRocks(iterator->status(), "reading the dead letters"));
  return letters;
}

}  // namespace wick::cold
