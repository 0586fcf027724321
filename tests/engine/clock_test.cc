// A wall clock that steps back and forward: nothing is closed, expired or lost by it.
#include "catch.h"
#include "engine/fixture.h"
#include "engine/hand_turned.h"

using namespace wick;
using wick::test::HandTurnedEngine;
using wick::test::RunningEngine;
using wick::test::StorageIn;
using wick::test::TemporaryDirectory;

namespace {

constexpr uint64_t kBaseMs = 1'700'000'000'000;
constexpr uint64_t kHourMs = 3'600'000;
constexpr uint64_t kDayMs = 24 * kHourMs;
const Symbol kSymbol{"BTC", "USD", "x"};

PriceEvent EventAt(uint64_t ms, double price, const Symbol& symbol = kSymbol) {
  return {symbol, {price, 1, 2, ms}};
}

/// Every turn of the maintenance removes what has expired; one second is kept for a day.
engine::EngineOptions Options() {
  engine::EngineOptions options;
  options.checkpoint_interval_ms = kHourMs;
  options.retention_interval_ms = 0;
  options.window_candles = {1, 1, 1, 1};
  return options;
}

CandlesReply Seconds(engine::Engine& engine) {
  CandlesRequest request;
  request.interval = {1, IntervalUnit::kSecond};
  request.from_ms = 0;
  auto reply = engine.Candles(*engine.Find(kSymbol), request);
  REQUIRE(reply.ok());
  return std::move(*reply);
}

/// Candles two hours old in a chunk of their own on the disk, and a newer one.
void IngestHistory(HandTurnedEngine& engine) {
  REQUIRE(engine.status().ok());
  for (uint64_t i = 0; i < 5; ++i) {
    REQUIRE(engine.Ingest({EventAt(kBaseMs - 2 * kHourMs + i * 1'000, 1)}).status.ok());
  }
  REQUIRE(engine.Ingest({EventAt(kBaseMs, 2)}).status.ok());
  REQUIRE(engine.Checkpoint().ok());
  REQUIRE(Seconds(*engine).candles.size() == 6);
}

}  // namespace

TEST_CASE("a series that began in the first second since the epoch comes back", "[engine][clock]") {
  const TemporaryDirectory directory;
  const ManualClock clock(kBaseMs);
  auto options = Options();
  options.keep.ms.fill(market::kKeepForever);
  const uint64_t ms = GENERATE(1u, 999u, 1'000u);
  {
    RunningEngine engine(directory.path(), options, clock);
    REQUIRE(engine.Ingest({EventAt(ms, 7)}).accepted == 1);
    engine.Stop();
  }
  RunningEngine engine(directory.path(), options, clock);
  CHECK(engine->Latest(*engine->Find(kSymbol)) == Price{7, 1, 2, ms});
  REQUIRE(engine.Ingest({EventAt(5'000, 8)}).accepted == 1);
  const CandlesReply seconds = Seconds(*engine);
  REQUIRE(seconds.candles.size() == 2);
  CHECK(seconds.candles.front().count == 1);
  CHECK(seconds.candles.front().low == 7);
}

TEST_CASE("a clock that is ahead alone hides and removes nothing", "[engine][clock]") {
  const TemporaryDirectory directory;
  ManualClock clock(kBaseMs);
  HandTurnedEngine engine(StorageIn(directory.path()), Options(), clock);
  IngestHistory(engine);
  clock.Set(kBaseMs + 400 * kDayMs);
  for (int turn = 0; turn < 5; ++turn) engine.Settle();
  CHECK(Seconds(*engine).candles.size() == 6);
  CHECK(Seconds(*engine).available_from_ms == kBaseMs - kDayMs);
  clock.Set(kBaseMs);
  CHECK(Seconds(*engine).candles.size() == 6);
}

TEST_CASE(
    "a clock and an event that are ahead for less than the time between two removals delete "
    "nothing",
    "[engine][clock]") {
  const TemporaryDirectory directory;
  ManualClock clock(kBaseMs);
  HandTurnedEngine engine(StorageIn(directory.path()), Options(), clock);
  IngestHistory(engine);
  clock.Set(kBaseMs + 10 * kDayMs);
  REQUIRE(engine.Submit(0, {EventAt(kBaseMs + 10 * kDayMs, 3)}));
  const bool long_enough = GENERATE(false, true);
  CAPTURE(long_enough);
  engine->Turn();                               // one removal
  CHECK(Seconds(*engine).candles.size() == 1);  // the others are behind the horizon of the moment
  if (long_enough) {
    REQUIRE(engine.Checkpoint().ok());  // and several more
    engine.Settle();
  }
  clock.Set(kBaseMs);
  engine.Settle();
  // Expired for good if it was no mistake of a moment.
  CHECK(Seconds(*engine).candles.size() == (long_enough ? 1 : 7));
}

TEST_CASE("a candle is closed as of the clock at the answer and takes late events all the same",
          "[engine][clock]") {
  const TemporaryDirectory directory;
  ManualClock clock(kBaseMs + 999);
  HandTurnedEngine engine(StorageIn(directory.path()), Options(), clock);
  REQUIRE(engine.status().ok());
  engine.Ingest({EventAt(kBaseMs, 1)});
  CHECK_FALSE(Seconds(*engine).candles.back().closed);
  clock.Set(kBaseMs + 1'000);
  CHECK(Seconds(*engine).candles.back().closed);
  clock.Set(kBaseMs - kDayMs);
  CHECK_FALSE(Seconds(*engine).candles.back().closed);
  clock.Set(kBaseMs + kDayMs);
  CHECK(Seconds(*engine).candles.back().closed);
  CHECK(engine.Ingest({EventAt(kBaseMs + 1, 3)}).accepted == 1);
  CHECK(Seconds(*engine).candles.back().close == 3);
  CHECK(Seconds(*engine).candles.back().count == 2);
}

TEST_CASE("with a clock behind its events a server shows, checkpoints and recovers them",
          "[engine][clock]") {
  const TemporaryDirectory directory;
  ManualClock clock(kBaseMs);
  const uint64_t behind_ms =
      GENERATE(uint64_t{0}, uint64_t{1}, kBaseMs - 900 * kDayMs, kBaseMs - kHourMs);
  {
    HandTurnedEngine engine(StorageIn(directory.path()), Options(), clock);
    IngestHistory(engine);
    clock.Set(behind_ms);
    REQUIRE(engine.Ingest({EventAt(kBaseMs + 5'000, 4), EventAt(kBaseMs - kHourMs, 5)}).accepted ==
            2);
    CHECK(Seconds(*engine).candles.size() == 8);
    if (behind_ms % 2 == 0) REQUIRE(engine.Checkpoint().ok());
  }
  HandTurnedEngine engine(StorageIn(directory.path()), Options(), clock);
  REQUIRE(engine.status().ok());
  for (const uint64_t now_ms : {behind_ms, kBaseMs, kBaseMs + kHourMs, behind_ms}) {
    clock.Set(now_ms);
    engine.Settle();
    CHECK(Seconds(*engine).candles.size() == 8);
    CHECK(engine->Latest(*engine->Find(kSymbol))->price == 4);
  }
}

TEST_CASE("checkpoints go by the steady clock", "[engine][clock][threads]") {
  const TemporaryDirectory directory;
  ManualClock clock(kBaseMs);  // stands still, and steps back
  auto options = Options();
  options.checkpoint_interval_ms = 1;
  RunningEngine engine(directory.path(), options, clock);
  for (uint64_t round = 1; round <= 3; ++round) {
    engine.Ingest({EventAt(kBaseMs + round, 1)});
    const auto synced = [&] { return engine->Status().synced_number; };
    while (engine->Status().checkpoint_number < synced())
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    clock.Set(kBaseMs - round * kDayMs);
  }
  CHECK(engine->Status().checkpoints >= 3);
}
