// What a start says of itself while it runs.
#include "catch.h"
#include "engine/fixture.h"

using namespace wick;
using engine::RecoveryPhase;
using wick::test::RunningEngine;
using wick::test::TemporaryDirectory;

namespace {

constexpr uint64_t kBaseMs = 1'700'000'000'000;

/// Looks at the progress whenever the engine asks for the time, which a replayed late event does.
class LookingClock final : public Clock {
 public:
  explicit LookingClock(const engine::RecoveryProgress& progress) : progress_(progress) {}
  uint64_t NowMs() const override {
    if (progress_.phase.load() == RecoveryPhase::kJournal) records_seen_ = progress_.records.load();
    return kBaseMs;
  }
  uint64_t records_seen() const { return records_seen_; }

 private:
  const engine::RecoveryProgress& progress_;
  mutable uint64_t records_seen_ = 0;
};

}  // namespace

TEST_CASE("a start says in which phase it is and how far it has come", "[engine][recovery]") {
  const TemporaryDirectory directory;
  {
    const ManualClock clock(kBaseMs);
    engine::EngineOptions options;
    options.checkpoint_interval_ms = 3'600'000;
    RunningEngine engine(directory.path(), options, clock);
    engine.Ingest(
        {{{"BTC", "USD", "x"}, {1, 0, 0, kBaseMs}}, {{"ETH", "USD", "x"}, {2, 0, 0, kBaseMs}}});
    engine.Ingest({{{"BTC", "USD", "x"}, {3, 0, 0, kBaseMs - 9}}});
  }
  engine::RecoveryProgress progress;
  CHECK(progress.phase == RecoveryPhase::kStorage);
  const LookingClock clock(progress);
  cold::StoreOptions storage;
  storage.directory = directory.path();
  const auto store = cold::Store::Open(storage);
  REQUIRE(store.ok());
  const auto engine = engine::Engine::Open({}, **store, clock, &progress);
  REQUIRE(engine.ok());
  CHECK(clock.records_seen() == 3);  // at the last event
  CHECK(progress.phase == RecoveryPhase::kDone);
  CHECK(engine::Name(progress.phase) == "done");
}
