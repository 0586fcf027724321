#include "hot/series.h"

#include <bit>

#include "base/assert.h"

namespace wick::hot {

using market::Bucket;
using market::FoldedCandle;
using market::Tier;

namespace {

uint64_t Bits(double value) { return std::bit_cast<uint64_t>(value); }
double Value(uint64_t bits) { return std::bit_cast<double>(bits); }

constexpr uint64_t PlaceOf(Bucket bucket, uint32_t open_offset_ms) {
  return uint64_t{open_offset_ms} << 32 | bucket;
}

}  // namespace

Bucket Series::OwnBucket(Tier tier) const {
  return static_cast<Bucket>(open_[market::Index(tier)].place.load(kRelaxed));
}

template <typename Write>
void Series::Change(Write write) {
  const uint64_t version = version_.load(kRelaxed);
  version_.store(version + 1, kRelaxed);
  write();
  version_.store(version + 2, kRelease);
}

template <typename Copy>
auto Series::Consistent(Copy copy) const {
  decltype(copy()) seen;
  RetryUntil([&] {
    const uint64_t before = version_.load(kAcquire);
    if (before & 1) return false;
    seen = copy();
    return version_.load(kRelaxed) == before;
  });
  return seen;
}

template <std::memory_order kOrder>
Price Series::CopyLatest() const {
  return {Value(latest_[0].load(kOrder)), Value(latest_[1].load(kOrder)),
          Value(latest_[2].load(kOrder)), latest_[3].load(kOrder)};
}

template <std::memory_order kOrder>
FoldedCandle Series::CopyOpen(Tier tier) const {
  const Open& open = open_[market::Index(tier)];
  const Price latest = CopyLatest<kOrder>();
  const uint64_t place = open.place.load(kOrder);
  const auto bucket = static_cast<Bucket>(place);
  return {bucket,
          static_cast<uint32_t>(place >> 32),
          static_cast<uint32_t>(latest.timestamp_ms - market::StartMs(tier, bucket)),
          open.count.load(kOrder),
          Value(open.open.load(kOrder)),
          Value(open.high.load(kOrder)),
          Value(open.low.load(kOrder)),
          latest.price,
          latest.base_volume_last_24h,
          latest.quote_volume_last_24h};
}

Price Series::OwnLatest() const { return CopyLatest<kRelaxed>(); }

Price Series::Latest() const {
  return Consistent([this] { return CopyLatest<kAcquire>(); });
}

CandleRing::Coverage Series::Read(Tier tier, Bucket from, Bucket to, size_t limit,
                                  std::vector<FoldedCandle>& candles) const {
  WICK_ASSERT(limit > 0);
  CandleRing::Coverage coverage = {.complete = false, .oldest = to};
  // The open candle first: should it close meanwhile, then the ring is not asked for it.
  const FoldedCandle open = Consistent([this, tier] { return CopyOpen<kAcquire>(tier); });
  if (open.count == 0) return coverage;
  if (open.bucket < from) return {.complete = true, .oldest = to};
  const bool wanted = open.bucket < to;
  if (wanted) {
    coverage = {.complete = open.bucket == from || limit == 1, .oldest = open.bucket};
  }
  if (!coverage.complete) {
    if (const CandleRings* const rings = rings_.load(kAcquire); rings != nullptr) {
      coverage = rings->of[market::Index(tier)].Read(from, coverage.oldest,
                                                     wanted ? limit - 1 : limit, candles);
    }
  }
  if (wanted) candles.push_back(open);
  return coverage;
}

FoldedCandle Series::OwnOpen(Tier tier) const {
  WICK_ASSERT(!empty());
  return CopyOpen<kRelaxed>(tier);
}

void Series::StoreLatest(const Price& latest) {
  latest_[0].store(Bits(latest.price), kRelease);
  latest_[1].store(Bits(latest.base_volume_last_24h), kRelease);
  latest_[2].store(Bits(latest.quote_volume_last_24h), kRelease);
  latest_[3].store(latest.timestamp_ms, kRelease);
}

void Series::StoreOpen(Open& open, const FoldedCandle& candle) {
  open.place.store(PlaceOf(candle.bucket, candle.open_offset_ms), kRelease);
  open.count.store(candle.count, kRelease);
  open.open.store(Bits(candle.open), kRelease);
  open.high.store(Bits(candle.high), kRelease);
  open.low.store(Bits(candle.low), kRelease);
}

void Series::Restore(const Price& latest,
                     const std::array<FoldedCandle, market::kTierCount>& open) {
  WICK_ASSERT(empty());
  Change([&] {
    StoreLatest(latest);
    for (Tier tier : market::kTiers) {
      StoreOpen(open_[market::Index(tier)], open[market::Index(tier)]);
    }
  });
  for (Tier tier : market::kTiers) WICK_ASSERT(OwnOpen(tier) == open[market::Index(tier)]);
}

bool Series::Closes(Tier tier, uint64_t event_ms) const {
  return market::BucketOf(tier, event_ms) != OwnBucket(tier);
}

void Series::Close(Tier tier, SeriesMemory& memory, HandOver hand_over) {
  const FoldedCandle closed = OwnOpen(tier);
  const uint32_t window = memory.window_candles[market::Index(tier)];
  if (window == 1) {
    hand_over(tier, closed);
    return;
  }
  CandleRings* rings = rings_.load(kRelaxed);
  if (rings == nullptr) {
    rings = &memory.rings.emplace_back();
    rings_.store(rings, kRelease);
  }
  rings->of[market::Index(tier)].Push(
      memory.slots[market::Index(tier)], window - 1, closed,
      [&](const FoldedCandle& unsaved) { hand_over(tier, unsaved); });
}

void Series::Fold(const Price& event, SeriesMemory& memory, HandOver hand_over) {
  WICK_ASSERT(event.timestamp_ms >= OwnTimestampMs());
  // Where a bucket of a coarser tier ends, one of each finer tier ends, too.
  if (empty() || Closes(market::kTiers.front(), event.timestamp_ms)) {
    FoldAndOpen(event, memory, hand_over);
    return;
  }
  Change([&] {
    StoreLatest(event);
    for (Open& open : open_) FoldClosing(open, event.price);
  });
}

void Series::FoldClosing(Open& open, double price) {
  open.count.store(open.count.load(kRelaxed) + 1, kRelease);
  if (price > Value(open.high.load(kRelaxed))) open.high.store(Bits(price), kRelease);
  if (price < Value(open.low.load(kRelaxed))) open.low.store(Bits(price), kRelease);
}

void Series::FoldAndOpen(const Price& event, SeriesMemory& memory, HandOver hand_over) {
  const bool first = empty();
  std::array<bool, market::kTierCount> opens;
  market::ForEachTier([&]<Tier kTier>() {
    opens[market::Index(kTier)] = first || Closes(kTier, event.timestamp_ms);
    if (opens[market::Index(kTier)] && !first) Close(kTier, memory, hand_over);
  });
  Change([&] {
    StoreLatest(event);
    market::ForEachTier([&]<Tier kTier>() {
      Open& open = open_[market::Index(kTier)];
      if (opens[market::Index(kTier)]) {
        StoreOpen(open, market::StartCandle(kTier, event));
      } else {
        FoldClosing(open, event.price);
      }
    });
  });
}

bool Series::FoldLate(Tier tier, const FoldedCandle& piece, SeriesMemory& memory,
                      HandOver hand_over) {
  WICK_ASSERT(!empty() && piece.bucket <= OwnBucket(tier));
  if (piece.bucket == OwnBucket(tier)) {
    FoldedCandle candle = OwnOpen(tier);
    market::Fold(candle, piece);
    Change([&] { StoreOpen(open_[market::Index(tier)], candle); });
    return true;
  }
  CandleRings* const rings = rings_.load(kRelaxed);
  if (rings == nullptr) return false;
  CandleRing& ring = rings->of[market::Index(tier)];
  if (ring.empty() || piece.bucket < ring.OldestBucket()) return false;
  ring.FoldLate(memory.slots[market::Index(tier)], memory.window_candles[market::Index(tier)] - 1,
                piece, [&](const FoldedCandle& unsaved) { hand_over(tier, unsaved); });
  return true;
}

void Series::CaptureClosed(Tier tier, std::vector<FoldedCandle>& candles) {
  CandleRings* const rings = rings_.load(kRelaxed);
  if (rings != nullptr) rings->of[market::Index(tier)].Capture(candles);
}

void Series::Prefetch() const {
  const auto* const begin = reinterpret_cast<const char*>(this);
  for (size_t line = 0; line < sizeof(Series); line += 64) __builtin_prefetch(begin + line, 1);
}

void Series::PrefetchRing(uint64_t event_ms) const {
  const CandleRings* const rings = rings_.load(kRelaxed);
  if (rings != nullptr && Closes(market::kTiers.front(), event_ms)) __builtin_prefetch(rings, 1);
}

void Series::PrefetchSlot(uint64_t event_ms) const {
  const CandleRings* const rings = rings_.load(kRelaxed);
  if (rings != nullptr && Closes(market::kTiers.front(), event_ms)) {
    rings->of.front().PrefetchNext();
  }
}

}  // namespace wick::hot
