// What a series must look like, folded from its events without any of the server's code.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "wick/query.h"

namespace wick::torture {

inline constexpr int kTierCount = 4;
inline constexpr std::array<Interval, kTierCount> kTierIntervals = {
    Interval{1, IntervalUnit::kSecond}, Interval{1, IntervalUnit::kMinute},
    Interval{1, IntervalUnit::kHour}, Interval{1, IntervalUnit::kDay}};

class SeriesOracle {
 public:
  /// True if the event equals the latest in every field: it changes nothing.
  bool IsDuplicate(const Price& event) const { return event == latest_; }
  void Apply(const Price& event);

  uint64_t events() const { return events_; }  // duplicates not counted
  const Price& latest() const { return latest_; }
  /// Appends a line for each candle that differs, the first few of them.
  void Compare(int tier, const std::vector<Candle>& candles,
               std::vector<std::string>& differences) const;

 private:
  struct Bucket {
    uint64_t open_ms, close_ms;
    Candle candle;
  };
  std::array<std::map<uint64_t, Bucket>, kTierCount> tiers_;  // by start of the bucket, ms
  Price latest_;
  uint64_t events_ = 0;
};

}  // namespace wick::torture
