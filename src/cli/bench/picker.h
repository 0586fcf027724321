// Which series a request is about.
#pragma once

#include <cstdint>
#include <vector>

#include "cli/bench/random.h"

namespace wick::cli::bench {

/// Draws ranks from 0 to `ranks` - 1 by Zipf's law: rank r has the weight 1 / (r + 1)^exponent;
/// exponent 0: all alike. A draw costs one random number and one table entry (Vose's alias method).
/// Threads: any, each with its own Random.
class Picker {
 public:
  /// `ranks` > 0, exponent >= 0.
  Picker(uint32_t ranks, double exponent);

  uint32_t ranks() const { return ranks_; }
  uint32_t Pick(Random& random) const {
    if (entries_.empty()) return random.Below(ranks_);
    const uint64_t drawn = random.Next();
    const auto column = static_cast<uint32_t>(((drawn >> 32) * ranks_) >> 32);
    const Entry& entry = entries_[column];
    return static_cast<uint32_t>(drawn) <= entry.keep_max ? column : entry.alias;
  }

 private:
  struct Entry {
    uint32_t keep_max = UINT32_MAX;  // the column itself is drawn up to this, its alias beyond
    uint32_t alias = 0;
  };

  uint32_t ranks_;
  std::vector<Entry> entries_;  // empty: all alike
};

}  // namespace wick::cli::bench
