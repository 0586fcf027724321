// One series in memory: its latest price and open candles, and the rings of closed ones.
#pragma once

#include <absl/functional/function_ref.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <deque>
#include <vector>

#include "base/segmented_array.h"
#include "hot/candle_ring.h"
#include "hot/seqlock.h"
#include "hot/slot_pool.h"
#include "market/fold.h"
#include "market/tier.h"
#include "wick/event.h"

namespace wick::hot {

/// The closed candles of a series, by tier.
struct alignas(64) CandleRings {
  std::array<CandleRing, market::kTierCount> of;
};

/// Memory that the series of a shard share. Threads: the shard's worker.
struct SeriesMemory {
  /// Candles of a tier in memory, the open one among them; > 0.
  std::array<uint32_t, market::kTierCount> window_candles;
  std::array<SlotPool, market::kTierCount> slots = {};
  std::deque<CandleRings> rings = {};  // of the series that ever closed a candle
};

/// What the latest event changes lies together, in four cache lines: the price and, of each tier's
/// open candle, what the price does not say. An open candle ends with the latest event, so its
/// close and volumes are that price's. An idle series has nothing else.
/// Threads: the worker of its shard writes; anyone reads what says so.
/// Invariants: in every tier the open candle holds the latest event; a candle is in its ring, or
/// handed over, before its successor is open.
class alignas(64) Series {
 public:
  // --- any thread

  /// timestamp_ms 0: no event yet.
  Price Latest() const;

  /// What CandleRing::Read() says, of the ring and the open candle together. `limit` > 0.
  CandleRing::Coverage Read(market::Tier tier, market::Bucket from, market::Bucket to, size_t limit,
                            std::vector<market::FoldedCandle>& candles) const;

  // --- worker only; `memory` is always the same

  bool empty() const { return OwnTimestampMs() == 0; }
  Price OwnLatest() const;
  /// Of a series that is not empty.
  market::FoldedCandle OwnOpen(market::Tier tier) const;

  /// Recovery: an empty series becomes what another one was. Every candle of `open` ends with
  /// `latest`.
  void Restore(const Price& latest,
               const std::array<market::FoldedCandle, market::kTierCount>& open);

  /// Takes a candle that is not on disk and is about to leave memory. A reader may meet it in both
  /// places for a moment, never in neither.
  using HandOver = absl::FunctionRef<void(market::Tier, const market::FoldedCandle&)>;

  /// Folds an event into the open candle of every tier, or closes that and opens one. The event is
  /// not older than the latest, and becomes it.
  void Fold(const Price& event, SeriesMemory& memory, HandOver hand_over);

  /// Folds a piece of an event older than the latest into its candle. False: that lies before all
  /// candles in memory, nothing is changed.
  [[nodiscard]] bool FoldLate(market::Tier tier, const market::FoldedCandle& piece,
                              SeriesMemory& memory, HandOver hand_over);

  /// CandleRing::Capture() of the closed candles; the open one is OwnOpen().
  void CaptureClosed(market::Tier tier, std::vector<market::FoldedCandle>& candles);

  /// Before an event, each some events before the next: brings the series, the ring that the event
  /// makes a candle of the finest tier close into, and its slot towards the processor's caches.
  void Prefetch() const;
  void PrefetchRing(uint64_t event_ms) const;
  void PrefetchSlot(uint64_t event_ms) const;

 private:
  using Word = std::atomic<uint64_t>;

  /// An open candle but for its end.
  struct Open {
    Word place{0};  // bucket u32, open offset u32
    Word count{0};
    Word open{0};  // these: the bits of a float64
    Word high{0};
    Word low{0};
  };

  uint64_t OwnTimestampMs() const { return latest_[3].load(kRelaxed); }
  market::Bucket OwnBucket(market::Tier tier) const;
  bool Closes(market::Tier tier, uint64_t event_ms) const;
  void Close(market::Tier tier, SeriesMemory& memory, HandOver hand_over);
  /// Fold() where at least the finest tier's candle closes.
  void FoldAndOpen(const Price& event, SeriesMemory& memory, HandOver hand_over);
  /// market::Fold() of an event that ends the candle, writing only what changes.
  static void FoldClosing(Open& open, double price);
  static void StoreOpen(Open& open, const market::FoldedCandle& candle);
  void StoreLatest(const Price& latest);
  template <std::memory_order kOrder>
  Price CopyLatest() const;
  template <std::memory_order kOrder>
  market::FoldedCandle CopyOpen(market::Tier tier) const;
  template <typename Write>
  void Change(Write write);
  template <typename Copy>
  auto Consistent(Copy copy) const;

  Word version_{0};                           // odd while latest_ and open_ change
  std::array<Word, 4> latest_{};              // price, base volume, quote volume, timestamp in ms
  std::atomic<CandleRings*> rings_{nullptr};  // none before the first candle closed

 public:
  uint64_t last_number = 0;  // worker only: number of the last part that changed it
  bool dirty = false;        // worker only: on the shard's list for the next checkpoint
  bool here = true;          // immutable after registration: the pair is of this node's share

 private:
  std::array<Open, market::kTierCount> open_;
};
static_assert(sizeof(Series) == 256);

inline constexpr size_t kSeriesMax = size_t{1} << 26;  // 67 M: more than one machine can keep live

/// Every series, found by its dense id.
using SeriesTable = SegmentedArray<Series, 10, (kSeriesMax >> 10)>;

}  // namespace wick::hot
