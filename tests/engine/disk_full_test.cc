// A disk that is full, becomes full, has room again, or fails.
#include "catch.h"
#include "engine/fixture.h"
#include "engine/hand_turned.h"
#include "support/power_loss_env.h"

using namespace wick;
using engine::IngestResult;
using engine::WriteState;
using wick::test::DiskCall;
using wick::test::Fault;
using wick::test::HandTurnedEngine;
using wick::test::PowerLossEnv;
using wick::test::RunningEngine;

namespace {

constexpr uint64_t kBaseMs = 1'700'000'000'000;
const Symbol kSymbol{"BTC", "USD", "x"};

PriceEvent EventAt(uint64_t ms, double price, const Symbol& symbol = kSymbol) {
  return {symbol, {price, 1, 2, ms}};
}

cold::StoreOptions StorageOn(const PowerLossEnv& disk) {
  cold::StoreOptions storage;
  storage.directory = "/data";
  storage.journal_memtable_bytes = 1_MiB;
  storage.candle_memtable_bytes = 1_MiB;
  storage.resume_room_bytes = 64_KiB;
  storage.env = disk.env();
  return storage;
}

/// Checkpoints happen when they are asked for.
engine::EngineOptions Options(unsigned workers = 1) {
  engine::EngineOptions options;
  options.workers = workers;
  options.keep.ms.fill(market::kKeepForever);
  options.checkpoint_interval_ms = 3'600'000;
  options.min_free_bytes = 0;
  return options;
}

bool IsFull(const absl::Status& status) {
  return status.code() == absl::StatusCode::kResourceExhausted;
}
bool Says(const absl::Status& status, std::string_view text) {
  return Message(status).find(text) != std::string::npos;
}

std::vector<Candle> DaysOf(engine::Engine& engine, const Symbol& symbol) {
  CandlesRequest request;
  request.interval = {1, IntervalUnit::kDay};
  request.from_ms = 0;
  const auto reply = engine.Candles(*engine.Find(symbol), request);
  REQUIRE(reply.ok());
  return reply->candles;
}
uint64_t CountOf(engine::Engine& engine, const Symbol& symbol = kSymbol) {
  uint64_t count = 0;
  for (const Candle& candle : DaysOf(engine, symbol)) count += candle.count;
  return count;
}

}  // namespace

TEST_CASE("a full disk refuses writes, goes on answering, and takes writes again by itself",
          "[engine][disk_full]") {
  PowerLossEnv disk;
  ManualClock clock(kBaseMs);
  {
    HandTurnedEngine engine(StorageOn(disk), Options(), clock);
    REQUIRE(engine.status().ok());
    REQUIRE(engine.Ingest({EventAt(kBaseMs, 1)}).status.ok());

    disk.SetSpace(disk.used_bytes());
    clock.Set(kBaseMs + 1);
    const IngestResult in_flight = engine.Ingest({EventAt(kBaseMs + 1, 2)});
    CHECK(IsFull(in_flight.status));
    CHECK(Says(in_flight.status, "may still come to count"));
    const IngestResult refused = engine.Ingest({EventAt(kBaseMs + 2, 3)});
    CHECK(IsFull(refused.status));
    CHECK(Says(refused.status, "nothing of this was taken"));
    CHECK(refused.accepted == 0);
    CHECK(engine->Latest(*engine->Find(kSymbol))->price ==
          2);  // memory has the one that was under way
    CHECK(CountOf(*engine) == 2);
    CHECK(IsFull(engine->Ready()));
    const auto status = engine->Status();
    CHECK(status.write.state == WriteState::kDiskFull);
    CHECK(status.write.since_ms == kBaseMs + 1);
    CHECK(status.events_accepted == 2);

    disk.SetSpace(UINT64_MAX);
    engine.Settle();
    CHECK(engine->Ready().ok());
    CHECK(engine->Status().write.state == WriteState::kOk);
    CHECK(engine.Ingest({EventAt(kBaseMs + 1, 2)}).duplicates ==
          1);  // sent again: durable, and not counted twice
    CHECK(engine.Ingest({EventAt(kBaseMs + 2, 3)}).accepted == 1);
    disk.PowerLoss(1);
  }
  HandTurnedEngine engine(StorageOn(disk), Options(3), clock);
  REQUIRE(engine.status().ok());
  CHECK(engine->Latest(*engine->Find(kSymbol))->price == 3);
  CHECK(CountOf(*engine) == 3);
}

