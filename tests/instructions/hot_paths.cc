// Runs one hot path so many times, for a count of instructions that does not depend on the clock:
// what N + M runs take beyond N runs is M times the cost of one. See count_test.
//
//   hot_paths <path> <runs>
#include <fmt/format.h>

#include <cstdlib>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "base/assert.h"
#include "base/clock.h"
#include "client/codec.h"
#include "engine/shard.h"
#include "hot/symbol_index.h"
#include "protocol/binary_requests.h"
#include "protocol/json_events.h"

namespace wick {
namespace {

constexpr uint64_t kBaseMs = 1'700'000'000'000;
constexpr uint32_t kSeries = 1'000;
constexpr uint32_t kTicks = 250;  // of a batch, a frame, a body

volatile double sink;

/// Ticks of kSeries series in turn, `step` ms after the base.
std::vector<Tick> Ticks(uint64_t step) {
  std::vector<Tick> ticks;
  for (uint32_t i = 0; i < kTicks; ++i) {
    const auto series = static_cast<uint32_t>((step * kTicks + i) % kSeries);
    const double price = 100 + static_cast<double>((step * 7 + i * 13) % 100) / 8;
    ticks.push_back(TickOf(SeriesId{series}, {price, 10, 1'000, kBaseMs + step}));
  }
  return ticks;
}

/// Events in order into their open candles; a new candle of 1s once in a thousand.
void ApplyEvents(uint64_t batches) {
  const ManualClock clock{kBaseMs};
  hot::SeriesTable table;
  engine::Shard shard({{}, {300, 240, 1, 1}}, table, clock);
  for (uint32_t i = 0; i < kSeries; ++i) {
    table.Next();
    table.Publish();
  }
  for (uint64_t batch = 0; batch < batches; ++batch) {
    std::vector<Tick> ticks = Ticks(batch);
    WICK_ASSERT(shard.Apply(ticks, batch + 1, 0) == kTicks);
  }
}

/// What Ticks() costs, to be taken off.
void MakeTicks(uint64_t batches) {
  for (uint64_t batch = 0; batch < batches; ++batch) sink = Ticks(batch).back().price;
}

void DecodeFrames(uint64_t frames) {
  namespace binary = protocol::binary;
  const std::vector<Tick> ticks = Ticks(0);
  std::string bytes;
  const size_t start = wire::BeginFrame(wire::RequestType(wire::Type::kIngest), 1, bytes);
  wire::Writer writer(bytes);
  client::WriteIngestHead(wire::Ack::kDurable, kTicks, writer);
  bytes.append(reinterpret_cast<const char*>(ticks.data()), ticks.size() * sizeof(Tick));
  wire::EndFrame(start, bytes);
  const wire::Limits limits{.payload_bytes = wire::kPayloadBytesMax,
                            .events_per_ingest = wire::kEventsPerIngestMax,
                            .entries_per_request = wire::kEntriesPerRequestMax,
                            .candles_per_request = 1};
  for (uint64_t i = 0; i < frames; ++i) {
    binary::Frame frame;
    binary::ErrorReply error;
    binary::Request request;
    WICK_ASSERT(binary::NextFrame(bytes, limits, frame, error) == binary::FrameState::kWhole);
    WICK_ASSERT(binary::DecodeRequest(frame, limits, request, error));
    const auto& decoded = std::get<binary::IngestRequest>(request).ticks;
    for (size_t at = 0; at < decoded.size(); ++at) sink = decoded[at].price;
  }
}

void ParseNdjson(uint64_t bodies) {
  std::string body;
  for (const Tick& tick : Ticks(0)) {
    fmt::format_to(std::back_inserter(body),
                   R"({{"baseCurrency":"BASE{}","quoteCurrency":"USDT","exchange":"Binance",)"
                   R"("price":{},"baseVolumeLast24h":12034.5,"quoteVolumeLast24h":559000123.25,)"
                   R"("timestampInMs":{}}})"
                   "\n",
                   +tick.series, +tick.price, kBaseMs);
  }
  protocol::EventParser parser;
  for (uint64_t i = 0; i < bodies; ++i) {
    const auto parsed = parser.Parse(body, protocol::EventsFormat::kNdjson, kBaseMs, 10'000);
    sink = static_cast<double>(parsed.events.size());
  }
}

void ReadLatest(uint64_t reads) {
  hot::SeriesTable table;
  hot::SymbolIndex index;
  hot::SeriesMemory memory = {{1, 1, 1, 1}};
  for (uint32_t i = 0; i < kSeries; ++i) {
    const std::string base = fmt::format("BASE{}", i);
    index.Register({base, "USDT", "Binance"}, kSeries, [&](SeriesId) {
      table.Next().Fold({1, 1, 1, kBaseMs}, memory, [](market::Tier, const auto&) {});
      table.Publish();
    });
  }
  const SymbolView symbol{"BASE7", "USDT", "Binance"};
  for (uint64_t i = 0; i < reads; ++i) sink = table[Raw(*index.Find(symbol))].Latest().price;
}

int Run(std::string_view path, uint64_t runs) {
  if (path == "apply_events") {
    ApplyEvents(runs);
  } else if (path == "make_ticks") {
    MakeTicks(runs);
  } else if (path == "decode_frames") {
    DecodeFrames(runs);
  } else if (path == "parse_ndjson") {
    ParseNdjson(runs);
  } else if (path == "read_latest") {
    ReadLatest(runs);
  } else {
    fmt::print(stderr, "hot_paths: no path {}\n", path);
    return 2;
  }
  return 0;
}

}  // namespace
}  // namespace wick

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  return wick::Run(argv[1], std::strtoull(argv[2], nullptr, 10));
}
