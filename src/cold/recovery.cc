// Store: reading everything back at a start.
#include <array>

#include "base/bytes.h"
#include "cold/horizons_record.h"
#include "cold/journal_frame.h"
#include "cold/names_record.h"
#include "cold/possible.h"
#include "cold/rocks_status.h"
#include "cold/state_record.h"
#include "cold/store_impl.h"

namespace wick::cold {
namespace {

/// Calls back with each key and value of a family, in key order, until one is not OK. Blocks read
/// once are not kept in the cache.
template <typename Each>
absl::Status ForEach(absl::StatusOr<std::shared_ptr<Database>> database, Family family, Each each) {
  WICK_RETURN_IF_ERROR(database.status());
  rocksdb::ReadOptions options;
  options.fill_cache = false;
  rocksdb::ColumnFamilyHandle* const handle = (*database)->Of(family);
  const std::unique_ptr<rocksdb::Iterator> iterator((*database)->db().NewIterator(options, handle));
  for (iterator->SeekToFirst(); iterator->Valid(); iterator->Next()) {
    WICK_RETURN_IF_ERROR(each(ToView(iterator->key()), ToView(iterator->value())));
  }
  return FromRocks(iterator->status(),
                   fmt::format("reading column family '{}'", handle->GetName()));
}

absl::Status Damaged(std::string_view what, std::string_view key, const absl::Status& status) {
  return Error(absl::StatusCode::kDataLoss,
               "{} damaged: {}: {}; restore the data directory from a backup", what, key,
               Message(status));
}

template <typename Number>
absl::Status CheckKey(std::string_view what, std::string_view key) {
  if (key.size() == sizeof(Number)) return absl::OkStatus();
  return Error(
      absl::StatusCode::kDataLoss,
      "{} damaged: its key has {} bytes instead of {}; restore the data directory from a backup",
      what, key.size(), sizeof(Number));
}

}  // namespace

absl::Status Store::ReadSymbols(absl::FunctionRef<void(SeriesId, const SymbolView&)> each) const {
  return ForEach(
      impl_->CurrentOrError(), Family::kSeries, [&](std::string_view key, std::string_view value) {
        WICK_RETURN_IF_ERROR(CheckKey<uint32_t>("series record", key));
        const uint32_t series = ReadBigEndian<uint32_t>(key);
        const auto names = DecodeNames<3>(value);
        if (!names.ok()) {
          return Damaged("series record", fmt::format("series {}", series), names.status());
        }
        each(SeriesId{series}, {(*names)[0], (*names)[1], (*names)[2]});
        return absl::OkStatus();
      });
}

absl::Status Store::ReadStates(absl::FunctionRef<void(SeriesId, const SeriesState&)> each) const {
  return ForEach(
      impl_->CurrentOrError(), Family::kState, [&](std::string_view key, std::string_view value) {
        WICK_RETURN_IF_ERROR(CheckKey<uint32_t>("state record", key));
        const uint32_t series = ReadBigEndian<uint32_t>(key);
        const auto state = DecodeState(value);
        if (!state.ok()) {
          return Damaged("state record", fmt::format("series {}", series), state.status());
        }
        each(SeriesId{series}, *state);
        return absl::OkStatus();
      });
}

absl::Status Store::ReadFrames(
    absl::FunctionRef<void(uint64_t number, std::span<const Tick> ticks)> each) const {
  return ForEach(
      impl_->CurrentOrError(), Family::kJournal, [&](std::string_view key, std::string_view value) {
        WICK_RETURN_IF_ERROR(CheckKey<uint64_t>("journal frame", key));
        const auto number = ReadBigEndian<uint64_t>(key);
        if (number >= kNumberEnd) {
          return Damaged("journal frame", fmt::format("number {}", number),
                         absl::DataLossError("the number is impossible"));
        }
        const auto ticks = DecodeFrame(value);
        if (!ticks.ok()) {
          return Damaged("journal frame", fmt::format("number {}", number), ticks.status());
        }
        each(number, *ticks);
        return absl::OkStatus();
      });
}

absl::Status Store::ReadReferences(absl::FunctionRef<void(const Reference&)> each) const {
  return ForEach(impl_->CurrentOrError(), Family::kReferences,
                 [&](std::string_view key, std::string_view value) {
                   const auto names = DecodeNames<2>(value);
                   if (!names.ok()) return Damaged("reference", key, names.status());
                   each({std::string(key), std::string((*names)[0]), std::string((*names)[1])});
                   return absl::OkStatus();
                 });
}

absl::StatusOr<uint64_t> Store::LastNumber() const {
  WICK_ASSIGN_OR_RETURN(const std::shared_ptr<Database> database, impl_->CurrentOrError());
  std::string value;
  const rocksdb::Status status = database->db().Get(
      rocksdb::ReadOptions(), database->Of(Family::kMeta), ToSlice(kLastNumberKey), &value);
  if (status.IsNotFound()) return 0;
  WICK_RETURN_IF_ERROR(FromRocks(status, "reading the last number"));
  std::string_view bytes = value;
  uint64_t number = 0;
  if (!TakeLittleEndian(bytes, number) || !bytes.empty()) {
    return Damaged("last number", kLastNumberKey, absl::DataLossError("it is not 8 bytes"));
  }
  if (number < kNumberEnd) return number;
  return Damaged("last number", kLastNumberKey, absl::DataLossError("it is impossible"));
}

absl::StatusOr<std::optional<market::Horizons>> Store::RefusedUntil() const {
  WICK_ASSIGN_OR_RETURN(const std::shared_ptr<Database> database, impl_->CurrentOrError());
  std::string value;
  const rocksdb::Status status = database->db().Get(
      rocksdb::ReadOptions(), database->Of(Family::kMeta), ToSlice(kRefusedUntilKey), &value);
  if (status.IsNotFound()) return std::nullopt;
  WICK_RETURN_IF_ERROR(FromRocks(status, "reading the horizons"));
  const auto horizons = DecodeHorizons(value);
  if (!horizons.ok()) return Damaged("horizons", kRefusedUntilKey, horizons.status());
  return *horizons;
}

}  // namespace wick::cold
