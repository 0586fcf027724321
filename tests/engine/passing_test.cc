// Records of a topic through crashes, power cuts and full disks at any moment: what is durable is
// the fold of the records before the stored offsets, no more and no less.
//
// WICK_SEEDS: how many scripts (300). WICK_SEED: that one alone.
#include <map>
#include <optional>
#include <random>

#include "catch.h"
#include "engine/hand_turned.h"
#include "engine/naive_market.h"
#include "engine/script_setting.h"
#include "environment.h"
#include "sanitized.h"
#include "support/power_loss_env.h"

using namespace wick;
using wick::test::DiskCall;
using wick::test::Fault;
using wick::test::HandTurnedEngine;
using wick::test::kTierMs;
using wick::test::kTierUnits;
using wick::test::kWorkerCounts;
using wick::test::NaiveCandle;
using wick::test::NaiveSeries;
using wick::test::PowerLossEnv;

namespace {

constexpr uint64_t kBaseMs = 1'700'000'000'000;
constexpr size_t kSeriesPerPartition = 5;

/// What the scripts of a run met, so that nobody believes in scripts that did nothing.
struct Totals {
  uint64_t lives = 0, records = 0, replayed = 0, letters = 0, refused = 0, offsets_only = 0;
};

struct Record {
  bool poison = false;
  std::vector<std::pair<size_t, Price>> events;  // series of the partition
};

class Script {
 public:
  Script(uint64_t seed, Totals& totals) : random_(seed), totals_(totals) {
    partitions_.resize(1 + Random(3));
    for (auto& records : partitions_) {
      uint64_t ms = kBaseMs;
      records.resize(20 + Random(100));
      for (Record& record : records) {
        record.poison = OneIn(10);
        for (uint64_t n = record.poison ? 0 : Random(6); n > 0; --n) {
          ms += Random(OneIn(20) ? 7'200'000 : 900);
          const uint64_t late = OneIn(5) ? Random(100'000) : 0;
          record.events.emplace_back(Random(kSeriesPerPartition),
                                     Price{1 + static_cast<double>(Random(50)), 0, 0, ms - late});
        }
      }
    }
    acknowledged_.resize(partitions_.size(), 0);
    options_.keep.ms.fill(market::kKeepForever);
    options_.window_candles = {3, 2, 1, 1};
    options_.checkpoint_interval_ms = OneIn(2) ? 0 : 3'600'000;
    options_.min_free_bytes = OneIn(2) ? 0 : 16_KiB;
    disk_.RefuseFiles("OPTIONS");
  }

  void Run() {
    for (uint64_t lives = 1 + Random(6); lives > 0; --lives) Live(/*to_the_end=*/false);
    Live(/*to_the_end=*/true);
  }

 private:
  struct Chunk {
    engine::EventBatch batch;
    engine::Passed passed;
  };

  uint64_t Random(uint64_t below) { return random_() % below; }
  bool OneIn(uint64_t n) { return Random(n) == 0; }

  cold::StoreOptions Storage() const { return test::SmallStorageOn(disk_); }

  static Symbol SymbolOf(size_t partition, size_t series) {
    return {"B" + std::to_string(partition) + std::to_string(series), "Q", "X"};
  }

  void Live(bool to_the_end) {
    ++totals_.lives;
    options_.workers = kWorkerCounts[Random(std::size(kWorkerCounts))];
    HandTurnedEngine engine(Storage(), options_, clock_);
    INFO(engine.status());
    REQUIRE(engine.status().ok());
    Check(engine);
    std::optional<Chunk> refused;  // offered again, before any later one
    for (uint64_t actions = to_the_end ? UINT64_MAX : Random(60); actions > 0; --actions) {
      if (to_the_end && !refused && AllRead()) break;
      switch (Random(8)) {
        case 0:
          engine->Turn();
          break;
        case 1:
        case 2:
          engine.TurnWorker(static_cast<unsigned>(Random(options_.workers)));
          break;
        case 3:
          if (OneIn(3)) engine.Settle();
          break;
        case 4:  // somebody else's events, and checkpoints
          engine.Submit(
              static_cast<unsigned>(Random(options_.workers)),
              {{{"N" + std::to_string(Random(5)), "Q", "X"}, {2, 0, 0, kBaseMs + Random(9'000)}}});
          if (OneIn(3)) engine->Checkpoint([](absl::Status) {});
          break;
        case 5:
          if (!to_the_end && OneIn(4)) {
            disk_.SetSpace(OneIn(2) ? disk_.used_bytes() + Random(20'000) : UINT64_MAX);
          }
          if (!to_the_end && OneIn(30)) disk_.Fail(DiskCall::kSync, Fault::kIo, Random(3));
          break;
        default:
          if (!refused) refused = NextChunk(engine);
          if (refused && Offer(engine, *refused)) refused.reset();
      }
      if (const absl::Status ready = engine->Ready();
          !ready.ok() && !absl::IsResourceExhausted(ready)) {
        break;  // for good: the process ends
      }
    }
    if (to_the_end) {
      engine.Settle();
      Check(engine);
      for (size_t i = 0; i < partitions_.size(); ++i) REQUIRE(read_[i] == acknowledged_[i]);
      return;
    }
    if (OneIn(2)) {
      disk_.PowerLoss(random_());
    } else {
      disk_.Kill();
    }
    disk_.SetSpace(UINT64_MAX);
    disk_.ClearFaults();
  }

  bool AllRead() const {
    for (size_t i = 0; i < partitions_.size(); ++i) {
      if (read_[i] < partitions_[i].size()) return false;
    }
    return true;
  }

  /// A few records of some partitions.
  std::optional<Chunk> NextChunk(HandTurnedEngine& engine) {
    Chunk chunk{engine->NewBatch(), {}};
    for (size_t partition = 0; partition < partitions_.size(); ++partition) {
      const auto& records = partitions_[partition];
      const uint64_t end = std::min<uint64_t>(read_[partition] + Random(5), records.size());
      if (end == read_[partition]) continue;
      for (uint64_t& at = read_[partition]; at < end; ++at, ++totals_.records) {
        const auto number = static_cast<uint32_t>(partition);
        if (records[at].poison) {
          chunk.passed.dead_letters.push_back({{"t", number, at}, 1, "poison", 0, 1, "", "x"});
        }
        for (const auto& [series, price] : records[at].events) {
          SeriesId id;
          REQUIRE(engine->Resolve(SymbolOf(partition, series), id) == Refusal::kNone);
          chunk.batch.Add(id, price);
        }
      }
      chunk.passed.offsets.push_back({"t", static_cast<uint32_t>(partition), end, 0});
    }
    if (chunk.passed.offsets.empty()) return std::nullopt;
    totals_.offsets_only += chunk.batch.size() == 0;
    return chunk;
  }

  bool Offer(HandTurnedEngine& engine, Chunk& chunk) {
    const auto offsets = chunk.passed.offsets;
    const size_t events = chunk.batch.size();
    const absl::Status taken = engine->SubmitPassing(
        chunk.batch, chunk.passed, [this, offsets](const engine::IngestResult& result) {
          if (!result.status.ok()) {
            REQUIRE_FALSE(absl::IsResourceExhausted(result.status));  // it waits
            return;
          }
          for (const auto& offset : offsets) {
            uint64_t& known = acknowledged_[offset.partition];
            known = std::max(known, offset.next);  // those of one write are answered in any order
          }
        });
    if (taken.ok()) return true;
    ++totals_.refused;
    REQUIRE(chunk.batch.size() == events);  // as it was
    REQUIRE(chunk.passed.offsets == offsets);
    return false;
  }

  /// What the engine recovered is what the stored offsets say; reading goes on from them.
  void Check(HandTurnedEngine& engine) {
    const auto stored = engine->KafkaOffsets();
    INFO(stored.status());
    REQUIRE(stored.ok());
    std::vector<uint64_t> next(partitions_.size(), 0);
    for (const auto& offset : *stored) next[offset.partition] = offset.next;
    for (size_t i = 0; i < next.size(); ++i) {
      REQUIRE(next[i] >= acknowledged_[i]);
      acknowledged_[i] = next[i];
      if (i < read_.size()) totals_.replayed += read_[i] - next[i];
    }
    read_ = next;

    size_t letters = 0;
    const auto kept = engine->DeadLetters({}, SIZE_MAX);
    REQUIRE(kept.ok());
    for (size_t partition = 0; partition < next.size(); ++partition) {
      CAPTURE(partition, next[partition]);
      std::map<size_t, NaiveSeries> fold;
      for (uint64_t at = 0; at < next[partition]; ++at) {
        const Record& record = partitions_[partition][at];
        for (const auto& [series, price] : record.events) fold[series].Take(price);
        if (!record.poison) continue;
        REQUIRE(letters < kept->size());
        REQUIRE((*kept)[letters].place ==
                cold::KafkaPlace{"t", static_cast<uint32_t>(partition), at});
        ++letters;
      }
      for (size_t series = 0; series < kSeriesPerPartition; ++series) {
        CheckSeries(*engine, SymbolOf(partition, series), fold[series]);
      }
    }
    REQUIRE(letters == kept->size());
    totals_.letters += letters;
  }

  static void CheckSeries(const engine::Engine& engine, const Symbol& symbol,
                          const NaiveSeries& expected) {
    const auto id = engine.FindSeen(symbol);
    REQUIRE(id.has_value() == (expected.latest().timestamp_ms != 0));
    if (!id) return;
    REQUIRE(engine.Latest(*id) == expected.latest());
    for (size_t tier = 0; tier < kTierMs.size(); ++tier) {
      CandlesRequest request;
      request.interval = {1, kTierUnits[tier]};
      request.from_ms = 1;
      request.to_ms = 2 * kBaseMs;
      request.limit = 10'000;
      const auto reply = engine.Candles(*id, request);
      INFO(reply.status());
      REQUIRE(reply.ok());
      std::vector<NaiveCandle> seen;
      for (const Candle& c : reply->candles) {
        seen.push_back({c.timestamp_ms, c.open, c.high, c.low, c.close, c.count,
                        c.base_volume_last_24h, c.quote_volume_last_24h, true});
      }
      REQUIRE(seen == expected.Candles(tier, 0, UINT64_MAX));
    }
  }

  std::mt19937_64 random_;
  Totals& totals_;
  PowerLossEnv disk_;
  ManualClock clock_{2 * kBaseMs};
  engine::EngineOptions options_;
  std::vector<std::vector<Record>> partitions_;
  std::vector<uint64_t> read_;          // by partition: next record to submit
  std::vector<uint64_t> acknowledged_;  // by partition: known to be durable
};

}  // namespace

TEST_CASE("records of a topic count once through crashes at any moment", "[engine][kafka]") {
  Totals totals;
  const uint64_t only = test::NumberOr("WICK_SEED", 0);
  const uint64_t last =
      only != 0 ? only : test::NumberOr("WICK_SEEDS", static_cast<uint64_t>(test::Rounds(300)));
  for (uint64_t seed = only != 0 ? only : 1; seed <= last; ++seed) {
    INFO("WICK_SEED=" << seed << " repeats this script alone");
    Script(seed, totals).Run();
  }
  if (only != 0 || last < 100) return;
  CHECK(totals.lives > last);
  CHECK(totals.replayed > 0);
  CHECK(totals.letters > 0);
  CHECK(totals.refused > 0);
  CHECK(totals.offsets_only > 0);
  WARN(totals.lives << " lives, " << totals.records << " records submitted, " << totals.replayed
                    << " of them again, " << totals.letters << " dead letters seen, "
                    << totals.refused << " refusals");
}

TEST_CASE("an offset waits for the slowest part of its events, other shards do not",
          "[engine][kafka]") {
  const ManualClock clock{kBaseMs};
  const PowerLossEnv disk;
  cold::StoreOptions storage;
  storage.directory = "/data";
  storage.env = disk.env();
  engine::EngineOptions options;
  options.workers = 3;
  HandTurnedEngine engine(storage, options, clock);
  REQUIRE(engine.status().ok());
  // A pair for each shard: the one whose worker is woken by an event of it.
  std::vector<std::optional<SymbolView>> symbol_of(3);
  std::vector<std::string> names;
  for (int i = 0; i < 64; ++i) names.push_back("B" + std::to_string(i));
  for (const std::string& name : names) {
    engine.Settle();
    const auto answer = engine.Submit(0, {{Symbol{name, "Q", "N"}, {1, 0, 0, kBaseMs}}});
    for (unsigned shard = 1; shard < 3; ++shard) {
      if (engine->Status().shards[shard].queued_events > 0) symbol_of[shard] = {name, "Q", "X"};
    }
    if (engine->Status().shards[0].uncommitted_events > 0) symbol_of[0] = {name, "Q", "X"};
  }
  engine.Settle();
  for (const auto& symbol : symbol_of) REQUIRE(symbol.has_value());

  const auto pass = [&](std::vector<unsigned> shards, uint64_t next) {
    auto batch = engine->NewBatch();
    for (const unsigned shard : shards) {
      SeriesId id;
      REQUIRE(engine->Resolve(*symbol_of[shard], id) == Refusal::kNone);
      batch.Add(id, {static_cast<double>(next), 0, 0, kBaseMs});
    }
    engine::Passed passed;
    passed.offsets.push_back({"t", 0, next, 0});
    auto answered = std::make_shared<bool>(false);
    REQUIRE(engine
                ->SubmitPassing(batch, passed,
                                [answered](const engine::IngestResult& result) {
                                  REQUIRE(result.status.ok());
                                  *answered = true;
                                })
                .ok());
    return answered;
  };
  const auto stored = [&] {
    const auto offsets = engine->KafkaOffsets();
    return offsets->empty() ? 0 : offsets->front().next;
  };
  const auto first = pass({0, 1}, 1);
  const auto second = pass({0, 2}, 2);
  const auto third = pass({}, 3);
  const auto other = engine.Submit(2, {{Symbol{names[0], "Q", "O"}, {1, 0, 0, kBaseMs}}});
  for (int i = 0; i < 10; ++i) engine.TurnWorker(2);
  engine->Turn();
  REQUIRE(stored() == 0);  // the second and third are complete, the first is not
  engine.TurnWorker(1);
  engine->Turn();
  REQUIRE(stored() == 3);
  engine.Settle();
  REQUIRE((*first && *second && *third));
  REQUIRE(other->has_value());
}
