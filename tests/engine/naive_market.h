// What a server should hold, folded event by event as the documentation says it: no rings, chunks
// or journals, and nothing of src/market.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <map>
#include <string>
#include <vector>

#include "wick/candle.h"
#include "wick/event.h"

namespace wick::test {

inline constexpr std::array<uint64_t, 4> kTierMs = {1'000, 60'000, 3'600'000, 86'400'000};
inline constexpr std::array<IntervalUnit, 4> kTierUnits = {
    IntervalUnit::kSecond, IntervalUnit::kMinute, IntervalUnit::kHour, IntervalUnit::kDay};

struct NaiveCandle {
  uint64_t start_ms = 0;
  double open = 0, high = 0, low = 0, close = 0;
  uint64_t count = 0;
  double base_volume = 0, quote_volume = 0;
  bool closed = false;

  friend bool operator==(const NaiveCandle&, const NaiveCandle&) = default;
};

/// A series: its latest price, and for each tier its candles.
class NaiveSeries {
 public:
  /// False: equal to the latest, and nothing happens.
  bool Take(const Price& event) {
    if (event == latest_) return false;
    if (event.timestamp_ms >= latest_.timestamp_ms) latest_ = event;
    for (size_t tier = 0; tier < kTierMs.size(); ++tier) {
      const uint64_t start_ms = event.timestamp_ms / kTierMs[tier] * kTierMs[tier];
      Fold(tiers_[tier][start_ms], event);
    }
    return true;
  }

  const Price& latest() const { return latest_; }

  /// The candles of a tier that end after `horizon_ms`, as they look at `now_ms`.
  std::vector<NaiveCandle> Candles(size_t tier, uint64_t horizon_ms, uint64_t now_ms) const {
    std::vector<NaiveCandle> candles;
    for (const auto& [start_ms, folded] : tiers_[tier]) {
      const uint64_t end_ms = start_ms + kTierMs[tier];
      if (end_ms <= horizon_ms) continue;
      candles.push_back({start_ms, folded.first.price, folded.high, folded.low, folded.last.price,
                         folded.count, folded.last.base_volume_last_24h,
                         folded.last.quote_volume_last_24h, now_ms >= end_ms});
    }
    return candles;
  }

 private:
  struct Folded {
    Price first, last;  // by time, then by arrival
    double high = 0, low = 0;
    uint64_t count = 0;
  };

  static void Fold(Folded& folded, const Price& event) {
    if (folded.count++ == 0) {
      folded = {event, event, event.price, event.price, 1};
      return;
    }
    if (event.timestamp_ms < folded.first.timestamp_ms) folded.first = event;
    if (event.timestamp_ms >= folded.last.timestamp_ms) folded.last = event;
    folded.high = std::max(folded.high, event.price);
    folded.low = std::min(folded.low, event.price);
  }

  Price latest_;
  std::array<std::map<uint64_t, Folded>, 4> tiers_;
};

/// Everything that can be seen of a series.
struct SeriesPicture {
  Price latest;
  std::array<std::vector<NaiveCandle>, 4> tiers;

  friend bool operator==(const SeriesPicture&, const SeriesPicture&) = default;
};
using Picture = std::vector<SeriesPicture>;  // by number of the symbol

/// The same number for the same picture (FNV-1a).
inline uint64_t DigestOf(const Picture& picture) {
  uint64_t digest = 14'695'981'039'346'656'037u;
  const auto add = [&digest](const auto& value) {
    std::array<unsigned char, sizeof(value)> bytes;
    std::memcpy(bytes.data(), &value, sizeof(value));
    for (const unsigned char byte : bytes) digest = (digest ^ byte) * 1'099'511'628'211u;
  };
  for (const SeriesPicture& series : picture) {
    add(series.latest);
    for (const auto& candles : series.tiers) {
      add(candles.size());
      for (const NaiveCandle& c : candles) {
        for (const double number : {c.open, c.high, c.low, c.close, c.base_volume, c.quote_volume})
          add(number);
        add(c.start_ms);
        add(c.count);
      }
    }
  }
  return digest;
}

}  // namespace wick::test
