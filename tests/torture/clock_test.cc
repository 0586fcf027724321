// The wall clock steps, and the process stands still for a while. Amount: WICK_CLOCK_STEPS.
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>

#include "catch.h"
#include "torture/run.h"

using namespace wick;
using namespace wick::torture;
using wick::test::TemporaryDirectory;

namespace {

constexpr uint64_t kStepsPerDirectory = 5;
constexpr int64_t kHourMs = 3'600'000;
constexpr int64_t kDayMs = 24 * kHourMs;
constexpr int64_t kOffsetsMs[] = {0,          -kHourMs,     kHourMs,    -3 * kDayMs,
                                  3 * kDayMs, -40 * kDayMs, 40 * kDayMs};

int64_t NowMs() {
  using namespace std::chrono;
  return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

/// Candles are closed exactly when the server's clock has passed their end.
void CheckClosed(const Server& server, const std::vector<ConnectionLedger>& ledgers,
                 int64_t offset_ms) {
  constexpr int64_t kUnsureMs = 10'000;  // the answer takes its time
  auto client = server.Connect();
  REQUIRE(client.has_value());
  for (const ConnectionLedger& ledger : ledgers) {
    for (const SeriesLedger& series : ledger.series()) {
      CandlesRequest request;
      request.interval = {1, IntervalUnit::kHour};
      request.from_ms = 0;
      request.limit = 10'000;
      const auto reply = client->Candles(series.symbol(), request);
      if (!reply) continue;
      for (const Candle& candle : reply->candles) {
        const int64_t to_end =
            static_cast<int64_t>(candle.timestamp_ms) + kHourMs - (NowMs() + offset_ms);
        if (std::abs(to_end) < kUnsureMs) continue;
        CAPTURE(candle.timestamp_ms, offset_ms, to_end);
        REQUIRE(candle.closed == (to_end < 0));
      }
    }
  }
}

}  // namespace

TEST_CASE("a wrong clock and a standing process close, expire and acknowledge nothing wrongly",
          "[clock]") {
  if (!CanPreload()) {
    WARN("skipped: no library can be preloaded into a server with a sanitizer");
    return;
  }
  Tally tally("clock", "steps of the clock");
  const uint64_t steps = Amount("WICK_CLOCK_STEPS", 5);
  uint64_t refused = 0;
  for (uint64_t seed = Seed(); tally.cases() < steps; ++seed) {
    INFO(Again("clock", seed));
    std::mt19937_64 random(seed);
    const TemporaryDirectory directory;
    Preload preload(directory / "", directory / "data");
    Load load;
    load.connections = {How::kBinary, How::kBinary, How::kBinary};
    load.events_per_batch_max = 100;     // so that each refused event is named
    load.events_per_second_max = 5'000;  // the script must not run ahead of the day
    auto ledgers = MakeLedgers(seed, load, static_cast<uint64_t>(NowMs() - 20 * kHourMs));
    const uint64_t lives = std::min(kStepsPerDirectory, steps - tally.cases());
    for (uint64_t life = 0; life <= lives; ++life) {
      auto settings = HarshSettings(random);
      // The oldest events are 6 days old. A horizon that followed the clock alone would pass them.
      for (const char* more : {"tiers.1s.keep=30d", "tiers.1m.keep=30d", "tiers.1h.keep=30d",
                               "retention.interval=1s"}) {
        settings.emplace_back(more);
      }
      Server server({directory / "data", settings, preload.Environment(false)});
      CAPTURE(life, preload.control().clock_offset_ms.load());
      RequireExact(server, ledgers, tally);
      CheckClosed(server, ledgers, preload.control().clock_offset_ms);
      if (life == lives) break;
      Senders senders(server, ledgers, load, random());
      usleep(static_cast<useconds_t>(random() % 300'000));
      preload.control().clock_offset_ms = kOffsetsMs[random() % std::size(kOffsetsMs)];
      usleep(static_cast<useconds_t>(random() % 300'000));
      server.Signal(SIGSTOP);
      usleep(static_cast<useconds_t>(random() % (IsTorture() ? 3'000'000 : 1'000'000)));
      server.Signal(SIGCONT);
      usleep(
          static_cast<useconds_t>(500'000 + random() % 1'000'000));  // so that expiry has its turn
      // Of a batch in flight nobody knows which events were refused as too far in the future.
      if (preload.control().clock_offset_ms < 0) senders.Stop();
      if (random() % 2 == 0) server.Signal(SIGSTOP);  // killed while it stands
      server.Kill();
      senders.Stop();
      tally.Case();
      for (const Refusals& refusals : senders.refusals()) {
        CHECK(refusals.problem.empty());
        refused += refusals.events_rejected;
      }
    }
    tally.Add(ledgers);
  }
  tally.Note(std::to_string(refused) + " events refused as too far in the future");
}
