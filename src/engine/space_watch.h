// When little space is left on the disk, before a write meets its end.
#pragma once

#include <algorithm>
#include <cstdint>

#include "base/status.h"

namespace wick::engine {

/// Space that is kept free at the least, as a share of the file system: a small one could not be
/// used if it were less than the setting.
inline constexpr uint64_t kMinFreeShare = 20;  // a twentieth, 5 %

/// Little: less than min(`min_free_bytes`, 5 % of the file system) is free. Enough again: one and a
/// half times that, so that the answer does not flutter. Pure but for what it answered last; one
/// thread.
class SpaceWatch {
 public:
  explicit SpaceWatch(uint64_t min_free_bytes) : min_free_bytes_(min_free_bytes) {}

  /// OK, or kResourceExhausted with what to do.
  absl::Status Look(uint64_t free_bytes, uint64_t capacity_bytes) {
    const uint64_t closes = std::min(min_free_bytes_, capacity_bytes / kMinFreeShare);
    const uint64_t opens = closes + closes / 2;
    low_ = free_bytes < (low_ ? opens : closes);
    if (!low_) return absl::OkStatus();
    return Error(absl::StatusCode::kResourceExhausted,
                 "only {} KiB are free on the disk of storage.directory, and writes are refused "
                 "below {} KiB "
                 "(storage.min_free): make room, they are taken again from {} KiB on",
                 free_bytes / 1024, closes / 1024, opens / 1024);
  }

  bool low() const { return low_; }

 private:
  const uint64_t min_free_bytes_;
  bool low_ = false;
};

}  // namespace wick::engine
