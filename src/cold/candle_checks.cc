#include "cold/candle_checks.h"

#include <fmt/format.h>

#include <algorithm>

#include "cold/possible.h"

namespace wick::cold {

using market::FoldedCandle;
using market::Tier;

std::string FaultOf(Tier tier, const FoldedCandle& c) {
  if (IsPossible(tier, c)) return {};
  if (c.count == 0) return "it has no events";
  if (!IsPossiblePrice(c.open) || !IsPossiblePrice(c.high) || !IsPossiblePrice(c.low) ||
      !IsPossiblePrice(c.close)) {
    return fmt::format("a price is none: open {}, high {}, low {}, close {}", c.open, c.high, c.low,
                       c.close);
  }
  if (c.high < std::max(c.open, c.close))
    return fmt::format("high {} is below open {} or close {}", c.high, c.open, c.close);
  if (c.low > std::min(c.open, c.close))
    return fmt::format("low {} is above open {} or close {}", c.low, c.open, c.close);
  if (!IsPossibleVolume(c.base_volume_last_24h) || !IsPossibleVolume(c.quote_volume_last_24h)) {
    return fmt::format("a volume is none: {}, {}", c.base_volume_last_24h, c.quote_volume_last_24h);
  }
  if (c.open_offset_ms > c.close_offset_ms || c.close_offset_ms >= BucketMs(tier)) {
    return fmt::format("it opens {} ms and closes {} ms after its start", c.open_offset_ms,
                       c.close_offset_ms);
  }
  return "it is of one event and has several prices or times";
}

std::string DifferenceOf(const FoldedCandle& got, const FoldedCandle& expected) {
  std::string text;
  const auto compare = [&](std::string_view field, auto g, auto e) {
    if (g != e) text += fmt::format("{}{} {} instead of {}", text.empty() ? "" : ", ", field, g, e);
  };
  compare("count", got.count, expected.count);
  compare("open", got.open, expected.open);
  compare("high", got.high, expected.high);
  compare("low", got.low, expected.low);
  compare("close", got.close, expected.close);
  compare("base volume", got.base_volume_last_24h, expected.base_volume_last_24h);
  compare("quote volume", got.quote_volume_last_24h, expected.quote_volume_last_24h);
  compare("open offset ms", got.open_offset_ms, expected.open_offset_ms);
  compare("close offset ms", got.close_offset_ms, expected.close_offset_ms);
  return text;
}

FoldedCandle AsPartOf(Tier coarse, Tier fine, FoldedCandle candle) {
  const uint64_t start_ms = StartMs(fine, candle.bucket);
  candle.bucket = market::BucketOf(coarse, start_ms);
  const auto shift = static_cast<uint32_t>(start_ms - StartMs(coarse, candle.bucket));
  candle.open_offset_ms += shift;
  candle.close_offset_ms += shift;
  return candle;
}

}  // namespace wick::cold
