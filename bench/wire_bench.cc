// Frames of the binary protocol: events in, prices and candles out, and a journal frame.
#include <benchmark/benchmark.h>

#include <string>
#include <vector>

#include "client/codec.h"
#include "cold/journal_frame.h"
#include "protocol/binary_replies.h"
#include "protocol/binary_requests.h"

namespace wick {
namespace {

namespace binary = protocol::binary;

constexpr uint64_t kBaseMs = 1'700'000'000'000;

std::vector<Tick> Ticks(uint32_t count) {
  std::vector<Tick> ticks;
  for (uint32_t i = 0; i < count; ++i) {
    ticks.push_back(TickOf(SeriesId{i}, {46'450.5 + i, 12'034.5, 559'000'123.25, kBaseMs + i}));
  }
  return ticks;
}

void BM_DecodeIngest(benchmark::State& state) {
  const std::vector<Tick> ticks = Ticks(static_cast<uint32_t>(state.range(0)));
  std::string bytes;
  const size_t start = wire::BeginFrame(wire::RequestType(wire::Type::kIngest), 1, bytes);
  wire::Writer writer(bytes);
  client::WriteIngestHead(wire::Ack::kDurable, static_cast<uint32_t>(ticks.size()), writer);
  writer.Records(std::span<const Tick>(ticks));
  wire::EndFrame(start, bytes);
  const wire::Limits limits;
  for (auto _ : state) {
    binary::Frame frame;
    binary::ErrorReply error;
    binary::Request request;
    if (binary::NextFrame(bytes, limits, frame, error) != binary::FrameState::kWhole ||
        !binary::DecodeRequest(frame, limits, request, error)) {
      state.SkipWithError(error.message.c_str());
      break;
    }
    const auto& decoded = std::get<binary::IngestRequest>(request).ticks;
    for (size_t i = 0; i < decoded.size(); ++i) benchmark::DoNotOptimize(decoded[i]);
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(BM_DecodeIngest)->Arg(1)->Arg(4'096);

void BM_WriteLatest(benchmark::State& state) {
  const std::vector<Price> prices(static_cast<size_t>(state.range(0)),
                                  {46'450.5, 12'034.5, 559'000'123.25, kBaseMs});
  std::string out;
  for (auto _ : state) {
    out.clear();
    binary::AppendLatest(1, wire::Type::kLatestByIds, prices, out);
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(BM_WriteLatest)->Arg(1)->Arg(100);

void BM_WriteCandles(benchmark::State& state) {
  CandlesReply reply;
  reply.candles.resize(static_cast<size_t>(state.range(0)));
  std::string out;
  for (auto _ : state) {
    out.clear();
    binary::AppendCandles(1, reply, out);
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(BM_WriteCandles)->Arg(1'000);

void BM_DecodeJournalFrame(benchmark::State& state) {
  const std::vector<Tick> ticks = Ticks(4'096);
  const cold::FrameHeader header = cold::MakeFrameHeader(static_cast<uint32_t>(ticks.size()));
  std::string value(header.data(), header.size());
  value.append(reinterpret_cast<const char*>(ticks.data()), ticks.size() * sizeof(Tick));
  for (auto _ : state) benchmark::DoNotOptimize(cold::DecodeFrame(value)->size());
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(ticks.size()));
}
BENCHMARK(BM_DecodeJournalFrame);

}  // namespace
}  // namespace wick
