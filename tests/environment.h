// Amounts of a test that the environment may change.
#pragma once

#include <cstdint>
#include <cstdlib>

namespace wick::test {

/// The number in an environment variable, `otherwise` where it is not set.
inline uint64_t NumberOr(const char* variable, uint64_t otherwise) {
  const char* const text = std::getenv(variable);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

}  // namespace wick::test
