// Opening a data directory: made if new, refused with a reason if it cannot be trusted.
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <vector>

#include "cold/backup.h"
#include "cold/batch_impl.h"
#include "cold/bytes.h"
#include "cold/damage_log.h"
#include "cold/rocks_options.h"
#include "cold/rocks_status.h"
#include "cold/store_impl.h"

namespace wick::cold {
namespace {

namespace fs = std::filesystem;
using rocksdb::ColumnFamilyDescriptor;

/// Of the whole directory: which families there are and what keys mean. Values have versions of
/// their own.
constexpr uint32_t kFormat = 1;  // on disk for ever: append, never renumber

/// Makes the directory and those above it. Each is synced into the one that holds it: a power cut
/// must not take away the place of what is acknowledged afterwards.
absl::Status MakeDirectories(rocksdb::Env& env, const fs::path& directory) {
  bool is_directory = false;
  if (env.IsDirectory(directory, &is_directory).ok() && is_directory) return absl::OkStatus();
  const fs::path parent = directory.has_parent_path() ? directory.parent_path() : fs::path(".");
  if (parent != directory) WICK_RETURN_IF_ERROR(MakeDirectories(env, parent));
  rocksdb::Status made = env.CreateDirIfMissing(directory);
  std::unique_ptr<rocksdb::Directory> holder;
  if (made.ok()) made = env.NewDirectory(parent, &holder);
  if (made.ok()) made = holder->Fsync();
  if (made.ok()) return absl::OkStatus();
  if (made.IsNoSpace()) {
    return FromRocks(made, fmt::format("making the data directory {}", directory.string()));
  }
  return Error(absl::StatusCode::kPermissionDenied,
               "cannot make the data directory {}: {}; set one that wick may write to",
               directory.string(), made.ToString());
}

absl::Status PrepareDirectory(const StoreOptions& options) {
  const std::string& directory = options.directory;
  WICK_RETURN_IF_ERROR(MakeDirectories(*EnvOf(options), fs::path(directory).lexically_normal()));
  if (options.env == nullptr && access(directory.c_str(), R_OK | W_OK | X_OK) != 0) {
    return Error(
        absl::StatusCode::kPermissionDenied,
        "cannot write to the data directory {}: {}; make the user that runs wick its owner",
        directory, std::strerror(errno));
  }
  return absl::OkStatus();
}

/// CURRENT is RocksDB's first file to read. Tables without it would be taken for rubbish and
/// deleted.
absl::Status CheckNotDecapitated(rocksdb::Env& env, const std::string& directory) {
  std::vector<std::string> names;
  WICK_RETURN_IF_ERROR(FromRocks(env.GetChildren(directory, &names),
                                 fmt::format("listing the data directory {}", directory)));
  for (const std::string& name : names) {
    if (name.ends_with(".sst")) {
      return Error(
          absl::StatusCode::kDataLoss,
          "the data directory {} is damaged: it holds {} but no file CURRENT; restore it from "
          "a backup",
          directory, name);
    }
  }
  return absl::OkStatus();
}

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
    const auto known = std::ranges::find(kFamilyNames, name);
    if (known == kFamilyNames.end()) {
      return Error(
          absl::StatusCode::kFailedPrecondition,
          "the data directory {} was written by a newer wick (it holds a column family '{}') or "
          "by another program; run that version, or set another directory",
          directory, name);
    }
    families.push_back(static_cast<Family>(known - kFamilyNames.begin()));
  }
  std::ranges::sort(families);
  return families;
}

absl::Status ExplainOpenError(const std::string& directory, const rocksdb::Status& status,
                              const std::string& complaint) {
  const std::string text = status.ToString();
  if (status.IsIOError() && text.find("/LOCK") != std::string::npos) {
    return Error(
        absl::StatusCode::kFailedPrecondition,
        "the data directory {} is in use by another process; stop that one, or set another "
        "directory",
        directory);
  }
  if (status.IsCorruption()) {
    return Error(absl::StatusCode::kDataLoss,
                 "the data directory {} is damaged: {}{}{}; restore it from a backup", directory,
                 text, complaint.empty() ? "" : ": ", complaint);
  }
  return FromRocks(status, fmt::format("opening the data directory {}", directory));
}

}  // namespace

