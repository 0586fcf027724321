// One open RocksDB and its families. A store has one, and another after it resumed.
#pragma once

#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/listener.h>

#include <array>
#include <atomic>
#include <future>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "cold/families.h"
#include "cold/rocks_status.h"
#include "cold/store.h"

namespace wick::cold {

/// Remembers that a flush or compaction met a full disk, and keeps RocksDB from going on by itself:
/// whether what it wrote of a failed batch counts is the store's to say (see resume.cc).
class DiskFullWatch final : public rocksdb::EventListener {
 public:
  void OnBackgroundError(rocksdb::BackgroundErrorReason, rocksdb::Status* error) override {
    if (MeansFullDisk(*error)) full_.store(true, std::memory_order_relaxed);
  }
  void OnErrorRecoveryBegin(rocksdb::BackgroundErrorReason, rocksdb::Status error,
                            bool* auto_recovery) override {
    error.PermitUncheckedError();
    *auto_recovery = false;
  }
  bool full() const { return full_.load(std::memory_order_relaxed); }

 private:
  std::atomic<bool> full_{false};
};

/// Of the whole directory: which families there are and what keys mean. Values have versions of
/// their own. On disk for ever: append, never renumber.
inline constexpr uint32_t kFormat = 2;

/// FailedPrecondition: the format record is of a newer wick. DataLoss: it is none.
absl::StatusOr<uint32_t> DecodeFormat(std::string_view value, const std::string& directory);

/// Shared by the store and by those who read from it; the last one closes it.
class Database {
 public:
  enum class Access : uint8_t { kReadWrite, kReadOnly };

  /// Opens a directory whose logs were checked. kResourceExhausted: the disk is full.
  static absl::StatusOr<std::shared_ptr<Database>> Open(
      const StoreOptions& options, Access access,
      const std::shared_ptr<rocksdb::Cache>& block_cache);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  rocksdb::DB& db() const { return *db_; }
  /// Null: an older wick made the directory and did not know it, and it is only read.
  rocksdb::ColumnFamilyHandle* Of(Family family) const { return families_[Index(family)]; }
  std::vector<rocksdb::ColumnFamilyHandle*> AllFamilies() const {
    std::vector<rocksdb::ColumnFamilyHandle*> all(families_.begin(), families_.end());
    std::erase(all, nullptr);
    return all;
  }
  Access access() const { return access_; }
  /// Number of the log that opening began; 0: it is only read.
  uint64_t first_log() const { return first_log_; }
  bool met_full_disk() const { return watch_->full(); }

  /// Ready when the files are closed and the directory is free.
  std::shared_future<void> closed() const { return closed_future_; }

 private:
  explicit Database(Access access) : access_(access) {}

  absl::Status OpenIn(const StoreOptions& options,
                      const std::shared_ptr<rocksdb::Cache>& block_cache);
  /// 0: the directory's making was interrupted. Errors as of DecodeFormat().
  absl::StatusOr<uint32_t> ReadFormat(const std::string& directory) const;
  /// Says that all families were made, where `format` was before.
  absl::Status Stamp(uint32_t format, const std::string& directory);

  const Access access_;
  uint64_t first_log_ = 0;
  const std::shared_ptr<DiskFullWatch> watch_ = std::make_shared<DiskFullWatch>();
  std::promise<void> closed_;
  const std::shared_future<void> closed_future_ = closed_.get_future().share();
  std::unique_ptr<rocksdb::DB> db_;
  std::array<rocksdb::ColumnFamilyHandle*, kFamilyCount> families_ = {};  // null: not made yet
};

}  // namespace wick::cold
