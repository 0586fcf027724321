// SIGTERM while everybody writes and reads.
#include <atomic>
#include <chrono>
#include <cstdio>
#include <string>
#include <thread>
#include <vector>

#include "catch.h"
#include "integration/hostile_sockets.h"
#include "integration/wick_process.h"

using namespace wick;
using namespace wick::test;

namespace {

constexpr unsigned kWriters = 8;
constexpr unsigned kReaders = 4;
constexpr uint64_t kBaseMs = 1'700'000'000'000;

Symbol SymbolOf(unsigned writer) { return {"W" + std::to_string(writer), "USD", "x"}; }

struct Ledger {
  uint64_t sent = 0;
  uint64_t acknowledged = 0;
};

void Write(uint16_t port, unsigned writer, Ledger& ledger) {
  ClientOptions options;
  options.port = port;
  auto client = Client::Connect(options);
  if (!client.ok()) return;
  const Symbol symbol = SymbolOf(writer);
  const SymbolView view = symbol;
  const auto registered = client->Register({&view, 1});
  if (!registered.ok()) return;
  for (;;) {
    std::vector<Tick> ticks;
    for (int i = 0; i < 100; ++i) {
      const uint64_t event = ledger.sent++;
      ticks.push_back(TickOf(registered->entries[0].series,
                             {1.0 + static_cast<double>(event), 0, 0, kBaseMs + event}));
    }
    const auto reply = client->Ingest(ticks);
    if (!reply.ok() || reply->accepted != ticks.size()) return;
    ledger.acknowledged = ledger.sent;
  }
}

void Read(uint16_t port) {
  RawSocket socket(port);
  std::string answer;
  while (
      socket.SendAll("GET /v1/candles?symbol=x:W0/USD&interval=1M HTTP/1.1\r\nHost: x\r\n\r\n") &&
      socket.ReceiveSome(answer)) {
    answer.clear();
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

}  // namespace

TEST_CASE("a stop under load answers or refuses everything, loses nothing and ends well",
          "[integration][stop]") {
  const TemporaryDirectory directory;
  std::vector<Ledger> ledgers(kWriters);
  {
    WickServer server(directory / "data",
                      {"--set", "checkpoint.interval=200ms", "--set", "server.pin_workers=false"});
    std::vector<std::thread> threads;
    for (unsigned i = 0; i < kWriters; ++i) {
      threads.emplace_back([&, i] { Write(server.binary_port(), i, ledgers[i]); });
    }
    for (unsigned i = 0; i < kReaders; ++i) threads.emplace_back([&] { Read(server.http_port()); });
    // One that asks and never reads must not hold it up either.
    RawSocket silent(server.http_port());
    silent.SendAll("GET /v1/status HTTP/1.1\r\nHost: x\r\n\r\n");
    std::this_thread::sleep_for(std::chrono::seconds(1));
    const auto began = std::chrono::steady_clock::now();
    CHECK(server.Terminate() == 0);
    const double seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
    for (std::thread& thread : threads) thread.join();
    uint64_t acknowledged = 0;
    for (const Ledger& ledger : ledgers) acknowledged += ledger.acknowledged;
    std::printf("stop: %.2f s with %u writers and %u readers, %llu events acknowledged\n", seconds,
                kWriters, kReaders, static_cast<unsigned long long>(acknowledged));
    std::fflush(stdout);
    CHECK(server.log().find("stopped") != std::string::npos);
  }
  WickServer server(directory / "data");
  Client client = server.Connect();
  CandlesRequest month;
  month.interval = {1, IntervalUnit::kMonth};
  for (unsigned i = 0; i < kWriters; ++i) {
    CAPTURE(i, ledgers[i].sent, ledgers[i].acknowledged);
    CHECK(ledgers[i].acknowledged > 0);
    const auto reply = client.Candles(SymbolOf(i), month);
    REQUIRE(reply.ok());
    REQUIRE(reply->candles.size() == 1);
    CHECK(reply->candles[0].count >= ledgers[i].acknowledged);
    CHECK(reply->candles[0].count <= ledgers[i].sent);
    CHECK(reply->candles[0].close == 1.0 + static_cast<double>(reply->candles[0].count - 1));
  }
}
