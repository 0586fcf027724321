#include "cold/wal_tail.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "base/bytes.h"
#include "cold/crc32c.h"
#include "cold/rocks_status.h"

namespace wick::cold {
namespace {

constexpr uint64_t kBlockBytes = 32'768;
constexpr uint64_t kHeaderBytes = 7;
constexpr uint64_t kSectorBytes = 512;
constexpr uint64_t kPageBytes = 4'096;  // of the page cache: what is written later, or never
constexpr uint64_t kZerosAtEnd = 32;    // no batch of wick's ends in so many
constexpr size_t kBatchHeaderBytes = 12;
constexpr uint64_t kBlocksPerRead = 32;

enum Type : uint8_t { kFull = 1, kFirst = 2, kMiddle = 3, kLast = 4 };

/// The blocks of a log, read a few at a time.
class Blocks {
 public:
  static absl::StatusOr<Blocks> Open(rocksdb::Env& env, const std::string& path) {
    Blocks blocks(path);
    const std::string doing = fmt::format("reading the log {}", path);
    WICK_RETURN_IF_ERROR(FromRocks(env.GetFileSize(path, &blocks.file_bytes_), doing));
    WICK_RETURN_IF_ERROR(
        FromRocks(env.NewRandomAccessFile(path, &blocks.file_, rocksdb::EnvOptions()), doing));
    return blocks;
  }

  uint64_t file_bytes() const { return file_bytes_; }

  /// Of the block that begins at `at`; valid until the next call.
  absl::StatusOr<std::string_view> Read(uint64_t at) {
    if (at < begin_ || at >= begin_ + got_.size()) {
      buffer_.resize(kBlocksPerRead * kBlockBytes);
      const uint64_t wanted = std::min<uint64_t>(buffer_.size(), file_bytes_ - at);
      const std::string doing = fmt::format("reading the log {} at {}", path_, at);
      WICK_RETURN_IF_ERROR(FromRocks(file_->Read(at, wanted, &got_, buffer_.data()), doing));
      if (got_.size() != wanted) {
        return Error(absl::StatusCode::kUnavailable, "{} failed: {} of {} bytes came", doing,
                     got_.size(), wanted);
      }
      begin_ = at;
    }
    return std::string_view(got_.data(), got_.size()).substr(at - begin_, kBlockBytes);
  }

 private:
  explicit Blocks(std::string path) : path_(std::move(path)) {}

  std::string path_;
  std::unique_ptr<rocksdb::RandomAccessFile> file_;
  uint64_t file_bytes_ = 0;
  std::string buffer_;
  rocksdb::Slice got_;  // into buffer_
  uint64_t begin_ = 0;  // of got_ in the file
};

struct Record {
  uint8_t type;
  std::string_view payload;
};

/// The record at the front of `bytes`, the rest of a block; nothing if it does not check.
std::optional<Record> ParseRecord(std::string_view bytes) {
  uint32_t crc;
  uint16_t size;
  uint8_t type;
  std::string_view rest = bytes;
  if (!TakeLittleEndian(rest, crc) || !TakeLittleEndian(rest, size) ||
      !TakeLittleEndian(rest, type)) {
    return std::nullopt;
  }
  if (type < kFull || type > kLast || size > rest.size()) return std::nullopt;
  const uint32_t is = MaskedCrc(Crc32c(0, bytes.substr(kHeaderBytes - 1, 1 + size)));
  if (is != crc) return std::nullopt;
  return Record{type, rest.substr(0, size)};
}

/// Whether the record at the front of `bytes`, the last ones of the file, goes on behind them:
/// its header says so, and fits into the block. (A checksum that is right for what is there belongs
/// to a whole record with a damaged length.)
bool IsCutShort(std::string_view bytes, uint64_t block_left) {
  uint32_t crc = 0;
  uint16_t size = 0;
  uint8_t type = 0;
  std::string_view rest = bytes;
  if (bytes.size() == block_left || !TakeLittleEndian(rest, crc) || !TakeLittleEndian(rest, size) ||
      !TakeLittleEndian(rest, type)) {
    return false;
  }
  if (type < kFull || type > kLast || size <= rest.size()) return false;
  return kHeaderBytes + size <= block_left &&
         MaskedCrc(Crc32c(0, bytes.substr(kHeaderBytes - 1))) != crc;
}

/// Walks the records from the front until one is wrong.
class Scanner {
 public:
  using Each = absl::FunctionRef<void(std::string_view record)>;

  /// Of a manifest if there is an `each`.
  Scanner(Blocks blocks, std::optional<Each> each) : blocks_(std::move(blocks)), each_(each) {}

