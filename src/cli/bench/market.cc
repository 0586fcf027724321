#include "cli/bench/market.h"

#include <fmt/format.h>

namespace wick::cli::bench {
namespace {

constexpr uint32_t kExchanges = 93;
constexpr uint32_t kPriceUnitsMin = 10'000;
constexpr uint32_t kPriceUnitsMax = 2'000'000'000;
constexpr uint32_t kVolumeUnitsMin = 100'000;
constexpr uint32_t kVolumeUnitsMax = 2'000'000'000;
constexpr double kUnitsPerPrice[] = {1, 1e1, 1e2, 1e3, 1e4, 1e5};  // by decimals
constexpr double kPriceOfUnit[] = {1, 1e-1, 1e-2, 1e-3, 1e-4, 1e-5};
constexpr double kUnitsPerVolume = 1e3;
constexpr double kUnitsPerQuoteVolume = 1e2;

}  // namespace

std::vector<Symbol> SymbolsOf(uint32_t series, absl::FunctionRef<bool(const SymbolView&)> has) {
  std::vector<Symbol> symbols;
  symbols.reserve(series);
  for (uint32_t i = 0; symbols.size() < series; ++i) {
    const uint32_t pair = i / 2;
    Symbol symbol(fmt::format("B{}", pair), "USDT",
                  fmt::format("Bench{}", (pair * 7 + i % 2) % kExchanges));
    if (has(symbol)) symbols.push_back(std::move(symbol));
  }
  return symbols;
}

Market::Market(uint32_t series, uint64_t seed) : random_(seed) {
  states_.reserve(series);
  for (uint32_t i = 0; i < series; ++i) {
    states_.push_back({kPriceUnitsMin * 10 + random_.Below(10'000'000),
                       kVolumeUnitsMin + random_.Below(100'000'000)});
  }
}

Price Event::At(uint64_t timestamp_ms) const {
  return {price_units / kUnitsPerPrice[decimals], volume_units / kUnitsPerVolume,
          static_cast<double>(quote_volume_units) / kUnitsPerQuoteVolume, timestamp_ms};
}

Event Market::Next(uint32_t series) {
  State& state = states_[series];
  const uint64_t drawn = random_.Next();
  state.price_units += static_cast<uint32_t>(drawn & 15) - 7;  // from -7 to 8
  state.volume_units += 1 + static_cast<uint32_t>(drawn >> 8 & 63);
  if (state.price_units < kPriceUnitsMin || state.price_units > kPriceUnitsMax) {
    state.price_units = 10 * kPriceUnitsMin;
  }
  if (state.volume_units > kVolumeUnitsMax) state.volume_units = kVolumeUnitsMin;
  const uint32_t decimals = 2 + series % 4;
  const double quote_volume =
      state.price_units * kPriceOfUnit[decimals] * state.volume_units / kUnitsPerVolume;
  return {state.price_units, decimals, state.volume_units,
          static_cast<uint64_t>(quote_volume * kUnitsPerQuoteVolume)};
}

}  // namespace wick::cli::bench
