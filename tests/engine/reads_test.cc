// What a reader sees while events, checkpoints and late corrections go on.
#include <atomic>
#include <random>
#include <thread>

#include "catch.h"
#include "engine/fixture.h"
#include "engine/read_history.h"

using namespace wick;
using wick::test::HistoryOf;
using wick::test::RunningEngine;
using wick::test::TemporaryDirectory;

namespace {

constexpr uint64_t kBaseMs = 1'700'000'000'000;
const Symbol kSymbol{"BTC", "USD", "x"};

engine::EngineOptions KeepForever() {
  engine::EngineOptions options;
  options.keep.ms.fill(market::kKeepForever);
  return options;
}

PriceEvent EventAt(uint64_t ms, double price, const Symbol& symbol = kSymbol) {
  return {symbol, {price, 1, 2, ms}};
}

CandlesRequest Of(IntervalUnit unit, uint32_t count = 1) {
  CandlesRequest request;
  request.interval = {count, unit};
  return request;
}

/// The seconds of the symbol from request.from_ms on: by turns as candles and as packed history.
absl::StatusOr<std::vector<Candle>> ReadOneWay(RunningEngine& engine, const CandlesRequest& request,
                                               uint64_t turn) {
  const SeriesId series = *engine->Find(kSymbol);
  if (turn % 2 == 1) return HistoryOf(*engine, series, market::Tier::k1s, request);
  WICK_ASSIGN_OR_RETURN(CandlesReply reply, engine->Candles(series, request));
  return std::move(reply.candles);
}

}  // namespace

