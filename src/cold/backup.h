// Backups: generations of a store in a directory of their own, which share the files they have in
// common.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/status.h"
#include "base/units.h"

namespace wick::cold {

/// What Store::Backup() is asked for.
struct BackupOptions {
  std::string directory;          // absolute; made if there is none
  uint32_t keep = 0;              // generations left afterwards, the newest ones; 0: all
  uint64_t bytes_per_second = 0;  // written at most, at least kBackupRateMin; 0: no limit
};

/// A slower backup would not end, nor notice that it shall.
inline constexpr uint64_t kBackupRateMin = 64_KiB;

/// One generation of a backup directory.
struct BackupInfo {
  uint32_t id = 0;          // from 1 on, growing
  uint64_t created_ms = 0;  // ms since the Unix epoch
  uint64_t bytes = 0;       // of all its files, shared ones included
  uint32_t files = 0;
  bool damaged = false;  // files are missing; then only the id is known
};

/// The generations of a directory, oldest first. Reads no file's content. NotFound: there are none.
absl::StatusOr<std::vector<BackupInfo>> ListBackups(const std::string& directory);

struct RestoreOptions {
  std::string backup_directory;
  std::string data_directory;  // empty or missing
  uint32_t id = 0;             // 0: the newest sound one
};

/// Copies a generation into a data directory that Store::Open() takes, comparing every file's
/// checksum. Durable when it returns. An error leaves the data directory empty; a crash leaves one
/// that is refused.
absl::StatusOr<BackupInfo> Restore(const RestoreOptions& options);

/// Within a data directory: files of a restore that has not ended.
inline constexpr const char* kRestoringName = "restoring";

}  // namespace wick::cold
