// How many series may be registered in a minute.
#pragma once

#include <algorithm>
#include <cstdint>
#include <mutex>

namespace wick::engine {

/// A token bucket: full at the start, it holds one minute's series and fills in one minute. A clock
/// that steps back fills nothing and takes nothing; one that steps forward fills it once at the
/// most. Threads: any.
class NewSeriesBudget {
 public:
  /// 0: no bound.
  NewSeriesBudget(uint64_t per_minute_max, uint64_t now_ms)
      : per_minute_max_(per_minute_max), left_(per_minute_max * kSeries), filled_ms_(now_ms) {}

  bool Take(uint64_t now_ms) {
    if (per_minute_max_ == 0) return true;
    const std::lock_guard lock(mutex_);
    const uint64_t passed_ms = now_ms > filled_ms_ ? std::min(now_ms - filled_ms_, kMinuteMs) : 0;
    filled_ms_ = now_ms;
    left_ = std::min(left_ + passed_ms * per_minute_max_, per_minute_max_ * kSeries);
    if (left_ < kSeries) return false;
    left_ -= kSeries;
    return true;
  }

  /// For a series that was registered by somebody else meanwhile.
  void GiveBack() {
    const std::lock_guard lock(mutex_);
    left_ += kSeries;
  }

  uint64_t per_minute_max() const { return per_minute_max_; }

 private:
  static constexpr uint64_t kMinuteMs = 60'000;
  static constexpr uint64_t kSeries =
      kMinuteMs;  // of the unit in which each millisecond adds per_minute_max

  const uint64_t per_minute_max_;
  std::mutex mutex_;
  uint64_t left_;       // under mutex_
  uint64_t filled_ms_;  // under mutex_: wall clock
};

}  // namespace wick::engine
