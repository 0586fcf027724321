// How long requests took: percentiles without keeping every value.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace wick::cli::bench {

/// Counts of nanoseconds in log-linear buckets: exact below 256, within 1/128 above. Values beyond
/// kValueMax are counted as kValueMax; max() is exact nevertheless. Threads: one at a time.
class Histogram {
 public:
  static constexpr uint64_t kValueMax = (uint64_t{1} << 42) - 1;  // 73 minutes

  Histogram() : buckets_(BucketOf(kValueMax) + 1) {}

  void Add(uint64_t ns) {
    ++buckets_[BucketOf(std::min(ns, kValueMax))];
    ++count_;
    sum_ += ns;
    max_ = std::max(max_, ns);
  }
  void Add(const Histogram& other);

  uint64_t count() const { return count_; }
  uint64_t max() const { return max_; }
  double mean() const {
    return count_ > 0 ? static_cast<double>(sum_) / static_cast<double>(count_) : 0;
  }

  /// The value that `share` (0 to 1) of all are not above, rounded up to its bucket's end but not
  /// beyond max(); 0 if there is none.
  uint64_t Percentile(double share) const;

  /// How many are certain to be above `ns`: those of its own bucket are not counted.
  uint64_t CountAbove(uint64_t ns) const;

 private:
  static constexpr int kSubBits = 7;

  /// A power of two is one octave of 2^kSubBits buckets; the first two octaves are exact.
  static size_t BucketOf(uint64_t ns) {
    const int shift = std::max(static_cast<int>(std::bit_width(ns)) - 1 - kSubBits, 0);
    return (static_cast<size_t>(shift) << kSubBits) + (ns >> shift);
  }
  static uint64_t LastOf(size_t bucket);

  std::vector<uint64_t> buckets_;
  uint64_t count_ = 0;
  uint64_t sum_ = 0;
  uint64_t max_ = 0;
};

}  // namespace wick::cli::bench
