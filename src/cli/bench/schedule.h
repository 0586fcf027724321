// When an open loop means to send.
#pragma once

#include <cstdint>

#include "cli/bench/random.h"

namespace wick::cli::bench {

/// Intended times of requests, whatever becomes of those before: a late send does not move the
/// next.
class Schedule {
 public:
  enum class Spacing : uint8_t { kFixed, kPoisson };

  /// From `begin_ns` on, `per_second` > 0 in the mean.
  Schedule(Spacing spacing, double per_second, double begin_ns, uint64_t seed)
      : random_(seed), spacing_(spacing), gap_ns_(1e9 / per_second), next_ns_(begin_ns) {
    if (spacing_ == Spacing::kPoisson) Advance();
  }

  /// Moves all that is still to come.
  void Shift(uint64_t ns) { next_ns_ += static_cast<double>(ns); }

  uint64_t next_ns() const { return static_cast<uint64_t>(next_ns_); }
  void Advance() {
    next_ns_ += spacing_ == Spacing::kFixed ? gap_ns_ : gap_ns_ * random_.Exponential();
  }

 private:
  Random random_;
  Spacing spacing_;
  double gap_ns_;
  double next_ns_;
};

}  // namespace wick::cli::bench
