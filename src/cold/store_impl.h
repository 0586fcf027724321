// Inside of a store, shared by the rooms that open, write, read and clean it.
#pragma once

#include <rocksdb/cache.h>
#include <rocksdb/db.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <vector>

#include "cold/database.h"
#include "cold/directory_lock.h"
#include "cold/families.h"
#include "cold/keys.h"
#include "cold/store.h"

namespace rocksdb {
class BackupEngine;
}

namespace wick::cold {

/// What a store is over the databases that it has one after the other.
struct Store::Impl {
  /// Opens and checks the directory; Store::Open says what can go wrong. Called once.
  absl::Status Open(const StoreOptions& with);
  /// Checks the directory and cuts off what is torn, then opens a database, to read if there is no
  /// room to write. `repaired`: what was cut off.
  absl::StatusOr<std::shared_ptr<Database>> OpenDatabase(std::vector<LogRepair>& repaired);

  /// The database of the moment; whoever holds it keeps it open. Null after a failed Resume().
  std::shared_ptr<Database> Current() const {
    const std::shared_lock lock(database_mutex);
    return database;
  }
  /// The same for whoever can answer with an error.
  absl::StatusOr<std::shared_ptr<Database>> CurrentOrError() const;

  /// Writes and syncs, as Store::Commit says. One at a time: whatever is torn by a power cut is
  /// then one write, the last.
  absl::Status Write(rocksdb::WriteBatch& writes);
  /// OK, or why nothing is written: the first error, the full disk. Under write_mutex.
  absl::Status CheckWritable() const;
  /// What follows from a write that returned `status`. Under write_mutex.
  absl::Status Judge(const rocksdb::Status& status);
  absl::Status DiskFull(std::string_view detail) const;

  /// The first write error that is final, or OK.
  absl::Status FirstError() const;
  /// Makes a failed write's status the first error if there was none; returns the first error.
  absl::Status Remember(absl::Status status);

  /// Writes the directory's note. It is a check of later starts, which go on without it.
  void Note(const Database& of);

  // Going on after a full disk: resume.cc. Under write_mutex, the last three under database_mutex,
  // too.
  absl::Status Resume();
  absl::Status CloseToReopen();
  /// Gives up the backup that runs, if there is one: it lets go of the database soon.
  void EndBackup();
  absl::Status Reopen();
  /// Cuts off everything behind `acknowledged`. The directory is locked.
  absl::Status CutUnacknowledged() const;
  uint64_t FreeBytes() const;

  /// Where the last acknowledged write ends: number of its log, bytes in it.
  struct LogEnd {
    uint64_t number = 0;
    uint64_t bytes = 0;
  };
  static absl::StatusOr<LogEnd> EndOfLog(const Database& database);

  // Immutable after opening.
  StoreOptions options;
  std::shared_ptr<rocksdb::Cache> block_cache;
  std::vector<LogRepair> repairs;  // of the opening

  mutable std::shared_mutex database_mutex;
  std::shared_ptr<Database> database;  // guarded by database_mutex, changed under write_mutex, too
  std::unique_ptr<DirectoryLock> directory_lock;  // of a directory that is open to be read only

  std::mutex write_mutex;
  absl::StatusOr<LogEnd> acknowledged = LogEnd{};  // guarded by write_mutex
  std::atomic<bool> disk_full{false};              // set under write_mutex, read by anyone

  std::mutex note_mutex;  // of the note's file

  mutable std::mutex error_mutex;
  absl::Status first_error;  // guarded by error_mutex

  // Where a removal that met its limit goes on, as long as the horizons are the same.
  std::mutex removal_mutex;
  market::Horizons removal_horizons;  // guarded by removal_mutex
  uint8_t removal_tier = 0;           // guarded by removal_mutex
  uint64_t removal_series = 0;        // guarded by removal_mutex

  std::mutex backup_mutex;  // held by the one backup that runs
  std::mutex stop_mutex;
  bool backups_stopped = false;                     // guarded by stop_mutex
  rocksdb::BackupEngine* running_backup = nullptr;  // guarded by stop_mutex
};

}  // namespace wick::cold
