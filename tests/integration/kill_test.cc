// kill -9 during ingest: what was acknowledged is there, once, and nothing that was not sent.
#include <unistd.h>

#include <atomic>
#include <map>
#include <random>
#include <thread>

#include "catch.h"
#include "integration/http_client.h"
#include "integration/wick_process.h"

using namespace wick;
using namespace wick::test;

namespace {

constexpr uint64_t kBaseMs = 1'600'000'000'000;
constexpr int kSeries = 8;

Symbol SymbolOf(int series) { return {"B" + std::to_string(series), "USD", "x"}; }
/// Every event of a series has a second of its own, so each is a candle that tells what became of
/// it.
uint64_t TimeOf(uint64_t event) { return kBaseMs + event * 1'000; }
double PriceAt(int series, uint64_t event) {
  return 1 + series + static_cast<double>(event % 97) / 128;
}

/// What one client sent and what was acknowledged, of its own series.
struct Ledger {
  std::map<int, uint64_t> sent;          // series -> events [0, n) were sent
  std::map<int, uint64_t> acknowledged;  // series -> events [0, n) were acknowledged
};

void SendBinary(uint16_t port, Ledger& ledger, int first, int end, const std::atomic<bool>& stop) {
  ClientOptions options;
  options.port = port;
  auto client = Client::Connect(options);
  if (!client.ok()) return;
  std::vector<Symbol> symbols;
  for (int s = first; s < end; ++s) symbols.push_back(SymbolOf(s));
  const std::vector<SymbolView> views(symbols.begin(), symbols.end());
  const auto registered = client->Register(views);
  if (!registered.ok()) return;
  while (!stop.load()) {
    std::vector<Tick> ticks;
    for (int s = first; s < end; ++s) {
      for (int i = 0; i < 20; ++i) {
        const uint64_t event = ledger.sent[s]++;
        ticks.push_back(TickOf(registered->entries[static_cast<size_t>(s - first)].series,
                               {PriceAt(s, event), 1, 2, TimeOf(event)}));
      }
    }
    const auto reply = client->Ingest(ticks);
    if (!reply.ok()) return;
    if (reply->accepted != ticks.size()) return;
    for (int s = first; s < end; ++s) ledger.acknowledged[s] = ledger.sent[s];
  }
}

}  // namespace

TEST_CASE("after kill -9 every acknowledged event is there exactly once", "[integration][kill]") {
  const unsigned seed = std::random_device{}();
  CAPTURE(seed);
  std::mt19937 random(seed);
  const TemporaryDirectory directory;
  std::vector<Ledger> ledgers(2);
  for (int life = 0; life < 5; ++life) {
    WickServer server(directory / "data",
                      {"--set", "tiers.1s.keep=forever", "--set", "tiers.1m.keep=forever", "--set",
                       "tiers.1h.keep=forever", "--set", "checkpoint.interval=50ms", "--set",
                       "server.workers=" + std::to_string(1 + life % 3)});
    Client client = server.Connect();
    for (Ledger& ledger : ledgers) {
      for (const auto& [series, sent] : ledger.sent) {
        if (sent == 0) continue;
        CAPTURE(series, sent, ledger.acknowledged[series]);
        uint64_t next = 0;
        CandlesRequest request;
        request.interval = {1, IntervalUnit::kSecond};
        request.from_ms = 0;
        request.limit = 10'000;
        do {
          const auto reply = client.Candles(SymbolOf(series), request);
          REQUIRE(reply.ok());
          for (const Candle& candle : reply->candles) {
            // Events are acknowledged in order, so there are no holes up to the last one that is
            // there.
            REQUIRE(candle.timestamp_ms == TimeOf(next));
            REQUIRE(candle.count == 1);
            REQUIRE(candle.close == PriceAt(series, next));
            ++next;
          }
          request.from_ms = reply->next_ms;
        } while (request.from_ms);
        REQUIRE(next >= ledger.acknowledged[series]);
        REQUIRE(next <= sent);
        request = {};
        request.interval = {1, IntervalUnit::kDay};
        request.from_ms = 0;
        uint64_t of_days = 0;
        const auto days = client.Candles(SymbolOf(series), request);
        REQUIRE(days.ok());
        for (const Candle& candle : days->candles) of_days += candle.count;
        REQUIRE(of_days == next);
        ledger.sent[series] = ledger.acknowledged[series] = next;
      }
    }
    std::atomic<bool> stop{false};
    const uint16_t port = static_cast<uint16_t>(std::stoi(server.binary_address().substr(10)));
    std::thread first([&] { SendBinary(port, ledgers[0], 0, kSeries / 2, stop); });
    std::thread second([&] { SendBinary(port, ledgers[1], kSeries / 2, kSeries, stop); });
    usleep(100'000 + random() % 400'000);
    server.Kill();
    stop = true;
    first.join();
    second.join();
  }
  CHECK(ledgers[0].acknowledged[0] > 0);
  CHECK(ledgers[1].acknowledged[kSeries - 1] > 0);
}

TEST_CASE("an event posted over HTTP survives kill -9 once it was answered",
          "[integration][kill]") {
  const TemporaryDirectory directory;
  const std::string event =
      R"({"baseCurrency":"BTC","quoteCurrency":"USD","exchange":"x","price":1.5,"timestampInMs":1600000000000})";
  {
    WickServer server(directory / "data");
    HttpClient http(server.http_port());
    const auto answer = http.Post("/v1/events", event);
    CHECK(answer.status == 200);
    CHECK(answer.body == R"({"accepted":1,"duplicates":0,"rejected":0,"errors":[]})");
    server.Kill();
  }
  WickServer server(directory / "data");
  HttpClient http(server.http_port());
  CHECK(http.Get("/v1/latest?symbol=x:BTC/USD").body.find(R"("price":1.5)") != std::string::npos);
  CHECK(http.Post("/v1/events", event).body ==
        R"({"accepted":0,"duplicates":1,"rejected":0,"errors":[]})");
}
