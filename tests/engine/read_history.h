// History as a client reads it: packed pages of the disk, and pages of candles where those end.
#pragma once

#include <tuple>
#include <vector>

#include "base/assert.h"
#include "base/status.h"
#include "catch.h"
#include "codec/chunk.h"
#include "engine/engine.h"
#include "market/tier.h"

namespace wick::test {

/// What two answers agree on; when a candle is closed is a matter of the moment.
inline auto Tie(const Candle& c) {
  return std::tie(c.timestamp_ms, c.open, c.high, c.low, c.close, c.count, c.base_volume_last_24h,
                  c.quote_volume_last_24h);
}

inline void RequireSame(const std::vector<Candle>& seen, const std::vector<Candle>& expected) {
  REQUIRE(seen.size() == expected.size());
  for (size_t i = 0; i < seen.size(); ++i) {
    CAPTURE(i, seen[i].timestamp_ms, expected[i].timestamp_ms, seen[i].count, expected[i].count,
            seen[i].open, expected[i].open, seen[i].close, expected[i].close);
    REQUIRE(Tie(seen[i]) == Tie(expected[i]));
  }
}

/// All candles of a tier from request.from_ms on, in pages of request.limit. None is `closed`.
/// Threads: any.
inline absl::StatusOr<std::vector<Candle>> HistoryOf(const engine::Engine& engine, SeriesId series,
                                                     market::Tier tier, CandlesRequest request) {
  std::vector<Candle> all;
  request.interval = market::IntervalOf(tier);
  while (true) {
    WICK_ASSIGN_OR_RETURN(const engine::HistoryReply page, engine.History(series, request));
    for (const auto& chunk : page.chunks) {
      std::vector<codec::FoldedCandle> stored;
      WICK_ASSERT(codec::DecodeChunk(chunk.bytes, chunk.number, stored).empty());
      for (const codec::FoldedCandle& c : stored) {
        const uint64_t start_ms = market::StartMs(tier, c.bucket);
        if (start_ms < page.from_ms || start_ms >= page.end_ms) continue;
        all.push_back({start_ms, c.open, c.high, c.low, c.close, c.count, c.base_volume_last_24h,
                       c.quote_volume_last_24h, request.interval});
      }
    }
    if (!page.more) return all;
    WICK_ASSERT(page.end_ms >= *request.from_ms);
    WICK_ASSERT(page.chunks.empty() || page.end_ms > *request.from_ms);
    request.from_ms = page.end_ms;
    if (!page.chunks.empty()) continue;
    WICK_ASSIGN_OR_RETURN(const CandlesReply rest, engine.Candles(series, request));
    for (Candle candle : rest.candles) {
      candle.closed = false;
      all.push_back(candle);
    }
    if (!rest.next_ms) return all;
    request.from_ms = rest.next_ms;
  }
}

}  // namespace wick::test
