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

  /// Replaces `candles` by those of the chunk.
  absl::Status Read(std::vector<FoldedCandle>& candles) const {
    const Chunk chunk = ReadBigEndian<Chunk>(ToView(iterator_->key()).substr(sizeof(uint32_t)));
    candles.clear();
    absl::Status status = DecodeValue(ToView(iterator_->value()), chunk, candles);
    if (status.ok()) {
      const auto wrong = std::ranges::find_if_not(
          candles, [&](const FoldedCandle& candle) { return IsPossible(tier_, candle); });
      if (wrong == candles.end()) return status;
      status = Error(absl::StatusCode::kDataLoss, "the candle of bucket {} has impossible values",
                     wrong->bucket);
      candles.clear();
    }
    return Error(absl::StatusCode::kDataLoss,
                 "candle chunk damaged: tier {}, series {}, chunk {}: {}", Name(tier_),
                 Raw(series_), chunk, Message(status));
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
  const Tier tier_;
  const SeriesId series_;
  const ChunkKey first_key_;
  const ChunkKey end_key_;
  const rocksdb::Slice first_;  // into first_key_
  const rocksdb::Slice end_;
  std::unique_ptr<rocksdb::Iterator> iterator_;
};

/// The part of ascending candles with a bucket in [from, to).
std::span<const FoldedCandle> Within(std::span<const FoldedCandle> candles, Bucket from,
                                     Bucket to) {
  const auto first = std::ranges::lower_bound(candles, from, {}, &FoldedCandle::bucket);
  const auto end = std::ranges::lower_bound(candles, to, {}, &FoldedCandle::bucket);
  return {first, end};
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
  std::vector<FoldedCandle> chunk;
  for (cursor.ToFirst(); cursor.Valid(); cursor.Next()) {
    WICK_RETURN_IF_ERROR(cursor.Read(chunk));
    auto part = Within(chunk, from, to);
    part = part.first(std::min(part.size(), limit));
    candles.insert(candles.end(), part.begin(), part.end());
    limit -= part.size();
    if (limit == 0) return absl::OkStatus();
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
    WICK_RETURN_IF_ERROR(cursor.Read(chunk));
    auto part = Within(chunk, from, to);
    part = part.last(std::min(part.size(), limit));
    newest_first.insert(newest_first.end(), part.rbegin(), part.rend());
    limit -= part.size();
  }
  if (limit > 0) WICK_RETURN_IF_ERROR(cursor.status());
  candles.insert(candles.end(), newest_first.rbegin(), newest_first.rend());
  return absl::OkStatus();
}

}  // namespace wick::cold
