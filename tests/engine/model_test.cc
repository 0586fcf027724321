// Random events, late ones, duplicates, checkpoints, crashes and any number of workers, against a
// fold that is written as candles.md says it and knows nothing of rings, chunks or journals.
#include <algorithm>
#include <map>
#include <random>
#include <tuple>

#include "catch.h"
#include "engine/fixture.h"
#include "engine/read_history.h"
#include "market/interval.h"
#include "sanitized.h"

using namespace wick;
using wick::test::HistoryOf;
using wick::test::RequireSame;
using wick::test::RunningEngine;
using wick::test::TemporaryDirectory;

namespace {

constexpr uint64_t kBaseMs = 1'700'000'000'000;
constexpr uint64_t kTierMs[] = {1'000, 60'000, 3'600'000, 86'400'000};
constexpr IntervalUnit kTierUnits[] = {IntervalUnit::kSecond, IntervalUnit::kMinute,
                                       IntervalUnit::kHour, IntervalUnit::kDay};

/// Everything that was accepted of a series, in order of arrival.
struct NaiveSeries {
  std::vector<Price> events;
  Price latest;

  bool Take(const Price& event) {
    if (event == latest) return false;
    events.push_back(event);
    if (event.timestamp_ms >= latest.timestamp_ms) latest = event;
    return true;
  }

  std::vector<Candle> Candles(uint64_t bucket_ms) const {
    std::map<uint64_t, std::vector<std::pair<uint64_t, size_t>>> buckets;  // (timestamp, arrival)
    for (size_t i = 0; i < events.size(); ++i) {
      const uint64_t ms = events[i].timestamp_ms;
      buckets[ms / bucket_ms * bucket_ms].emplace_back(ms, i);
    }
    std::vector<Candle> candles;
    for (auto& [start, order] : buckets) {
      std::sort(order.begin(), order.end());
      Candle c;
      c.timestamp_ms = start;
      c.open = events[order.front().second].price;
      const Price& last = events[order.back().second];
      c.close = last.price;
      c.base_volume_last_24h = last.base_volume_last_24h;
      c.quote_volume_last_24h = last.quote_volume_last_24h;
      c.count = order.size();
      c.high = c.low = c.open;
      for (const auto& [ms, i] : order) {
        c.high = std::max(c.high, events[i].price);
        c.low = std::min(c.low, events[i].price);
      }
      candles.push_back(c);
    }
    return candles;
  }
};

std::vector<Candle> ReadAllPages(RunningEngine& engine, const SymbolView& symbol,
                                 const Interval& interval, uint32_t limit) {
  std::vector<Candle> all;
  CandlesRequest request;
  request.interval = interval;
  request.from_ms = 0;
  request.limit = limit;
  for (;;) {
    const CandlesReply reply = engine.Candles(symbol, request);
    all.insert(all.end(), reply.candles.begin(), reply.candles.end());
    if (!reply.next_ms) return all;
    REQUIRE(reply.candles.size() == limit);
    request.from_ms = *reply.next_ms;
  }
}

struct Model {
  explicit Model(uint32_t seed) : random(seed) {
    const size_t series = 1 + random() % 12;
    for (size_t i = 0; i < series; ++i) {
      symbols.emplace_back("B" + std::to_string(random() % 4), "Q" + std::to_string(random() % 2),
                           "X" + std::to_string(i));
    }
    all.resize(series);
    clock_ms.assign(series, kBaseMs);
  }

