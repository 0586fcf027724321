// What a test has to know of sanitizers.
#pragma once

#include <string>

namespace wick::test {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool kSanitized = true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
inline constexpr bool kSanitized = true;
#else
inline constexpr bool kSanitized = false;
#endif
#else
inline constexpr bool kSanitized = false;
#endif

/// Rounds of a loop that only gains by repetition: a tenth where each round is ten times slower.
constexpr int Rounds(int rounds) { return kSanitized ? (rounds + 9) / 10 : rounds; }

/// True if a process wrote a sanitizer's report to this log.
inline bool HasReport(const std::string& log) {
  for (const char* sign : {"ERROR: AddressSanitizer", "ERROR: LeakSanitizer",
                           "WARNING: ThreadSanitizer", "runtime error: "}) {
    if (log.find(sign) != std::string::npos) return true;
  }
  return false;
}

}  // namespace wick::test
