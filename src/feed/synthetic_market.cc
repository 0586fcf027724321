#include "feed/synthetic_market.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <string_view>

#include "base/assert.h"

namespace wick::feed {
namespace {

constexpr double kPriceMin = 1e-8;
constexpr double kPriceMax = 1e5;
constexpr double kStepDeviation = 2e-4;    // of the logarithm of a price, per event
constexpr double kVolumeDeviation = 1e-3;  // likewise, of a rolling volume
constexpr double kTurnoverMin = 1e3;       // of 24 h, in quote currency
constexpr double kTurnoverMax = 1e9;
constexpr std::array<std::string_view, 4> kQuotes = {"USDT", "USD", "EUR", "BTC"};
constexpr std::array<double, 19> kPowersOf10 = {1,    1e1,  1e2,  1e3,  1e4,  1e5,  1e6,
                                                1e7,  1e8,  1e9,  1e10, 1e11, 1e12, 1e13,
                                                1e14, 1e15, 1e16, 1e17, 1e18};

/// The float64 nearest to the decimal with so many digits behind the point.
double Rounded(double value, int decimals) {
  return std::round(value * kPowersOf10[decimals]) / kPowersOf10[decimals];
}

/// Between `low` and `high`, even on a logarithmic scale.
double LogUniform(double uniform, double low, double high) {
  return low * std::pow(high / low, uniform);
}

}  // namespace

SyntheticMarket::SyntheticMarket(const SyntheticMarketOptions& options)
    : popular_share_(options.popular_share), random_(options.seed) {
  WICK_ASSERT(options.exchanges > 0 && options.pairs > 0);
  const size_t count = size_t{options.exchanges} * options.pairs;
  symbols_.reserve(count);
  series_.reserve(count);
  for (uint32_t pair = 0; pair < options.pairs; ++pair) {
    const double level = LogUniform(NextUniform(), kPriceMin * 10, kPriceMax / 10);
    const auto decimals = static_cast<uint8_t>(
        std::clamp(5 - static_cast<int>(std::floor(std::log10(level))), 0, 14));
    const double turnover = LogUniform(NextUniform(), kTurnoverMin, kTurnoverMax);
    // The quotes take turns, so a base has up to four pairs.
    const std::string base = fmt::format("SYN{}", pair / kQuotes.size());
    for (uint32_t exchange = 0; exchange < options.exchanges; ++exchange) {
      symbols_.emplace_back(base, std::string(kQuotes[pair % kQuotes.size()]),
                            fmt::format("synthetic-{}", exchange));
      const double share = NextUniform() + 0.01;
      series_.push_back(
          {level * (1 + 1e-3 * NextBell()), Rounded(share * turnover / level, 2), decimals});
    }
  }
  zipf_.resize(count);
  double sum = 0;
  for (size_t rank = 0; rank < count; ++rank)
    zipf_[rank] = sum += 1.0 / static_cast<double>(rank + 1);
  ranked_.resize(count);
  std::iota(ranked_.begin(), ranked_.end(), 0u);
  for (size_t i = count - 1; i > 0; --i) std::swap(ranked_[i], ranked_[NextRandom() % (i + 1)]);
}

SyntheticMarket::Event SyntheticMarket::Next(uint64_t timestamp_ms) {
  const uint32_t picked = PickSeries();
  Series& series = series_[picked];
  series.price =
      std::clamp(series.price * std::exp(kStepDeviation * NextBell()), kPriceMin, kPriceMax);
  series.base_volume *= 1 + kVolumeDeviation * NextBell();
  const double smallest = 1 / kPowersOf10[series.decimals];
  const double price = std::max(Rounded(series.price, series.decimals), smallest);
  const double base_volume = Rounded(series.base_volume, 2);
  return {picked, {price, base_volume, Rounded(base_volume * price, 2), timestamp_ms}};
}

uint32_t SyntheticMarket::PickSeries() {
  if (NextUniform() >= popular_share_) {
    const uint32_t picked = turn_;
    turn_ = (turn_ + 1) % static_cast<uint32_t>(series_.size());
    return picked;
  }
  const auto rank = std::upper_bound(zipf_.begin(), zipf_.end() - 1, NextUniform() * zipf_.back());
  return ranked_[static_cast<size_t>(rank - zipf_.begin())];
}

uint64_t SyntheticMarket::NextRandom() {  // splitmix64
  uint64_t z = (random_ += 0x9e3779b97f4a7c15);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

double SyntheticMarket::NextUniform() { return static_cast<double>(NextRandom() >> 11) * 0x1p-53; }

double SyntheticMarket::NextBell() {
  // The sum of twelve uniform 16-bit numbers has a deviation of one; three draws give twelve of
  // them.
  double sum = -6;
  for (int draw = 0; draw < 3; ++draw) {
    const uint64_t bits = NextRandom();
    for (int part = 0; part < 4; ++part)
      sum += static_cast<double>((bits >> (16 * part)) & 0xffff) * 0x1p-16;
  }
  return sum;
}

uint64_t EventsDue(double events_per_second, uint64_t elapsed_us) {
  return static_cast<uint64_t>(events_per_second * static_cast<double>(elapsed_us) * 1e-6);
}

}  // namespace wick::feed
