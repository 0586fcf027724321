#include "codec/bit_pack.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

#include "base/assert.h"
#include "base/bytes.h"

namespace wick::codec {
namespace {

// One 8-byte load from the byte a value begins in covers 7 bits of misalignment and 57 of the
// value; widths above kWidthMax are written as 64, which is aligned.
constexpr int kWidthMax = 56;
constexpr int kWidthWhole = 64;
constexpr uint8_t kPatched = 0x80;  // in the width byte: patches follow

constexpr size_t PackedBytes(size_t values, int width) { return (values * width + 7) / 8; }
constexpr size_t VarintBytes(int bits) { return (bits + 6) / 7; }

struct Width {
  int bits = 0;
  size_t patches = 0;  // values that do not fit into it
};

/// The width with the fewest bytes, patches included; of several that of no patches, else the
/// smallest.
Width ChooseWidth(std::span<const uint64_t> values) {
  if (values.size() == 1) {
    const int bits = std::bit_width(values.front());
    return {bits > kWidthMax ? kWidthWhole : bits, 0};
  }
  // Counted in turns: a count waits for the store of the one before it.
  constexpr size_t kBits = 80;  // 0 to 64, and no more of them than whole vectors
  std::array<std::array<uint8_t, kBits>, 4> counts = {};
  uint64_t any = 0;
  size_t i = 0;
  for (; i + 4 <= values.size(); i += 4) {
    for (size_t turn = 0; turn < 4; ++turn) {
      ++counts[turn][std::bit_width(values[i + turn])];
      any |= values[i + turn];
    }
  }
  for (; i < values.size(); ++i) {
    ++counts[0][std::bit_width(values[i])];
    any |= values[i];
  }
  std::array<uint8_t, kBits> values_of_bits;
  for (size_t bits = 0; bits < kBits; ++bits) {
    values_of_bits[bits] =
        static_cast<uint8_t>(counts[0][bits] + counts[1][bits] + counts[2][bits] + counts[3][bits]);
  }
  const int bits_max = std::bit_width(any);
  const int whole = bits_max > kWidthMax ? kWidthWhole : bits_max;
  Width best = {whole, 0};
  size_t best_bytes = PackedBytes(values.size(), whole);
  size_t patches = 0;  // of the width
  for (int width = bits_max - 1; width >= 0; --width) {
    patches += values_of_bits[width + 1];
    // Without a value of just this width the next smaller one patches no more values.
    if (width > kWidthMax || (width > 0 && values_of_bits[width] == 0)) continue;
    if (2 * patches > best_bytes) break;
    size_t bytes = 1 + PackedBytes(values.size(), width) + 2 * patches;
    for (int bits = width + 8; bits <= bits_max && bytes <= best_bytes; ++bits) {
      bytes += values_of_bits[bits] * (VarintBytes(bits - width) - 1);
    }
    if (bytes < best_bytes || (bytes == best_bytes && best.bits != whole)) {
      best = {width, patches};
      best_bytes = bytes;
    }
  }
  return best;
}

constexpr uint64_t LowMask(int width) { return (uint64_t{1} << width) - 1; }

void AppendPacked(std::span<const uint64_t> values, int width, std::string& out) {
  std::array<char, PackedBytes(kPackedBlockValues, kWidthMax) + sizeof(uint64_t)> packed;
  char* at = packed.data();
  const uint64_t mask = LowMask(width);
  uint64_t waiting = 0;
  int waiting_bits = 0;  // < 8 before each value, so that width <= 56 fits beside them
  for (uint64_t value : values) {
    waiting |= (value & mask) << waiting_bits;
    waiting_bits += width;
    std::memcpy(at, &waiting, sizeof(waiting));  // the whole bytes of it stay
    at += waiting_bits / 8;
    waiting >>= waiting_bits & ~7;
    waiting_bits &= 7;
  }
  std::memcpy(at, &waiting, sizeof(waiting));
  out.append(packed.data(), PackedBytes(values.size(), width));
}

}  // namespace

void PackBlock(std::span<const uint64_t> values, std::string& out) {
  WICK_ASSERT(!values.empty());
  WICK_ASSERT(values.size() <= kPackedBlockValues);
  const auto [width, patches] = ChooseWidth(values);
  if (width == kWidthWhole) {
    out.push_back(static_cast<char>(width));
    out.append(reinterpret_cast<const char*>(values.data()), values.size_bytes());
    return;
  }
  out.push_back(static_cast<char>(patches > 0 ? width | kPatched : width));
  if (patches > 0) out.push_back(static_cast<char>(patches));
  AppendPacked(values, width, out);
  for (size_t i = 0; patches > 0 && i < values.size(); ++i) {
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

}  // namespace wick::codec
