// What random scripts run on: a small store on a disk in memory, and numbers of workers.
#pragma once

#include "cold/store.h"
#include "support/power_loss_env.h"

namespace wick::test {

inline constexpr unsigned kWorkerCounts[] = {1, 2, 3, 7};

/// So small that a short script meets flushes, compactions and full disks.
inline cold::StoreOptions SmallStorageOn(const PowerLossEnv& disk) {
  cold::StoreOptions storage;
  storage.directory = "/data";
  storage.block_cache_bytes = 1_MiB;
  storage.journal_memtable_bytes = 256_KiB;
  storage.candle_memtable_bytes = 64_KiB;
  storage.resume_room_bytes = 16_KiB;
  storage.env = disk.env();
  return storage;
}

}  // namespace wick::test
