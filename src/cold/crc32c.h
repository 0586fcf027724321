// CRC-32C as RocksDB's logs carry it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#ifdef __SSE4_2__
#include <nmmintrin.h>
#endif

namespace wick::cold {

/// Goes on from `crc`, that of the bytes before (0: there are none).
inline uint32_t Crc32c(uint32_t crc, std::string_view bytes) {
  crc = ~crc;
#ifdef __SSE4_2__
  for (; bytes.size() >= sizeof(uint64_t); bytes.remove_prefix(sizeof(uint64_t))) {
    uint64_t word;
    std::memcpy(&word, bytes.data(), sizeof(word));
    crc = static_cast<uint32_t>(_mm_crc32_u64(crc, word));
  }
  for (char byte : bytes) crc = _mm_crc32_u8(crc, static_cast<uint8_t>(byte));
#else
  static constexpr auto kTable = [] {
    std::array<uint32_t, 256> table{};
    for (uint32_t i = 0; i < table.size(); ++i) {
      table[i] = i;
      for (int bit = 0; bit < 8; ++bit) table[i] = table[i] >> 1 ^ (table[i] & 1) * 0x82f63b78u;
    }
    return table;
  }();
  for (char byte : bytes) crc = crc >> 8 ^ kTable[(crc ^ static_cast<uint8_t>(byte)) & 0xff];
#endif
  return ~crc;
}

/// A checksum as it is stored: RocksDB masks it, as a checksum of bytes that hold checksums is
/// weak.
constexpr uint32_t MaskedCrc(uint32_t crc) { return (crc >> 15 | crc << 17) + 0xa282ead8u; }

}  // namespace wick::cold