TEST_CASE("what waited behind the full disk is written in its order, once", "[engine][disk_full]") {
  PowerLossEnv disk;
  const ManualClock clock(kBaseMs);
  const Symbol other{"ETH", "EUR", "y"};
  {
    HandTurnedEngine engine(StorageOn(disk), Options(2), clock);
    REQUIRE(engine.status().ok());
    REQUIRE(engine.Ingest({EventAt(kBaseMs, 1), EventAt(kBaseMs, 1, other)}).status.ok());
    disk.SetSpace(disk.used_bytes());
    // Applied and handed over before the commit thread meets the end of the disk.
    std::vector<std::shared_ptr<std::optional<IngestResult>>> answers;
    for (uint64_t i = 1; i <= 50; ++i) {
      answers.push_back(engine.Submit(i % 2, {EventAt(kBaseMs + i, static_cast<double>(i)),
                                              EventAt(kBaseMs + i * 1'000, 5, other)}));
      if (i == 25) engine.Settle();
    }
    engine.Settle();
    for (const auto& answer : answers) {
      REQUIRE(answer->has_value());
      CHECK(IsFull((*answer)->status));
    }
    CHECK(engine->Status().events_accepted == 2 + 50);  // the second half was refused
    disk.SetSpace(UINT64_MAX);
    engine.Settle();
    CHECK(engine->Ready().ok());
    CHECK(engine.Ingest({EventAt(kBaseMs + 60'000, 7)}).accepted == 1);
    CHECK(CountOf(*engine) == 27);
    disk.PowerLoss(2);
  }
  HandTurnedEngine engine(StorageOn(disk), Options(1), clock);
  REQUIRE(engine.status().ok());
  CHECK(CountOf(*engine) == 27);
  CHECK(CountOf(*engine, other) == 26);
  CHECK(engine->Latest(*engine->Find(other))->timestamp_ms == kBaseMs + 25'000);
}

TEST_CASE("a checkpoint that meets a full disk is refused and goes on when there is room",
          "[engine][disk_full]") {
  PowerLossEnv disk;
  const ManualClock clock(kBaseMs);
  {
    HandTurnedEngine engine(StorageOn(disk), Options(2), clock);
    REQUIRE(engine.status().ok());
    for (uint64_t i = 0; i < 400; ++i) {  // old ones, too: candles that are not in memory
      const uint64_t ms = kBaseMs - (i % 3 == 0 ? i * 60'000 : 0);
      REQUIRE(engine
                  .Ingest({EventAt(ms, static_cast<double>(1 + i),
                                   {"B" + std::to_string(i % 9), "Q", "x"})})
                  .status.ok());
    }
    disk.SetSpace(disk.used_bytes() + 100);
    CHECK(IsFull(engine.Checkpoint()));
    CHECK(IsFull(engine.Checkpoint()));
    uint64_t count = 0;
    for (int i = 0; i < 9; ++i) count += CountOf(*engine, {"B" + std::to_string(i), "Q", "x"});
    CHECK(count == 400);
    disk.SetSpace(UINT64_MAX);
    engine.Settle();
    CHECK(engine.Checkpoint().ok());
    CHECK(engine->Status().journal_frames == 0);
    CHECK(engine->Status().checkpoints == 2);  // the one that was under way was ended
    disk.PowerLoss(3);
  }
  HandTurnedEngine engine(StorageOn(disk), Options(3), clock);
  REQUIRE(engine.status().ok());
  uint64_t count = 0;
  for (int i = 0; i < 9; ++i) count += CountOf(*engine, {"B" + std::to_string(i), "Q", "x"});
  CHECK(count == 400);
  CHECK(engine->Status().recovered_events == 0);
}

TEST_CASE("references are refused on a full disk, and one under way is shown once it is written",
          "[engine][disk_full]") {
  PowerLossEnv disk;
  const ManualClock clock(kBaseMs);
  HandTurnedEngine engine(StorageOn(disk), Options(), clock);
  REQUIRE(engine.status().ok());
  disk.SetSpace(disk.used_bytes());
  const auto set = [&](const char* base) {
    return engine.Await([&](auto done) {
      engine->SetReference({base, "USD", "x"}, std::move(done));
    });
  };
  CHECK(Says(set("BTC"), "may still come to count"));
  CHECK(Says(set("ETH"), "nothing of this was taken"));
  CHECK(engine->References().empty());
  disk.SetSpace(UINT64_MAX);
  engine.Settle();
  CHECK(engine->References() == std::vector<Reference>{{"BTC", "USD", "x"}});
}

TEST_CASE("writes end before the disk does, and nothing of a refused one is applied",
          "[engine][disk_full]") {
  PowerLossEnv disk;
  const ManualClock clock(kBaseMs);
  auto options = Options();
  options.min_free_bytes = 4_MiB;
  HandTurnedEngine engine(StorageOn(disk), options, clock);
  REQUIRE(engine.status().ok());
  REQUIRE(engine.Ingest({EventAt(kBaseMs, 1)}).status.ok());
  disk.SetSpace(disk.used_bytes() + 3_MiB);
  engine.Settle();
  CHECK(IsFull(engine->Ready()));
  CHECK(Says(engine->Ready(), "storage.min_free"));
  CHECK(engine->Status().checkpoints == 1);  // so that the journal may go
  CHECK(Says(engine.Ingest({EventAt(kBaseMs + 1, 2)}).status, "nothing of this was taken"));
  CHECK(engine->Latest(*engine->Find(kSymbol))->price == 1);
  CHECK(engine->Status().events_accepted == 1);
  CHECK(engine.Checkpoint().ok());  // there is room enough for that
  disk.SetSpace(disk.used_bytes() + 5_MiB);
  engine.Settle();
  CHECK(IsFull(engine->Ready()));  // more than the mark, but not enough more
  disk.SetSpace(disk.used_bytes() + 7_MiB);
  engine.Settle();
  CHECK(engine.Ingest({EventAt(kBaseMs + 1, 2)}).accepted == 1);
}

TEST_CASE("a stop on a full disk ends, says so, and loses nothing that was acknowledged",
          "[engine][disk_full]") {
  PowerLossEnv disk;
  const ManualClock clock(kBaseMs);
  for (const bool threads : {false, true}) {
    CAPTURE(threads);
    const uint64_t ms = kBaseMs + (threads ? 10 : 0);
    if (threads) {
      RunningEngine engine(StorageOn(disk), Options(2), clock);
      engine.Ingest({EventAt(ms, 1)});
      disk.SetSpace(disk.used_bytes());
      CHECK(IsFull(engine.Submit(1, {EventAt(ms + 1, 2)}).get().status));
      CHECK(IsFull(engine.TryStop()));
    } else {
      HandTurnedEngine engine(StorageOn(disk), Options(2), clock);
      REQUIRE(engine.status().ok());
      REQUIRE(engine.Ingest({EventAt(ms, 1)}).status.ok());
      disk.SetSpace(disk.used_bytes());
      CHECK(IsFull(engine.Ingest({EventAt(ms + 1, 2)}).status));
      CHECK(IsFull(engine.Stop()));
    }
    disk.PowerLoss(threads ? 4 : 5);
    disk.SetSpace(UINT64_MAX);
    HandTurnedEngine engine(StorageOn(disk), Options(1), clock);
    REQUIRE(engine.status().ok());
    CHECK(engine->Latest(*engine->Find(kSymbol))->timestamp_ms >= ms);
    CHECK(engine.Stop().ok());
  }
}

TEST_CASE("a start on a full disk serves what is there and writes when there is room",
          "[engine][disk_full]") {
  PowerLossEnv disk;
  const ManualClock clock(kBaseMs);
  {
    HandTurnedEngine engine(StorageOn(disk), Options(2), clock);
    REQUIRE(engine.status().ok());
    REQUIRE(engine.Ingest({EventAt(kBaseMs, 1), EventAt(kBaseMs + 1, 2)}).status.ok());
    disk.PowerLoss(6);
  }
  disk.SetSpace(disk.used_bytes());
  {
    HandTurnedEngine engine(StorageOn(disk), Options(3), clock);
    INFO(engine.status());
    REQUIRE(engine.status().ok());
    CHECK(IsFull(engine->Ready()));
    CHECK(engine->Status().write.state == WriteState::kDiskFull);
    CHECK(CountOf(*engine) == 2);
    CHECK(Says(engine.Ingest({EventAt(kBaseMs + 2, 3)}).status, "nothing of this was taken"));
    CHECK(IsFull(engine.Stop()));
    disk.PowerLoss(7);
  }
  {
    HandTurnedEngine engine(StorageOn(disk), Options(1), clock);
    REQUIRE(engine.status().ok());
    CHECK(CountOf(*engine) == 2);
    disk.SetSpace(UINT64_MAX);
    engine.Settle();
    CHECK(engine->Ready().ok());
    CHECK(engine.Ingest({EventAt(kBaseMs + 2, 3)}).accepted == 1);
    disk.PowerLoss(8);
  }
  HandTurnedEngine engine(StorageOn(disk), Options(1), clock);
  REQUIRE(engine.status().ok());
  CHECK(CountOf(*engine) == 3);
}

TEST_CASE("threads go on by themselves when there is room again", "[engine][disk_full][threads]") {
  PowerLossEnv disk;
  const ManualClock clock(kBaseMs);
  RunningEngine engine(StorageOn(disk), Options(2), clock);
  engine.Ingest({EventAt(kBaseMs, 1)});
  disk.SetSpace(disk.used_bytes());
  CHECK(IsFull(engine.Submit(0, {EventAt(kBaseMs + 1, 2)}).get().status));
  CHECK(IsFull(engine.TryCheckpoint()));
  CHECK_FALSE(engine->Latest(*engine->Find(kSymbol))->price == 1);
  disk.SetSpace(UINT64_MAX);
  while (!engine->Ready().ok()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  CHECK(engine.Ingest({EventAt(kBaseMs + 2, 3)}).accepted == 1);
  engine.Stop();
}

TEST_CASE("any other error of the disk is final: no acknowledgement after it, reads go on",
          "[engine][disk_full]") {
  PowerLossEnv disk;
  const ManualClock clock(kBaseMs);
  {
    HandTurnedEngine engine(StorageOn(disk), Options(2), clock);
    REQUIRE(engine.status().ok());
    REQUIRE(engine.Ingest({EventAt(kBaseMs, 1)}).status.ok());
    disk.Fail(DiskCall::kSync, Fault::kIo, 0, 1);
    const IngestResult failed = engine.Ingest({EventAt(kBaseMs + 1, 2)});
    CHECK_FALSE(failed.status.ok());
    CHECK_FALSE(IsFull(failed.status));
    for (int i = 0; i < 3; ++i) {  // the disk is well again, but what it lost nobody knows
      CHECK_FALSE(engine.Ingest({EventAt(kBaseMs + 2, 3)}).status.ok());
      CHECK_FALSE(engine.Checkpoint().ok());
    }
    CHECK(engine->Status().write.state == WriteState::kFailed);
    CHECK_FALSE(engine->Ready().ok());
    CHECK(CountOf(*engine) == 2);
    CHECK_FALSE(engine.Stop().ok());
    disk.PowerLoss(9);
  }
  HandTurnedEngine engine(StorageOn(disk), Options(1), clock);
  REQUIRE(engine.status().ok());
  const uint64_t count = CountOf(*engine);
  CHECK((count == 1 || count == 2));
  CHECK(engine.Ingest({EventAt(kBaseMs + 2, 3)}).accepted == 1);
}
