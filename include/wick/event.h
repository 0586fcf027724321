// Price events and what can be wrong with one.
#pragma once

#include <cstdint>
#include <string_view>

#include "wick/series.h"

namespace wick {

/// What an event says of its series, without the names. Volumes are rolling totals of the last 24
/// hours.
struct Price {
  double price = 0;                  // quote currency per unit of base, finite, > 0
  double base_volume_last_24h = 0;   // base currency, finite, >= 0
  double quote_volume_last_24h = 0;  // quote currency, finite, >= 0
  uint64_t timestamp_ms = 0;         // since the Unix epoch; 0: there is no price

  friend bool operator==(const Price&, const Price&) = default;
};

struct PriceEvent {
  Symbol symbol;
  Price price;

  friend bool operator==(const PriceEvent&, const PriceEvent&) = default;
};

/// One event with its series resolved: the record of the journal and of the binary protocol,
/// little-endian, 36 bytes, no padding (layout: docs/wire-format.md).
struct __attribute__((packed)) Tick {
  uint32_t series;
  uint64_t timestamp_ms;
  double price;
  double base_volume_last_24h;
  double quote_volume_last_24h;
};
static_assert(sizeof(Tick) == 36);

inline Price PriceOf(const Tick& t) {
  return {t.price, t.base_volume_last_24h, t.quote_volume_last_24h, t.timestamp_ms};
}
inline Tick TickOf(SeriesId id, const Price& p) {
  return {Raw(id), p.timestamp_ms, p.price, p.base_volume_last_24h, p.quote_volume_last_24h};
}

/// Why an event was refused. On the wire: append, never renumber.
enum class Refusal : uint8_t {
  kNone = 0,
  kInvalidJson = 1,
  kMissingField = 2,
  kInvalidName = 3,
  kInvalidPrice = 4,
  kInvalidVolume = 5,
  kInvalidTimestamp = 6,
  kFutureTimestamp = 7,
  kTooManySeries = 8,
  kUnknownSeries = 9,      // binary protocol only: an id that was never registered
  kTooManyNewSeries = 10,  // within the last minute: the same symbol may be taken later
  kMoved = 11,             // another node of the cluster has the pair
};
inline constexpr int kRefusalCount = 12;

/// The code of a refusal as users meet it: "invalid_price". kNone gives "none".
constexpr std::string_view RefusalCode(Refusal r) {
  constexpr std::string_view kCodes[kRefusalCount] = {"none",
                                                      "invalid_json",
                                                      "missing_field",
                                                      "invalid_name",
                                                      "invalid_price",
                                                      "invalid_volume",
                                                      "invalid_timestamp",
                                                      "future_timestamp",
                                                      "too_many_series",
                                                      "unknown_series",
                                                      "too_many_new_series",
                                                      "moved"};
  return static_cast<uint8_t>(r) < kRefusalCount ? kCodes[static_cast<uint8_t>(r)] : "unknown";
}

}  // namespace wick
