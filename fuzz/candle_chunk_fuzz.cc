// Candle chunks: any bytes are safe to decode, and what is encoded comes back bit for bit.
#include <string>
#include <vector>

#include "base/assert.h"
#include "candles.h"
#include "codec/chunk.h"
#include "input.h"

namespace {

using namespace wick;
using market::FoldedCandle;

constexpr codec::Chunk kChunk = 1'660'156;  // of seconds in 2023

void CheckRoundTrip(const std::vector<FoldedCandle>& candles) {
  std::string encoded;
  codec::EncodeChunk(candles, encoded);
  std::vector<FoldedCandle> decoded;
  const std::string wrong = codec::DecodeChunk(encoded, kChunk, decoded);
  WICK_ASSERT(wrong.empty());
  WICK_ASSERT(fuzz::SameBits(decoded, candles));
}

void CheckBytes(std::string_view bytes) {
  std::vector<FoldedCandle> candles(1);  // that is there before stays there
  const std::string wrong = codec::DecodeChunk(bytes, kChunk, candles);
  if (!wrong.empty()) {
    WICK_ASSERT(candles.size() == 1);
    return;
  }
  WICK_ASSERT(candles.size() > 1);
  candles.erase(candles.begin());
  for (size_t i = 0; i < candles.size(); ++i) {
    WICK_ASSERT(codec::ChunkOf(candles[i].bucket) == kChunk);
    WICK_ASSERT(i == 0 || candles[i].bucket > candles[i - 1].bucket);
  }
  CheckRoundTrip(candles);
}

}  // namespace

/// The first byte says whether the rest is a chunk or what candles are made of.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t bytes) {
  fuzz::Input input(data, bytes);
  if (input.U8() & 1) {
    CheckBytes(input.Rest());
  } else {
    CheckRoundTrip(fuzz::SomeCandles(input, kChunk, fuzz::AnyNumber));
  }
  return 0;
}
