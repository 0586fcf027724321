// Value of the two records that say which candles may be incomplete. Layout: docs/disk-format.md.
#pragma once

#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/status.h"
#include "market/retention.h"

namespace wick::cold {

//   | 1s u64 | 1m u64 | 1h u64 | 1d u64 |
inline std::string EncodeHorizons(const market::Horizons& horizons) {
  std::string value;
  for (const uint64_t ms : horizons.ms) AppendLittleEndian(ms, value);
  return value;
}

inline absl::StatusOr<market::Horizons> DecodeHorizons(std::string_view value) {
  market::Horizons horizons;
  bool whole = true;
  for (uint64_t& ms : horizons.ms) whole = whole && TakeLittleEndian(value, ms);
  if (whole && value.empty()) return horizons;
  return Error(absl::StatusCode::kDataLoss, "it is not {} bytes", sizeof(horizons.ms));
}

}  // namespace wick::cold
