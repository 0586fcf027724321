#include "cold/rocks_options.h"

#include <rocksdb/env.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/table.h>

#include <cstdarg>
#include <memory>

#include "cold/chunk_merge.h"
#include "cold/crc32c.h"

// RocksDB as Debian builds it for any x86-64 computes the checksums of its log without the
// processor's instruction, a tenth of the CPU time of an ingest. The dynamic linker takes the
// executable's function instead of the shared library's of the same name, whose contract is that of
// ours. Where RocksDB is linked statically, this does not link: leave it out there.
namespace rocksdb::crc32c {
uint32_t Extend(uint32_t crc, const char* bytes, size_t size);
uint32_t Extend(uint32_t crc, const char* bytes, size_t size) {
  return wick::cold::Crc32c(crc, {bytes, size});
}
}  // namespace rocksdb::crc32c

namespace wick::cold {
namespace {

// Files kept open: well below the usual limit of 1,024 descriptors, which sockets need, too.
constexpr int kOpenFilesMax = 512;
constexpr int kBackgroundJobsMax = 4;
constexpr uint64_t kManifestBytesMax = 64_MiB;
constexpr uint64_t kSyncEveryBytes = 1_MiB;
constexpr size_t kBlockBytes = 16_KiB;    // several chunks of candles
constexpr double kFilterBitsPerKey = 10;  // about 1 % false positives
constexpr uint64_t kSmallMemtableBytes = 16_MiB;

/// RocksDB writes a diary (LOG) into the data directory, and Debian's ends the process by an
/// assertion when a full disk refuses two of its lines. What went wrong is in the statuses of its
/// calls, too.
class NoDiary final : public rocksdb::Logger {
 public:
  using rocksdb::Logger::Logv;
  void Logv(const char*, va_list) override {}
};

bool IsCandles(Family family) {
  return family >= Family::kCandles1s && family <= Family::kCandles1d;
}

uint64_t MemtableBytes(Family family, const StoreOptions& options) {
  if (family == Family::kJournal) return options.journal_memtable_bytes;
  if (IsCandles(family)) return options.candle_memtable_bytes;
  return kSmallMemtableBytes;
}

}  // namespace

rocksdb::Env* EnvOf(const StoreOptions& options) {
  return options.env == nullptr ? rocksdb::Env::Default() : options.env;
}

rocksdb::DBOptions MakeDbOptions(const StoreOptions& options) {
  rocksdb::DBOptions db;
  db.env = EnvOf(options);
  // A record cut short at the end of the log is a write that was never acknowledged: it is dropped.
  // Anything else that does not check is damage to acknowledged events: opening fails.
  // (kPointInTimeRecovery would open, too, and silently forget everything behind the damage.)
  db.wal_recovery_mode = rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
  // That mode also takes a cut end of an older log, and a log that is gone. The manifest knows the
  // size each closed log had when it was synced.
  db.track_and_verify_wals_in_manifest = true;
  db.paranoid_checks = true;
  db.max_total_wal_size = options.wal_bytes_max;
  db.recycle_log_file_num = 0;  // a recycled log's end cannot be told from damage
  db.atomic_flush = false;      // the log makes batches atomic across families

  db.max_background_jobs = kBackgroundJobsMax;
  db.max_open_files = kOpenFilesMax;
  // RocksDB starts these anew for every family, however few its tables.
  db.max_file_opening_threads = 1;
  db.bytes_per_sync = kSyncEveryBytes;  // no burst of a whole table before a commit's fdatasync
  db.skip_stats_update_on_db_open = true;

  db.info_log = std::make_shared<NoDiary>();
  db.max_manifest_file_size = kManifestBytesMax;
  db.stats_dump_period_sec = 0;
  db.stats_persist_period_sec = 0;
  return db;
}

rocksdb::ColumnFamilyOptions MakeFamilyOptions(Family family, const StoreOptions& options,
                                               const std::shared_ptr<rocksdb::Cache>& block_cache) {
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = block_cache;
  table.block_size = kBlockBytes;
  table.format_version = 5;
  table.cache_index_and_filter_blocks = true;  // so that block_cache_bytes bounds them, too
  table.pin_l0_filter_and_index_blocks_in_cache = true;
  // Only states are looked up one by one; everything else is read in order.
  if (family == Family::kState) {
    table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(kFilterBitsPerKey));
  }

  rocksdb::ColumnFamilyOptions cf;
  cf.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  cf.write_buffer_size = MemtableBytes(family, options);
  cf.level_compaction_dynamic_level_bytes = true;  // at most 10 % of space for versions out of date
  // Packed bits do not compress, and journal frames are gone soon.
  cf.compression = IsCandles(family) || family == Family::kJournal ? rocksdb::kNoCompression
                                                                   : rocksdb::kLZ4Compression;
  if (IsCandles(family)) cf.merge_operator = std::make_shared<ChunkMerge>();
  return cf;
}

}  // namespace wick::cold
