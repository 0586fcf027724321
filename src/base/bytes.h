// Little-endian numbers in values: appended to a string, read with bounds.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace wick {

/// Appends the bytes of a number or a float64 (x86-64 and arm64 are little-endian, as the format
/// is).
template <typename T>
void AppendLittleEndian(T number, std::string& out) {
  char bytes[sizeof(T)];
  std::memcpy(bytes, &number, sizeof(T));
  out.append(bytes, sizeof(T));
}

/// Takes a number from the front of `bytes`. False: too few bytes are left, nothing was taken.
template <typename T>
[[nodiscard]] bool TakeLittleEndian(std::string_view& bytes, T& number) {
  if (bytes.size() < sizeof(T)) return false;
  std::memcpy(&number, bytes.data(), sizeof(T));
  bytes.remove_prefix(sizeof(T));
  return true;
}

/// LEB128: seven bits a byte, the lowest first, the eighth says that more follow.
inline void AppendVarint(uint64_t number, std::string& out) {
  for (; number >= 0x80; number >>= 7) out.push_back(static_cast<char>(number | 0x80));
  out.push_back(static_cast<char>(number));
}

[[nodiscard]] inline bool TakeVarint(std::string_view& bytes, uint64_t& number) {
  number = 0;
  for (int shift = 0; shift < 64 && !bytes.empty(); shift += 7) {
    const auto byte = static_cast<uint8_t>(bytes.front());
    bytes.remove_prefix(1);
    number |= uint64_t{byte & 0x7fu} << shift;
    if (byte < 0x80) return true;
  }
  return false;
}

}  // namespace wick
