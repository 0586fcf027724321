// A store on a disk that loses its power: every acknowledged batch is there, whole and once.
#include "cold/keys.h"
#include "ledger.h"
#include "market/retention.h"

namespace wick::cold {
namespace {

using market::Tier;
using test::PowerLossEnv;

/// Candles that only a removal touches: series 99, of tier 1s, one in each of 40 chunks.
constexpr SeriesId kExpiring{99};
constexpr Chunk kExpiringChunks = 40;

market::Horizons Behind(Chunk chunk) {
  market::Horizons horizons;
  horizons.ms[Index(Tier::k1s)] = market::EndMs(Tier::k1s, FirstBucket(chunk) - 1);
  return horizons;
}

/// One life of a store after the other, each ended by a power cut at a random moment.
TEST_CASE("power cuts at random moments lose no acknowledged batch and invent none",
          "[cold][power]") {
  for (uint64_t seed = 0; seed < CasesOf(40); ++seed) {
    CAPTURE(seed);
    std::mt19937_64 random(seed);
    const Ledger ledger(seed, 200);
    PowerLossEnv disk;
    uint64_t acknowledged = 0;
    uint64_t tried = 0;
    Chunk removed = 0;        // chunks below were removed, and that was acknowledged
    Chunk removal_tried = 0;  // or perhaps
    bool filled = false;
    for (uint64_t life = 0; life < 3; ++life) {
      CAPTURE(life, acknowledged, tried);
      disk.CutPowerAfter(random() % (life == 0 ? 400 : 200));
      StoreOptions options = OptionsOn(disk);
      options.candle_memtable_bytes = 64_KiB;
      options.journal_memtable_bytes = 64_KiB;  // logs change, tables are written
      absl::StatusOr<std::unique_ptr<Store>> store = Store::Open(options);
      while (store.ok()) {
        const uint64_t action = random() % 20;
        absl::Status done;
        if (!filled) {
          Batch batch;
          for (Chunk chunk = 0; chunk < kExpiringChunks; ++chunk) {
            batch.WriteCandles(Tier::k1s, kExpiring, CandleOp::kReplace,
                               {{Single(FirstBucket(chunk), 1)}});
          }
          done = (*store)->Commit(batch);
          filled = done.ok();
          if (!filled) removal_tried = kExpiringChunks;  // they may be there or not
        } else if (action == 0) {
          done = (*store)->Flush();
        } else if (action == 1 && removal_tried < kExpiringChunks - 8) {
          removal_tried = std::max<Chunk>(removal_tried, removed + random() % 8);
          const auto count = (*store)->RemoveExpired(Behind(removal_tried), 100);
          done = count.status();
          if (count.ok()) removed = removal_tried;
        } else {
          Batch batch;
          tried = acknowledged + 1;
          ledger.Fill(tried, batch);
          done = (*store)->Commit(batch);
          if (done.ok()) acknowledged = tried;
        }
        if (!done.ok()) break;
      }
      REQUIRE(disk.power_is_cut());
      disk.PowerLoss(random());
      store = absl::UnknownError("closed");  // after the power went

      absl::StatusOr<std::unique_ptr<Store>> reopened = Store::Open(OptionsOn(disk));
      INFO(reopened.status());
      REQUIRE(reopened.ok());
      acknowledged = tried = MustHold(**reopened, ledger, acknowledged, tried);
      const auto left = ReadAll(**reopened, Tier::k1s, kExpiring);
      if (filled) {
        REQUIRE(left.size() <= kExpiringChunks - removed);
        REQUIRE(left.size() >= kExpiringChunks - removal_tried);
        for (const auto& candle : left) REQUIRE(ChunkOf(candle.bucket) >= removed);
      } else {
        REQUIRE((left.empty() || left.size() == kExpiringChunks));
        filled = !left.empty();
        removal_tried = 0;
      }
      disk.Kill();
    }
  }
}

}  // namespace
}  // namespace wick::cold
