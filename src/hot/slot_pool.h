// Memory of candle rings: arrays of slots that are reused but never given back.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "hot/candle_slot.h"

namespace wick::hot {

/// Hands out arrays of CandleSlot. An array that was freed stays valid memory of slots for the life
/// of the pool, so a reader that still holds it reads some candle (and then notices that its ring
/// moved), never freed memory. Threads: the shard's worker.
class SlotPool {
 public:
  /// Slots of any content. `size` > 0.
  CandleSlot* Allocate(uint32_t size);
  void Free(CandleSlot* slots, uint32_t size);

  size_t MemoryBytes() const { return memory_bytes_; }

 private:
  struct FreeList {
    uint32_t size;
    std::vector<CandleSlot*> arrays;
  };
  FreeList& ListOf(uint32_t size);

  std::vector<std::unique_ptr<CandleSlot[]>> blocks_;
  CandleSlot* unused_ = nullptr;  // rest of the newest block
  size_t unused_slots_ = 0;
  std::vector<FreeList> free_;  // a handful: powers of two and the windows
  size_t memory_bytes_ = 0;
};

}  // namespace wick::hot
