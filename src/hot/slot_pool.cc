#include "hot/slot_pool.h"

#include <algorithm>

#include "base/assert.h"

namespace wick::hot {
namespace {

constexpr size_t kBlockSlots = 4096;  // 288 KiB: small beside a shard, large beside an array

}  // namespace

SlotPool::FreeList& SlotPool::ListOf(uint32_t size) {
  for (FreeList& list : free_) {
    if (list.size == size) return list;
  }
  return free_.emplace_back(FreeList{size, {}});
}

CandleSlot* SlotPool::Allocate(uint32_t size) {
  WICK_ASSERT(size > 0);
  FreeList& list = ListOf(size);
  if (!list.arrays.empty()) {
    CandleSlot* slots = list.arrays.back();
    list.arrays.pop_back();
    return slots;
  }
  if (unused_slots_ < size) {
    const size_t block = std::max<size_t>(kBlockSlots, size);
    blocks_.push_back(std::make_unique<CandleSlot[]>(block));
    memory_bytes_ += block * sizeof(CandleSlot);
    unused_ = blocks_.back().get();
    unused_slots_ = block;
  }
  CandleSlot* slots = unused_;
  unused_ += size;
  unused_slots_ -= size;
  return slots;
}

void SlotPool::Free(CandleSlot* slots, uint32_t size) { ListOf(size).arrays.push_back(slots); }

}  // namespace wick::hot
