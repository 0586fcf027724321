#include "engine/history.h"

#include <algorithm>

#include "base/assert.h"
#include "engine/tier_reader.h"
#include "market/candle_plan.h"

namespace wick::engine {

using market::Bucket;

absl::StatusOr<HistoryReply> QueryHistory(const TierReader& reader, const CandlesRequest& request,
                                          const market::Horizons& horizons, uint64_t now_ms,
                                          uint32_t limit_max) {
  WICK_ASSERT(request.grain == Grain::kFixed);
  WICK_ASSERT(request.from_ms && request.fill == Fill::kNone);
  WICK_ASSIGN_OR_RETURN(const market::CandlePlan plan,
                        market::PlanCandles(request, horizons, now_ms, limit_max));
  HistoryReply reply;
  reply.interval = plan.interval;
  reply.available_from_ms = plan.available_from_ms;
  if (plan.segments.empty()) return reply;
  WICK_ASSERT(plan.segments.size() == 1);
  const market::Segment& range = plan.segments.front();
  const market::Tier tier = range.tier;
  WICK_ASSERT(range.interval == market::IntervalOf(tier));

  const Bucket from = market::BucketOf(tier, range.from_ms);
  const Bucket to = market::BucketOf(tier, range.to_ms);
  // Candles whose end the clock has not passed are left to QueryCandles().
  Bucket end = std::min(to, std::max(from, market::BucketOf(tier, now_ms)));
  uint64_t candles = 0;
  const auto take = [&](codec::Chunk number, std::string_view bytes, Bucket known_end) {
    const Bucket first = codec::FirstBucket(number);
    const bool within = from <= first && first + (codec::kBucketsPerChunk - 1) < known_end;
    candles += within ? codec::CandlesOf(bytes) : 0;
    if (candles > request.limit && !reply.chunks.empty()) {
      end = first;
      return false;
    }
    reply.chunks.push_back({number, std::string(bytes)});
    return true;
  };
  if (from < end) {
    WICK_ASSIGN_OR_RETURN(const Bucket known_end, reader.Chunks(tier, from, end, take));
    end = std::min(end, known_end);
  }
  reply.from_ms = range.from_ms;
  reply.end_ms = market::StartMs(tier, end);
  reply.more = end < to;
  return reply;
}

}  // namespace wick::engine
