// Sizes in code: 256_KiB.
#pragma once

#include <cstddef>
#include <cstdint>

namespace wick {

inline constexpr size_t kCacheLineBytes = 64;

constexpr uint64_t operator""_KiB(unsigned long long n) { return n << 10; }
constexpr uint64_t operator""_MiB(unsigned long long n) { return n << 20; }
constexpr uint64_t operator""_GiB(unsigned long long n) { return n << 30; }

}  // namespace wick
