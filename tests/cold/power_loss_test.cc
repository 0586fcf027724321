// A store on a disk that forgets what was not synced.
#include "cold/store.h"
#include "fixture.h"
#include "support/power_loss_env.h"

namespace wick::cold {
namespace {

TEST_CASE("a store on a disk in memory survives a power loss with every batch", "[cold][power]") {
  for (uint64_t seed = 0; seed < 20; ++seed) {
    CAPTURE(seed);
    test::PowerLossEnv disk;
    StoreOptions options = OptionsFor("/data/wick");
    options.env = disk.env();
    auto store = Store::Open(options);
    INFO(store.status());
    REQUIRE(store.ok());
    Batch batch;
    for (uint64_t number = 1; number <= 3; ++number) {
      batch.PutLastNumber(number);
      batch.WriteCandles(market::Tier::k1s, SeriesId{1}, CandleOp::kFold, {{Single(1, 1)}});
      MustCommit(**store, batch);
    }
    disk.PowerLoss(seed);
    store->reset();
    options.env = disk.env();
    store = Store::Open(options);
    INFO(store.status());
    REQUIRE(store.ok());
    REQUIRE((*store)->LastNumber().value() == 3);
    REQUIRE(ReadAll(**store, market::Tier::k1s, SeriesId{1}).front().count == 3);
  }
}

}  // namespace
}  // namespace wick::cold
