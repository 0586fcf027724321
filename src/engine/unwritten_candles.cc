#include "engine/unwritten_candles.h"

#include <algorithm>
#include <iterator>

#include "base/assert.h"

namespace wick::engine {

using market::Bucket;
using market::FoldedCandle;
using market::Tier;

UnwrittenCandles::ByBucket& UnwrittenCandles::BucketsOf(SeriesId series, Tier tier,
                                                        uint64_t number) {
  OfSeries& of_series = pending_[series];
  of_series.number = number;
  return of_series.tiers[market::Index(tier)];
}

void UnwrittenCandles::Add(SeriesId series, Tier tier, const FoldedCandle& candle,
                           uint64_t number) {
  const std::lock_guard lock(mutex_);
  const bool is_new =
      BucketsOf(series, tier, number)
          .try_emplace(candle.bucket, UnwrittenCandle{candle, cold::CandleOp::kReplace})
          .second;
  WICK_ASSERT(is_new);  // whatever is here is older than every candle in memory
  size_.store(size_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
}

void UnwrittenCandles::Fold(SeriesId series, Tier tier, const FoldedCandle& piece,
                            uint64_t number) {
  const std::lock_guard lock(mutex_);
  const auto [at, is_new] =
      BucketsOf(series, tier, number)
          .try_emplace(piece.bucket, UnwrittenCandle{piece, cold::CandleOp::kFold});
  if (is_new) {
    size_.store(size_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  } else {
    market::Fold(at->second.candle, piece);
  }
}

std::shared_ptr<const UnwrittenCandles::OfSeries> UnwrittenCandles::Capture(SeriesId series,
                                                                            uint64_t number) {
  const std::lock_guard lock(mutex_);
  const auto found = pending_.find(series);
  if (found == pending_.end()) return nullptr;
  auto capture = std::make_shared<OfSeries>(std::move(found->second));
  pending_.erase(found);
  capture->number = number;
  size_t candles = 0;
  for (const ByBucket& buckets : capture->tiers) candles += buckets.size();
  size_.store(size_.load(std::memory_order_relaxed) - candles, std::memory_order_relaxed);
  const bool is_new = captured_.emplace(series, capture).second;
  WICK_ASSERT(is_new);
  return capture;
}

void UnwrittenCandles::Written(SeriesId series) {
  const std::lock_guard lock(mutex_);
  captured_.erase(series);
}

namespace {

void CopyLayer(const UnwrittenCandles::OfSeries& of_series, Tier tier, Bucket from, Bucket to,
               size_t limit, bool last, std::vector<UnwrittenCandles::Layer>& layers) {
  const auto& buckets = of_series.tiers[market::Index(tier)];
  auto begin = buckets.lower_bound(from);
  auto end = buckets.lower_bound(to);
  if (begin == end) return;
  UnwrittenCandles::Layer& layer = layers.emplace_back();
  layer.number = of_series.number;
  if (last) {
    while (end != begin && layer.candles.size() < limit) layer.candles.push_back((--end)->second);
    std::reverse(layer.candles.begin(), layer.candles.end());
  } else {
    while (begin != end && layer.candles.size() < limit) layer.candles.push_back((begin++)->second);
  }
}

}  // namespace

void UnwrittenCandles::CopyLayers(SeriesId series, Tier tier, Bucket from, Bucket to, size_t limit,
                                  bool last, std::vector<Layer>& layers) const {
  std::shared_ptr<const OfSeries> captured;  // immutable: copied without the lock
  std::vector<Layer> pending;
  {
    const std::lock_guard lock(mutex_);
    if (const auto found = captured_.find(series); found != captured_.end())
      captured = found->second;
    if (const auto found = pending_.find(series); found != pending_.end()) {
      CopyLayer(found->second, tier, from, to, limit, last, pending);
    }
  }
  if (captured) CopyLayer(*captured, tier, from, to, limit, last, layers);
  std::move(pending.begin(), pending.end(), std::back_inserter(layers));
}

}  // namespace wick::engine