TEST_CASE("a count never goes back and never runs ahead while candles move to the disk",
          "[engine][threads]") {
  // Every event falls into one of a few old buckets, so each is a correction on its way through the
  // layers.
  const TemporaryDirectory directory;
  const ManualClock clock(kBaseMs + 86'400'000);
  auto options = KeepForever();
  options.workers = 2;
  options.window_candles = {2, 2, 1, 1};
  options.checkpoint_interval_ms = 1;
  RunningEngine engine(directory.path(), options, clock);
  engine.Ingest({EventAt(kBaseMs, 1)});

  std::atomic<uint64_t> submitted{1};
  std::atomic<uint64_t> acknowledged{1};
  std::atomic<bool> done{false};
  std::atomic<uint64_t> reads{0}, too_few{0}, too_many{0},
      failed{0};  // the test framework has one thread
  std::thread reader([&] {
    CandlesRequest request = Of(IntervalUnit::kSecond);
    request.from_ms = 0;
    uint64_t seen_before = 0;
    while (!done.load()) {
      const uint64_t at_least = std::max(acknowledged.load(), seen_before);
      const auto candles = ReadOneWay(engine, request, reads);
      const uint64_t at_most = submitted.load();
      if (!candles.ok()) {
        ++failed;
        continue;
      }
      uint64_t count = 0;
      for (const Candle& candle : *candles) count += candle.count;
      too_few += count < at_least;
      too_many += count > at_most;
      seen_before = count;
      ++reads;
    }
  });
  std::mt19937 random(11);
  for (int round = 0; round < 300; ++round) {
    std::vector<PriceEvent> events;
    for (int i = 0; i < 20; ++i) {
      events.push_back(
          EventAt(kBaseMs - 1'000 * (1 + random() % 30), 1 + static_cast<double>(random() % 9)));
    }
    submitted += events.size();
    const auto result = engine.Ingest(std::move(events));
    acknowledged += result.accepted;
  }
  done = true;
  reader.join();
  CHECK(reads > 0);
  CHECK(failed == 0);
  CHECK(too_few == 0);
  CHECK(too_many == 0);
}

TEST_CASE("a candle that leaves its ring is never missing from an answer", "[engine][threads]") {
  const TemporaryDirectory directory;
  const ManualClock clock(kBaseMs + 86'400'000);
  auto options = KeepForever();
  options.window_candles = {1, 1, 1, 1};
  options.checkpoint_interval_ms = 1;
  RunningEngine engine(directory.path(), options, clock);
  engine.Ingest({EventAt(kBaseMs, 1)});
  std::atomic<uint64_t> applied{1};
  std::atomic<bool> done{false};
  std::atomic<uint64_t> reads{0}, holes{0}, failed{0};
  std::thread reader([&] {
    CandlesRequest request = Of(IntervalUnit::kSecond);
    request.from_ms = 0;
    request.limit = 10'000;
    while (!done.load()) {
      const uint64_t at_least = applied.load();
      const auto candles = ReadOneWay(engine, request, reads);
      if (!candles.ok()) {
        ++failed;
        continue;
      }
      // A candle a second from the first on: a hole or a missing end is a candle that was nowhere.
      for (size_t i = 0; i < candles->size(); ++i) {
        holes += (*candles)[i].timestamp_ms != kBaseMs + i * 1'000;
      }
      holes += candles->size() < at_least;
      ++reads;
    }
  });
  for (uint64_t second = 1; second < 3'000; second += 10) {
    std::vector<PriceEvent> events;
    for (uint64_t i = 0; i < 10; ++i) events.push_back(EventAt(kBaseMs + (second + i) * 1'000, 1));
    engine.Submit(0, std::move(events), engine::Ack::kMemory).get();
    applied = second + 10;
  }
  done = true;
  reader.join();
  CHECK(reads > 0);
  CHECK(failed == 0);
  CHECK(holes == 0);
}

TEST_CASE("a late event behind a tier's horizon leaves that tier alone and is counted",
          "[engine][late]") {
  const TemporaryDirectory directory;
  const ManualClock clock(kBaseMs);
  engine::EngineOptions options;  // 1s: 24 h
  RunningEngine engine(directory.path(), options, clock);
  constexpr uint64_t kDayMs = 86'400'000;
  // One batch: the horizon moves with the first event already.
  engine.Ingest(
      {EventAt(kBaseMs, 5), EventAt(kBaseMs - kDayMs - 1'000, 7), EventAt(kBaseMs - kDayMs, 8)});

  const auto status = engine->Status();
  CHECK(status.events_accepted == 3);
  CHECK(status.events_late == 2);
  CHECK(status.late_beyond_horizon == std::array<uint64_t, 4>{1, 0, 0, 0});

  CandlesRequest request = Of(IntervalUnit::kSecond);
  request.from_ms = 0;
  const CandlesReply seconds = engine.Candles(kSymbol, request);
  CHECK(seconds.available_from_ms == kBaseMs - kDayMs);
  REQUIRE(seconds.candles.size() == 2);
  CHECK(seconds.candles.front().close == 8);
  const auto minutes =
      engine.Candles(kSymbol, Of(IntervalUnit::kMinute)).candles;  // both in one minute
  REQUIRE(minutes.size() == 2);
  CHECK(minutes.front().count == 2);
}

TEST_CASE("a candle is gone from answers the moment its bucket ends at the horizon",
          "[engine][retention]") {
  const TemporaryDirectory directory;
  ManualClock clock(kBaseMs + 1);
  engine::EngineOptions options;
  RunningEngine engine(directory.path(), options, clock);
  engine.Ingest({EventAt(kBaseMs - 1'000, 1), EventAt(kBaseMs, 2)});
  const auto candles = [&] {
    return engine.Candles(kSymbol, Of(IntervalUnit::kSecond)).candles.size();
  };
  CHECK(candles() == 2);
  clock.Set(kBaseMs + 86'400'000 * 2);
  CHECK(candles() == 2);  // no newer event: the data ages by its own clock
  engine.Ingest({EventAt(kBaseMs + 86'400'000 - 1, 3)});
  CHECK(candles() == 3);
  engine.Ingest({EventAt(kBaseMs + 86'400'000, 4)});
  CHECK(candles() == 3);  // the first ended exactly at the horizon
}

TEST_CASE("one event far in the past opens no hole and one a little ahead expires nothing",
          "[engine][retention]") {
  const TemporaryDirectory directory;
  const ManualClock clock(kBaseMs);
  engine::EngineOptions options;
  RunningEngine engine(directory.path(), options, clock);
  engine.Ingest({EventAt(kBaseMs - 86'400'000 + 1'000, 1), EventAt(kBaseMs + 9'000, 2)});
  CHECK(engine.Candles(kSymbol, Of(IntervalUnit::kSecond)).candles.size() == 2);
}

TEST_CASE("finest answers go from coarse to fine without overlap", "[engine][query]") {
  const TemporaryDirectory directory;
  const ManualClock clock(kBaseMs);
  engine::EngineOptions options;
  options.keep.ms = {60'000, 3'600'000, 86'400'000, market::kKeepForever};
  RunningEngine engine(directory.path(), options, clock);
  std::vector<PriceEvent> events;
  for (uint64_t ms = kBaseMs - 4ull * 86'400'000; ms <= kBaseMs; ms += 7'000) {
    events.push_back(EventAt(ms, static_cast<double>(ms % 1'000'003)));
  }
  engine.Ingest(std::move(events));
  CandlesRequest request;
  request.grain = Grain::kFinest;
  request.from_ms = 0;
  request.limit = 10'000;
  const CandlesReply reply = engine.Candles(kSymbol, request);
  uint64_t end_ms = 0;
  std::vector<IntervalUnit> units;
  for (const Candle& candle : reply.candles) {
    REQUIRE(candle.timestamp_ms >= end_ms);
    const size_t tier = std::string_view("smhd").find(static_cast<char>(candle.interval.unit));
    constexpr uint64_t kMs[] = {1'000, 60'000, 3'600'000, 86'400'000};
    if (candle.interval.unit != IntervalUnit::kSecond && end_ms > 0)
      CHECK(candle.timestamp_ms == end_ms);
    end_ms = candle.timestamp_ms + kMs[tier];
    if (units.empty() || units.back() != candle.interval.unit)
      units.push_back(candle.interval.unit);
  }
  CHECK(units == std::vector<IntervalUnit>{IntervalUnit::kDay, IntervalUnit::kHour,
                                           IntervalUnit::kMinute, IntervalUnit::kSecond});
}

TEST_CASE("history is the chunks of the disk, up to what memory knows better", "[engine][query]") {
  const TemporaryDirectory directory;
  constexpr codec::Chunk kChunk = kBaseMs / 1'000 / codec::kBucketsPerChunk + 1;
  constexpr uint64_t kFirstMs = codec::FirstBucket(kChunk) * 1'000ull;
  constexpr uint64_t kChunkMs = codec::kBucketsPerChunk * 1'000ull;
  ManualClock clock(kFirstMs + 4 * kChunkMs);
  auto options = KeepForever();
  options.window_candles = {1, 1, 1, 1};
  RunningEngine engine(directory.path(), options, clock);
  // Four chunks of 256 candles each; the last candle is the open one.
  std::vector<PriceEvent> events;
  for (uint64_t i = 0; i < 4 * 256; ++i) events.push_back(EventAt(kFirstMs + 4'000 * i, 1));
  engine.Ingest(std::move(events));
  engine.Checkpoint();
  const SeriesId id = *engine->Find(kSymbol);
  CandlesRequest request = Of(IntervalUnit::kSecond);
  const auto ask = [&](uint64_t from_ms, std::optional<uint64_t> to_ms, uint32_t limit) {
    request.from_ms = from_ms;
    request.to_ms = to_ms;
    request.limit = limit;
    auto reply = engine->History(id, request);
    REQUIRE(reply.ok());
    return *std::move(reply);
  };
  const auto is = [](const engine::HistoryReply& reply, std::vector<codec::Chunk> numbers,
                     uint64_t end_ms, bool more) {
    std::vector<codec::Chunk> seen;
    for (const auto& chunk : reply.chunks) seen.push_back(chunk.number);
    CHECK(seen == numbers);
    CHECK(reply.end_ms == end_ms);
    CHECK(reply.more == more);
  };
  const uint64_t open_ms = kFirstMs + 4'000 * (4 * 256 - 1);
  is(ask(kFirstMs, std::nullopt, 10'000), {kChunk, kChunk + 1, kChunk + 2, kChunk + 3}, open_ms,
     true);
  is(ask(kFirstMs, kFirstMs + kChunkMs, 10'000), {kChunk}, kFirstMs + kChunkMs, false);
  is(ask(kFirstMs, kFirstMs + kChunkMs + 1'000, 256), {kChunk, kChunk + 1},
     kFirstMs + kChunkMs + 1'000, false);
  is(ask(kFirstMs, open_ms, 1), {kChunk}, kFirstMs + kChunkMs, true);
  is(ask(kFirstMs, open_ms, 511), {kChunk}, kFirstMs + kChunkMs, true);
  is(ask(kFirstMs, open_ms, 512), {kChunk, kChunk + 1}, kFirstMs + 2 * kChunkMs, true);
  // Those across the ends do not count.
  is(ask(kFirstMs + 1'000, open_ms, 256), {kChunk, kChunk + 1}, kFirstMs + 2 * kChunkMs, true);
  is(ask(kFirstMs + 1'000, kFirstMs + 2 * kChunkMs - 1'000, 1), {kChunk, kChunk + 1},
     kFirstMs + 2 * kChunkMs - 1'000, false);
  is(ask(kFirstMs - 9'000, kFirstMs - 5'000, 9), {}, kFirstMs - 5'000, false);
  is(ask(open_ms, std::nullopt, 9), {}, open_ms, true);

  // A late event is in a layer until a checkpoint has written it.
  const uint64_t late_ms = kFirstMs + kChunkMs + 40'000;
  engine.Ingest({EventAt(late_ms, 7)});
  is(ask(kFirstMs, std::nullopt, 10'000), {kChunk, kChunk + 1}, late_ms, true);
  is(ask(late_ms, std::nullopt, 10'000), {}, late_ms, true);
  engine.Checkpoint();
  is(ask(kFirstMs, open_ms, 10'000), {kChunk, kChunk + 1, kChunk + 2, kChunk + 3}, open_ms, false);

  // What the clock has not passed is not closed.
  clock.Set(kFirstMs + kChunkMs);
  is(ask(kFirstMs, open_ms, 10'000), {kChunk}, kFirstMs + kChunkMs, true);
  is(ask(kFirstMs + kChunkMs, open_ms, 10'000), {}, kFirstMs + kChunkMs, true);
}

TEST_CASE("gaps are filled across pages exactly as in one answer", "[engine][query][fill]") {
  const TemporaryDirectory directory;
  const ManualClock clock(kBaseMs + 600'000);
  RunningEngine engine(directory.path(), KeepForever(), clock);
  engine.Ingest({EventAt(kBaseMs, 1), EventAt(kBaseMs + 5'000, 2), EventAt(kBaseMs + 60'000, 3)});
  CandlesRequest request = Of(IntervalUnit::kSecond);
  request.from_ms = kBaseMs - 3'000;
  request.to_ms = kBaseMs + 70'000;
  request.fill = Fill::kPrevious;
  const CandlesReply whole = engine.Candles(kSymbol, request);
  REQUIRE(whole.candles.size() == 70);  // from the first candle known
  CHECK_FALSE(whole.next_ms.has_value());
  std::vector<Candle> paged;
  request.limit = 9;
  for (;;) {
    const CandlesReply page = engine.Candles(kSymbol, request);
    paged.insert(paged.end(), page.candles.begin(), page.candles.end());
    if (!page.next_ms) break;
    request.from_ms = page.next_ms;
  }
  REQUIRE(paged.size() == whole.candles.size());
  for (size_t i = 0; i < paged.size(); ++i) {
    CHECK(paged[i].timestamp_ms == whole.candles[i].timestamp_ms);
    CHECK(paged[i].close == whole.candles[i].close);
    CHECK(paged[i].filled == whole.candles[i].filled);
  }
  CHECK(whole.candles[4].filled);
  CHECK(whole.candles[4].close == 1);
  CHECK(whole.candles[5].close == 2);
}

TEST_CASE("a request out of bounds is refused with what is allowed", "[engine][query]") {
  const TemporaryDirectory directory;
  const ManualClock clock(kBaseMs);
  RunningEngine engine(directory.path(), KeepForever(), clock);
  engine.Ingest({EventAt(kBaseMs, 1)});
  CandlesRequest request = Of(IntervalUnit::kMinute);
  request.limit = 10'001;
  const auto reply = engine->Candles(*engine->Find(kSymbol), request);
  CHECK(reply.status().code() == absl::StatusCode::kInvalidArgument);
  CHECK(std::string(reply.status().message()).find("10000") != std::string::npos);
}

TEST_CASE("listings show what was seen, sorted, with the newest time", "[engine][listing]") {
  const TemporaryDirectory directory;
  const ManualClock clock(kBaseMs);
  RunningEngine engine(directory.path(), KeepForever(), clock);
  SeriesId never_seen;
  REQUIRE(engine->Resolve({"DOGE", "USD", "a"}, never_seen) == Refusal::kNone);
  engine.Ingest(
      {EventAt(kBaseMs - 5, 1, {"ETH", "USD", "b"}), EventAt(kBaseMs - 9, 2, {"BTC", "USD", "b"}),
       EventAt(kBaseMs - 1, 3, {"BTC", "EUR", "a"}), EventAt(kBaseMs - 7, 4, {"BTC", "USD", "a"})});

  CHECK(engine->Exchanges(std::nullopt, true) ==
        std::vector<ExchangeListing>{
            {"a", kBaseMs - 1, {{"BTC", "EUR", kBaseMs - 1}, {"BTC", "USD", kBaseMs - 7}}},
            {"b", kBaseMs - 5, {{"BTC", "USD", kBaseMs - 9}, {"ETH", "USD", kBaseMs - 5}}}});
  CHECK(engine->Exchanges("b", false) == std::vector<ExchangeListing>{{"b", kBaseMs - 5, {}}});
  CHECK(engine->Exchanges("c", true).empty());

  const auto bases = engine->Bases({});
  REQUIRE(bases.size() == 2);
  CHECK(bases[0].reference.symbol == Symbol{"BTC", "EUR", "a"});  // the newest
  CHECK(bases[0].series == 3);
  CHECK(engine->Bases({"ETH", "XRP"}).size() == 1);

  const auto prices = engine->PricesOfBase("BTC");
  REQUIRE(prices.size() == 3);
  CHECK(prices[0].price.timestamp_ms == kBaseMs - 1);
  CHECK(prices[2].price.timestamp_ms == kBaseMs - 9);
}

TEST_CASE("references choose a base's price and outlive a restart", "[engine][reference]") {
  const TemporaryDirectory directory;
  const ManualClock clock(kBaseMs);
  const auto change = [](auto call) {
    std::promise<absl::Status> done;
    auto result = done.get_future();
    call([&](absl::Status status) { done.set_value(std::move(status)); });
    return result.get();
  };
  {
    RunningEngine engine(directory.path(), KeepForever(), clock);
    engine.Ingest({EventAt(kBaseMs - 9, 1, {"BTC", "USD", "old"}),
                   EventAt(kBaseMs, 2, {"BTC", "EUR", "new"})});
    REQUIRE(change([&](auto done) { engine->SetReference({"BTC", "USD", "old"}, done); }).ok());
    REQUIRE(change([&](auto done) { engine->SetReference({"ETH", "USD", "old"}, done); }).ok());
    REQUIRE(change([&](auto done) { engine->RemoveReference("ETH", done); }).ok());
    CHECK(change([&](auto done) { engine->RemoveReference("ETH", done); }).code() ==
          absl::StatusCode::kNotFound);
    CHECK(engine->Bases({"BTC"})[0].reference.price.price == 1);
  }
  RunningEngine engine(directory.path(), KeepForever(), clock);
  CHECK(engine->References() == std::vector<Reference>{{"BTC", "USD", "old"}});
  CHECK(engine->Bases({"BTC"})[0].reference.price.price == 1);
  REQUIRE(change([&](auto done) { engine->ReplaceReferences({{"ETH", "USD", "x"}}, done); }).ok());
  CHECK(engine->References() == std::vector<Reference>{{"ETH", "USD", "x"}});
  CHECK(engine->Bases({"BTC"})[0].reference.price.price == 2);
}

TEST_CASE("a worker has no room while too much is on its way, and says when it has",
          "[engine][backpressure]") {
  const TemporaryDirectory directory;
  const ManualClock clock(kBaseMs);
  auto options = KeepForever();
  options.inflight_events_max = 100;
  RunningEngine engine(directory.path(), options, clock);
  std::promise<bool> had_room;
  std::promise<void> resumed;
  engine.OnWorker(0, [&] {
    engine::EventBatch batch = engine->NewBatch();
    SeriesId id;
    REQUIRE(engine->Resolve(kSymbol, id) == Refusal::kNone);
    for (uint64_t i = 0; i < 200; ++i) batch.Add(id, {1, 0, 0, kBaseMs + i});
    engine->Submit(0, std::move(batch), engine::Ack::kDurable, [](const engine::IngestResult&) {});
    had_room.set_value(engine->HasRoom(0));
    engine->WhenRoom(0, [&] { resumed.set_value(); });
  });
  CHECK_FALSE(had_room.get_future().get());
  resumed.get_future().get();
}

TEST_CASE("an event acknowledged from memory is visible, and its repetition a duplicate",
          "[engine][ack]") {
  const TemporaryDirectory directory;
  const ManualClock clock(kBaseMs);
  RunningEngine engine(directory.path(), KeepForever(), clock);
  const auto memory = engine.Submit(0, {EventAt(kBaseMs, 3)}, engine::Ack::kMemory).get();
  CHECK(memory.accepted == 1);
  CHECK(engine->Latest(*engine->Find(kSymbol))->price == 3);
  CHECK(engine.Submit(0, {EventAt(kBaseMs, 3)}, engine::Ack::kDurable).get().duplicates == 1);
}

TEST_CASE("too many new series in a minute are refused, known ones and reads are not",
          "[engine][series]") {
  const TemporaryDirectory directory;
  ManualClock clock(kBaseMs);
  auto options = KeepForever();
  options.new_series_per_minute_max = 2;
  SeriesId id;
  {
    RunningEngine engine(directory.path(), options, clock);
    CHECK_FALSE(
        engine->Find({"A", "B", "c"}).has_value());  // a name that was only asked for costs nothing
    CHECK(engine->Resolve({"A", " B", "c"}, id) == Refusal::kInvalidName);
    CHECK(engine->Resolve({"A", "B", "1"}, id) == Refusal::kNone);
    CHECK(engine->Resolve({"A", "B", "2"}, id) == Refusal::kNone);
    CHECK(engine->Resolve({"A", "B", "3"}, id) == Refusal::kTooManyNewSeries);
    CHECK_FALSE(engine->Find({"A", "B", "3"}).has_value());
    CHECK(engine->Resolve({"A", "B", "1"}, id) == Refusal::kNone);
    clock.Set(kBaseMs + 30'000);
    CHECK(engine->Resolve({"A", "B", "3"}, id) == Refusal::kNone);
    CHECK(engine->Resolve({"A", "B", "4"}, id) == Refusal::kTooManyNewSeries);
    engine.Stop();
  }
  // Those of a recovery cost nothing either.
  RunningEngine engine(directory.path(), options, clock);
  CHECK(engine->Resolve({"A", "B", "4"}, id) == Refusal::kNone);
  CHECK(engine->Resolve({"A", "B", "5"}, id) == Refusal::kNone);
  CHECK(engine->Resolve({"A", "B", "6"}, id) == Refusal::kTooManyNewSeries);
}

TEST_CASE("pairs of another node's share are refused, and not listed if they were here before",
          "[engine][cluster]") {
  const TemporaryDirectory directory;
  const ManualClock clock(kBaseMs);
  auto options = KeepForever();
  const SymbolView pair{"BTC", "USD", "Kraken"};
  const SymbolView other{"XRP", "USD", "Kraken"};
  REQUIRE(PartitionOf(pair, 2) != PartitionOf(other, 2));
  const uint32_t kept[] = {PartitionOf(pair, 2)};
  SeriesId id;
  {
    RunningEngine engine(directory.path(), options, clock);  // it stands alone
    engine.Ingest({EventAt(kBaseMs, 1, Symbol(pair)), EventAt(kBaseMs, 2, Symbol(other))});
    engine.Stop();
  }
  options.share = cluster::Share(2, kept);
  RunningEngine engine(directory.path(), options, clock);
  CHECK(engine->Resolve(pair, id) == Refusal::kNone);
  CHECK(engine->IsHere(id));
  CHECK(engine->Resolve(other, id) == Refusal::kMoved);
  CHECK(engine->Resolve({"XRP", "USD", "new"}, id) == Refusal::kMoved);
  CHECK_FALSE(engine->Find({"XRP", "USD", "new"}).has_value());
  CHECK(engine->Resolve({"XRP", " USD", "new"}, id) == Refusal::kInvalidName);
  REQUIRE(engine->Find(other).has_value());
  CHECK_FALSE(engine->IsHere(*engine->Find(other)));
  CHECK(engine->Latest(*engine->Find(other)).has_value());  // who asks by id was told before

  const auto exchanges = engine->Exchanges(std::nullopt, true);
  REQUIRE(exchanges.size() == 1);
  REQUIRE(exchanges[0].pairs.size() == 1);
  CHECK(exchanges[0].pairs[0].base_currency == "BTC");
  REQUIRE(engine->Bases({}).size() == 1);
  CHECK(engine->Bases({"XRP"}).empty());
  CHECK(engine->PricesOfBase("XRP").empty());
  CHECK(engine->PricesOfBase("BTC").size() == 1);
}

TEST_CASE("the bound on all series comes before the one on new ones", "[engine][series]") {
  const TemporaryDirectory directory;
  const ManualClock clock(kBaseMs);
  auto options = KeepForever();
  options.new_series_per_minute_max = 1;
  options.series_max = 1;
  RunningEngine engine(directory.path(), options, clock);
  SeriesId id;
  CHECK(engine->Resolve({"A", "B", "1"}, id) == Refusal::kNone);
  CHECK(engine->Resolve({"A", "B", "2"}, id) == Refusal::kTooManySeries);
}

TEST_CASE("what is all in memory is answered on the spot, and the same", "[engine][query]") {
  const TemporaryDirectory directory;
  const ManualClock clock(kBaseMs);
  auto options = KeepForever();
  options.window_candles = {4, 4, 1, 1};
  RunningEngine engine(directory.path(), options, clock);
  std::vector<PriceEvent> events;
  for (uint64_t i = 0; i < 10; ++i)
    events.push_back(EventAt(kBaseMs + i * 1'000, static_cast<double>(1 + i)));
  engine.Ingest(std::move(events));
  CHECK(engine->FindSeen(kSymbol) == engine->Find(kSymbol));
  const SeriesId id = *engine->FindSeen(kSymbol);
  const auto is_same = [&](const CandlesRequest& request) {
    const auto hot = engine->HotCandles(id, request);
    const auto whole = engine->Candles(id, request);
    REQUIRE(hot.has_value());
    REQUIRE(hot->ok());
    REQUIRE((*hot)->candles.size() == whole->candles.size());
    for (size_t i = 0; i < whole->candles.size(); ++i)
      CHECK((*hot)->candles[i].close == whole->candles[i].close);
  };
  CandlesRequest request = Of(IntervalUnit::kSecond);
  request.limit = 4;
  is_same(request);
  request.limit = 5;
  CHECK_FALSE(engine->HotCandles(id, request).has_value());  // one more than the ring holds
  request.from_ms = kBaseMs + 6'000;
  is_same(request);
  request.from_ms = kBaseMs + 5'000;
  CHECK_FALSE(engine->HotCandles(id, request).has_value());
  request.limit = 0;  // refused without the disk
  REQUIRE(engine->HotCandles(id, request).has_value());
  CHECK(engine->HotCandles(id, request)->status().code() == absl::StatusCode::kInvalidArgument);

  SeriesId registered;
  REQUIRE(engine->Resolve({"DOGE", "USD", "x"}, registered) == Refusal::kNone);
  CHECK(engine->Find({"DOGE", "USD", "x"}).has_value());
  CHECK_FALSE(engine->FindSeen({"DOGE", "USD", "x"}).has_value());
}
