#include "cold/keys.h"
#include "fixture.h"

namespace wick::cold {
namespace {

using market::Bucket;
using market::FoldedCandle;
using market::Tier;

constexpr SeriesId kSeries{258};

/// Three neighbours in key order; the one between has a candle in every third bucket of [0, 5000).
std::unique_ptr<Store> FilledStore(const TempDirectory& directory,
                                   std::vector<FoldedCandle>& expected) {
  auto store = MustOpen(directory.path());
  for (Bucket bucket = 0; bucket < 5'000; bucket += 3) {
    expected.push_back(Single(bucket, 1 + bucket));
  }
  Batch batch;
  for (uint32_t neighbour : {257u, 259u}) {
    batch.WriteCandles(Tier::k1m, SeriesId{neighbour}, CandleOp::kReplace, expected);
  }
  batch.WriteCandles(Tier::k1m, kSeries, CandleOp::kReplace, expected);
  batch.WriteCandles(Tier::k1s, kSeries, CandleOp::kReplace, {{Single(1, 42)}});
  MustCommit(*store, batch);
  return store;
}

std::vector<FoldedCandle> Within(const std::vector<FoldedCandle>& all, Bucket from, Bucket to) {
  std::vector<FoldedCandle> part;
  for (const FoldedCandle& candle : all) {
    if (from <= candle.bucket && candle.bucket < to) part.push_back(candle);
  }
  return part;
}

TEST_CASE("a range is answered exactly, its first or its last candles up to the limit",
          "[cold][snapshot]") {
  const TempDirectory directory;
  std::vector<FoldedCandle> all;
  const auto store = FilledStore(directory, all);
  const auto snapshot = store->GetSnapshot();
  for (Bucket from : {0u, 1u, 3u, 1'023u, 1'024u, 2'000u, 4'998u, 4'999u, 5'000u}) {
    for (Bucket to : {0u, 1u, 4u, 1'024u, 1'025u, 2'048u, 3'072u, 4'998u, 4'999u, UINT32_MAX}) {
      const std::vector<FoldedCandle> part = Within(all, from, to);
      for (size_t limit : {size_t{0}, size_t{1}, size_t{2}, size_t{700}, SIZE_MAX}) {
        const auto n = static_cast<std::ptrdiff_t>(std::min(limit, part.size()));
        CAPTURE(from, to, limit);
        std::vector<FoldedCandle> forward;
        REQUIRE(snapshot->ReadForward(Tier::k1m, kSeries, from, to, limit, forward).ok());
        REQUIRE(forward == std::vector<FoldedCandle>(part.begin(), part.begin() + n));
        std::vector<FoldedCandle> backward;
        REQUIRE(snapshot->ReadBackward(Tier::k1m, kSeries, from, to, limit, backward).ok());
        REQUIRE(backward == std::vector<FoldedCandle>(part.end() - n, part.end()));
      }
    }
  }
}

TEST_CASE("reading appends to what is there", "[cold][snapshot]") {
  const TempDirectory directory;
  std::vector<FoldedCandle> all;
  const auto store = FilledStore(directory, all);
  const auto snapshot = store->GetSnapshot();
  std::vector<FoldedCandle> candles;
  REQUIRE(snapshot->ReadForward(Tier::k1m, kSeries, 0, 6, SIZE_MAX, candles).ok());
  REQUIRE(snapshot->ReadBackward(Tier::k1m, kSeries, 6, 12, SIZE_MAX, candles).ok());
  REQUIRE(candles == Within(all, 0, 12));
}

TEST_CASE("a series and a tier without candles give none", "[cold][snapshot]") {
  const TempDirectory directory;
  std::vector<FoldedCandle> all;
  const auto store = FilledStore(directory, all);
  REQUIRE(ReadAll(*store, Tier::k1m, SeriesId{256}).empty());
  REQUIRE(ReadAll(*store, Tier::k1m, SeriesId{260}).empty());
  REQUIRE(ReadAll(*store, Tier::k1h, kSeries).empty());
  REQUIRE(ReadAll(*store, Tier::k1s, kSeries).size() == 1);
}

TEST_CASE("the last series and the last bucket there can be are read", "[cold][snapshot]") {
  const TempDirectory directory;
  const auto store = MustOpen(directory.path());
  constexpr SeriesId kLast{UINT32_MAX};
  const std::vector<FoldedCandle> candles = {Single(0, 1), Single(UINT32_MAX - 1, 2)};
  Batch batch;
  batch.WriteCandles(Tier::k1s, kLast, CandleOp::kReplace, candles);
  MustCommit(*store, batch);
  REQUIRE(ReadAll(*store, Tier::k1s, kLast) == candles);
  std::vector<FoldedCandle> last;
  REQUIRE(store->GetSnapshot()->ReadBackward(Tier::k1s, kLast, 0, UINT32_MAX, 1, last).ok());
  REQUIRE(last == std::vector<FoldedCandle>{candles[1]});
}

TEST_CASE("a snapshot does not see what is written after it", "[cold][snapshot]") {
  const TempDirectory directory;
  const auto store = MustOpen(directory.path());
  Batch batch;
  SeriesState state;
  state.applied = 5;
  batch.PutState(kSeries, state);
  batch.WriteCandles(Tier::k1s, kSeries, CandleOp::kReplace, {{Single(1, 1)}});
  MustCommit(*store, batch);
  const auto before = store->GetSnapshot();
  state.applied = 6;
  batch.PutState(kSeries, state);
  batch.WriteCandles(Tier::k1s, kSeries, CandleOp::kFold, {{Single(1, 2), Single(2, 2)}});
  MustCommit(*store, batch);

  REQUIRE(before->Applied(kSeries).value() == 5);
  std::vector<FoldedCandle> candles;
  REQUIRE(before->ReadForward(Tier::k1s, kSeries, 0, 10, SIZE_MAX, candles).ok());
  REQUIRE(candles == std::vector<FoldedCandle>{Single(1, 1)});
  REQUIRE(store->GetSnapshot()->Applied(kSeries).value() == 6);
  REQUIRE(store->GetSnapshot()->Applied(SeriesId{1}).value() == 0);
}

TEST_CASE("a candle that cannot be is an error of its read, by place", "[cold][snapshot]") {
  const TempDirectory directory;
  const auto store = MustOpen(directory.path());
  const auto read = [&](FoldedCandle candle) {
    Batch batch;
    batch.WriteCandles(Tier::k1m, SeriesId{5}, CandleOp::kReplace, {{candle}});
    MustCommit(*store, batch);
    std::vector<FoldedCandle> candles;
    const absl::Status status =
        store->GetSnapshot()->ReadForward(Tier::k1m, SeriesId{5}, 0, 100'000, 10, candles);
    REQUIRE(candles.size() == (status.ok() ? 1u : 0u));
    return status;
  };
  const FoldedCandle possible = Single(1'025, 3, 59'999);
  REQUIRE(read(possible).ok());
  FoldedCandle candle = possible;
  candle.high = 2;
  REQUIRE(Message(read(candle)) ==
          "candle chunk damaged: tier 1m, series 5, chunk 1: the candle of bucket 1025 has "
          "impossible values");
  candle = possible;
  candle.open_offset_ms = candle.close_offset_ms = 60'000;
  REQUIRE(absl::IsDataLoss(read(candle)));
  candle = Single(1'025, 0);
  REQUIRE(absl::IsDataLoss(read(candle)));
  REQUIRE(read(possible).ok());
}

}  // namespace
}  // namespace wick::cold
