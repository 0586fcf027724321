// HTTP: a request in, its route, a price and candles out as text.
#include <benchmark/benchmark.h>

#include <string>
#include <string_view>

#include "protocol/http_routes.h"
#include "protocol/json_replies.h"
#include "server/http_reader.h"

namespace wick {
namespace {

constexpr std::string_view kGetLatest =
    "GET /v1/latest?symbol=Binance:BTC/USDT HTTP/1.1\r\n"
    "Host: 127.0.0.1:8080\r\nUser-Agent: wrk\r\nAccept: */*\r\n\r\n";
constexpr SymbolView kSymbol{"BTC", "USDT", "Binance"};

void BM_ReadHttpRequest(benchmark::State& state) {
  server::HttpReader reader({});
  for (auto _ : state) {
    size_t consumed = 0;
    if (reader.Put(kGetLatest, consumed) != server::HttpReader::State::kWhole) {
      state.SkipWithError("no whole request");
      break;
    }
    benchmark::DoNotOptimize(reader.message().target.data());
    reader.Next();
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_ReadHttpRequest);

void BM_RouteLatest(benchmark::State& state) {
  for (auto _ : state) {
    benchmark::DoNotOptimize(
        protocol::RouteHttp("GET", "/v1/latest?symbol=Binance:BTC/USDT", 10'000).index());
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_RouteLatest);

void BM_WritePriceJson(benchmark::State& state) {
  std::string out;
  for (auto _ : state) {
    out.clear();
    protocol::AppendPriceEvent(out, kSymbol,
                               {46'450.57, 12'034.5, 559'000'123.25, 1'700'000'000'000});
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_WritePriceJson);

void BM_WriteCandlesJson(benchmark::State& state) {
  CandlesReply reply;
  for (int i = 0; i < 1'000; ++i) {
    Candle candle;
    candle.timestamp_ms = 1'700'000'040'000 + static_cast<uint64_t>(i) * 60'000;
    candle.open = 46'450.5 + i;
    candle.high = 46'460.25 + i;
    candle.low = 46'441.75 + i;
    candle.close = 46'452.1 + i;
    candle.count = 17;
    candle.base_volume_last_24h = 12'034.5;
    candle.quote_volume_last_24h = 559'000'123.25;
    candle.closed = true;
    reply.candles.push_back(candle);
  }
  std::string out;
  for (auto _ : state) {
    out.clear();
    protocol::AppendCandlesJson(out, kSymbol, reply);
  }
  state.SetItemsProcessed(state.iterations() * 1'000);
}
BENCHMARK(BM_WriteCandlesJson);

}  // namespace
}  // namespace wick
