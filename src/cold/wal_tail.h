// The write-ahead logs before RocksDB reads them: every record is whole, or the log ends in a write
// that a power cut tore, or it is damaged.
#pragma once

#include <absl/functional/function_ref.h>
#include <rocksdb/env.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "cold/store.h"

namespace wick::cold {

/// What a scan of one log found. The format is RocksDB's (its wiki: "Write Ahead Log File Format"):
/// blocks of 32 KiB; in a block records of | crc32c u32 | bytes u16 | type u8 | payload |, of type
/// full, or first, middle, last of a batch that spans blocks; fewer than 7 bytes at a block's end
/// are not used. A batch begins with | sequence u64 | writes u32 |, and its sequence is that of the
/// batch before plus the writes of that.
struct LogScan {
  enum class End : uint8_t {
    kWhole,    // every batch up to the end of the file
    kTorn,     // the last batch, and only that, did not reach the disk as a whole
    kDamaged,  // anything else: what was acknowledged is gone
  };
  End end = End::kWhole;
  uint64_t whole_bytes = 0;  // the whole batches from the front have these
  uint64_t file_bytes = 0;
  uint64_t damage_at = 0;  // not kWhole: offset of the first record that does not check
  // Of a write-ahead log with a whole batch: numbers of its first write, and of the next one.
  uint64_t first_sequence = 0;
  uint64_t next_sequence = 0;
  std::string what;  // not kWhole: what is wrong there
};

/// A batch that does not check is torn if no other begins behind it (each is synced before the next
/// is written, so only the last can be torn; wherever a valid beginning stands, byte by byte,
/// counts) and if a page of it is missing: the file ends within it, or an aligned sector of 512
/// bytes from its damage on is zeros, or its damaged header is,
/// or the last 32 bytes of the file are. Where every page arrived and bits
/// are wrong it was perhaps acknowledged, and is damage.
absl::StatusOr<LogScan> ScanLog(rocksdb::Env& env, const std::string& path);

/// The same for the manifest, which is a log of other records: calls back with each whole one. One
/// sync may stand for several of them, so that whole ones behind a missing page are torn as well.
absl::StatusOr<LogScan> ScanManifest(rocksdb::Env& env, const std::string& path,
                                     absl::FunctionRef<void(std::string_view record)> each);

/// Of a log's file name: 12 of "000012.log"; 0: it is none.
uint64_t LogNumber(std::string_view name);

/// The logs of a data directory, oldest first: file names.
absl::StatusOr<std::vector<std::string>> LogsIn(rocksdb::Env& env, const std::string& directory);

/// Their bytes in all; one that was deleted meanwhile counts nothing.
absl::StatusOr<uint64_t> LogBytes(rocksdb::Env& env, const std::string& directory);

/// Cuts a log and syncs it.
absl::Status CutLog(rocksdb::Env& env, const std::string& path, uint64_t bytes);

}  // namespace wick::cold
