// The bytes a fuzz target is given, and values made of them.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

/// One run of the target: every property it asserts holds for every input, else it aborts.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t bytes);

namespace wick::fuzz {

inline std::string_view View(const uint8_t* data, size_t bytes) {
  return {reinterpret_cast<const char*>(data), bytes};
}

/// Takes values off the front, zeros past the end, so that every input means something and a change
/// of one byte changes one value. The same on every compiler and machine.
class Input {
 public:
  Input(const uint8_t* data, size_t bytes) : left_(View(data, bytes)) {}

  bool empty() const { return left_.empty(); }

  uint8_t U8() { return Take<uint8_t>(); }
  uint16_t U16() { return Take<uint16_t>(); }
  uint32_t U32() { return Take<uint32_t>(); }
  uint64_t U64() { return Take<uint64_t>(); }
  double F64() { return Take<double>(); }

  /// At most `bytes_max` bytes, as many as the next byte says.
  std::string_view Text(size_t bytes_max) { return Bytes(U8() % (bytes_max + 1)); }

  std::string_view Rest() { return Bytes(left_.size()); }

 private:
  std::string_view Bytes(size_t bytes) {
    const std::string_view taken = left_.substr(0, bytes);
    left_.remove_prefix(taken.size());
    return taken;
  }

  template <typename T>
  T Take() {
    T value{};
    const std::string_view bytes = Bytes(sizeof(T));
    if (!bytes.empty()) std::memcpy(&value, bytes.data(), bytes.size());
    return value;
  }

  std::string_view left_;
};

}  // namespace wick::fuzz
