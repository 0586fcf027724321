// The candles of one series and tier within one chunk of buckets, as bytes.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "cold/keys.h"
#include "market/fold.h"

namespace wick::cold {

/// Value bytes of one candle chunk. Layout and history: docs/disk-format.md.
enum class ChunkVersion : uint8_t { kV1 = 1 };  // on disk for ever: append, never renumber

/// Appends 1 to kBucketsPerChunk candles of one chunk, bucket ascending and unique. Lossless for
/// every value of every field.
void EncodeChunk(std::span<const market::FoldedCandle> candles, std::string& out);

/// Appends the candles of chunk number `chunk` to `candles`. Safe on any bytes: DataLoss says what
/// is wrong with them and leaves `candles` as it was.
absl::Status DecodeChunk(std::string_view bytes, Chunk chunk,
                         std::vector<market::FoldedCandle>& candles);

}  // namespace wick::cold
