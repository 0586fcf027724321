#include "torture/oracle.h"

#include <fmt/format.h>

#include <algorithm>

namespace wick::torture {
namespace {

constexpr std::array<uint64_t, kTierCount> kBucketMs = {1'000, 60'000, 3'600'000, 86'400'000};
constexpr std::array<const char*, kTierCount> kNames = {"1s", "1m", "1h", "1d"};
constexpr size_t kDifferencesMax = 5;

bool Same(const Candle& a, const Candle& b) {
  return a.timestamp_ms == b.timestamp_ms && a.open == b.open && a.high == b.high &&
         a.low == b.low && a.close == b.close && a.count == b.count &&
         a.base_volume_last_24h == b.base_volume_last_24h &&
         a.quote_volume_last_24h == b.quote_volume_last_24h;
}

std::string Show(const Candle& c) {
  return fmt::format("{} o={} h={} l={} c={} n={} volumes {} {}", c.timestamp_ms, c.open, c.high,
                     c.low, c.close, c.count, c.base_volume_last_24h, c.quote_volume_last_24h);
}

}  // namespace

void SeriesOracle::Apply(const Price& event) {
  ++events_;
  if (event.timestamp_ms >= latest_.timestamp_ms) latest_ = event;
  for (size_t tier = 0; tier < kTierCount; ++tier) {
    const uint64_t start = event.timestamp_ms / kBucketMs[tier] * kBucketMs[tier];
    auto& buckets = tiers_[tier];
    const bool at_end = buckets.empty() || start > buckets.rbegin()->first;
    const auto at =
        at_end ? buckets.try_emplace(buckets.end(), start) : buckets.try_emplace(start).first;
    auto& [open_ms, close_ms, candle] = at->second;
    if (candle.count == 0 || event.timestamp_ms < open_ms) {
      open_ms = event.timestamp_ms;
      candle.open = event.price;
    }
    if (candle.count == 0 || event.timestamp_ms >= close_ms) {
      close_ms = event.timestamp_ms;
      candle.close = event.price;
      candle.base_volume_last_24h = event.base_volume_last_24h;
      candle.quote_volume_last_24h = event.quote_volume_last_24h;
    }
    candle.high = candle.count == 0 ? event.price : std::max(candle.high, event.price);
    candle.low = candle.count == 0 ? event.price : std::min(candle.low, event.price);
    candle.timestamp_ms = start;
    ++candle.count;
  }
}

void SeriesOracle::Compare(int tier, const std::vector<Candle>& candles,
                           std::vector<std::string>& differences) const {
  const auto& expected = tiers_[static_cast<size_t>(tier)];
  size_t found = 0;
  const auto report = [&](const std::string& text) {
    if (++found <= kDifferencesMax)
      differences.push_back(fmt::format("{}: {}", kNames[static_cast<size_t>(tier)], text));
  };
  auto wanted = expected.begin();
  for (const Candle& candle : candles) {
    for (; wanted != expected.end() && wanted->first < candle.timestamp_ms; ++wanted) {
      report("missing " + Show(wanted->second.candle));
    }
    if (wanted == expected.end() || wanted->first != candle.timestamp_ms) {
      report("invented " + Show(candle));
    } else {
      if (!Same(candle, wanted->second.candle)) {
        report(fmt::format("is {}, should be {}", Show(candle), Show(wanted->second.candle)));
      }
      ++wanted;
    }
  }
  for (; wanted != expected.end(); ++wanted) report("missing " + Show(wanted->second.candle));
  if (found > kDifferencesMax)
    differences.push_back(fmt::format("and {} more", found - kDifferencesMax));
}

}  // namespace wick::torture
