// Copies of small records that one thread writes and any thread reads, without a lock.
#pragma once

#include <array>
#include <atomic>
#include <bit>
#include <cstdint>
#include <thread>
#include <type_traits>

namespace wick::hot {

/// Calls `attempt` until it returns true; after a while it lets other threads run first, because on
/// few cores the writer may have been descheduled in the middle of its write.
template <typename Attempt>
void RetryUntil(Attempt attempt) {
  constexpr int kSpinsBeforeYield = 64;
  for (int spins = 0; !attempt(); ++spins) {
    if (spins >= kSpinsBeforeYield) std::this_thread::yield();
  }
}

/// A record of 64-bit words under a version.
/// Threads: one writer; any number of readers.
/// The payload words are atomics, stored with release and loaded with acquire: a reader that sees a
/// word of a newer write also sees the odd version that was stored before it, and tries again. No
/// fences.
template <typename T>
class Seqlock {
  static_assert(std::is_trivially_copyable_v<T> && sizeof(T) % sizeof(uint64_t) == 0);
  static constexpr size_t kWords = sizeof(T) / sizeof(uint64_t);
  using Words = std::array<uint64_t, kWords>;

 public:
  /// Writer only.
  void Store(const T& value) {
    const auto words = std::bit_cast<Words>(value);
    const uint64_t version = version_.load(std::memory_order_relaxed);
    version_.store(version + 1, std::memory_order_relaxed);
    for (size_t i = 0; i < kWords; ++i) words_[i].store(words[i], std::memory_order_release);
    version_.store(version + 2, std::memory_order_release);
  }

  /// Writer only: its own value, without the protocol.
  T Own() const {
    Words words;
    for (size_t i = 0; i < kWords; ++i) words[i] = words_[i].load(std::memory_order_relaxed);
    return std::bit_cast<T>(words);
  }

  /// Any thread.
  T Load() const {
    Words words;
    RetryUntil([&] {
      const uint64_t before = version_.load(std::memory_order_acquire);
      if (before & 1) return false;
      for (size_t i = 0; i < kWords; ++i) words[i] = words_[i].load(std::memory_order_acquire);
      return version_.load(std::memory_order_relaxed) == before;
    });
    return std::bit_cast<T>(words);
  }

 private:
  std::atomic<uint64_t> version_{0};  // odd while a write is under way
  std::array<std::atomic<uint64_t>, kWords> words_{};
};

}  // namespace wick::hot
