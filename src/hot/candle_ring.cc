#include "hot/candle_ring.h"

#include <algorithm>

#include "base/assert.h"

namespace wick::hot {

using market::Bucket;
using market::FoldedCandle;

void CandleRing::Advance() {
  ++unsaved_;
  ++uncaptured_;
  // Release; pairs with the acquire in TryRead(): whoever sees this head sees the candle below it.
  head_.store(Head() + 1, kRelease);
}

void CandleRing::Push(SlotPool& pool, uint32_t window, const FoldedCandle& candle,
                      HandOver hand_over) {
  WICK_ASSERT(empty() || candle.bucket > SlotAt(Head() - 1).OwnBucket());
  MakeRoom(pool, window, candle.bucket, hand_over);
  SlotAt(Head()).Store(candle);
  Advance();
}

void CandleRing::FoldLate(SlotPool& pool, uint32_t window, const FoldedCandle& piece,
                          HandOver hand_over) {
  WICK_ASSERT(!empty() && piece.bucket >= OldestBucket());
  uint32_t place = Tail();  // first index whose bucket is not before the piece's
  for (uint32_t end = Head(); place < end;) {
    const uint32_t middle = place + (end - place) / 2;
    if (SlotAt(middle).OwnBucket() < piece.bucket) {
      place = middle + 1;
    } else {
      end = middle;
    }
  }
  if (place == Head()) {
    Push(pool, window, piece, hand_over);
    return;
  }
  if (SlotAt(place).OwnBucket() == piece.bucket) {
    FoldedCandle candle = SlotAt(place).Own();
    market::Fold(candle, piece);
    SlotAt(place).Store(candle);
    MarkChanged(place);
    return;
  }
  // Between two candles, so there are at least two and pushing out the oldest leaves this place
  // valid.
  MakeRoom(pool, window, SlotAt(Head() - 1).OwnBucket(), hand_over);
  version_.store(version_.load(kRelaxed) + 1, kRelaxed);
  for (uint32_t index = Head(); index > place; --index)
    SlotAt(index).Store(SlotAt(index - 1).Own());
  SlotAt(place).Store(piece);
  Advance();
  version_.store(version_.load(kRelaxed) + 1, kRelease);
  MarkChanged(place);
}

void CandleRing::MarkChanged(uint32_t index) {
  const uint32_t distance = Head() - index;
  unsaved_ = std::max(unsaved_, distance);
  uncaptured_ = std::max(uncaptured_, distance);
}

void CandleRing::MakeRoom(SlotPool& pool, uint32_t window, Bucket newest, HandOver hand_over) {
  const uint32_t capacity = capacity_.load(kRelaxed);
  const uint32_t size = Head() - Tail();
  if (size < capacity) return;
  if (size == 0 || (capacity < window && newest - OldestBucket() < window)) {
    Grow(pool, std::min(std::max(capacity * 2, 1u), window));
    return;
  }
  if (unsaved_ == size) {
    hand_over(SlotAt(Tail()).Own());
    --unsaved_;
  }
  uncaptured_ = std::min(uncaptured_, size - 1);
  tail_.store(Tail() + 1, kRelease);
}

void CandleRing::Grow(SlotPool& pool, uint32_t capacity) {
  CandleSlot* grown = pool.Allocate(capacity);
  CandleSlot* const old = slots_.load(kRelaxed);
  const uint32_t old_capacity = capacity_.load(kRelaxed);
  version_.store(version_.load(kRelaxed) + 1, kRelaxed);
  for (uint32_t i = Tail(); i < Head(); ++i) grown[i % capacity].Store(old[i % old_capacity].Own());
  // In this order; TryRead() loads them in the other one, so that it never pairs the new capacity
  // with the old, smaller array.
  slots_.store(grown, kRelease);
  capacity_.store(capacity, kRelease);
  version_.store(version_.load(kRelaxed) + 1, kRelease);
  if (old != nullptr) pool.Free(old, old_capacity);
}

void CandleRing::Capture(std::vector<FoldedCandle>& candles) {
  unsaved_ = uncaptured_;
  for (uint32_t index = Head() - uncaptured_; index < Head(); ++index) {
    candles.push_back(SlotAt(index).Own());
  }
  uncaptured_ = 0;
}

CandleRing::Coverage CandleRing::Read(Bucket from, Bucket to, size_t limit,
                                      std::vector<FoldedCandle>& candles) const {
  const size_t before = candles.size();
  Coverage coverage;
  RetryUntil([&] {
    candles.resize(before);
    return TryRead(from, to, limit, candles, coverage);
  });
  std::reverse(candles.begin() + static_cast<std::ptrdiff_t>(before), candles.end());
  return coverage;
}

bool CandleRing::TryRead(Bucket from, Bucket to, size_t limit, std::vector<FoldedCandle>& candles,
                         Coverage& coverage) const {
  coverage = {.complete = false, .oldest = to};
  const uint32_t version = version_.load(kAcquire);
  if (version & 1) return false;
  // Tail before head: a tail that is too old only adds candles that were just pushed out.
  const uint32_t tail = tail_.load(kAcquire);
  const uint32_t head = head_.load(kAcquire);
  const uint32_t capacity = capacity_.load(kAcquire);
  const CandleSlot* const slots = slots_.load(kAcquire);
  candles.reserve(candles.size() +
                  std::min<size_t>({limit, head - tail, to > from ? to - from : 0}) + 1);
  size_t taken = 0;
  Bucket newer = UINT32_MAX;
  uint32_t slot = head == tail ? 0 : (head - 1) % capacity + 1;  // behind the newest candle
  for (uint32_t index = head; index > tail && !coverage.complete; --index) {
    // Read to where it will lie: a copy would wait for the stores of its words.
    FoldedCandle& candle = candles.emplace_back();
    if (!slots[--slot].TryLoad(candle)) return false;
    const Bucket bucket = candle.bucket;
    const bool overwritten = bucket >= newer;  // the writer came round
    if (overwritten || bucket < from || bucket >= to) candles.pop_back();
    if (overwritten) break;
    newer = bucket;
    if (bucket < from) {
      coverage.complete = true;
    } else if (bucket < to) {
      coverage.oldest = bucket;
      coverage.complete = ++taken == limit || bucket == from;
    }
    if (slot == 0) slot = capacity;
  }
  return version_.load(kRelaxed) == version;
}

}  // namespace wick::hot
