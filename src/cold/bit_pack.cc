#include "cold/bit_pack.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

#include "base/assert.h"
#include "cold/bytes.h"

namespace wick::cold {
namespace {

// One 8-byte load from the byte a value begins in covers 7 bits of misalignment and 57 of the
// value; widths above kWidthMax are written as 64, which is aligned.
constexpr int kWidthMax = 56;
constexpr int kWidthWhole = 64;
constexpr uint8_t kPatched = 0x80;  // in the width byte: patches follow

constexpr size_t PackedBytes(size_t values, int width) { return (values * width + 7) / 8; }
constexpr size_t VarintBytes(int bits) { return (bits + 6) / 7; }

/// The width with the fewest bytes, patches included.
int ChooseWidth(std::span<const uint64_t> values) {
  std::array<uint8_t, 65> values_of_bits = {};
  uint64_t any = 0;
  for (uint64_t value : values) {
    ++values_of_bits[std::bit_width(value)];
    any |= value;
  }
  const int bits_max = std::bit_width(any);
  int best = bits_max > kWidthMax ? kWidthWhole : bits_max;
  size_t best_bytes = PackedBytes(values.size(), best);
  for (int width = 0; width < std::min(bits_max, kWidthMax + 1); ++width) {
    // Without a value of just this width the next smaller one patches no more values.
    if (width > 0 && values_of_bits[width] == 0) continue;
    size_t bytes = 1 + PackedBytes(values.size(), width);
    for (int bits = width + 1; bits <= bits_max && bytes < best_bytes; ++bits) {
      bytes += values_of_bits[bits] * (1 + VarintBytes(bits - width));
    }
    if (bytes < best_bytes) {
      best = width;
      best_bytes = bytes;
    }
  }
  return best;
}

constexpr uint64_t LowMask(int width) { return (uint64_t{1} << width) - 1; }

void AppendPacked(std::span<const uint64_t> values, int width, std::string& out) {
  uint64_t waiting = 0;
  int waiting_bits = 0;  // < 8 before each value, so that width <= 56 fits beside them
  for (uint64_t value : values) {
    waiting |= (value & LowMask(width)) << waiting_bits;
    waiting_bits += width;
    for (; waiting_bits >= 8; waiting_bits -= 8, waiting >>= 8) {
      out.push_back(static_cast<char>(waiting));
    }
  }
  if (waiting_bits > 0) out.push_back(static_cast<char>(waiting));
}

}  // namespace

void PackBlock(std::span<const uint64_t> values, std::string& out) {
  WICK_ASSERT(!values.empty());
  WICK_ASSERT(values.size() <= kPackedBlockValues);
  const int width = ChooseWidth(values);
  if (width == kWidthWhole) {
    out.push_back(static_cast<char>(width));
    out.append(reinterpret_cast<const char*>(values.data()), values.size_bytes());
    return;
  }
  const auto patches =
      std::ranges::count_if(values, [width](uint64_t value) { return value >> width != 0; });
  out.push_back(static_cast<char>(patches > 0 ? width | kPatched : width));
  if (patches > 0) out.push_back(static_cast<char>(patches));
  AppendPacked(values, width, out);
  for (size_t i = 0; i < values.size(); ++i) {
    if (values[i] >> width == 0) continue;
    out.push_back(static_cast<char>(i));
    AppendVarint(values[i] >> width, out);
  }
}

bool UnpackBlock(std::string_view& bytes, std::span<uint64_t> values) {
  if (bytes.empty()) return false;
  const auto head = static_cast<uint8_t>(bytes.front());
  bytes.remove_prefix(1);
  const bool patched = (head & kPatched) != 0;
  const int width = head & ~kPatched;
  if (width > kWidthMax && (width != kWidthWhole || patched)) return false;

  size_t patches = 0;
  if (patched) {
    if (bytes.empty()) return false;
    patches = static_cast<uint8_t>(bytes.front());
    bytes.remove_prefix(1);
  }
  const size_t packed_bytes = PackedBytes(values.size(), width);
  if (bytes.size() < packed_bytes) return false;
  if (width == kWidthWhole) {
    std::memcpy(values.data(), bytes.data(), packed_bytes);
  } else if (width == 0) {
    std::ranges::fill(values, 0);
  } else {
    const char* packed = bytes.data();
    // The last loads reach up to 8 bytes behind the block: at the end of the input they read a
    // copy.
    std::array<char, kPackedBlockValues * kWidthMax / 8 + 8> copy;
    if (bytes.size() < packed_bytes + 8) {
      std::memcpy(copy.data(), packed, packed_bytes);
      std::memset(copy.data() + packed_bytes, 0, 8);
      packed = copy.data();
    }
    const uint64_t mask = LowMask(width);
    size_t bit = 0;
    for (uint64_t& value : values) {
      uint64_t word;
      std::memcpy(&word, packed + bit / 8, sizeof(word));
      value = (word >> (bit % 8)) & mask;
      bit += width;
    }
  }
  bytes.remove_prefix(packed_bytes);

  for (; patches > 0; --patches) {
    if (bytes.empty()) return false;
    const auto position = static_cast<uint8_t>(bytes.front());
    bytes.remove_prefix(1);
    uint64_t high;
    if (position >= values.size() || !TakeVarint(bytes, high)) return false;
    values[position] |= high << width;
  }
  return true;
}

}  // namespace wick::cold
