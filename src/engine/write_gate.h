// Whether writes are taken, and if not: why and since when.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include "base/clock.h"
#include "base/status.h"

namespace wick::engine {

enum class WriteState : uint8_t {
  kOk = 0,
  kDiskFull = 1,  // until there is room again
  kFailed = 2,    // until the process ends
};

constexpr std::string_view Name(WriteState state) {
  constexpr std::string_view kNames[] = {"ok", "disk_full", "failed"};
  return kNames[static_cast<uint8_t>(state)];
}

struct WriteHealth {
  WriteState state = WriteState::kOk;
  std::string reason;     // for the operator; empty if ok
  uint64_t since_ms = 0;  // wall clock at the last change of state; 0: it never changed

  friend bool operator==(const WriteHealth&, const WriteHealth&) = default;
};

/// What the commit thread met (full, failed) and what the maintenance thread sees coming (little
/// space left) make one answer: a failure before a full disk before little space. Threads: any.
/// open() is for the hot path.
class WriteGate {
 public:
  explicit WriteGate(const Clock& clock) : clock_(clock) {}

  bool open() const { return state() == WriteState::kOk; }
  WriteState state() const { return state_.load(std::memory_order_acquire); }
  bool failed() const { return state() == WriteState::kFailed; }
  /// A write found no room and is still waiting.
  bool full() const {
    const std::lock_guard lock(mutex_);
    return !full_.ok();
  }

  /// OK, or what a refused write is told: kResourceExhausted if the disk is full.
  absl::Status status() const {
    const std::lock_guard lock(mutex_);
    return Decisive();
  }
  WriteHealth health() const {
    const std::lock_guard lock(mutex_);
    return {state(), Message(Decisive()), since_ms_};
  }

  /// A write failed for good. The first error stays.
  void Fail(absl::Status error) { Change(failure_, std::move(error), /*keep_first=*/true); }
  /// A write found no room; OK: it and all that waited behind it are written.
  void SetFull(absl::Status full) { Change(full_, std::move(full), false); }
  /// Little space is left; OK: there is enough again.
  void SetLow(absl::Status low) { Change(low_, std::move(low), false); }

 private:
  const absl::Status& Decisive() const {
    return !failure_.ok() ? failure_ : !full_.ok() ? full_ : low_;
  }

  void Change(absl::Status& part, absl::Status status, bool keep_first) {
    const std::lock_guard lock(mutex_);
    if (keep_first && !part.ok()) return;
    part = std::move(status);
    WriteState next = WriteState::kOk;
    if (!full_.ok() || !low_.ok()) next = WriteState::kDiskFull;
    if (!failure_.ok()) next = WriteState::kFailed;
    if (next == state()) return;
    since_ms_ = clock_.NowMs();
    state_.store(next, std::memory_order_release);
  }

  const Clock& clock_;
  std::atomic<WriteState> state_{WriteState::kOk};  // changed under mutex_
  mutable std::mutex mutex_;
  absl::Status failure_;
  absl::Status full_;
  absl::Status low_;
  uint64_t since_ms_ = 0;
};

}  // namespace wick::engine
