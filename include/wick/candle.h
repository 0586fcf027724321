// Candles as they are answered to a client.
#pragma once

#include <cstdint>

#include "wick/event.h"

namespace wick {

/// Units of an interval; the value is the letter of its text form: "1s", "5m", "4h", "1d", "1w",
/// "1M".
enum class IntervalUnit : char {
  kSecond = 's',
  kMinute = 'm',
  kHour = 'h',
  kDay = 'd',
  kWeek = 'w',   // from Monday 00:00 UTC
  kMonth = 'M',  // calendar month, UTC
};

/// The length of a candle's bucket. Rules: market/interval.h.
struct Interval {
  uint32_t count = 1;  // > 0; 1 for weeks and months
  IntervalUnit unit = IntervalUnit::kMinute;

  friend bool operator==(const Interval&, const Interval&) = default;
};

/// Open, high, low, close of one bucket [timestamp, timestamp + interval).
struct Candle {
  uint64_t timestamp_ms = 0;  // start of the bucket, since the Unix epoch
  double open = 0;            // price of the first event by (timestamp, arrival)
  double high = 0;
  double low = 0;
  double close = 0;                 // price of the last event by (timestamp, arrival)
  uint64_t count = 0;               // events; 0 only when filled
  double base_volume_last_24h = 0;  // the closing event's rolling totals, not volume of this bucket
  double quote_volume_last_24h = 0;
  Interval interval;    // differs from candle to candle in `interval=finest` answers
  bool closed = false;  // the wall clock has passed the bucket's end
  bool filled = false;  // no event fell in: made by fill=previous, or by fill=null (prices are NaN)
};

}  // namespace wick
