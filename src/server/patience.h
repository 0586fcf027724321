// How long a session waits for its peer. Pure: the time is an argument.
#pragma once

#include <chrono>
#include <cstdint>

#include "server/budget.h"

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

/// A body or frame of which the rest is awaited.
class Arrival {
 public:
  enum class Verdict : uint8_t {
    kWait,    // it comes fast enough
    kWanted,  // others have waited long enough for the memory that it holds
    kSlow,    // less than `bytes_a_second` came
  };

  void Begin(SteadyTime now) {
    began_ = now;
    rate_.Begin(now);
  }
  void Add(uint64_t bytes) { rate_.Add(bytes); }

  /// `share`: the memory for it. While that is not to be had it is not the peer's fault, and the
  /// time begins anew.
  Verdict Judge(SteadyTime now, const BudgetShare& share, uint64_t bytes_a_second) {
    if (share.waiting()) {
      Begin(now);
      return Verdict::kWait;
    }
    if (share.is_wanted() && now - began_ > kBlockingMax) return Verdict::kWanted;
    return rate_.IsEnough(now, bytes_a_second) ? Verdict::kWait : Verdict::kSlow;
  }

 private:
  SteadyTime began_{};  // its first byte; or when it went on, after it had waited for memory
  ByteRate rate_;
};

/// Answers on their way out, of which the peer is to take the rest.
class Departure {
 public:
  void Begin(SteadyTime now) {
    moved_ = now;
    taken_ = 0;
    rate_.Begin(now);
  }
  /// The peer has taken `bytes` of them by now.
  void Note(SteadyTime now, uint64_t bytes) {
    if (bytes == taken_) return;
    rate_.Add(bytes - taken_);
    taken_ = bytes;
    moved_ = now;
  }

  /// True: the peer is given up. It has taken nothing for `still_max`. Or it holds of a budget that
  /// is used up (`share`), and has taken nothing for ten seconds, or over ten seconds less than
  /// brings all that it holds out within `still_max`: nobody keeps others from their answers for
  /// long.
  bool IsStuck(SteadyTime now, std::chrono::milliseconds still_max, const BudgetShare& share) {
    const auto still = now - moved_;
    const auto bytes_a_second = share.charged() * 1'000 / static_cast<uint64_t>(still_max.count());
    const bool slow = !rate_.IsEnough(now, bytes_a_second);
    return still > still_max || (share.is_scarce() && (slow || still > kBlockingMax));
  }

 private:
  SteadyTime moved_{};  // the peer has taken something
  uint64_t taken_ = 0;
  ByteRate rate_;
};

}  // namespace wick::server
