// RocksDB's errors as ours.
#pragma once

#include <rocksdb/status.h>

#include "base/status.h"

namespace wick::cold {

/// `doing`: what failed and where, for the operator: "writing to /var/lib/wick".
inline absl::Status FromRocks(const rocksdb::Status& status, std::string_view doing) {
  if (status.ok()) return absl::OkStatus();
  absl::StatusCode code = absl::StatusCode::kInternal;
  if (status.IsCorruption()) code = absl::StatusCode::kDataLoss;
  if (status.IsIOError()) code = absl::StatusCode::kUnavailable;
  if (status.IsNoSpace()) code = absl::StatusCode::kResourceExhausted;
  return Error(code, "{} failed: {}", doing, status.ToString());
}

}  // namespace wick::cold
