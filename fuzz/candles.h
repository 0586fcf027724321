// Candles made of a fuzz target's bytes, and compared by their bits.
#pragma once

#include <bit>
#include <cstdint>
#include <tuple>
#include <vector>

#include "cold/keys.h"
#include "input.h"
#include "market/fold.h"

namespace wick::fuzz {

/// Equal only if every bit of every field is: NaN is itself, -0 is not 0.
inline auto BitsOf(const market::FoldedCandle& c) {
  const auto bits = [](double value) { return std::bit_cast<uint64_t>(value); };
  return std::tuple(c.bucket, c.open_offset_ms, c.close_offset_ms, c.count, bits(c.open),
                    bits(c.high), bits(c.low), bits(c.close), bits(c.base_volume_last_24h),
                    bits(c.quote_volume_last_24h));
}

inline bool SameBits(const std::vector<market::FoldedCandle>& a,
                     const std::vector<market::FoldedCandle>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const auto& x, const auto& y) { return BitsOf(x) == BitsOf(y); });
}

/// A price or volume: mostly a decimal as exchanges send it, else any bits.
inline double AnyNumber(Input& input) {
  const uint8_t form = input.U8();
  if (form == 0xff) return input.F64();
  double number = input.U32();
  for (int i = form % 12; i > 0; --i) number /= 10;
  return form & 0x40 ? -number : number;
}

/// A price as an accepted event has it: finite and above 0.
inline double AnyPrice(Input& input) {
  const double number = AnyNumber(input);
  return number > 0 && number < 1e300 ? number : 1.0;
}

/// 1 to 48 candles of chunk `chunk`, buckets ascending. `number` makes their prices.
template <typename Number>
std::vector<market::FoldedCandle> SomeCandles(Input& input, cold::Chunk chunk, Number number) {
  std::vector<market::FoldedCandle> candles;
  uint32_t index = input.U16() % cold::kBucketsPerChunk;
  const size_t count = 1 + input.U8() % 48;
  while (candles.size() < count && index < cold::kBucketsPerChunk) {
    market::FoldedCandle& c = candles.emplace_back();
    const uint8_t shape = input.U8();
    c.bucket = cold::FirstBucket(chunk) + index;
    c.open_offset_ms = shape & 1 ? input.U32() : input.U16();
    c.open = number(input);
    c.base_volume_last_24h = shape & 2 ? number(input) : 0;
    c.quote_volume_last_24h = shape & 4 ? number(input) : 0;
    if (shape & 8) {
      c.close_offset_ms = input.U32();
      c.count = shape & 16 ? input.U64() : input.U8();
      c.close = number(input);
      c.high = number(input);
      c.low = number(input);
    } else {
      c.close_offset_ms = c.open_offset_ms;
      c.count = 1;
      c.high = c.low = c.close = c.open;
    }
    if (c.count == 0) c.count = 1;
    index += 1 + (shape >> 5) * (shape >> 5);
  }
  return candles;
}

}  // namespace wick::fuzz
