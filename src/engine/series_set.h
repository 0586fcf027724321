// Which series a checkpoint is to take, in the order in which RocksDB takes them cheapest.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/assert.h"
#include "wick/series.h"

namespace wick::engine {

/// Series ids, each once, taken out in ascending order: the keys of one shard's slice then come
/// into RocksDB's memtables one behind the other, mostly without a search. A bit for each series up
/// to the greatest. Threads: one.
class SeriesSet {
 public:
  bool empty() const { return size_ == 0; }
  size_t size() const { return size_; }

  /// `series` is not in it.
  void Add(SeriesId series) {
    const size_t word = Raw(series) / 64;
    if (word >= words_.size()) words_.resize(word + 1);
    const uint64_t bit = uint64_t{1} << (Raw(series) % 64);
    WICK_ASSERT((words_[word] & bit) == 0);
    words_[word] |= bit;
    if (size_++ == 0 || word < first_) first_ = word;
  }

  /// Takes out the smallest; there is one.
  SeriesId TakeFirst() {
    WICK_ASSERT(!empty());
    while (words_[first_] == 0) ++first_;
    const auto bit = static_cast<size_t>(std::countr_zero(words_[first_]));
    words_[first_] &= words_[first_] - 1;
    --size_;
    return SeriesId{static_cast<uint32_t>(64 * first_ + bit)};
  }

 private:
  std::vector<uint64_t> words_;
  size_t first_ = 0;  // no word before it has a bit
  size_t size_ = 0;
};

}  // namespace wick::engine