Store::Impl::~Impl() {
  if (db == nullptr) return;
  for (rocksdb::ColumnFamilyHandle* family : families) {
    // Deletes a handle; it cannot fail for one that this database gave.
    if (family != nullptr) db->DestroyColumnFamilyHandle(family).PermitUncheckedError();
  }
}

absl::Status Store::Impl::Open(const StoreOptions& options) {
  directory = options.directory;
  WICK_RETURN_IF_ERROR(PrepareDirectory(options));
  rocksdb::DBOptions db_options = MakeDbOptions(options);
  block_cache = rocksdb::NewLRUCache(options.block_cache_bytes);

  std::vector<Family> on_disk = {Family::kMeta};
  const rocksdb::Status restoring = db_options.env->FileExists(directory + "/" + kRestoringName);
  if (restoring.ok()) {
    return Error(absl::StatusCode::kFailedPrecondition,
                 "a restore into the data directory {} did not end; empty the directory and restore again",
                 directory);
  }
  const rocksdb::Status has_current = db_options.env->FileExists(directory + "/CURRENT");
  if (has_current.IsNotFound()) {
    WICK_RETURN_IF_ERROR(CheckNotDecapitated(*db_options.env, directory));
    db_options.create_if_missing = true;
  } else {
    WICK_RETURN_IF_ERROR(
        FromRocks(has_current, fmt::format("looking into the data directory {}", directory)));
    WICK_ASSIGN_OR_RETURN(on_disk, FamiliesOnDisk(db_options, directory));
  }

  const auto describe = [&](Family family) {
    return ColumnFamilyDescriptor(std::string(kFamilyNames[Index(family)]),
                                  MakeFamilyOptions(family, options, block_cache));
  };
  std::vector<ColumnFamilyDescriptor> descriptors;
  for (Family family : on_disk) descriptors.push_back(describe(family));

  std::shared_ptr<rocksdb::Logger> log_file;
  // Without a log file RocksDB works as well; it is for people.
  rocksdb::CreateLoggerFromOptions(directory, db_options, &log_file).PermitUncheckedError();
  const auto damage_log = std::make_shared<DamageLog>(log_file);
  db_options.info_log = damage_log;

  rocksdb::DB* opened = nullptr;
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  const rocksdb::Status status =
      rocksdb::DB::Open(db_options, directory, descriptors, &handles, &opened);
  if (!status.ok()) return ExplainOpenError(directory, status, damage_log->complaint());
  db.reset(opened);
  for (size_t i = 0; i < on_disk.size(); ++i) families[Index(on_disk[i])] = handles[i];

  // A directory whose making was interrupted has the first few of them.
  for (size_t i = 0; i < kFamilyCount; ++i) {
    if (families[i] == nullptr) {
      const auto [name, family_options] = describe(static_cast<Family>(i));
      WICK_RETURN_IF_ERROR(FromRocks(
          db->CreateColumnFamily(family_options, name, &families[i]),
          fmt::format("making column family '{}' in the data directory {}", name, directory)));
    }
    if (families[i]->GetID() != i) {
      return Error(
          absl::StatusCode::kFailedPrecondition,
          "the data directory {} was not made by wick: its column family '{}' has number {} "
          "instead of {}; set another directory",
          directory, kFamilyNames[i], families[i]->GetID(), i);
    }
  }
  return CheckFormat();
}

absl::Status Store::Impl::CheckFormat() {
  std::string value;
  const rocksdb::Status status =
      db->Get(rocksdb::ReadOptions(), Of(Family::kMeta), ToSlice(kFormatKey), &value);
  if (status.IsNotFound()) {
    AppendLittleEndian(kFormat, value);
    Batch stamp;
    stamp.PutRefusedUntil({});  // from the first event on an account is kept of what is refused
    rocksdb::WriteBatch& writes = stamp.impl_->writes;
    WICK_RETURN_IF_ERROR(FromRocks(writes.Put(Of(Family::kMeta), ToSlice(kFormatKey), value), "stamping"));
    rocksdb::WriteOptions synced;
    synced.sync = true;
    return FromRocks(db->Write(synced, &writes),
                     fmt::format("writing the format version to the data directory {}", directory));
  }
  WICK_RETURN_IF_ERROR(FromRocks(
      status, fmt::format("reading the format version of the data directory {}", directory)));
  return CheckFormatRecord(value, directory);
}

absl::Status CheckFormatRecord(std::string_view bytes, const std::string& directory) {
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
  return absl::OkStatus();
}

}  // namespace wick::cold
