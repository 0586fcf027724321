#include "market/fill.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "base/assert.h"
#include "market/interval.h"

namespace wick::market {
namespace {

/// What an empty bucket repeats.
struct Known {
  double close = 0;
  double base_volume_last_24h = 0;
  double quote_volume_last_24h = 0;
};

/// Of a Candle or a FoldedCandle.
template <typename AnyCandle>
Known KnownFrom(const AnyCandle& candle) {
  return {candle.close, candle.base_volume_last_24h, candle.quote_volume_last_24h};
}

Candle EmptyCandle(Fill fill, const Known& known, const Interval& interval, uint64_t start_ms,
                   uint64_t now_ms) {
  Candle candle;
  candle.timestamp_ms = start_ms;
  candle.interval = interval;
  candle.closed = now_ms >= NextBucketMs(interval, start_ms);
  candle.filled = true;
  const double price =
      fill == Fill::kPrevious ? known.close : std::numeric_limits<double>::quiet_NaN();
  candle.open = candle.high = candle.low = candle.close = price;
  if (fill == Fill::kPrevious) {
    candle.base_volume_last_24h = known.base_volume_last_24h;
    candle.quote_volume_last_24h = known.quote_volume_last_24h;
  }
  return candle;
}

/// Takes candles until there are `limit`, then notes where the next would have stood.
class Page {
 public:
  explicit Page(size_t limit) : limit_(limit) {}

  bool full() const { return page_.next_ms.has_value(); }

  void Add(const Candle& candle) {
    if (page_.candles.size() < limit_) {
      page_.candles.push_back(candle);
    } else {
      page_.next_ms = candle.timestamp_ms;
    }
  }

  FilledCandles Take() { return std::move(page_); }

 private:
  const size_t limit_;
  FilledCandles page_;
};

}  // namespace

FilledCandles FillGaps(const CandlePlan& plan, Fill fill, const std::optional<FoldedCandle>& before,
                       std::span<const Candle> candles, uint64_t now_ms, uint32_t limit) {
  WICK_ASSERT(fill != Fill::kNone);
  WICK_ASSERT(limit > 0);

  // The plan of the newest is already cut to `limit` buckets; only candles ahead of the clock come
  // on top.
  Page page(plan.newest ? std::numeric_limits<size_t>::max() : limit);
  std::optional<Known> known;
  if (before) known = KnownFrom(*before);
  auto candle = candles.begin();
  for (const Segment& segment : plan.segments) {
    const Interval& interval = segment.interval;
    const uint64_t fill_end_ms =
        std::min(segment.to_ms, NextBucketMs(interval, BucketStartMs(interval, now_ms)));
    uint64_t start_ms = segment.from_ms;
    const auto fill_until = [&](uint64_t end_ms) {
      for (; start_ms < end_ms && !page.full(); start_ms = NextBucketMs(interval, start_ms)) {
        page.Add(EmptyCandle(fill, *known, interval, start_ms, now_ms));
      }
    };

    for (; candle != candles.end() && candle->timestamp_ms < segment.to_ms; ++candle) {
      WICK_ASSERT(candle->timestamp_ms >= start_ms);
      if (known) fill_until(std::min(candle->timestamp_ms, fill_end_ms));
      if (page.full()) break;
      page.Add(*candle);
      known = KnownFrom(*candle);
      start_ms = NextBucketMs(interval, candle->timestamp_ms);
    }
    if (known) fill_until(fill_end_ms);
    if (page.full()) break;
  }
  WICK_ASSERT(page.full() || candle == candles.end());

  FilledCandles filled = page.Take();
  if (plan.newest && filled.candles.size() > limit) {
    filled.candles.erase(filled.candles.begin(), filled.candles.end() - limit);
  }
  return filled;
}

}  // namespace wick::market
