#include "engine/candle_query.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "market/fill.h"
#include "market/interval.h"

namespace wick::engine {
namespace {

using market::Bucket;
using market::CandlePlan;
using market::FoldedCandle;
using market::Segment;
using market::Tier;

constexpr size_t kPageCandles = 4'096;  // tier candles read at a time to build longer intervals

Bucket FirstBucket(const Segment& s) { return market::BucketOf(s.tier, s.from_ms); }
Bucket EndBucket(const Segment& s) { return market::BucketOf(s.tier, s.to_ms); }

bool IsPlainTier(const Segment& s) { return s.interval == market::IntervalOf(s.tier); }

/// Written where it will lie: a copy would wait for the stores of its fields.
void Show(Tier tier, const FoldedCandle& folded, const Interval& interval, Candle& candle) {
  candle.timestamp_ms = market::StartMs(tier, folded.bucket);
  candle.open = folded.open;
  candle.high = folded.high;
  candle.low = folded.low;
  candle.close = folded.close;
  candle.count = folded.count;
  candle.base_volume_last_24h = folded.base_volume_last_24h;
  candle.quote_volume_last_24h = folded.quote_volume_last_24h;
  candle.interval = interval;
}

/// Candles of a segment's interval, built from its tier.
class SegmentReader {
 public:
  SegmentReader(const TierReader& reader, const Segment& segment)
      : reader_(reader), segment_(segment) {}

  /// Appends the first `limit`. If the walk over the tier got too long it stops early and says
  /// where the next candle starts.
  absl::Status First(size_t limit, std::vector<Candle>& candles,
                     std::optional<uint64_t>& stopped_ms) {
    const size_t wanted = candles.size() + limit;
    Bucket from = FirstBucket(segment_);
    const Bucket end = EndBucket(segment_);
    uint64_t walked = 0;
    std::optional<Candle> open;
    while (from < end) {
      const size_t page_size = IsPlainTier(segment_) ? limit : kPageCandles;
      page_.clear();
      WICK_RETURN_IF_ERROR(reader_.Forward(segment_.tier, from, end, page_size, page_));
      if (IsPlainTier(segment_)) {
        AppendShown(page_, candles);
        return absl::OkStatus();
      }
      for (const FoldedCandle& folded : page_) {
        if (open && market::StartMs(segment_.tier, folded.bucket) < open_end_ms_) {
          market::Append(*open, folded);
          continue;
        }
        if (open) candles.push_back(*open);
        open = Open(folded);
        if (candles.size() == wanted) return absl::OkStatus();
        if (walked > kTierCandlesPerRequestMax) {
          stopped_ms = open->timestamp_ms;
          return absl::OkStatus();
        }
      }
      walked += page_.size();
      if (page_.size() < page_size) break;
      from = page_.back().bucket + 1;
    }
    if (open) candles.push_back(*open);
    return absl::OkStatus();
  }

  /// The last `limit`, ascending; fewer if the walk over the tier gets too long.
  absl::StatusOr<std::vector<Candle>> Last(size_t limit) {
    std::vector<Candle> newest_first;
    const Bucket from = FirstBucket(segment_);
    Bucket end = EndBucket(segment_);
    uint64_t walked = 0;
    while (from < end) {
      const size_t page_size = IsPlainTier(segment_) ? limit : kPageCandles;
      page_.clear();
      WICK_RETURN_IF_ERROR(reader_.Backward(segment_.tier, from, end, page_size, page_));
      if (IsPlainTier(segment_)) {
        std::vector<Candle> candles;
        AppendShown(page_, candles);
        return candles;
      }
      for (auto folded = page_.rbegin(); folded != page_.rend(); ++folded) {
        const uint64_t start_ms = market::BucketStartMs(
            segment_.interval, market::StartMs(segment_.tier, folded->bucket));
        if (!newest_first.empty() && newest_first.back().timestamp_ms == start_ms) {
          // The older part comes second: what is there is appended to it.
          Candle& newer = newest_first.back();
          newer.open = folded->open;
          newer.high = std::max(newer.high, folded->high);
          newer.low = std::min(newer.low, folded->low);
          newer.count += folded->count;
          continue;
        }
        if (newest_first.size() == limit || walked > kTierCandlesPerRequestMax) {
          std::reverse(newest_first.begin(), newest_first.end());
          return newest_first;
        }
        Show(segment_.tier, *folded, segment_.interval, newest_first.emplace_back());
        newest_first.back().timestamp_ms = start_ms;
      }
      walked += page_.size();
      if (page_.size() < page_size) break;
      end = page_.front().bucket;
    }
    std::reverse(newest_first.begin(), newest_first.end());
    return newest_first;
  }

