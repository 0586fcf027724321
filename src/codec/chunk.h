// The candles of one series and tier within one chunk of buckets, as bytes: on the disk, and on the
// wire to whoever asks for history.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "codec/candle.h"

namespace wick::codec {

/// Number of a chunk within its series and tier: a fixed span of buckets.
using Chunk = uint32_t;

/// 1,024 buckets a chunk: 17 minutes of 1s, 17 hours of 1m, 43 days of 1h, 2.8 years of 1d. On disk
/// for ever.
inline constexpr int kChunkBits = 10;
inline constexpr uint32_t kBucketsPerChunk = 1u << kChunkBits;
inline constexpr Chunk kChunkMax = UINT32_MAX >> kChunkBits;

constexpr Chunk ChunkOf(Bucket bucket) { return bucket >> kChunkBits; }
constexpr Bucket FirstBucket(Chunk chunk) { return chunk << kChunkBits; }

/// Value bytes of one candle chunk. Layout and history: docs/disk-format.md.
enum class ChunkVersion : uint8_t { kV1 = 1 };  // on disk for ever: append, never renumber

/// Appends 1 to kBucketsPerChunk candles of one chunk, bucket ascending and unique. Lossless for
/// every value of every field.
void EncodeChunk(std::span<const FoldedCandle> candles, std::string& out);

/// Appends the candles of chunk number `chunk` to `candles`. Safe on any bytes: says what is wrong
/// with them and leaves `candles` as it was; empty: nothing is.
[[nodiscard]] std::string DecodeChunk(std::string_view bytes, Chunk chunk,
                                      std::vector<FoldedCandle>& candles);

/// How many candles a chunk says that it has, without a look at them; 0: it is none.
size_t CandlesOf(std::string_view bytes);

}  // namespace wick::codec
