// Candles: in a ring of the hot store, as bytes of a chunk, and merged on disk.
#include <benchmark/benchmark.h>

#include <random>
#include <string>
#include <vector>

#include "codec/chunk.h"
#include "cold/chunk_merge.h"
#include "hot/candle_ring.h"

namespace wick {
namespace {

using market::Bucket;
using market::FoldedCandle;

/// Candles of a price that walks by cents, one in each bucket from `first` on.
std::vector<FoldedCandle> WalkingCandles(Bucket first, uint32_t count) {
  std::mt19937 random(1);
  std::vector<FoldedCandle> candles;
  double cents = 4'645'050;
  for (uint32_t i = 0; i < count; ++i) {
    const double open = cents;
    cents += static_cast<double>(random() % 201) - 100;
    const double high = std::max(open, cents) + static_cast<double>(random() % 50);
    const double low = std::min(open, cents) - static_cast<double>(random() % 50);
    candles.push_back({first + i, static_cast<uint32_t>(random() % 500),
                       static_cast<uint32_t>(500 + random() % 500), 1 + random() % 40, open / 100,
                       high / 100, low / 100, cents / 100, 12'034.5 + i, 559'000'123.25 + i});
  }
  return candles;
}

void BM_PushCandle(benchmark::State& state) {
  constexpr uint32_t kWindow = 300;
  hot::SlotPool pool;
  hot::CandleRing ring;
  FoldedCandle candle = WalkingCandles(1, 1).front();
  for (auto _ : state) {
    ++candle.bucket;
    ring.Push(pool, kWindow, candle,
              [](const FoldedCandle& lost) { benchmark::DoNotOptimize(lost.close); });
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_PushCandle);

void BM_ReadRing(benchmark::State& state) {
  const auto count = static_cast<uint32_t>(state.range(0));
  hot::SlotPool pool;
  hot::CandleRing ring;
  const std::vector<FoldedCandle> candles = WalkingCandles(1, count);
  for (const FoldedCandle& candle : candles) {
    ring.Push(pool, count, candle, [](const FoldedCandle&) {});
  }
  std::vector<FoldedCandle> read;
  for (auto _ : state) {
    read.clear();
    benchmark::DoNotOptimize(ring.Read(0, UINT32_MAX, SIZE_MAX, read));
  }
  state.SetItemsProcessed(state.iterations() * count);
}
BENCHMARK(BM_ReadRing)->Arg(60)->Arg(1'000);

constexpr codec::Chunk kChunk = 1'620'000;

void BM_EncodeChunk(benchmark::State& state) {
  const auto candles =
      WalkingCandles(codec::FirstBucket(kChunk), static_cast<uint32_t>(state.range(0)));
  std::string bytes;
  for (auto _ : state) {
    bytes.clear();
    codec::EncodeChunk(candles, bytes);
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
  state.counters["bytes_per_candle"] =
      static_cast<double>(bytes.size()) / static_cast<double>(candles.size());
}
BENCHMARK(BM_EncodeChunk)->Arg(1)->Arg(64)->Arg(codec::kBucketsPerChunk);

void BM_DecodeChunk(benchmark::State& state) {
  std::string bytes;
  codec::EncodeChunk(
      WalkingCandles(codec::FirstBucket(kChunk), static_cast<uint32_t>(state.range(0))), bytes);
  std::vector<FoldedCandle> candles;
  for (auto _ : state) {
    candles.clear();
    benchmark::DoNotOptimize(codec::DecodeChunk(bytes, kChunk, candles).empty());
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(BM_DecodeChunk)->Arg(1)->Arg(64)->Arg(codec::kBucketsPerChunk);

/// A chunk in the state of a busy series: 960 candles on disk, those of a checkpoint on top.
void BM_MergeChunk(benchmark::State& state) {
  const auto candles = WalkingCandles(codec::FirstBucket(kChunk), codec::kBucketsPerChunk);
  const std::span<const FoldedCandle> all(candles);
  std::string base, operand;
  cold::EncodeOperand(cold::CandleOp::kReplace, all.first(960), base);
  cold::EncodeOperand(cold::CandleOp::kReplace, all.subspan(955, 64), operand);
  const cold::ChunkKey key = cold::MakeChunkKey(7, kChunk);
  const rocksdb::Slice base_slice(base);
  const cold::ChunkMerge merge;
  const std::vector<rocksdb::Slice> operands{rocksdb::Slice(operand)};
  const rocksdb::MergeOperator::MergeOperationInput in(
      rocksdb::Slice(key.view().data(), key.view().size()), &base_slice, operands, nullptr);
  std::string merged;
  for (auto _ : state) {
    rocksdb::Slice existing;
    rocksdb::MergeOperator::MergeOperationOutput out(merged, existing);
    benchmark::DoNotOptimize(merge.FullMergeV2(in, &out));
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_MergeChunk);

}  // namespace
}  // namespace wick
