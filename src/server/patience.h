// How long a session waits for its peer. Pure: the time is an argument.
#pragma once

#include <chrono>
#include <cstdint>

namespace wick::server {

using SteadyTime = std::chrono::steady_clock::time_point;

/// Judges over stretches of ten seconds whether bytes come fast enough: one slow moment is
/// forgiven, and bytes that came long ago do not make up for a trickle.
class ByteRate {
 public:
  static constexpr std::chrono::seconds kStretch{10};

  void Begin(SteadyTime now) {
    began_ = now;
    bytes_ = 0;
  }
  void Add(uint64_t bytes) { bytes_ += bytes; }

  /// False: the stretch that has ended brought less than `bytes_a_second`.
  bool IsEnough(SteadyTime now, uint64_t bytes_a_second) {
    if (now - began_ < kStretch) return true;
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(now - began_).count();
    const bool enough = bytes_ >= bytes_a_second * static_cast<uint64_t>(seconds);
    Begin(now);
    return enough;
  }

 private:
  SteadyTime began_{};
  uint64_t bytes_ = 0;
};

/// A connection that holds what others wait for gives it back after this.
inline constexpr std::chrono::seconds kBlockingMax{10};
/// A connection that waits for its part of a budget tries again after this.
inline constexpr std::chrono::milliseconds kBudgetPause{20};

}  // namespace wick::server