  absl::StatusOr<LogScan> Run() {
    scan_.file_bytes = blocks_.file_bytes();
    for (uint64_t at = 0; at < scan_.file_bytes && !wrong_; at += kBlockBytes) {
      WICK_ASSIGN_OR_RETURN(const std::string_view block, blocks_.Read(at));
      WalkBlock(at, block);
    }
    if (!wrong_ && in_batch_) {
      Wrong(scan_.file_bytes, "the log ends within a batch");
      ends_within_ = true;
    }
    if (!wrong_) return scan_;
    bool hidden = false;
    if (!each_.has_value()) {
      WICK_ASSIGN_OR_RETURN(hidden, BatchBeginsBehind());
    }
    bool lost = ends_within_;
    if (!hidden && !lost) {
      WICK_ASSIGN_OR_RETURN(lost, LostPage());
    }
    scan_.end = !hidden && lost && !out_of_order_ ? LogScan::End::kTorn : LogScan::End::kDamaged;
    if (hidden) scan_.what += ", and whole batches follow";
    return scan_;
  }

 private:
  void Wrong(uint64_t at, std::string what) {
    wrong_ = true;
    scan_.damage_at = at;
    scan_.what = std::move(what);
  }

  void WalkBlock(uint64_t block_at, std::string_view block) {
    uint64_t at = 0;
    while (!wrong_ && block.size() - at >= kHeaderBytes) {
      const std::optional<Record> record = ParseRecord(block.substr(at));
      if (!record.has_value()) {
        Wrong(block_at + at, "a record does not check");
        ends_within_ = IsCutShort(block.substr(at), kBlockBytes - at);
        return;
      }
      Take(block_at + at, *record);
      at += kHeaderBytes + record->payload.size();
      if (!wrong_ && !in_batch_) scan_.whole_bytes = block_at + at;
    }
    if (!wrong_ && block.size() < kBlockBytes && at < block.size()) {
      Wrong(block_at + at, "the log ends within a record's header");
      ends_within_ = true;
    }
  }

  void Take(uint64_t at, const Record& record) {
    const bool begins = record.type == kFull || record.type == kFirst;
    if (begins == in_batch_) {
      out_of_order_ = true;
      return Wrong(at, begins ? "a batch begins within another" : "a batch has no beginning");
    }
    if (begins) head_.clear();
    const size_t wanted = each_.has_value() ? SIZE_MAX : kBatchHeaderBytes;
    head_ += record.payload.substr(0, wanted - head_.size());
    in_batch_ = record.type == kFirst || record.type == kMiddle;
    if (in_batch_) return;
    if (each_.has_value()) {
      (*each_)(head_);
    } else {
      TakeBatchHeader(at);
    }
  }

  void TakeBatchHeader(uint64_t at) {
    std::string_view header = head_;
    uint64_t sequence;
    uint32_t writes;
    if (!TakeLittleEndian(header, sequence) || !TakeLittleEndian(header, writes)) {
      out_of_order_ = true;
      return Wrong(at, "a batch is too short");
    }
    if (scan_.next_sequence == 0) {
      scan_.first_sequence = sequence;
    } else if (sequence != scan_.next_sequence) {
      out_of_order_ = true;
      return Wrong(at, fmt::format("a batch is missing before it: write {} is followed by write {}",
                                   scan_.next_sequence - 1, sequence));
    }
    scan_.next_sequence = sequence + writes;
  }

  /// Whether a batch begins anywhere behind the damage. Where records begin is known at the front
  /// of a block alone, and prices and names, which clients choose, may look like a record:
  /// elsewhere one counts only if records fill the rest of the block from there.
  absl::StatusOr<bool> BatchBeginsBehind() {
    const uint64_t damaged_block = scan_.damage_at / kBlockBytes * kBlockBytes;
    for (uint64_t at = damaged_block; at < scan_.file_bytes; at += kBlockBytes) {
      WICK_ASSIGN_OR_RETURN(const std::string_view block, blocks_.Read(at));
      uint64_t from = at == damaged_block ? scan_.damage_at - at + 1 : 0;
      for (; from < block.size(); ++from) {
        const Records records = RecordsFrom(block, from);
        if (records.begin_batch && (records.fill_block || from == 0)) return true;
      }
    }
    return false;
  }

  struct Records {
    bool begin_batch = false;  // one of them does
    bool fill_block = false;   // there is one at least, and nothing but them
  };

  /// The records of a block from a place in it on.
  Records RecordsFrom(std::string_view block, uint64_t from) const {
    Records records;
    const bool is_file_end = block.size() < kBlockBytes;
    std::string_view bytes = block.substr(from);
    for (bool first = true;; first = false) {
      const std::optional<Record> record = ParseRecord(bytes);
      if (!record.has_value()) {
        records.fill_block = !first && (is_file_end ? bytes.empty() : bytes.size() < kHeaderBytes);
        return records;
      }
      bytes.remove_prefix(kHeaderBytes + record->payload.size());
      records.begin_batch |= MayBeginBatch(*record, !is_file_end && bytes.empty());
    }
  }

  /// Whether a record begins a batch that was written after those that were seen.
  bool MayBeginBatch(const Record& record, bool ends_block) const {
    if (record.type != kFull && record.type != kFirst) return false;
    if (record.type == kFirst && !ends_block) return false;  // it goes on in the next block
    std::string_view header = record.payload;
    uint64_t sequence;
    uint32_t writes;
    if (!TakeLittleEndian(header, sequence) || !TakeLittleEndian(header, writes)) {
      return record.type == kFirst;  // cut by the end of the block
    }
    if (writes == 0) return false;
    if (scan_.next_sequence == 0) return true;  // no batch was seen, so any may be the next
    // Every write takes more than a byte of the log.
    return sequence >= scan_.next_sequence && sequence - scan_.next_sequence <= scan_.file_bytes;
  }

