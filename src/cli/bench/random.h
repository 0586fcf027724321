// Numbers that look random and are the same for the same seed.
#pragma once

#include <cmath>
#include <cstdint>

namespace wick::cli::bench {

/// SplitMix64: one multiplication chain a number, no state but a counter.
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}

  uint64_t Next() {
    uint64_t z = state_ += 0x9E3779B97F4A7C15;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
    return z ^ (z >> 31);
  }
  /// From 0 to `bound` - 1.
  uint32_t Below(uint32_t bound) { return static_cast<uint32_t>(((Next() >> 32) * bound) >> 32); }
  /// From 0 (excluded) to 1.
  double Unit() { return static_cast<double>((Next() >> 11) + 1) * 0x1p-53; }
  /// Exponentially distributed with mean 1: gaps between independent arrivals.
  double Exponential() { return -std::log(Unit()); }

 private:
  uint64_t state_;
};

}  // namespace wick::cli::bench
