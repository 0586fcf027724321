// Inside of a store, shared by the rooms that open, write, read and clean it.
#pragma once

#include <rocksdb/cache.h>
#include <rocksdb/db.h>

#include <array>
#include <memory>
#include <mutex>
#include <string>

#include "cold/families.h"
#include "cold/keys.h"
#include "cold/store.h"

namespace rocksdb {
class BackupEngine;
}

namespace wick::cold {

/// An open RocksDB and what a store remembers beside it.
struct Store::Impl {
  ~Impl();

  /// Opens and checks the directory; Store::Open says what can go wrong. Called once.
  absl::Status Open(const StoreOptions& options);
  /// Stamps a new directory with the format version; refuses a newer one.
  absl::Status CheckFormat();

  rocksdb::ColumnFamilyHandle* Of(Family family) const { return families[Index(family)]; }

  /// The first write error, or OK.
  absl::Status FirstError() const;
  /// Makes a failed write's status the first error if there was none; returns the first error.
  absl::Status Remember(const rocksdb::Status& status);

  // Immutable after opening.
  std::string directory;
  std::shared_ptr<rocksdb::Cache> block_cache;
  std::unique_ptr<rocksdb::DB> db;
  std::array<rocksdb::ColumnFamilyHandle*, kFamilyCount> families =
      {};  // owned, null: not made yet

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

/// FailedPrecondition: the format record is of a newer wick. DataLoss: it is none.
absl::Status CheckFormatRecord(std::string_view value, const std::string& directory);

}  // namespace wick::cold
