// The newest closed candles of one series and tier.
#pragma once

#include <absl/functional/function_ref.h>

#include <atomic>
#include <cstdint>
#include <vector>

#include "hot/candle_slot.h"
#include "hot/slot_pool.h"
#include "market/fold.h"

namespace wick::hot {

/// Closed candles in memory, oldest overwritten first.
/// Threads: the shard's worker writes; anyone calls Read().
/// Invariants: (1) buckets grow from oldest to newest; (2) no candle of the series is newer than
/// the oldest here and neither here nor the open one; (3) a candle that is not on disk is handed
/// over before it is overwritten. It takes no memory of slots before its first candle, and doubles
/// up to its window while its candles lie within that many buckets, so a quiet series costs little.
class CandleRing {
 public:
  bool empty() const { return Head() == Tail(); }

  // --- worker only

  /// Of a ring that is not empty.
  market::Bucket OldestBucket() const { return SlotAt(Tail()).OwnBucket(); }

  /// Brings the place of the next candle towards the processor's caches.
  void PrefetchNext() const {
    if (capacity_.load(std::memory_order_relaxed) == 0) return;
    const auto* slot = reinterpret_cast<const char*>(&SlotAt(Head()));
    __builtin_prefetch(slot, 1);
    __builtin_prefetch(slot + sizeof(CandleSlot) - 1, 1);
  }

  /// Takes a candle that is not on disk and is about to leave the ring. A reader may meet it in
  /// both places for a moment, never in neither.
  using HandOver = absl::FunctionRef<void(const market::FoldedCandle&)>;

  /// Appends a candle newer than all. `window` (> 0): the most candles held.
  void Push(SlotPool& pool, uint32_t window, const market::FoldedCandle& candle,
            HandOver hand_over);

  /// Folds a piece that arrived late into a bucket from the oldest on, before the open one: into
  /// its candle, or as a new one.
  void FoldLate(SlotPool& pool, uint32_t window, const market::FoldedCandle& piece,
                HandOver hand_over);

  /// Appends to `candles`, ascending, those that changed since the last capture, and takes those of
  /// the capture before as saved: call it only when what that one returned is durable.
  void Capture(std::vector<market::FoldedCandle>& candles);

  // --- any thread

  /// What Read() found. If not complete, candles of buckets in [from, oldest) may lie outside of
  /// the ring.
  struct Coverage {
    bool complete = false;
    market::Bucket oldest =
        0;  // oldest bucket that was read or stood in memory; `to` if there was none
  };

  /// Appends the candles with a bucket in [from, to), ascending, at most the `limit` newest of
  /// them, and leaves room for one more.
  Coverage Read(market::Bucket from, market::Bucket to, size_t limit,
                std::vector<market::FoldedCandle>& candles) const;

 private:
  uint32_t Head() const { return head_.load(std::memory_order_relaxed); }
  uint32_t Tail() const { return tail_.load(std::memory_order_relaxed); }
  CandleSlot& SlotAt(uint32_t index) const {
    return slots_.load(
        std::memory_order_relaxed)[index % capacity_.load(std::memory_order_relaxed)];
  }
  /// Makes what lies in the slot after the newest candle the newest.
  void Advance();
  /// Makes room for one more candle; the newest will be of `newest`.
  void MakeRoom(SlotPool& pool, uint32_t window, market::Bucket newest, HandOver hand_over);
  void Grow(SlotPool& pool, uint32_t capacity);
  void MarkChanged(uint32_t index);
  bool TryRead(market::Bucket from, market::Bucket to, size_t limit,
               std::vector<market::FoldedCandle>& candles, Coverage& coverage) const;

  // worker writes, anyone reads
  std::atomic<CandleSlot*> slots_{nullptr};
  // 32 bits do: no ring sees more candles than there are buckets.
  std::atomic<uint32_t> head_{0};  // index of the next candle; slot = index % capacity
  std::atomic<uint32_t> tail_{0};  // index of the oldest candle
  std::atomic<uint32_t> capacity_{0};
  std::atomic<uint32_t> version_{0};  // odd while candles move
  // worker only: the newest so many candles
  uint32_t unsaved_ = 0;     // are not on disk as they are here
  uint32_t uncaptured_ = 0;  // changed since the last capture
};
static_assert(sizeof(CandleRing) == 32);

}  // namespace wick::hot
