// Blocks of small numbers, bit-packed. Layout: docs/disk-format.md, "Packed block".
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace wick::codec {

inline constexpr size_t kPackedBlockValues = 64;

/// Appends 1 to kPackedBlockValues values in the width that takes the fewest bytes; what does not
/// fit into it is patched behind.
void PackBlock(std::span<const uint64_t> values, std::string& out);

/// Takes values.size() values from the front of `bytes`. False: the bytes end early or are no such
/// block; nothing outside `bytes` was read.
[[nodiscard]] bool UnpackBlock(std::string_view& bytes, std::span<uint64_t> values);

}  // namespace wick::codec
