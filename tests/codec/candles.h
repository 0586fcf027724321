// Candles for tests: from a seed, and compared bit by bit.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstdint>
#include <random>
#include <span>
#include <string>
#include <string_view>

#include "market/fold.h"

namespace wick::codec {

/// Equal in every bit: -0.0 is not 0.0, and a NaN equals itself.
inline bool SameBits(const market::FoldedCandle& a, const market::FoldedCandle& b) {
  const auto same = [](double x, double y) {
    return std::bit_cast<uint64_t>(x) == std::bit_cast<uint64_t>(y);
  };
  return a.bucket == b.bucket && a.open_offset_ms == b.open_offset_ms &&
         a.close_offset_ms == b.close_offset_ms && a.count == b.count && same(a.open, b.open) &&
         same(a.high, b.high) && same(a.low, b.low) && same(a.close, b.close) &&
         same(a.base_volume_last_24h, b.base_volume_last_24h) &&
         same(a.quote_volume_last_24h, b.quote_volume_last_24h);
}

inline bool SameBits(std::span<const market::FoldedCandle> a,
                     std::span<const market::FoldedCandle> b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const auto& x, const auto& y) { return SameBits(x, y); });
}

/// A candle of one event.
inline market::FoldedCandle Single(market::Bucket bucket, double price, uint32_t offset_ms = 0) {
  return {bucket, offset_ms, offset_ms, 1, price, price, price, price, 0, 0};
}

/// A candle of a few events with prices of two decimals, and with volumes.
inline market::FoldedCandle RandomCandle(std::mt19937_64& random, market::Bucket bucket) {
  const auto price = [&] { return static_cast<double>(90'000 + random() % 20'000) / 100; };
  market::FoldedCandle candle = Single(bucket, price(), static_cast<uint32_t>(random() % 1'000));
  for (uint64_t more = random() % 4; more > 0; --more) {
    market::FoldedCandle later = Single(bucket, price(), static_cast<uint32_t>(random() % 1'000));
    later.base_volume_last_24h = static_cast<double>(random() % 1'000'000) / 1'000;
    later.quote_volume_last_24h = static_cast<double>(random() % 1'000'000'000) / 100;
    market::Fold(candle, later);
  }
  return candle;
}

inline std::string ToHex(std::string_view bytes) {
  std::string hex;
  for (char byte : bytes) hex += fmt::format("{:02x}", static_cast<uint8_t>(byte));
  return hex;
}

}  // namespace wick::codec
