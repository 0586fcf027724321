// The lock of a directory: of data while RocksDB does not hold it (checking logs, reading on a full
// disk), of backups.
#pragma once

#include <rocksdb/env.h>

#include <memory>
#include <string>
#include <string_view>

#include "cold/rocks_status.h"

namespace wick::cold {

/// RocksDB's own lock file. Given back by destroying it.
class DirectoryLock {
 public:
  static constexpr std::string_view kFileName = "LOCK";

  /// Of a data directory; the error is one for the operator.
  static absl::StatusOr<std::unique_ptr<DirectoryLock>> Take(rocksdb::Env& env,
                                                             const std::string& directory) {
    std::unique_ptr<DirectoryLock> lock;
    const rocksdb::Status status = TryTake(env, directory, lock);
    if (status.ok()) return lock;
    // A lock file that cannot even be opened says nothing of other processes.
    if (MeansFullDisk(status) ||
        status.ToString().find("hile open a file for lock") != std::string::npos) {
      return FromRocks(status, fmt::format("locking the data directory {}", directory));
    }
    return Error(absl::StatusCode::kFailedPrecondition,
                 "the data directory {} is in use by another process; stop that one, or set "
                 "another directory",
                 directory);
  }

  /// Of any directory.
  static rocksdb::Status TryTake(rocksdb::Env& env, const std::string& directory,
                                 std::unique_ptr<DirectoryLock>& taken) {
    rocksdb::FileLock* lock = nullptr;
    rocksdb::Status status = env.LockFile(fmt::format("{}/{}", directory, kFileName), &lock);
    if (status.ok()) taken.reset(new DirectoryLock(env, lock));
    return status;
  }
  ~DirectoryLock() { env_.UnlockFile(lock_).PermitUncheckedError(); }
  DirectoryLock(const DirectoryLock&) = delete;
  DirectoryLock& operator=(const DirectoryLock&) = delete;

 private:
  DirectoryLock(rocksdb::Env& env, rocksdb::FileLock* lock) : env_(env), lock_(lock) {}

  rocksdb::Env& env_;
  rocksdb::FileLock* const lock_;
};

}  // namespace wick::cold
