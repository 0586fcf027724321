// Value of one journal frame: the ticks of a group commit, as they are.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "base/status.h"
#include "wick/event.h"

namespace wick::cold {

enum class FrameVersion : uint8_t { kV1 = 1 };  // on disk for ever: append, never renumber

//   | version u8 | ticks u32 LE | tick, 36 bytes ... |
using FrameHeader = std::array<char, 5>;
FrameHeader MakeFrameHeader(uint32_t ticks);

/// The ticks of a frame, in place. DataLoss: says what is wrong with the bytes.
absl::StatusOr<std::span<const Tick>> DecodeFrame(std::string_view value);

}  // namespace wick::cold
