// The lock of a data directory, while RocksDB does not hold it: checking logs, reading on a full
// disk.
#pragma once

#include <rocksdb/env.h>

#include <memory>
#include <string>

#include "cold/database.h"
#include "cold/rocks_status.h"

namespace wick::cold {

/// RocksDB's own lock file. Given back by destroying it.
class DirectoryLock {
 public:
  static absl::StatusOr<std::unique_ptr<DirectoryLock>> Take(rocksdb::Env& env,
                                                             const std::string& directory) {
    rocksdb::FileLock* lock = nullptr;
    const rocksdb::Status status = env.LockFile(directory + "/LOCK", &lock);
    if (status.IsNoSpace()) {
      return FromRocks(status, fmt::format("locking the data directory {}", directory));
    }
    if (!status.ok()) return InUse(directory);
    return std::unique_ptr<DirectoryLock>(new DirectoryLock(env, lock));
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