  Price NextPrice(size_t series) {
    if (!all[series].events.empty() && random() % 16 == 0)
      return all[series].latest;  // a duplicate
    if (random() % 3 != 0) clock_ms[series] += random() % (random() % 50 == 0 ? 7'200'000 : 900);
    uint64_t ms = clock_ms[series];
    if (random() % 5 == 0) ms -= random() % (random() % 3 == 0 ? 200'000'000 : 9'000);  // late
    return {1 + static_cast<double>(random() % 1'000) / 8, static_cast<double>(random() % 3),
            static_cast<double>(random() % 1'000) / 3, ms};
  }

  void CheckAgainst(RunningEngine& engine) {
    for (size_t i = 0; i < symbols.size(); ++i) {
      if (all[i].events.empty()) continue;
      CAPTURE(symbols[i].exchange);
      REQUIRE(engine->Latest(*engine->Find(symbols[i])) == all[i].latest);
      for (size_t tier = 0; tier < 4; ++tier) {
        CAPTURE(tier);
        const auto expected = all[i].Candles(kTierMs[tier]);
        RequireSame(ReadAllPages(engine, symbols[i], {1, kTierUnits[tier]}, 1 + random() % 500),
                    expected);
        CandlesRequest packed;
        packed.from_ms = 0;
        packed.limit = 1 + random() % 3'000;
        const auto history =
            HistoryOf(*engine, *engine->Find(symbols[i]), market::kTiers[tier], packed);
        REQUIRE(history.ok());
        RequireSame(*history, expected);
        CandlesRequest newest;
        newest.interval = {1, kTierUnits[tier]};
        newest.limit = 1 + random() % 50;
        const size_t count = std::min<size_t>(newest.limit, expected.size());
        RequireSame(engine.Candles(symbols[i], newest).candles,
                    {expected.end() - static_cast<ptrdiff_t>(count), expected.end()});
      }
      RequireSame(ReadAllPages(engine, symbols[i], {7, IntervalUnit::kSecond}, 100),
                  all[i].Candles(7'000));
      RequireSame(ReadAllPages(engine, symbols[i], {15, IntervalUnit::kMinute}, 7),
                  all[i].Candles(900'000));
      CandlesRequest newest;
      newest.interval = {4, IntervalUnit::kHour};
      newest.limit = 3;
      const auto expected = all[i].Candles(4 * 3'600'000);
      const size_t count = std::min<size_t>(3, expected.size());
      RequireSame(engine.Candles(symbols[i], newest).candles,
                  {expected.end() - static_cast<ptrdiff_t>(count), expected.end()});
    }
  }

  std::mt19937 random;
  std::vector<Symbol> symbols;
  std::vector<NaiveSeries> all;
  std::vector<uint64_t> clock_ms;
};

void RunScript(uint32_t seed) {
  CAPTURE(seed);
  Model model(seed);
  const TemporaryDirectory directory;
  const ManualClock clock(kBaseMs + 10ull * 365 * 86'400'000);
  engine::EngineOptions options;
  options.keep.ms.fill(market::kKeepForever);
  options.window_candles = {1 + static_cast<uint32_t>(model.random() % 40),
                            1 + static_cast<uint32_t>(model.random() % 8), 1, 1};
  options.checkpoint_interval_ms = model.random() % 2 == 0 ? 1 : 3'600'000;
  for (int life = 0; life < 4; ++life) {
    options.workers = 1 + model.random() % 3;
    RunningEngine engine(directory.path(), options, clock);
    model.CheckAgainst(engine);
    const int rounds = 1 + static_cast<int>(model.random() % 6);
    for (int round = 0; round < rounds; ++round) {
      // A series always comes through the same worker, so its arrival order is the order of
      // submission.
      std::vector<std::future<engine::IngestResult>> answers;
      uint64_t accepted = 0, duplicates = 0;
      for (int batch = 0; batch < 8; ++batch) {
        std::vector<std::vector<PriceEvent>> by_worker(options.workers);
        for (size_t n = model.random() % 200; n > 0; --n) {
          const size_t i = model.random() % model.symbols.size();
          const Price price = model.NextPrice(i);
          ++(model.all[i].Take(price) ? accepted : duplicates);
          by_worker[i % options.workers].push_back({model.symbols[i], price});
        }
        for (unsigned w = 0; w < options.workers; ++w) {
          answers.push_back(engine.Submit(w, std::move(by_worker[w])));
        }
      }
      for (auto& answer : answers) {
        const auto result = answer.get();
        REQUIRE(result.status.ok());
        accepted -= result.accepted;
        duplicates -= result.duplicates;
      }
      REQUIRE(accepted == 0);
      REQUIRE(duplicates == 0);
      if (model.random() % 3 == 0) engine.Checkpoint();
      if (model.random() % 2 == 0) model.CheckAgainst(engine);
    }
    model.CheckAgainst(engine);
    if (model.random() % 3 == 0) engine.Stop();  // otherwise: as a crash
  }
}

}  // namespace

TEST_CASE("the engine equals a naive fold over random scripts with crashes", "[engine][model]") {
  const auto seed = GENERATE(range(1, 1 + test::Rounds(12)));
  RunScript(static_cast<uint32_t>(seed));
}
