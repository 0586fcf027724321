// Value of one series' checkpoint state. Layout: docs/disk-format.md.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/status.h"
#include "cold/store.h"

namespace wick::cold {

enum class StateVersion : uint8_t { kV1 = 1 };  // on disk for ever: append, never renumber

/// Appends the record. What the newest candles share with the latest price is left out.
void EncodeState(const SeriesState& state, std::string& out);

/// DataLoss: says what is wrong with the bytes.
absl::StatusOr<SeriesState> DecodeState(std::string_view value);

/// Only `applied`, from the record's front.
absl::StatusOr<uint64_t> DecodeApplied(std::string_view value);

}  // namespace wick::cold
