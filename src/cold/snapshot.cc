// Snapshot: reading candles in either direction.
#include <algorithm>
#include <array>

#include "cold/chunk_merge.h"
#include "cold/keys.h"
#include "cold/possible.h"
#include "cold/rocks_status.h"
#include "cold/snapshot_impl.h"
#include "cold/state_record.h"

namespace wick::cold {
namespace {

using market::Bucket;
using market::FoldedCandle;
using market::Tier;

/// Walks the chunks of one series and tier that touch [from, to), in either direction.
class ChunkCursor {
 public:
  ChunkCursor(const Database& database, const rocksdb::Snapshot* snapshot, Tier tier,
              SeriesId series, Bucket from, Bucket to)
      : tier_(tier),
        series_(series),
        first_key_(MakeChunkKey(Raw(series), ChunkOf(from))),
        end_key_(MakeChunkKey(Raw(series), ChunkOf(to - 1) + 1)),
        first_(ToSlice(first_key_.view())),
        end_(ToSlice(end_key_.view())) {
    rocksdb::ReadOptions options;
    options.snapshot = snapshot;
    options.iterate_lower_bound = &first_;
    options.iterate_upper_bound = &end_;
    iterator_.reset(database.db().NewIterator(options, database.Of(CandlesOf(tier))));
  }
  ChunkCursor(const ChunkCursor&) = delete;
  ChunkCursor& operator=(const ChunkCursor&) = delete;

  void ToFirst() { iterator_->Seek(first_); }
  void ToLast() { iterator_->SeekToLast(); }
  void Next() { iterator_->Next(); }
  void Previous() { iterator_->Prev(); }
  bool Valid() const { return iterator_->Valid(); }

  Chunk chunk() const {
    return ReadBigEndian<Chunk>(ToView(iterator_->key()).substr(sizeof(uint32_t)));
  }

  /// Of the chunk, without the op before them.
  absl::StatusOr<std::string_view> Bytes() const {
    auto bytes = ReplacingChunk(ToView(iterator_->value()));
    if (bytes.ok()) return bytes;
    return Damaged(bytes.status());
  }

  /// Appends the candles of the chunk; none if it is damaged.
  absl::Status Append(std::vector<FoldedCandle>& candles) const {
    const size_t before = candles.size();
    absl::Status status = DecodeValue(ToView(iterator_->value()), chunk(), candles);
    if (status.ok()) {
      const auto wrong =
          std::find_if_not(candles.begin() + static_cast<std::ptrdiff_t>(before), candles.end(),
                           [&](const FoldedCandle& candle) { return IsPossible(tier_, candle); });
      if (wrong == candles.end()) return status;
      status = Error(absl::StatusCode::kDataLoss, "the candle of bucket {} has impossible values",
                     wrong->bucket);
      candles.resize(before);
    }
    return Damaged(status);
  }

  /// Of a cursor that is not valid: OK at its end.
  absl::Status status() const {
    return FromRocks(
        iterator_->status(),
        fmt::format("reading candles of tier {}, series {}, chunks {} to {}", Name(tier_),
                    Raw(series_), ReadBigEndian<Chunk>(first_key_.view().substr(sizeof(uint32_t))),
                    ReadBigEndian<Chunk>(end_key_.view().substr(sizeof(uint32_t))) - 1));
  }

 private:
  absl::Status Damaged(const absl::Status& why) const {
    return Error(absl::StatusCode::kDataLoss,
                 "candle chunk damaged: tier {}, series {}, chunk {}: {}", Name(tier_),
                 Raw(series_), chunk(), Message(why));
  }