  absl::StatusOr<bool> LostPage() {
    const uint64_t damaged_block = scan_.damage_at / kBlockBytes * kBlockBytes;
    for (uint64_t at = damaged_block; at < scan_.file_bytes; at += kBlockBytes) {
      WICK_ASSIGN_OR_RETURN(const std::string_view block, blocks_.Read(at));
      const auto zeros = [&](uint64_t from, uint64_t to) {
        return from < to && std::ranges::all_of(block.substr(from, to - from),
                                                [](char byte) { return byte == '\0'; });
      };
      uint64_t sector = 0;
      if (at == damaged_block) {
        const uint64_t header = scan_.damage_at - at;
        sector = header / kSectorBytes * kSectorBytes;
        const uint64_t end = std::min<uint64_t>(block.size(), sector + kSectorBytes);
        if (zeros(header, std::min(end, header + kHeaderBytes))) return true;
      }
      for (; sector + kSectorBytes <= block.size(); sector += kSectorBytes) {
        if (zeros(sector, sector + kSectorBytes)) return true;
      }
      if (at + block.size() != scan_.file_bytes) continue;
      const uint64_t first = at == damaged_block ? scan_.damage_at - at : 0;
      if (block.size() - first >= kZerosAtEnd && zeros(block.size() - kZerosAtEnd, block.size())) {
        return true;
      }
      // A batch may end in some zeros, but hardly one that also ends just behind a page's begin. (A
      // change of a manifest may well.)
      const uint64_t page = (block.size() - 1) / kPageBytes * kPageBytes;
      if (!each_.has_value() && page > first && block.size() - page < kZerosAtEnd &&
          zeros(page, block.size())) {
        return true;
      }
    }
    return false;
  }

  Blocks blocks_;
  LogScan scan_;
  bool wrong_ = false;
  bool ends_within_ = false;   // the file ends in what is wrong
  bool out_of_order_ = false;  // the records check, but they are not a log
  bool in_batch_ = false;      // its first record was seen, not its last
  std::string head_;           // of that batch: as much of it as is needed, as far as it came
  std::optional<Each> each_;
};

}  // namespace

absl::StatusOr<LogScan> ScanLog(rocksdb::Env& env, const std::string& path) {
  WICK_ASSIGN_OR_RETURN(Blocks blocks, Blocks::Open(env, path));
  return Scanner(std::move(blocks), std::nullopt).Run();
}

absl::StatusOr<LogScan> ScanManifest(rocksdb::Env& env, const std::string& path,
                                     absl::FunctionRef<void(std::string_view record)> each) {
  WICK_ASSIGN_OR_RETURN(Blocks blocks, Blocks::Open(env, path));
  return Scanner(std::move(blocks), each).Run();
}

absl::StatusOr<std::vector<std::string>> LogsIn(rocksdb::Env& env, const std::string& directory) {
  std::vector<std::string> names;
  WICK_RETURN_IF_ERROR(FromRocks(env.GetChildren(directory, &names),
                                 fmt::format("listing the data directory {}", directory)));
  std::erase_if(names, [](const std::string& name) { return LogNumber(name) == 0; });
  std::ranges::sort(names, {}, LogNumber);
  return names;
}

absl::StatusOr<uint64_t> LogBytes(rocksdb::Env& env, const std::string& directory) {
  WICK_ASSIGN_OR_RETURN(const std::vector<std::string> names, LogsIn(env, directory));
  uint64_t sum = 0;
  for (const std::string& name : names) {
    uint64_t bytes = 0;
    if (env.GetFileSize(fmt::format("{}/{}", directory, name), &bytes).ok()) sum += bytes;
  }
  return sum;
}

uint64_t LogNumber(std::string_view name) {
  constexpr std::string_view kEnding = ".log";
  if (!name.ends_with(kEnding)) return 0;
  uint64_t number = 0;
  const char* const end = name.data() + name.size() - kEnding.size();
  const auto [stopped, error] = std::from_chars(name.data(), end, number);
  return error == std::errc() && stopped == end ? number : 0;
}

absl::Status CutLog(rocksdb::Env& env, const std::string& path, uint64_t bytes) {
  const std::string doing = fmt::format("cutting the log {} at byte {}", path, bytes);
  std::unique_ptr<rocksdb::WritableFile> file;
  WICK_RETURN_IF_ERROR(
      FromRocks(env.ReopenWritableFile(path, &file, rocksdb::EnvOptions()), doing));
  WICK_RETURN_IF_ERROR(FromRocks(file->Truncate(bytes), doing));
  WICK_RETURN_IF_ERROR(FromRocks(file->Sync(), doing));
  return FromRocks(file->Close(), doing);
}

}  // namespace wick::cold
