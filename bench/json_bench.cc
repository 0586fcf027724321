// Events of NDJSON text.
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <string>

#include "protocol/json_events.h"

namespace wick {
namespace {

constexpr uint64_t kNowMs = 1'700'000'000'000;

void BM_ParseNdjson(benchmark::State& state) {
  std::string body;
  for (int i = 0; i < 1'000; ++i) {
    body += fmt::format(
        R"({{"baseCurrency":"BTC","quoteCurrency":"USDT","exchange":"Binance","price":{},"baseVolumeLast24h":12034.5,)"
        R"("quoteVolumeLast24h":559000123.25,"timestampInMs":{}}})"
        "\n",
        46450.5 + i, kNowMs - 1'000 + static_cast<uint64_t>(i));
  }
  protocol::EventParser parser;
  for (auto _ : state) {
    benchmark::DoNotOptimize(parser.Parse(body, protocol::EventsFormat::kNdjson, kNowMs, 10'000));
  }
  state.SetItemsProcessed(state.iterations() * 1'000);
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(body.size()));
}
BENCHMARK(BM_ParseNdjson);

}  // namespace
}  // namespace wick
