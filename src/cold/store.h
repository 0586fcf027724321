// The only disk: one RocksDB whose column families hold journal, candles, series, states,
// references. Layout of every key and value: docs/disk-format.md.
#pragma once

#include <absl/functional/function_ref.h>

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/status.h"
#include "base/units.h"
#include "codec/chunk.h"
#include "cold/backup.h"
#include "cold/kafka_records.h"
#include "market/fold.h"
#include "market/retention.h"
#include "market/tier.h"
#include "wick/event.h"
#include "wick/query.h"

namespace rocksdb {
class Env;
}

namespace wick::cold {

struct StoreOptions {
  std::string directory;
  uint64_t block_cache_bytes = 64_MiB;
  uint64_t journal_memtable_bytes =
      128_MiB;  // holds several checkpoints, so that frames die in memory
  uint64_t candle_memtable_bytes = 16_MiB;  // per column family
  uint64_t wal_bytes_max = 512_MiB;         // bounds the replay after a crash
  uint64_t resume_room_bytes = 16_MiB;      // writing goes on when that much is free beside the log
  rocksdb::Env* env = nullptr;              // the system's; tests give one that fails or forgets
};

/// What a checkpoint keeps of a series: enough to go on folding without reading the disk.
struct SeriesState {
  uint64_t applied =
      0;  // every journal frame up to this number is in this state and in the candles
  Price latest;
  std::array<market::FoldedCandle, market::kTierCount> newest;  // per tier; count 0: none

  friend bool operator==(const SeriesState&, const SeriesState&) = default;
};

/// How a written candle meets the one on disk.
enum class CandleOp : uint8_t {
  kReplace = 0,  // it is the whole candle
  kFold = 1,     // it holds only events that arrived after those on disk: market::Fold
};

struct StoreUsage {
  std::array<uint64_t, market::kTierCount> tier_disk_bytes = {};  // SST files of the tier's candles
  uint64_t disk_bytes = 0;                                        // all SST files
  uint64_t wal_bytes = 0;                                         // live write-ahead log files
  uint64_t memtable_bytes = 0;                                    // in memory, not yet in SST files
  uint64_t block_cache_bytes = 0;
};

/// A write that a power cut tore (so that it was never acknowledged), taken off the end of a log.
struct LogRepair {
  std::string file;  // name in the data directory
  uint64_t kept_bytes = 0;
  uint64_t dropped_bytes = 0;

  friend bool operator==(const LogRepair&, const LogRepair&) = default;
};

/// Writes that become durable together or not at all. Not thread-safe; reusable after Clear().
class Batch {
 public:
  Batch();
  ~Batch();
  Batch(const Batch&) = delete;
  Batch& operator=(const Batch&) = delete;

  void PutSymbol(SeriesId series, const SymbolView& symbol);

  /// One journal frame: the events of `parts` in order, under `number`. Parts are copied once, into
  /// the batch.
  void PutFrame(uint64_t number, std::span<const std::span<const Tick>> parts);
  void DeleteFrame(uint64_t number);

  void PutState(SeriesId series, const SeriesState& state);

  /// Candles of one series and tier, bucket ascending and unique. They are cut at chunk borders.
  void WriteCandles(market::Tier tier, SeriesId series, CandleOp op,
                    std::span<const market::FoldedCandle> candles);

  void PutReference(const Reference& reference);
  void DeleteReference(std::string_view base_currency);

  /// Remembers that numbers up to `number` were given out.
  void PutLastNumber(uint64_t number);

  /// Remembers that events in buckets behind these may have been refused as too late, in all the
  /// candles that are on disk with this batch.
  void PutRefusedUntil(const market::Horizons& refused_until);

  void PutKafkaOffset(const KafkaOffset& offset);
  void PutDeadLetter(const DeadLetter& letter);
  void DeleteDeadLetter(const KafkaPlace& place);

  bool empty() const;
  size_t bytes() const;
  void Clear();

 private:
  friend class Store;
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// A consistent view of the store at one moment; must not outlive it. Reading it is thread-safe.
/// It stays as it is while the store resumes; Resume() waits for those taken before it.
class Snapshot {
 public:
  ~Snapshot();
  Snapshot(const Snapshot&) = delete;
  Snapshot& operator=(const Snapshot&) = delete;

  /// `applied` of the series' state record; 0: it has none.
  absl::StatusOr<uint64_t> Applied(SeriesId series) const;

  /// Appends to `candles` the candles with a bucket in [from, to), ascending, the first `limit` of
  /// them.
  absl::Status ReadForward(market::Tier tier, SeriesId series, market::Bucket from,
                           market::Bucket to, size_t limit,
                           std::vector<market::FoldedCandle>& candles) const;

  /// The same, the last `limit` of them (appended ascending, too).
  absl::Status ReadBackward(market::Tier tier, SeriesId series, market::Bucket from,
                            market::Bucket to, size_t limit,
                            std::vector<market::FoldedCandle>& candles) const;

