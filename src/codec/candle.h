// A candle as it is kept: what the codec writes, and the market's rules fold.
#pragma once

#include <cstdint>

namespace wick::codec {

/// Number of a tier's bucket since the Unix epoch. 32 bits of seconds last until 2106.
using Bucket = uint32_t;

/// A candle that can still take events in any order: beside its prices it knows when the events
/// that opened and closed it happened. Offsets count milliseconds from the bucket's start.
struct FoldedCandle {
  Bucket bucket = 0;
  uint32_t open_offset_ms = 0;
  uint32_t close_offset_ms = 0;
  uint64_t count = 0;  // events folded in, > 0 in a candle that exists
  double open = 0;
  double high = 0;
  double low = 0;
  double close = 0;
  double base_volume_last_24h = 0;  // of the closing event
  double quote_volume_last_24h = 0;

  friend bool operator==(const FoldedCandle&, const FoldedCandle&) = default;
};

}  // namespace wick::codec
