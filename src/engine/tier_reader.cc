#include "engine/tier_reader.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"

namespace wick::engine {
namespace {

using market::Bucket;
using market::FoldedCandle;
using market::Tier;

/// Puts a layer over candles; both ascend.
std::vector<FoldedCandle> Overlay(const std::vector<FoldedCandle>& below,
                                  const std::vector<UnwrittenCandle>& layer) {
  std::vector<FoldedCandle> merged;
  merged.reserve(below.size() + layer.size());
  auto candle = below.begin();
  for (const UnwrittenCandle& above : layer) {
    while (candle != below.end() && candle->bucket < above.candle.bucket)
      merged.push_back(*candle++);
    merged.push_back(above.candle);
    if (candle == below.end() || candle->bucket != above.candle.bucket) continue;
    if (above.op == cold::CandleOp::kFold) {
      merged.back() = *candle;
      market::Fold(merged.back(), above.candle);
    }
    ++candle;
  }
  merged.insert(merged.end(), candle, below.end());
  return merged;
}

void Append(std::vector<FoldedCandle> more, std::vector<FoldedCandle>& candles) {
  if (candles.empty()) {
    candles = std::move(more);
  } else {
    candles.insert(candles.end(), more.begin(), more.end());
  }
}

}  // namespace

absl::Status TierReader::Forward(Tier tier, Bucket from, Bucket to, size_t limit,
                                 std::vector<FoldedCandle>& candles) const {
  if (from >= to) return absl::OkStatus();
  std::vector<FoldedCandle> hot;
  const auto coverage = series_.Read(tier, from, to, SIZE_MAX, hot);
  const size_t before = candles.size();
  if (!coverage.complete) {
    WICK_RETURN_IF_ERROR(
        ReadCold(tier, from, coverage.oldest, limit, Direction::kForward, candles));
  }
  const size_t left = limit - (candles.size() - before);
  if (hot.size() > left) hot.resize(left);
  Append(std::move(hot), candles);
  return absl::OkStatus();
}

absl::Status TierReader::Backward(Tier tier, Bucket from, Bucket to, size_t limit,
                                  std::vector<FoldedCandle>& candles) const {
  if (from >= to) return absl::OkStatus();
  std::vector<FoldedCandle> hot;
  const auto coverage = series_.Read(tier, from, to, limit, hot);
  if (!coverage.complete) {
    WICK_RETURN_IF_ERROR(
        ReadCold(tier, from, coverage.oldest, limit - hot.size(), Direction::kBackward, candles));
  }
  Append(std::move(hot), candles);
  return absl::OkStatus();
}

absl::Status TierReader::ReadCold(Tier tier, Bucket from, Bucket to, size_t limit,
                                  Direction direction, std::vector<FoldedCandle>& candles) const {
  if (from >= to || limit == 0) return absl::OkStatus();
  if (source_ == Source::kMemory) return absl::OutOfRangeError("the candles are not all in memory");
  const bool backward = direction == Direction::kBackward;
  std::vector<UnwrittenCandles::Layer> layers;
  unwritten_.CopyLayers(id_, tier, from, to, limit, backward, layers);
  const auto snapshot = store_.GetSnapshot();  // after the layers: see UnwrittenCandles
  std::vector<FoldedCandle> cold;
  WICK_RETURN_IF_ERROR(backward ? snapshot->ReadBackward(tier, id_, from, to, limit, cold)
                                : snapshot->ReadForward(tier, id_, from, to, limit, cold));
  if (!layers.empty()) {
    WICK_ASSIGN_OR_RETURN(const uint64_t applied, snapshot->Applied(id_));
    for (const auto& layer : layers) {
      if (applied < layer.number) cold = Overlay(cold, layer.candles);
    }
    if (cold.size() > limit) {
      const auto extra = static_cast<std::ptrdiff_t>(cold.size() - limit);
      backward ? cold.erase(cold.begin(), cold.begin() + extra)
               : cold.erase(cold.end() - extra, cold.end());
    }
  }
  Append(std::move(cold), candles);
  return absl::OkStatus();
}

absl::StatusOr<Bucket> TierReader::Chunks(Tier tier, Bucket from, Bucket to, EachChunk each) const {
  WICK_ASSERT(source_ == Source::kEverywhere && from < to);
  std::vector<FoldedCandle> hot;
  const auto coverage = series_.Read(tier, from, to, SIZE_MAX, hot);
  if (coverage.complete) return hot.empty() ? to : from;
  Bucket end = coverage.oldest;
  if (from >= end) return end;
  std::vector<UnwrittenCandles::Layer> layers;
  unwritten_.CopyLayers(id_, tier, from, end, 1, /*last=*/false, layers);
  const auto snapshot = store_.GetSnapshot();  // after the layers: see UnwrittenCandles
  if (!layers.empty()) {
    WICK_ASSIGN_OR_RETURN(const uint64_t applied, snapshot->Applied(id_));
    for (const auto& layer : layers) {
      if (applied < layer.number) end = std::min(end, layer.candles.front().candle.bucket);
    }
    if (from >= end) return end;
  }
  WICK_RETURN_IF_ERROR(snapshot->ReadChunks(
      tier, id_, from, end,
      [&](codec::Chunk chunk, std::string_view bytes) { return each(chunk, bytes, end); }));
  return end;
}

}  // namespace wick::engine
