// How small records that one thread writes are read by any thread without a lock.
//
// A record is atomic words under a version, which is odd while the writer changes them. The writer
// stores the odd version (relaxed), the words (release) and the even version (release); a reader
// loads the version (acquire), the words (acquire) and the version again (relaxed), and tries again
// if it was odd or changed. A reader that sees a word of a newer write also sees the odd version
// that was stored before it. No fences.
#pragma once

#include <atomic>
#include <thread>

namespace wick::hot {

inline constexpr std::memory_order kRelaxed = std::memory_order_relaxed;
inline constexpr std::memory_order kAcquire = std::memory_order_acquire;
inline constexpr std::memory_order kRelease = std::memory_order_release;

/// Calls `attempt` until it returns true; after a while it lets other threads run first, because on
/// few cores the writer may have been descheduled in the middle of its write.
template <typename Attempt>
void RetryUntil(Attempt attempt) {
  constexpr int kSpinsBeforeYield = 64;
  for (int spins = 0; !attempt(); ++spins) {
    if (spins >= kSpinsBeforeYield) std::this_thread::yield();
  }
}

}  // namespace wick::hot
