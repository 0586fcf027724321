// One event into the hot store, one latest price out of it.
#include <benchmark/benchmark.h>

#include <random>
#include <vector>

#include "base/clock.h"
#include "engine/shard.h"

namespace wick {
namespace {

constexpr uint64_t kBaseMs = 1'700'000'000'000;

/// A shard with `series` series; every one has seen an event.
struct FilledShard {
  explicit FilledShard(uint32_t series) : shard({{}, {300, 240, 1, 1}}, table, clock) {
    for (uint32_t i = 0; i < series; ++i) {
      table.Next();
      table.Publish();
    }
    Apply(series, 0);
  }

  /// One event of each of `events` random series, `step` milliseconds after the first.
  void Apply(uint32_t events, uint64_t step) {
    ticks.clear();
    for (uint32_t i = 0; i < events; ++i) {
      const auto series = step == 0 ? i : static_cast<uint32_t>(random() % table.size());
      ticks.push_back(TickOf(SeriesId{series},
                             {1 + static_cast<double>(random() % 100), 1, 1, kBaseMs + step}));
    }
    benchmark::DoNotOptimize(shard.Apply(ticks, ++number, 0));
  }

  const ManualClock clock{kBaseMs};
  hot::SeriesTable table;
  engine::Shard shard;
  std::mt19937 random{1};
  std::vector<Tick> ticks;
  uint64_t number = 0;
};

void BM_ApplyEvent(benchmark::State& state) {
  FilledShard filled(static_cast<uint32_t>(state.range(0)));
  uint64_t step = 0;
  for (auto _ : state) filled.Apply(1'000, ++step);
  state.SetItemsProcessed(state.iterations() * 1'000);
}
BENCHMARK(BM_ApplyEvent)->Arg(1'000)->Arg(20'000)->Arg(200'000);

void BM_ReadLatest(benchmark::State& state) {
  FilledShard filled(static_cast<uint32_t>(state.range(0)));
  for (auto _ : state) {
    benchmark::DoNotOptimize(filled.table[filled.random() % filled.table.size()].Latest());
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_ReadLatest)->Arg(1'000)->Arg(200'000);

}  // namespace
}  // namespace wick
