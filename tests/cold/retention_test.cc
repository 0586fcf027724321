#include "market/retention.h"

#include "cold/keys.h"
#include "fixture.h"

namespace wick::cold {
namespace {

using market::Bucket;
using market::FoldedCandle;
using market::Horizons;
using market::Tier;

/// One candle a chunk, in chunks 0 to 4 of series 0 to 3, in every tier.
std::unique_ptr<Store> FilledStore(const TempDirectory& directory) {
  auto store = MustOpen(directory.path());
  Batch batch;
  for (Tier tier : market::kTiers) {
    for (uint32_t series = 0; series < 4; ++series) {
      for (Chunk chunk = 0; chunk < 5; ++chunk) {
        batch.WriteCandles(tier, SeriesId{series}, CandleOp::kReplace,
                           {{Single(FirstBucket(chunk) + 7, 1)}});
      }
    }
  }
  MustCommit(*store, batch);
  return store;
}

Horizons HorizonOf(Tier tier, uint64_t horizon_ms) {
  Horizons horizons;
  horizons.ms[Index(tier)] = horizon_ms;
  return horizons;
}

size_t ChunksLeft(const Store& store, Tier tier) {
  size_t chunks = 0;
  for (uint32_t series = 0; series < 4; ++series) {
    chunks += ReadAll(store, tier, SeriesId{series}).size();
  }
  return chunks;
}

TEST_CASE("a chunk is removed when its last bucket ends on the horizon, not a millisecond earlier",
          "[cold][retention]") {
  for (Tier tier : market::kTiers) {
    const TempDirectory directory;
    const auto store = FilledStore(directory);
    const uint64_t end_ms = market::EndMs(tier, FirstBucket(2) - 1);  // of chunks 0 and 1
    CAPTURE(Name(tier));
    REQUIRE(store->RemoveExpired(HorizonOf(tier, end_ms - 1), 100).value() == 4);
    REQUIRE(ChunksLeft(*store, tier) == 4 * 4);
    REQUIRE(store->RemoveExpired(HorizonOf(tier, end_ms), 100).value() == 4);
    REQUIRE(ChunksLeft(*store, tier) == 4 * 3);
    REQUIRE(ReadAll(*store, tier, SeriesId{3}).front().bucket == FirstBucket(2) + 7);
    REQUIRE(store->RemoveExpired(HorizonOf(tier, end_ms), 100).value() == 0);
  }
}

TEST_CASE("a tier without a horizon keeps everything", "[cold][retention]") {
  const TempDirectory directory;
  const auto store = FilledStore(directory);
  REQUIRE(store->RemoveExpired(Horizons{}, 100).value() == 0);
  REQUIRE(store->RemoveExpired(HorizonOf(Tier::k1s, UINT32_MAX * 1'000ull), 100).value() == 20);
  REQUIRE(ChunksLeft(*store, Tier::k1s) == 0);
  for (Tier tier : {Tier::k1m, Tier::k1h, Tier::k1d}) REQUIRE(ChunksLeft(*store, tier) == 20);
}

TEST_CASE("no call removes more than its limit, and the next ones finish", "[cold][retention]") {
  for (uint64_t limit : {1, 3, 5, 12, 15, 16, 17}) {
    const TempDirectory directory;
    const auto store = FilledStore(directory);
    Horizons horizons = HorizonOf(Tier::k1s, market::EndMs(Tier::k1s, FirstBucket(3) - 1));
    horizons.ms[Index(Tier::k1h)] = market::EndMs(Tier::k1h, FirstBucket(1) - 1);
    CAPTURE(limit);
    uint64_t removed = 0;
    for (uint64_t n = limit; n == limit; removed += n) {
      n = store->RemoveExpired(horizons, limit).value();
      REQUIRE(n <= limit);
    }
    REQUIRE(removed == 4 * 3 + 4);
    REQUIRE(ChunksLeft(*store, Tier::k1s) == 4 * 2);
    REQUIRE(ChunksLeft(*store, Tier::k1h) == 4 * 4);
    REQUIRE(ChunksLeft(*store, Tier::k1m) == 4 * 5);
  }
}

TEST_CASE("a horizon that moved between two steps misses no chunk", "[cold][retention]") {
  const TempDirectory directory;
  const auto store = FilledStore(directory);
  const auto behind = [](Chunk chunk) {
    return HorizonOf(Tier::k1s, market::EndMs(Tier::k1s, FirstBucket(chunk) - 1));
  };
  REQUIRE(store->RemoveExpired(behind(1), 2).value() == 2);
  REQUIRE(store->RemoveExpired(behind(2), 100).value() == 6);
  REQUIRE(ChunksLeft(*store, Tier::k1s) == 4 * 3);
}

TEST_CASE("removed chunks stay removed over a restart, and may be written again",
          "[cold][retention]") {
  const TempDirectory directory;
  auto store = FilledStore(directory);
  REQUIRE(
      store->RemoveExpired(HorizonOf(Tier::k1s, market::EndMs(Tier::k1s, 1'023)), 100).value() ==
      4);
  REQUIRE(store->Flush().ok());
  store.reset();
  store = MustOpen(directory.path());
  REQUIRE(ChunksLeft(*store, Tier::k1s) == 4 * 4);
  Batch batch;
  batch.WriteCandles(Tier::k1s, SeriesId{0}, CandleOp::kFold, {{Single(9, 2)}});
  MustCommit(*store, batch);
  REQUIRE(ReadAll(*store, Tier::k1s, SeriesId{0}).front() == Single(9, 2));
}

}  // namespace
}  // namespace wick::cold
