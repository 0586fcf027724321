// Opening a data directory: made if new, repaired if torn, refused with a reason if it cannot be
// trusted.
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <vector>

#include "cold/backup.h"
#include "cold/directory_check.h"
#include "cold/make_directories.h"
#include "cold/rocks_options.h"
#include "cold/rocks_status.h"
#include "cold/store_impl.h"
#include "cold/wal_tail.h"

namespace wick::cold {
namespace {

/// What opening to write needs beside the tables it makes of the logs: a manifest, options, a log.
constexpr uint64_t kRoomToOpenBytes = 1_MiB;

absl::Status PrepareDirectory(const StoreOptions& options) {
  const std::string& directory = options.directory;
  // A power cut must not take away the place of what is acknowledged afterwards.
  const rocksdb::Status made = MakeDirectories(*EnvOf(options), directory);
  if (MeansFullDisk(made)) {
    return FromRocks(made, fmt::format("making the data directory {}", directory));
  }
  if (!made.ok()) {
    return Error(absl::StatusCode::kPermissionDenied,
                 "cannot make the data directory {}: {}; set one that wick may write to", directory,
                 made.ToString());
  }
  if (options.env == nullptr && access(directory.c_str(), R_OK | W_OK | X_OK) != 0) {
    return Error(
        absl::StatusCode::kPermissionDenied,
        "cannot write to the data directory {}: {}; make the user that runs wick its owner",
        directory, std::strerror(errno));
  }
  return absl::OkStatus();
}

/// CURRENT is RocksDB's first file to read. What stands without it would be taken for rubbish and
/// deleted.
absl::Status CheckNotDecapitated(rocksdb::Env& env, const std::string& directory) {
  std::vector<std::string> names;
  WICK_RETURN_IF_ERROR(FromRocks(env.GetChildren(directory, &names),
                                 fmt::format("listing the data directory {}", directory)));
  for (const std::string& name : names) {
    uint64_t bytes = 0;
    const bool is_log = LogNumber(name) != 0;
    if (is_log && !env.GetFileSize(fmt::format("{}/{}", directory, name), &bytes).ok()) continue;
    if (name.ends_with(".sst") || bytes > 0) {
      return Error(
          absl::StatusCode::kDataLoss,
          "the data directory {} is damaged: it holds {} but no file CURRENT; restore it from "
          "a backup",
          directory, name);
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status Store::Impl::Open(const StoreOptions& with) {
  options = with;
  WICK_RETURN_IF_ERROR(PrepareDirectory(options));
  block_cache = rocksdb::NewLRUCache(options.block_cache_bytes);
  WICK_ASSIGN_OR_RETURN(database, OpenDatabase(repairs));
  if (database->access() == Database::Access::kReadOnly) {
    disk_full.store(true, std::memory_order_release);
    return absl::OkStatus();
  }
  Note(*database);
  acknowledged = EndOfLog(*database);
  return acknowledged.status();
}

absl::StatusOr<std::shared_ptr<Database>> Store::Impl::OpenDatabase(
    std::vector<LogRepair>& repaired) {
  rocksdb::Env& env = *EnvOf(options);
  const std::string& directory = options.directory;
  // Nobody writes to the logs that are looked at and cut.
  WICK_ASSIGN_OR_RETURN(auto held, DirectoryLock::Take(env, directory));
  if (env.FileExists(directory + "/" + kRestoringName).ok()) {
    return Error(
        absl::StatusCode::kFailedPrecondition,
        "a restore into the data directory {} did not end; empty the directory and restore "
        "again",
        directory);
  }
  const rocksdb::Status has_current = env.FileExists(directory + "/CURRENT");
  if (has_current.IsNotFound()) {
    WICK_RETURN_IF_ERROR(CheckNotDecapitated(env, directory));
  } else {
    WICK_RETURN_IF_ERROR(
        FromRocks(has_current, fmt::format("looking into the data directory {}", directory)));
    WICK_RETURN_IF_ERROR(CheckDirectory(env, directory, repaired));
    for (const LogRepair& torn : repaired) {
      WICK_RETURN_IF_ERROR(CutLog(env, directory + "/" + torn.file, torn.kept_bytes));
    }
  }

  absl::StatusOr<std::shared_ptr<Database>> opened = DiskFull("there is no room to open it");
  WICK_ASSIGN_OR_RETURN(const uint64_t log_bytes, LogBytes(env, directory));
  if (FreeBytes() >= log_bytes + kRoomToOpenBytes) {
    held.reset();  // RocksDB takes it itself
    opened = Database::Open(options, Database::Access::kReadWrite, block_cache);
    if (opened.ok() || !absl::IsResourceExhausted(opened.status())) return opened;
    WICK_ASSIGN_OR_RETURN(held, DirectoryLock::Take(env, directory));
  }
  if (has_current.IsNotFound()) return DiskFull("there is no room to make it");
  opened = Database::Open(options, Database::Access::kReadOnly, block_cache);
  if (opened.ok()) directory_lock = std::move(held);
  return opened;
}

}  // namespace wick::cold
