#include "cli/bench/histogram.h"

#include <cmath>

namespace wick::cli::bench {

void Histogram::Add(const Histogram& other) {
  for (size_t i = 0; i < buckets_.size(); ++i) buckets_[i] += other.buckets_[i];
  count_ += other.count_;
  sum_ += other.sum_;
  max_ = std::max(max_, other.max_);
}

uint64_t Histogram::Percentile(double share) const {
  const double rank = std::ceil(share * static_cast<double>(count_));
  const auto wanted = std::clamp<uint64_t>(static_cast<uint64_t>(rank), 1, count_ + 1);
  uint64_t seen = 0;
  for (size_t i = 0; i < buckets_.size(); ++i) {
    seen += buckets_[i];
    if (seen >= wanted) return std::min(LastOf(i), max_);
  }
  return max_;
}

uint64_t Histogram::CountAbove(uint64_t ns) const {
  uint64_t above = 0;
  for (size_t i = BucketOf(std::min(ns, kValueMax)) + 1; i < buckets_.size(); ++i) {
    above += buckets_[i];
  }
  return above;
}

uint64_t Histogram::LastOf(size_t bucket) {
  constexpr size_t kOctave = size_t{1} << kSubBits;
  if (bucket < 2 * kOctave) return bucket;
  const size_t shift = (bucket >> kSubBits) - 1;
  return ((bucket - (shift << kSubBits) + 1) << shift) - 1;
}

}  // namespace wick::cli::bench
