// History in bulk: the candles that lie on the disk, as they lie there.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/status.h"
#include "codec/chunk.h"
#include "market/retention.h"
#include "wick/query.h"

namespace wick::engine {

class TierReader;

/// The candles with a start in [from, end), which is the front of what was asked for. What else is
/// in the chunks does not count: it is of other times, or memory has a newer version.
struct HistoryReply {
  struct StoredChunk {
    codec::Chunk number = 0;
    std::string bytes;  // codec::DecodeChunk()
  };
  Interval interval;
  uint64_t available_from_ms = 0;  // as of CandlesReply
  uint64_t from_ms = 0;            // 0, as end: nothing of the range is kept
  uint64_t end_ms = 0;             // the clock has passed the end of every candle before it
  /// The range goes on behind `end`: if there are no chunks, then with candles that memory has, or
  /// that are about to be written.
  bool more = false;
  std::vector<StoredChunk> chunks;  // ascending
};

/// `request` has a `from`, a tier's interval and no fill; limit: chunks that lie within the range
/// have at most so many candles, but the first is given whatever it has. Nothing is decoded.
/// Errors: kInvalidArgument if it cannot be answered, and those of the reader. Thread-safe.
absl::StatusOr<HistoryReply> QueryHistory(const TierReader& reader, const CandlesRequest& request,
                                          const market::Horizons& horizons, uint64_t now_ms,
                                          uint32_t limit_max);

}  // namespace wick::engine
