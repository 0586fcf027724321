// Candles of one series and tier, wherever they are: the one place where hot and cold meet.
#pragma once

#include <absl/functional/function_ref.h>

#include <cstdint>
#include <string_view>
#include <vector>

#include "codec/chunk.h"
#include "cold/store.h"
#include "engine/unwritten_candles.h"
#include "hot/series.h"

namespace wick::engine {

/// Reads memory (the open candle, then its ring), then what is not yet written, then RocksDB:
/// whatever moves on meanwhile moves towards a place that is read later, so no candle is missed;
/// journal numbers keep one from being counted twice. Threads: any; const and without state.
class TierReader {
 public:
  enum class Source { kEverywhere, kMemory };

  /// kMemory: what is not in memory is kOutOfRange, so that a worker may read.
  TierReader(Source source, SeriesId id, const hot::Series& series,
             const UnwrittenCandles& unwritten, const cold::Store& store)
      : source_(source), id_(id), series_(series), unwritten_(unwritten), store_(store) {}

  /// Appends the candles with a bucket in [from, to), ascending, the first `limit` of them.
  absl::Status Forward(market::Tier tier, market::Bucket from, market::Bucket to, size_t limit,
                       std::vector<market::FoldedCandle>& candles) const;
  /// The same, the last `limit` of them.
  absl::Status Backward(market::Tier tier, market::Bucket from, market::Bucket to, size_t limit,
                        std::vector<market::FoldedCandle>& candles) const;

  /// Chunks on disk that touch [from, to), ascending, until `each` returns false: their numbers,
  /// their bytes (codec/chunk.h), and the end of what they are the truth of, which is the result,
  /// too: from that bucket on memory knows better, or the candles are about to be written; `to` if
  /// they know none of the range. from < to; the source is kEverywhere.
  using EachChunk = absl::FunctionRef<bool(codec::Chunk, std::string_view, market::Bucket end)>;
  absl::StatusOr<market::Bucket> Chunks(market::Tier tier, market::Bucket from, market::Bucket to,
                                        EachChunk each) const;

 private:
  enum class Direction { kForward, kBackward };

  absl::Status ReadCold(market::Tier tier, market::Bucket from, market::Bucket to, size_t limit,
                        Direction direction, std::vector<market::FoldedCandle>& candles) const;

  const Source source_;
  const SeriesId id_;
  const hot::Series& series_;
  const UnwrittenCandles& unwritten_;
  const cold::Store& store_;
};

}  // namespace wick::engine
