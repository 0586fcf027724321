// RocksDB's errors as ours.
#pragma once

#include <rocksdb/status.h>

#include <cerrno>
#include <cstring>
#include <string_view>

#include "base/status.h"

namespace wick::cold {

/// A quota that is used up is a full disk, too; RocksDB has no code for it.
inline bool MeansFullDisk(const rocksdb::Status& status) {
  return status.IsNoSpace() ||
         (status.IsIOError() && std::string_view(status.getState() ? status.getState() : "")
                                    .ends_with(std::strerror(EDQUOT)));
}

/// `doing`: what failed and where, for the operator: "writing to /var/lib/wick".
inline absl::Status FromRocks(const rocksdb::Status& status, std::string_view doing) {
  if (status.ok()) return absl::OkStatus();
  absl::StatusCode code = absl::StatusCode::kInternal;
  if (status.IsCorruption()) code = absl::StatusCode::kDataLoss;
  if (status.IsIOError()) code = absl::StatusCode::kUnavailable;
  if (MeansFullDisk(status)) code = absl::StatusCode::kResourceExhausted;
  return Error(code, "{} failed: {}", doing, status.ToString());
}

}  // namespace wick::cold
