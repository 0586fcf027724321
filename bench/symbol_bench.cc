// Names to ids: what every request by name and every JSON event does first.
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <random>
#include <string>
#include <vector>

#include "hot/symbol_index.h"

namespace wick {
namespace {

std::vector<std::string> BaseNames(uint32_t count) {
  std::vector<std::string> names;
  for (uint32_t i = 0; i < count; ++i) names.push_back(fmt::format("BASE{}", i));
  return names;
}

void BM_FindSymbol(benchmark::State& state) {
  const auto bases = BaseNames(static_cast<uint32_t>(state.range(0)));
  hot::SymbolIndex index;
  for (const std::string& base : bases) {
    index.Register({base, "USDT", "Binance"}, bases.size(), [](SeriesId) {});
  }
  std::mt19937 random(1);
  for (auto _ : state) {
    benchmark::DoNotOptimize(index.Find({bases[random() % bases.size()], "USDT", "Binance"}));
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_FindSymbol)->Arg(1'000)->Arg(20'000)->Arg(1'000'000);

void BM_RegisterSymbol(benchmark::State& state) {
  const auto bases = BaseNames(static_cast<uint32_t>(state.range(0)));
  for (auto _ : state) {
    hot::SymbolIndex index;
    for (const std::string& base : bases) {
      index.Register({base, "USDT", "Binance"}, bases.size(), [](SeriesId) {});
    }
    benchmark::DoNotOptimize(index.size());
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(BM_RegisterSymbol)->Arg(20'000)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace wick
