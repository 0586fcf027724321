// Wall-clock time as an argument, so that tests can turn it.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

namespace wick {

/// Milliseconds since the Unix epoch; 0 before it. It may step back and forward. Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual uint64_t NowMs() const = 0;
};

class SystemClock final : public Clock {
 public:
  uint64_t NowMs() const override {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    const int64_t ms = std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
    return ms > 0 ? static_cast<uint64_t>(ms) : 0;
  }
};

/// A clock that stands still until it is set.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(uint64_t now_ms) : now_ms_(now_ms) {}
  uint64_t NowMs() const override { return now_ms_.load(std::memory_order_relaxed); }
  void Set(uint64_t now_ms) { now_ms_.store(now_ms, std::memory_order_relaxed); }

 private:
  std::atomic<uint64_t> now_ms_;
};

}  // namespace wick
