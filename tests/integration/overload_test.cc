// More events than the disk takes: senders wait, memory stays flat, nothing is lost and every batch
// is answered. WICK_OVERLOAD_SECONDS says for how long; 10 unless set, 600 for the long run.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "catch.h"
#include "integration/http_client.h"
#include "integration/observed_process.h"
#include "integration/wick_process.h"

using namespace wick;
using namespace wick::test;

namespace {

using Clock = std::chrono::steady_clock;

constexpr uint64_t kMiB = 1 << 20;
constexpr unsigned kSenders = 4;
constexpr unsigned kSeriesOfSender = 2'000;

std::chrono::seconds Duration() {
  const char* const seconds = std::getenv("WICK_OVERLOAD_SECONDS");
  return std::chrono::seconds(seconds ? std::max(1, std::atoi(seconds)) : 10);
}

uint64_t NowMs() {
  return static_cast<uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(
                                   std::chrono::system_clock::now().time_since_epoch())
                                   .count());
}

std::string BaseOf(unsigned sender, unsigned series) {
  return "S" + std::to_string(sender) + "-" + std::to_string(series);
}

struct Sent {
  uint64_t events = 0;
  uint64_t answered = 0;  // events of batches that were answered
  uint64_t accepted = 0;
  std::string failure;
};

/// Sends as fast as it is let, all over its series, so that checkpoints have much to write.
void Send(uint16_t port, unsigned sender, Clock::time_point end, Sent& sent) {
  ClientOptions options;
  options.port = port;
  auto ingestor = Ingestor::Connect(options, {.batch_events = 4'096, .in_flight_batches = 64},
                                    [&](const BatchReport& report) {
                                      sent.answered += report.events;
                                      sent.accepted += report.accepted;
                                      if (report.error) sent.failure = report.error->message;
                                    });
  if (!ingestor.ok()) {
    sent.failure = ingestor.error().message;
    return;
  }
  std::vector<Symbol> symbols;
  for (unsigned i = 0; i < kSeriesOfSender; ++i) symbols.push_back({BaseOf(sender, i), "USD", "x"});
  std::mt19937 random(sender);
  for (uint64_t price = 1; sent.failure.empty() && (price % 1'024 != 0 || Clock::now() < end);
       ++price) {
    const Symbol& symbol = symbols[random() % kSeriesOfSender];
    if (const auto added = ingestor->Add(symbol, {static_cast<double>(price), 1, 2, NowMs()});
        !added) {
      sent.failure = added.error().message;
    }
    ++sent.events;
  }
  if (const auto flushed = ingestor->Flush(); !flushed) sent.failure = flushed.error().message;
}

/// Events that the server holds, as its daily candles count them.
uint64_t EventsHeld(const WickServer& server) {
  Client client = server.Connect();
  uint64_t events = 0;
  CandlesRequest days;
  days.interval = {1, IntervalUnit::kDay};
  days.from_ms = 0;
  for (unsigned sender = 0; sender < kSenders; ++sender) {
    for (unsigned i = 0; i < kSeriesOfSender; ++i) {
      const auto reply = client.Candles(Symbol{BaseOf(sender, i), "USD", "x"}, days);
      if (!reply.ok()) continue;  // so short a run that this one had no event
      for (const Candle& candle : reply->candles) events += candle.count;
    }
  }
  return events;
}

}  // namespace

TEST_CASE("under more load than it can take memory is flat and nothing is lost",
          "[integration][overload]") {
  const TemporaryDirectory directory;
  std::vector<std::string> args;
  for (const char* setting :
       {"storage.journal_memory=16MiB", "storage.candle_memory=4MiB", "storage.block_cache=8MiB",
        "storage.max_wal=64MiB", "checkpoint.interval=500ms", "checkpoint.max_journal=4MiB",
        "checkpoint.max_unwritten_candles=10000", "ingest.max_inflight_events=50000",
        "tiers.1s.window=5s", "tiers.1m.window=5m", "server.pin_workers=false"}) {
    args.insert(args.end(), {"--set", setting});
  }
  WickServer server(directory / "data", args);

  const auto began = Clock::now();
  const auto end = began + Duration();
  std::vector<Sent> sent(kSenders);
  std::vector<std::thread> senders;
  for (unsigned i = 0; i < kSenders; ++i) {
    senders.emplace_back([&, i] { Send(server.binary_port(), i, end, sent[i]); });
  }
  // Memory grows until series and buffers are there; from then on it is flat.
  const auto warm = began + Duration() / 2;
  uint64_t first_half = 0, second_half = 0;
  while (Clock::now() < end) {
    uint64_t& most = Clock::now() < warm ? first_half : second_half;
    most = std::max(most, ResidentBytes(server.pid()));
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  for (std::thread& sender : senders) sender.join();
  const double seconds = std::chrono::duration<double>(Clock::now() - began).count();

  uint64_t events = 0, accepted = 0;
  for (const Sent& each : sent) {
    CHECK(each.failure.empty());
    CHECK(each.answered == each.events);  // no reply is missing
    CHECK(each.accepted == each.events);
    events += each.events;
    accepted += each.accepted;
  }
  std::printf(
      "overload: %.0f s, %llu events (%.0f a second), memory %llu MiB in the first half, %llu MiB "
      "in the second\n",
      seconds, static_cast<unsigned long long>(events), static_cast<double>(events) / seconds,
      static_cast<unsigned long long>(first_half / kMiB),
      static_cast<unsigned long long>(second_half / kMiB));
  std::fflush(stdout);
  CHECK(EventsHeld(server) == accepted);
  // Journal, candles and their copies on the way to the disk: a few times what is configured.
  CHECK(std::max(first_half, second_half) < 512 * kMiB);
  CHECK(second_half < first_half + first_half / 4 + 32 * kMiB);
  CHECK(server.Terminate() == 0);
  WickServer again(directory / "data", args);
  CHECK(EventsHeld(again) == accepted);
}
