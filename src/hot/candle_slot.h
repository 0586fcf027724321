// One closed candle in memory that one thread writes and any thread reads.
#pragma once

#include <array>
#include <atomic>
#include <bit>
#include <cstdint>

#include "hot/seqlock.h"
#include "market/fold.h"

namespace wick::hot {

/// A FoldedCandle under a seqlock, 72 bytes: the version shares a word with the bucket.
///   | bucket u32, version u32 | open offset u32, close offset u32 | count | open high low close |
///   volumes |
/// Threads: the shard's worker writes; anyone reads. Memory orders: seqlock.h.
class CandleSlot {
 public:
  /// Worker only.
  void Store(const market::FoldedCandle& c) {
    const auto version = static_cast<uint32_t>(words_[0].load(std::memory_order_relaxed) >> 32);
    words_[0].store(Pack(c.bucket, version + 1), std::memory_order_relaxed);
    words_[1].store(Pack(c.open_offset_ms, c.close_offset_ms), std::memory_order_release);
    words_[2].store(c.count, std::memory_order_release);
    words_[3].store(std::bit_cast<uint64_t>(c.open), std::memory_order_release);
    words_[4].store(std::bit_cast<uint64_t>(c.high), std::memory_order_release);
    words_[5].store(std::bit_cast<uint64_t>(c.low), std::memory_order_release);
    words_[6].store(std::bit_cast<uint64_t>(c.close), std::memory_order_release);
    words_[7].store(std::bit_cast<uint64_t>(c.base_volume_last_24h), std::memory_order_release);
    words_[8].store(std::bit_cast<uint64_t>(c.quote_volume_last_24h), std::memory_order_release);
    words_[0].store(Pack(c.bucket, version + 2), std::memory_order_release);
  }

  /// Worker only.
  market::Bucket OwnBucket() const {
    return static_cast<market::Bucket>(words_[0].load(std::memory_order_relaxed));
  }
  market::FoldedCandle Own() const {
    market::FoldedCandle candle;
    Copy<std::memory_order_relaxed>(words_[0].load(std::memory_order_relaxed), candle);
    return candle;
  }

  /// Any thread. False: a write was under way, try again.
  bool TryLoad(market::FoldedCandle& candle) const {
    const uint64_t before = words_[0].load(std::memory_order_acquire);
    if (before >> 32 & 1) return false;
    Copy<std::memory_order_acquire>(before, candle);
    return words_[0].load(std::memory_order_relaxed) == before;
  }

 private:
  static constexpr uint64_t Pack(uint32_t low, uint32_t high) { return uint64_t{high} << 32 | low; }

  template <std::memory_order kOrder>
  void Copy(uint64_t first_word, market::FoldedCandle& c) const {
    const uint64_t offsets = words_[1].load(kOrder);
    c.bucket = static_cast<market::Bucket>(first_word);
    c.open_offset_ms = static_cast<uint32_t>(offsets);
    c.close_offset_ms = static_cast<uint32_t>(offsets >> 32);
    c.count = words_[2].load(kOrder);
    c.open = std::bit_cast<double>(words_[3].load(kOrder));
    c.high = std::bit_cast<double>(words_[4].load(kOrder));
    c.low = std::bit_cast<double>(words_[5].load(kOrder));
    c.close = std::bit_cast<double>(words_[6].load(kOrder));
    c.base_volume_last_24h = std::bit_cast<double>(words_[7].load(kOrder));
    c.quote_volume_last_24h = std::bit_cast<double>(words_[8].load(kOrder));
  }

  std::array<std::atomic<uint64_t>, 9> words_{};
};
static_assert(sizeof(CandleSlot) == 72);

}  // namespace wick::hot
