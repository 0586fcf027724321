#include "cold/database.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "base/bytes.h"
#include "cold/damage_log.h"
#include "cold/horizons_record.h"
#include "cold/rocks_options.h"
#include "cold/rocks_status.h"

namespace wick::cold {
namespace {

using rocksdb::ColumnFamilyDescriptor;

/// The families on disk, in the order of their numbers.
absl::StatusOr<std::vector<Family>> FamiliesOnDisk(const rocksdb::DBOptions& options,
                                                   const std::string& directory) {
  std::vector<std::string> names;
  WICK_RETURN_IF_ERROR(FromRocks(
      rocksdb::DB::ListColumnFamilies(options, directory, &names),
      fmt::format(
          "reading the manifest of the data directory {} (damaged? restore it from a backup)",
          directory)));
  std::vector<Family> families;
  for (const std::string& name : names) {
    const std::optional<Family> known = FamilyOf(name);
    if (!known) {
      return Error(
          absl::StatusCode::kFailedPrecondition,
          "the data directory {} was written by a newer wick (it holds a column family '{}') or "
          "by another program; run that version, or set another directory",
          directory, name);
    }
    families.push_back(*known);
  }
  std::ranges::sort(families);
  return families;
}

absl::Status ExplainOpenError(const std::string& directory, const rocksdb::Status& status,
                              const std::string& complaint) {
  if (status.IsCorruption()) {
    return Error(absl::StatusCode::kDataLoss,
                 "the data directory {} is damaged: {}{}{}; restore it from a backup", directory,
                 status.ToString(), complaint.empty() ? "" : ": ", complaint);
  }
  return FromRocks(status, fmt::format("opening the data directory {}", directory));
}

}  // namespace

absl::StatusOr<std::shared_ptr<Database>> Database::Open(
    const StoreOptions& options, Access access,
    const std::shared_ptr<rocksdb::Cache>& block_cache) {
  const std::shared_ptr<Database> database(new Database(access));
  WICK_RETURN_IF_ERROR(database->OpenIn(options, block_cache));
  return database;
}

Database::~Database() {
  for (rocksdb::ColumnFamilyHandle* family : families_) {
    // Deletes a handle; it cannot fail for one that this database gave.
    if (family != nullptr) db_->DestroyColumnFamilyHandle(family).PermitUncheckedError();
  }
  db_.reset();
  closed_.set_value();
}

absl::Status Database::OpenIn(const StoreOptions& options,
                              const std::shared_ptr<rocksdb::Cache>& block_cache) {
  const std::string& directory = options.directory;
  const bool read_only = access_ == Access::kReadOnly;
  rocksdb::DBOptions db_options = MakeDbOptions(options);
  db_options.listeners.push_back(watch_);
  // Tables that are open can be read even when another instance, which writes, has deleted them.
  if (read_only) db_options.max_open_files = -1;

  std::vector<Family> on_disk = {Family::kMeta};
  if (db_options.env->FileExists(directory + "/CURRENT").IsNotFound()) {
    db_options.create_if_missing = true;
  } else {
    WICK_ASSIGN_OR_RETURN(on_disk, FamiliesOnDisk(db_options, directory));
  }
  // What an older wick made is read; the families it did not know are empty.
  if (read_only && on_disk.size() < kFirstFamilyCount) {
    return Error(absl::StatusCode::kResourceExhausted,
                 "the data directory {} is not finished, and its disk is full; free space on it",
                 directory);
  }

  const auto describe = [&](Family family) {
    return ColumnFamilyDescriptor(std::string(kFamilyNames[Index(family)]),
                                  MakeFamilyOptions(family, options, block_cache));
  };
  std::vector<ColumnFamilyDescriptor> descriptors;
  descriptors.reserve(on_disk.size());
  for (Family family : on_disk) descriptors.push_back(describe(family));

  std::shared_ptr<rocksdb::Logger> log_file;
  // Without a log file RocksDB works as well; it is for people.
  if (!read_only) {
    rocksdb::CreateLoggerFromOptions(directory, db_options, &log_file).PermitUncheckedError();
  }
  const auto damage_log = std::make_shared<DamageLog>(log_file);
  db_options.info_log = damage_log;

  rocksdb::DB* opened = nullptr;
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  const rocksdb::Status status =
      read_only
          ? rocksdb::DB::OpenForReadOnly(db_options, directory, descriptors, &handles, &opened)
          : rocksdb::DB::Open(db_options, directory, descriptors, &handles, &opened);
  if (!status.ok()) return ExplainOpenError(directory, status, damage_log->complaint());
  db_.reset(opened);
  for (size_t i = 0; i < on_disk.size(); ++i) families_[Index(on_disk[i])] = handles[i];
  if (!read_only) {
    std::unique_ptr<rocksdb::LogFile> log;
    WICK_RETURN_IF_ERROR(FromRocks(db_->GetCurrentWalFile(&log), "looking for the new log"));
    first_log_ = log->LogNumber();
  }

  WICK_ASSIGN_OR_RETURN(const uint32_t format, ReadFormat(directory));
  // A directory whose making was interrupted, or of an older wick, has the first few of them.
  for (size_t i = 0; i < kFamilyCount; ++i) {
    if (families_[i] == nullptr) {
      if (format == kFormat) {
        return Error(absl::StatusCode::kDataLoss,
                     "the data directory {} is damaged: its manifest does not know the column "
                     "family '{}'; restore it from a backup",
                     directory, kFamilyNames[i]);
      }
      if (read_only) continue;
      const auto [name, family_options] = describe(static_cast<Family>(i));
      WICK_RETURN_IF_ERROR(FromRocks(
          db_->CreateColumnFamily(family_options, name, &families_[i]),
          fmt::format("making column family '{}' in the data directory {}", name, directory)));
    }
    if (families_[i]->GetID() != i) {
      return Error(
          absl::StatusCode::kFailedPrecondition,
          "the data directory {} was not made by wick: its column family '{}' has number {} "
          "instead of {}; set another directory",
          directory, kFamilyNames[i], families_[i]->GetID(), i);
    }
  }
  return format == kFormat || read_only ? absl::OkStatus() : Stamp(format, directory);
}

absl::StatusOr<uint32_t> Database::ReadFormat(const std::string& directory) const {
  std::string value;
  const rocksdb::Status status =
      db_->Get(rocksdb::ReadOptions(), Of(Family::kMeta), ToSlice(kFormatKey), &value);
  if (status.IsNotFound()) return 0;
  WICK_RETURN_IF_ERROR(FromRocks(
      status, fmt::format("reading the format version of the data directory {}", directory)));
  return DecodeFormat(value, directory);
}

absl::Status Database::Stamp(uint32_t format, const std::string& directory) {
  rocksdb::WriteBatch stamp;
  rocksdb::Status stamped;
  // From the first event on an account is kept of what is refused.
  if (format == 0) {
    stamped = stamp.Put(Of(Family::kMeta), ToSlice(kRefusedUntilKey), EncodeHorizons({}));
  }
  std::string value;
  AppendLittleEndian(kFormat, value);
  if (stamped.ok()) stamped = stamp.Put(Of(Family::kMeta), ToSlice(kFormatKey), value);
  rocksdb::WriteOptions synced;
  synced.sync = true;
  if (stamped.ok()) stamped = db_->Write(synced, &stamp);
  return FromRocks(stamped,
                   fmt::format("writing the format version to the data directory {}", directory));
}

absl::StatusOr<uint32_t> DecodeFormat(std::string_view bytes, const std::string& directory) {
  uint32_t format = 0;
  if (!TakeLittleEndian(bytes, format) || !bytes.empty() || format == 0) {
    return Error(absl::StatusCode::kDataLoss,
                 "the data directory {} is damaged: its format version makes no sense; restore it "
                 "from a backup",
                 directory);
  }
  if (format > kFormat) {
    return Error(
        absl::StatusCode::kFailedPrecondition,
        "the data directory {} was written by a newer wick: its format is {}, this one reads {}; "
        "run a newer version, or set another directory",
        directory, format, kFormat);
  }
  return format;
}

}  // namespace wick::cold