  /// Calls back with the chunks that touch [from, to), ascending, until `each` returns false: their
  /// bytes, valid until it returns, as codec::DecodeChunk() takes them; they are not looked at.
  absl::Status ReadChunks(market::Tier tier, SeriesId series, market::Bucket from,
                          market::Bucket to,
                          absl::FunctionRef<bool(codec::Chunk, std::string_view bytes)> each) const;

 private:
  friend class Store;
  struct Impl;
  explicit Snapshot(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

/// Threads: any, except that Commit() and Resume() have one caller at a time.
class Store {
 public:
  /// Opens the directory, makes it if there is none. Errors are one line for the operator: not
  /// writable, in use by another process, written by a newer wick, damaged (with the file and the
  /// place in it). What a power cut tore off the end of the last write is repaired: see repairs().
  /// Without room on the disk to write, what is there is opened to be read: see CheckWritable().
  static absl::StatusOr<std::unique_ptr<Store>> Open(const StoreOptions& options);
  ~Store();

  /// Writes and syncs (fdatasync returned).
  /// kResourceExhausted: the disk is full. Nothing of the batch counts, and none is written until
  /// Resume() returned OK; the same batch may be given again then.
  /// Any other error is final: nothing of a later batch is written, every later call returns it.
  absl::Status Commit(Batch& batch);

  /// Goes on after kResourceExhausted. OK: batches are written again (or always were).
  /// kResourceExhausted: the disk is still too full, or a snapshot was not given back within a
  /// second; try again later. Any other error is final. Whoever asks for a snapshot meanwhile
  /// waits.
  absl::Status Resume();

  /// OK, or why nothing is written: kResourceExhausted if the disk is full, else it is final.
  absl::Status CheckWritable() const;

  /// Free for wick on the disk of the directory; the greatest number where the system cannot tell.
  uint64_t FreeBytes() const;
  /// Of the disk of the directory, used or not; the greatest number where the system cannot tell.
  uint64_t CapacityBytes() const;

  /// What opening had to cut; empty after a clean end and most crashes.
  const std::vector<LogRepair>& repairs() const;

  // Recovery: each calls back in key order and stops at the first error.
  absl::Status ReadSymbols(absl::FunctionRef<void(SeriesId, const SymbolView&)> each) const;
  absl::Status ReadStates(absl::FunctionRef<void(SeriesId, const SeriesState&)> each) const;
  absl::Status ReadFrames(
      absl::FunctionRef<void(uint64_t number, std::span<const Tick> ticks)> each) const;
  absl::Status ReadReferences(absl::FunctionRef<void(const Reference&)> each) const;
  absl::StatusOr<uint64_t> LastNumber() const;  // 0 in a new store
  /// What PutRefusedUntil() remembered; nullopt: an older wick made the directory and kept no
  /// account.
  absl::StatusOr<std::optional<market::Horizons>> RefusedUntil() const;

  // Kafka: kafka.cc
  /// By topic, then partition.
  absl::StatusOr<std::vector<KafkaOffset>> KafkaOffsets() const;
  /// From `from` on, by topic, partition and offset, the first `limit` of them.
  absl::StatusOr<std::vector<DeadLetter>> DeadLetters(const KafkaPlace& from, size_t limit) const;
  /// The same, of the partition of `from` alone.
  absl::StatusOr<std::vector<DeadLetter>> DeadLettersOf(const KafkaPlace& from, size_t limit) const;
  /// What the letters of each partition take; reads them all.
  absl::StatusOr<std::map<std::pair<std::string, uint32_t>, uint64_t>> DeadLetterBytes() const;
  /// The partition goes on with `next`. Its dead letters from there on are dropped with the same
  /// write, for their records are still to come; returns how many. NotFound: nothing of it was ever
  /// read. As Commit() otherwise.
  absl::StatusOr<uint64_t> SetKafkaOffset(const KafkaPlace& next);

  std::unique_ptr<const Snapshot> GetSnapshot() const;

  /// Deletes the chunks whose every bucket is behind its tier's horizon, at most `chunks_max` of
  /// them. Returns how many were deleted. Synced: an unsynced write would make it unsafe to take a
  /// torn end of the log for the last write. Errors as of Commit().
  absl::StatusOr<uint64_t> RemoveExpired(const market::Horizons& horizons, uint64_t chunks_max);

  /// Writes everything in memory to SST files; a start after it has nothing to replay. Errors as of
  /// Commit().
  absl::Status Flush();

  /// Adds a generation to a backup directory, with everything whose commit returned before this
  /// call. Reads files and writes none but the backup's and a flush's: commits and readers go on.
  /// Takes as long as copying takes; may run beside every other call. Unavailable: another backup
  /// is under way, or StopBackups() was called. InvalidArgument: no backup belongs there.
  absl::StatusOr<BackupInfo> Backup(const BackupOptions& options);
  /// Ends a running backup soon, and refuses further ones.
  void StopBackups();

  StoreUsage Usage() const;

 private:
  struct Impl;
  explicit Store(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace wick::cold