  const Tier tier_;
  const SeriesId series_;
  const ChunkKey first_key_;
  const ChunkKey end_key_;
  const rocksdb::Slice first_;  // into first_key_
  const rocksdb::Slice end_;
  std::unique_ptr<rocksdb::Iterator> iterator_;
};

/// Leaves of the candles behind the first `before`, which ascend, those with a bucket in [from,
/// to).
void KeepWithin(Bucket from, Bucket to, size_t before, std::vector<FoldedCandle>& candles) {
  const auto position = [&](Bucket bucket) {
    return std::lower_bound(
        candles.begin() + static_cast<std::ptrdiff_t>(before), candles.end(), bucket,
        [](const FoldedCandle& candle, Bucket sought) { return candle.bucket < sought; });
  };
  candles.erase(position(to), candles.end());
  candles.erase(candles.begin() + static_cast<std::ptrdiff_t>(before), position(from));
}

}  // namespace

Snapshot::Snapshot(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Snapshot::~Snapshot() = default;

absl::StatusOr<uint64_t> Snapshot::Applied(SeriesId series) const {
  WICK_RETURN_IF_ERROR(impl_->database.status());
  const Database& database = **impl_->database;
  rocksdb::ReadOptions options;
  options.snapshot = impl_->snapshot;
  rocksdb::PinnableSlice value;
  const rocksdb::Status status = database.db().Get(options, database.Of(Family::kState),
                                                   ToSlice(MakeSeriesKey(series).view()), &value);
  if (status.IsNotFound()) return 0;
  WICK_RETURN_IF_ERROR(
      FromRocks(status, fmt::format("reading the state of series {}", Raw(series))));
  absl::StatusOr<uint64_t> applied = DecodeApplied(ToView(value));
  if (applied.ok()) return applied;
  return Error(absl::StatusCode::kDataLoss, "state record damaged: series {}: {}", Raw(series),
               Message(applied.status()));
}

absl::Status Snapshot::ReadForward(Tier tier, SeriesId series, Bucket from, Bucket to, size_t limit,
                                   std::vector<FoldedCandle>& candles) const {
  if (from >= to || limit == 0) return absl::OkStatus();
  WICK_RETURN_IF_ERROR(impl_->database.status());
  ChunkCursor cursor(**impl_->database, impl_->snapshot, tier, series, from, to);
  for (cursor.ToFirst(); cursor.Valid(); cursor.Next()) {
    const size_t before = candles.size();
    WICK_RETURN_IF_ERROR(cursor.Append(candles));
    KeepWithin(from, to, before, candles);
    const size_t taken = candles.size() - before;
    if (taken >= limit) {
      candles.resize(before + limit);
      return absl::OkStatus();
    }
    limit -= taken;
  }
  return cursor.status();
}

absl::Status Snapshot::ReadBackward(Tier tier, SeriesId series, Bucket from, Bucket to,
                                    size_t limit, std::vector<FoldedCandle>& candles) const {
  if (from >= to || limit == 0) return absl::OkStatus();
  WICK_RETURN_IF_ERROR(impl_->database.status());
  ChunkCursor cursor(**impl_->database, impl_->snapshot, tier, series, from, to);
  std::vector<FoldedCandle> chunk;
  std::vector<FoldedCandle> newest_first;
  for (cursor.ToLast(); cursor.Valid() && limit > 0; cursor.Previous()) {
    chunk.clear();
    WICK_RETURN_IF_ERROR(cursor.Append(chunk));
    KeepWithin(from, to, 0, chunk);
    const size_t taken = std::min(chunk.size(), limit);
    newest_first.insert(newest_first.end(), chunk.rbegin(),
                        chunk.rbegin() + static_cast<std::ptrdiff_t>(taken));
    limit -= taken;
  }
  if (limit > 0) WICK_RETURN_IF_ERROR(cursor.status());
  candles.insert(candles.end(), newest_first.rbegin(), newest_first.rend());
  return absl::OkStatus();
}

absl::Status Snapshot::ReadChunks(Tier tier, SeriesId series, Bucket from, Bucket to,
                                  absl::FunctionRef<bool(Chunk, std::string_view)> each) const {
  if (from >= to) return absl::OkStatus();
  WICK_RETURN_IF_ERROR(impl_->database.status());
  ChunkCursor cursor(**impl_->database, impl_->snapshot, tier, series, from, to);
  for (cursor.ToFirst(); cursor.Valid(); cursor.Next()) {
    WICK_ASSIGN_OR_RETURN(const std::string_view bytes, cursor.Bytes());
    if (!each(cursor.chunk(), bytes)) return absl::OkStatus();
  }
  return cursor.status();
}

}  // namespace wick::cold
