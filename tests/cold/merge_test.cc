// How written candles meet those on disk, through a real store: reads, flushes, compactions and
// restarts.
#include <map>

#include "cold/chunk_merge.h"
#include "cold/keys.h"
#include "fixture.h"
#include "sanitized.h"

namespace wick::cold {
namespace {

using market::FoldedCandle;
using market::Tier;

constexpr SeriesId kSeries{3};

void Write(Store& store, CandleOp op, std::span<const FoldedCandle> candles) {
  Batch batch;
  batch.WriteCandles(Tier::k1s, kSeries, op, candles);
  MustCommit(store, batch);
}

TEST_CASE("a replaced candle is the newer one, its neighbours stay", "[cold][merge]") {
  const TempDirectory directory;
  const auto store = MustOpen(directory.path());
  Write(*store, CandleOp::kReplace, {{Single(10, 1), Single(11, 2), Single(12, 3)}});
  Write(*store, CandleOp::kReplace, {{Single(11, 9)}});
  REQUIRE(ReadAll(*store, Tier::k1s, kSeries) ==
          std::vector<FoldedCandle>{Single(10, 1), Single(11, 9), Single(12, 3)});
}

TEST_CASE("a replaced candle written twice is the same as written once", "[cold][merge]") {
  const TempDirectory directory;
  const auto store = MustOpen(directory.path());
  Write(*store, CandleOp::kReplace, {{Single(10, 1)}});
  Write(*store, CandleOp::kReplace, {{Single(10, 1)}});
  REQUIRE(ReadAll(*store, Tier::k1s, kSeries) == std::vector<FoldedCandle>{Single(10, 1)});
}

TEST_CASE("a folded candle came after the one on disk, on equal timestamps it closes",
          "[cold][merge]") {
  const TempDirectory directory;
  const auto store = MustOpen(directory.path());
  Write(*store, CandleOp::kReplace, {{Single(10, 5, 500)}});
  Write(*store, CandleOp::kFold, {{Single(10, 7, 500)}});
  const FoldedCandle expected = {10, 500, 500, 2, 5, 7, 5, 7, 0, 0};
  REQUIRE(ReadAll(*store, Tier::k1s, kSeries) == std::vector<FoldedCandle>{expected});
}

TEST_CASE("a candle folded into nothing is inserted", "[cold][merge]") {
  const TempDirectory directory;
  const auto store = MustOpen(directory.path());
  Write(*store, CandleOp::kFold, {{Single(10, 5)}});
  REQUIRE(ReadAll(*store, Tier::k1s, kSeries) == std::vector<FoldedCandle>{Single(10, 5)});
}

TEST_CASE("candles replaced and folded in any order are those of a plain map", "[cold][merge]") {
  const TempDirectory directory;
  std::mt19937_64 random(11);
  auto store = MustOpen(directory.path());
  std::map<market::Bucket, FoldedCandle> expected;
  for (int round = 0; round < test::Rounds(600); ++round) {
    // Over the border of two chunks, so that batches are cut there.
    std::vector<FoldedCandle> candles;
    const auto first = static_cast<market::Bucket>(1'000 + random() % 40);
    for (market::Bucket bucket = first; bucket < first + 10; ++bucket) {
      if (random() % 2 == 0) candles.push_back(RandomCandle(random, bucket));
    }
    const CandleOp op = random() % 3 == 0 ? CandleOp::kReplace : CandleOp::kFold;
    for (const FoldedCandle& candle : candles) {
      const auto [at, is_new] = expected.try_emplace(candle.bucket, candle);
      if (is_new) continue;
      if (op == CandleOp::kFold) {
        market::Fold(at->second, candle);
      } else {
        at->second = candle;
      }
    }
    Write(*store, op, candles);
    if (random() % 40 == 0) REQUIRE(store->Flush().ok());
    if (random() % 60 == 0) {
      store.reset();
      store = MustOpen(directory.path());
    }
    if (random() % 10 == 0) {
      std::vector<FoldedCandle> plain;
      for (const auto& [bucket, candle] : expected) plain.push_back(candle);
      CAPTURE(round);
      REQUIRE(SameBits(ReadAll(*store, Tier::k1s, kSeries), plain));
    }
  }
}

std::string Operand(CandleOp op, std::span<const FoldedCandle> candles) {
  std::string value;
  EncodeOperand(op, candles, value);
  return value;
}

TEST_CASE("operands of one op merge without their base, those of two ops do not", "[cold][merge]") {
  const ChunkMerge merge;
  const std::string replace_1 = Operand(CandleOp::kReplace, {{Single(1, 1), Single(2, 1)}});
  const std::string replace_2 = Operand(CandleOp::kReplace, {{Single(2, 2), Single(3, 2)}});
  const std::string fold_1 = Operand(CandleOp::kFold, {{Single(1, 1, 5)}});
  const std::string fold_2 = Operand(CandleOp::kFold, {{Single(1, 2, 6)}});
  std::string merged;

  REQUIRE(merge.PartialMergeMulti("", {replace_1, replace_2}, &merged, nullptr));
  REQUIRE(merged == Operand(CandleOp::kReplace, {{Single(1, 1), Single(2, 2), Single(3, 2)}}));

  FoldedCandle folded = Single(1, 1, 5);
  market::Fold(folded, Single(1, 2, 6));
  REQUIRE(merge.PartialMergeMulti("", {fold_1, fold_2}, &merged, nullptr));
  REQUIRE(merged == Operand(CandleOp::kFold, {{folded}}));

  REQUIRE_FALSE(merge.PartialMergeMulti("", {replace_1, fold_1}, &merged, nullptr));
  REQUIRE_FALSE(merge.PartialMergeMulti("", {fold_1, replace_1}, &merged, nullptr));
}

TEST_CASE("a replacement that is alone is passed on, a fold becomes one", "[cold][merge]") {
  const ChunkMerge merge;
  const std::string replace = Operand(CandleOp::kReplace, {{Single(1, 1), Single(2, 1)}});
  const std::string fold = Operand(CandleOp::kFold, {{Single(1, 1), Single(2, 1)}});
  for (const std::string& operand : {replace, fold}) {
    const std::vector<rocksdb::Slice> operands = {operand};
    std::string merged;
    rocksdb::Slice existing(nullptr, 0);
    rocksdb::MergeOperator::MergeOperationOutput out(merged, existing);
    const rocksdb::Slice key("key");
    REQUIRE(merge.FullMergeV2(
        rocksdb::MergeOperator::MergeOperationInput(key, nullptr, operands, nullptr), &out));
    REQUIRE((existing.data() == nullptr) == (operand == fold));
    REQUIRE((existing.data() == nullptr ? merged : existing.ToString()) == replace);
  }
}

TEST_CASE("an operand that is empty, damaged or of an unknown op fails the merge",
          "[cold][merge]") {
  const ChunkMerge merge;
  const std::string good = Operand(CandleOp::kReplace, {{Single(1, 1)}});
  std::string unknown_op = good;
  unknown_op[0] = 2;
  for (const std::string& bad : {std::string(), unknown_op, good.substr(0, good.size() - 1)}) {
    std::string merged;
    CAPTURE(ToHex(bad));
    REQUIRE_FALSE(merge.PartialMergeMulti("", {bad, bad}, &merged, nullptr));
    const std::vector<rocksdb::Slice> operands = {good, bad};
    rocksdb::Slice existing;
    rocksdb::MergeOperator::MergeOperationOutput out(merged, existing);
    const rocksdb::Slice key("key");
    REQUIRE_FALSE(merge.FullMergeV2(
        rocksdb::MergeOperator::MergeOperationInput(key, nullptr, operands, nullptr), &out));
  }
}

}  // namespace
}  // namespace wick::cold
