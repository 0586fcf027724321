// Names in values: a series' symbol, a base currency's reference.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/assert.h"
#include "base/status.h"
#include "wick/series.h"

namespace wick::cold {

enum class NamesVersion : uint8_t { kV1 = 1 };  // on disk for ever: append, never renumber

//   | version u8 | for each name: bytes u8 | name ... |
template <size_t kNames>
std::string EncodeNames(const std::array<std::string_view, kNames>& names) {
  std::string value(1, static_cast<char>(NamesVersion::kV1));
  for (std::string_view name : names) {
    WICK_ASSERT(name.size() <= kNameBytesMax);  // checked in market/validation
    value.push_back(static_cast<char>(name.size()));
    value.append(name);
  }
  return value;
}

/// The names, in place. DataLoss: says what is wrong with the bytes.
template <size_t kNames>
absl::StatusOr<std::array<std::string_view, kNames>> DecodeNames(std::string_view value) {
  if (value.empty()) return absl::DataLossError("it is empty");
  if (value.front() != static_cast<char>(NamesVersion::kV1)) {
    return Error(absl::StatusCode::kDataLoss, "its version is {}, this wick reads {}",
                 static_cast<uint8_t>(value.front()), static_cast<int>(NamesVersion::kV1));
  }
  value.remove_prefix(1);
  std::array<std::string_view, kNames> names;
  for (std::string_view& name : names) {
    const size_t bytes = value.empty() ? 0 : static_cast<uint8_t>(value.front());
    if (value.size() < 1 + bytes) return absl::DataLossError("it ends within a name");
    name = value.substr(1, bytes);
    value.remove_prefix(1 + bytes);
  }
  if (!value.empty()) {
    return Error(absl::StatusCode::kDataLoss, "{} bytes follow its last name", value.size());
  }
  return names;
}

}  // namespace wick::cold