 private:
  /// Of a tier itself: a candle each.
  void AppendShown(const std::vector<FoldedCandle>& page, std::vector<Candle>& candles) const {
    auto candle = candles.insert(candles.end(), page.size(), Candle());
    for (const FoldedCandle& folded : page) {
      Show(segment_.tier, folded, segment_.interval, *candle++);
    }
  }
  /// The first piece of a candle of the segment's interval.
  Candle Open(const FoldedCandle& folded) {
    Candle candle;
    Show(segment_.tier, folded, segment_.interval, candle);
    candle.timestamp_ms = market::BucketStartMs(segment_.interval, candle.timestamp_ms);
    open_end_ms_ = market::NextBucketMs(segment_.interval, candle.timestamp_ms);
    return candle;
  }

  const TierReader& reader_;
  const Segment& segment_;
  std::vector<FoldedCandle> page_;
  uint64_t open_end_ms_ = 0;
};

/// Appends the first `limit` candles of the plan; `stopped_ms` as in SegmentReader::First.
absl::Status ReadFirst(const TierReader& reader, const CandlePlan& plan, size_t limit,
                       std::vector<Candle>& candles, std::optional<uint64_t>& stopped_ms) {
  for (const Segment& segment : plan.segments) {
    WICK_RETURN_IF_ERROR(
        SegmentReader(reader, segment).First(limit - candles.size(), candles, stopped_ms));
    if (candles.size() == limit || stopped_ms) break;
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<Candle>> ReadLast(const TierReader& reader,
                                             const std::vector<Segment>& segments, size_t limit) {
  std::vector<Candle> candles;
  for (auto segment = segments.rbegin(); segment != segments.rend() && candles.size() < limit;
       ++segment) {
    WICK_ASSIGN_OR_RETURN(std::vector<Candle> older,
                          SegmentReader(reader, *segment).Last(limit - candles.size()));
    if (candles.empty()) {
      candles = std::move(older);
    } else {
      candles.insert(candles.begin(), older.begin(), older.end());
    }
  }
  return candles;
}

/// The last candle known before the plan's range.
absl::StatusOr<std::optional<FoldedCandle>> LastKnown(const TierReader& reader,
                                                      const CandlePlan& plan) {
  for (auto segment = plan.before.rbegin(); segment != plan.before.rend(); ++segment) {
    std::vector<FoldedCandle> last;
    // Two: the bucket of the last one may reach into the range.
    WICK_RETURN_IF_ERROR(
        reader.Backward(segment->tier, FirstBucket(*segment), EndBucket(*segment), 2, last));
    for (auto candle = last.rbegin(); candle != last.rend(); ++candle) {
      if (market::ClosesBefore(segment->tier, *candle, plan.segments.front().from_ms))
        return *candle;
    }
  }
  return std::nullopt;
}

/// The part of the plan before `end_ms`, the start of one of its candles.
CandlePlan Before(CandlePlan plan, uint64_t end_ms) {
  std::erase_if(plan.segments, [&](const Segment& s) { return s.from_ms >= end_ms; });
  if (!plan.segments.empty()) {
    plan.segments.back().to_ms = std::min(plan.segments.back().to_ms, end_ms);
  }
  return plan;
}

/// A candle that ends after another is closed after it, whatever their intervals.
void MarkClosed(std::vector<Candle>& candles, uint64_t now_ms) {
  bool closed = false;
  for (auto candle = candles.rbegin(); candle != candles.rend(); ++candle) {
    closed = closed || now_ms >= market::NextBucketMs(candle->interval, candle->timestamp_ms);
    candle->closed = closed;
  }
}

}  // namespace

absl::StatusOr<CandlesReply> QueryCandles(const TierReader& reader, const CandlesRequest& request,
                                          const market::Horizons& horizons, uint64_t now_ms,
                                          uint32_t limit_max) {
  WICK_ASSIGN_OR_RETURN(const CandlePlan plan,
                        market::PlanCandles(request, horizons, now_ms, limit_max));
  CandlesReply reply;
  reply.grain = plan.grain;
  reply.interval = plan.interval;
  reply.available_from_ms = plan.available_from_ms;
  std::optional<uint64_t> stopped_ms;
  if (plan.newest) {
    WICK_ASSIGN_OR_RETURN(reply.candles, ReadLast(reader, plan.segments, request.limit));
  } else {
    // One more than asked for tells where the next page begins.
    WICK_RETURN_IF_ERROR(ReadFirst(reader, plan, request.limit + 1, reply.candles, stopped_ms));
  }
  MarkClosed(reply.candles, now_ms);
  if (request.fill != Fill::kNone) {
    WICK_ASSIGN_OR_RETURN(const auto known, LastKnown(reader, plan));
    auto filled = market::FillGaps(stopped_ms ? Before(plan, *stopped_ms) : plan, request.fill,
                                   known, reply.candles, now_ms, request.limit);
    reply.candles = std::move(filled.candles);
    reply.next_ms = filled.next_ms ? filled.next_ms : stopped_ms;
  } else if (reply.candles.size() > request.limit) {
    reply.next_ms = reply.candles.back().timestamp_ms;
    reply.candles.pop_back();
  } else {
    reply.next_ms = stopped_ms;
  }
  return reply;
}

}  // namespace wick::engine
