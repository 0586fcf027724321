// Store: what a full disk means, and going on after it.
//
// A batch that met a full disk may stand in the log as a whole, in part or not at all, and RocksDB
// may flush some families and not others before it begins a new log; a crash in between would then
// replay a part of that batch. So RocksDB is not asked to go on. The database is closed, the log is
// cut where the last acknowledged batch ends, the cut is synced, and the directory is opened anew,
// as after a crash. Whatever moment the process dies in, the batch is in the log as a whole or not
// at all, and not after it was given a second time.
#include <algorithm>
#include <chrono>
#include <limits>

#include "cold/rocks_options.h"
#include "cold/rocks_status.h"
#include "cold/store_impl.h"
#include "cold/wal_tail.h"

namespace wick::cold {
namespace {

/// Readers copy a few chunks, and a backup is given up; whoever reads longer is not waited for.
constexpr std::chrono::seconds kReadersWaitedFor{1};

}  // namespace

absl::Status Store::Impl::DiskFull(std::string_view detail) const {
  return Error(
      absl::StatusCode::kResourceExhausted,
      "the disk of the data directory {} is full ({}); free space on it, writing then goes "
      "on by itself",
      options.directory, detail);
}

uint64_t Store::Impl::FreeBytes() const {
  uint64_t bytes = 0;
  return EnvOf(options)->GetFreeSpace(options.directory, &bytes).ok()
             ? bytes
             : std::numeric_limits<uint64_t>::max();
}

absl::StatusOr<Store::Impl::LogEnd> Store::Impl::EndOfLog(const Database& of) {
  std::unique_ptr<rocksdb::LogFile> log;
  WICK_RETURN_IF_ERROR(FromRocks(of.db().GetCurrentWalFile(&log), "looking at the log's size"));
  return LogEnd{log->LogNumber(), log->SizeFileBytes()};
}

absl::Status Store::Impl::CutUnacknowledged() const {
  rocksdb::Env& env = *EnvOf(options);
  WICK_RETURN_IF_ERROR(acknowledged.status());
  WICK_ASSIGN_OR_RETURN(const std::vector<std::string> names, LogsIn(env, options.directory));
  for (const std::string& name : names) {
    const uint64_t number = LogNumber(name);
    if (number < acknowledged->number) continue;
    const std::string path = options.directory + "/" + name;
    const uint64_t keep = number == acknowledged->number ? acknowledged->bytes : 0;
    uint64_t bytes = 0;
    WICK_RETURN_IF_ERROR(FromRocks(env.GetFileSize(path, &bytes), "looking at the log's size"));
    if (bytes > keep) WICK_RETURN_IF_ERROR(CutLog(env, path, keep));
  }
  return absl::OkStatus();
}

absl::Status Store::Impl::Resume() {
  WICK_RETURN_IF_ERROR(FirstError());
  if (CheckWritable().ok()) return absl::OkStatus();
  disk_full.store(true, std::memory_order_release);
  WICK_ASSIGN_OR_RETURN(const uint64_t log_bytes, LogBytes(*EnvOf(options), options.directory));
  const uint64_t needed = log_bytes + options.resume_room_bytes;
  if (const uint64_t is = FreeBytes(); is < needed) {
    return DiskFull(fmt::format("{} bytes are free, {} are needed to go on", is, needed));
  }

  const std::unique_lock nobody_begins_to_read(database_mutex);
  WICK_RETURN_IF_ERROR(CloseToReopen());
  absl::Status reopened = Reopen();
  if (reopened.ok() || absl::IsResourceExhausted(reopened)) return reopened;
  if (database == nullptr) {  // what can be read is still read
    absl::StatusOr<std::shared_ptr<Database>> left =
        Database::Open(options, Database::Access::kReadOnly, block_cache);
    if (left.ok()) database = *std::move(left);
  }
  return Remember(reopened);
}

absl::Status Store::Impl::CloseToReopen() {
  // A database that is only read may stay with its readers: it holds its tables open.
  if (database == nullptr || database->access() == Database::Access::kReadOnly) {
    directory_lock.reset();
    return absl::OkStatus();
  }
  EndBackup();
  const std::shared_future<void> closed = database->closed();
  const std::weak_ptr<Database> readers = database;
  database.reset();
  if (closed.wait_for(kReadersWaitedFor) == std::future_status::ready) return absl::OkStatus();
  database = readers.lock();
  if (database != nullptr) return DiskFull("a long read keeps writing from going on");
  closed.wait();
  return absl::OkStatus();
}

absl::Status Store::Impl::Reopen() {
  if (database == nullptr) {
    WICK_ASSIGN_OR_RETURN(const auto held, DirectoryLock::Take(*EnvOf(options), options.directory));
    WICK_RETURN_IF_ERROR(CutUnacknowledged());
  }
  std::vector<LogRepair> repaired;  // at most the manifest: its last change met the full disk
  WICK_ASSIGN_OR_RETURN(database, OpenDatabase(repaired));
  if (database->access() == Database::Access::kReadOnly) {
    return DiskFull("what became free was used up at once");
  }
  Note(*database);
  WICK_ASSIGN_OR_RETURN(acknowledged, EndOfLog(*database));
  disk_full.store(false, std::memory_order_release);
  return absl::OkStatus();
}

}  // namespace wick::cold
