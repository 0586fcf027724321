// An append-only array whose elements never move, so that readers need no lock.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "base/assert.h"

namespace wick {

/// Threads: one appender at a time; anyone reads an element whose index was below size().
/// Elements are value-initialised in segments of 2^kSegmentBits and live as long as the array.
template <typename T, unsigned kSegmentBits, size_t kSegmentsMax>
class SegmentedArray {
 public:
  static constexpr size_t kSegmentSize = size_t{1} << kSegmentBits;
  static constexpr size_t kSizeMax = kSegmentSize * kSegmentsMax;

  SegmentedArray() : segments_(std::make_unique<std::atomic<T*>[]>(kSegmentsMax)) {}
  ~SegmentedArray() {
    for (size_t i = 0; i < kSegmentsMax; ++i) delete[] segments_[i].load(std::memory_order_relaxed);
  }
  SegmentedArray(const SegmentedArray&) = delete;
  SegmentedArray& operator=(const SegmentedArray&) = delete;

  size_t size() const { return size_.load(std::memory_order_acquire); }

  /// The element that the next Publish() makes visible; the appender may fill it first.
  T& Next() {
    const size_t index = size_.load(std::memory_order_relaxed);
    WICK_ASSERT(index < kSizeMax);
    std::atomic<T*>& segment = segments_[index >> kSegmentBits];
    if (segment.load(std::memory_order_relaxed) == nullptr) {
      segment.store(new T[kSegmentSize](), std::memory_order_release);
    }
    return (*this)[index];
  }
  /// Release; pairs with the acquire in size(): whoever sees the new size sees the element.
  void Publish() {
    size_.store(size_.load(std::memory_order_relaxed) + 1, std::memory_order_release);
  }

  T& operator[](size_t index) {
    return segments_[index >> kSegmentBits].load(
        std::memory_order_acquire)[index & (kSegmentSize - 1)];
  }
  const T& operator[](size_t index) const {
    return segments_[index >> kSegmentBits].load(
        std::memory_order_acquire)[index & (kSegmentSize - 1)];
  }

  size_t MemoryBytes() const {
    const size_t segments = (size() + kSegmentSize - 1) >> kSegmentBits;
    return segments * kSegmentSize * sizeof(T) + kSegmentsMax * sizeof(void*);
  }

 private:
  std::unique_ptr<std::atomic<T*>[]> segments_;
  std::atomic<size_t> size_{0};
};

}  // namespace wick
