// Merge operands of candle chunks: RocksDB may merge them in any grouping, the candles are those of
// a plain fold in order.
#include <algorithm>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/assert.h"
#include "candles.h"
#include "cold/chunk_merge.h"
#include "input.h"

namespace {

using namespace wick;
using market::FoldedCandle;
using rocksdb::Slice;

constexpr size_t kOperandsMax = 5;
constexpr uint64_t kEventsMax = uint64_t{1} << 60;  // in a candle: sums do not wrap

/// The merge operator on an existing value (empty: none) and operands; false: it refused.
bool FullMerge(const std::string& existing, const std::vector<std::string>& operands,
               std::string& value) {
  const cold::ChunkMerge merge;
  const Slice key("12345678");
  const Slice existing_slice(existing);
  const std::vector<Slice> slices(operands.begin(), operands.end());
  const rocksdb::MergeOperator::MergeOperationInput in(
      key, existing.empty() ? nullptr : &existing_slice, slices, nullptr);
  Slice existing_operand;
  rocksdb::MergeOperator::MergeOperationOutput out(value, existing_operand);
  if (!merge.FullMergeV2(in, &out)) return false;
  if (!existing_operand.empty()) value = existing_operand.ToString();
  return true;
}

bool PartialMerge(const std::vector<std::string>& operands, std::string& merged) {
  const std::deque<Slice> slices(operands.begin(), operands.end());
  return cold::ChunkMerge().PartialMergeMulti("12345678", slices, &merged, nullptr);
}

std::vector<FoldedCandle> CandlesOf(const std::string& value) {
  std::vector<FoldedCandle> candles;
  WICK_ASSERT(cold::DecodeValue(value, 0, candles).ok());
  return candles;
}

void CheckGroupings(fuzz::Input& input) {
  std::vector<std::string> operands;
  std::map<market::Bucket, FoldedCandle> expected;
  std::vector<cold::CandleOp> ops;
  while (operands.size() < kOperandsMax && !input.empty()) {
    const auto op = static_cast<cold::CandleOp>(input.U8() & 1);
    auto candles = fuzz::SomeCandles(input, 0, fuzz::AnyPrice);
    for (FoldedCandle& candle : candles) candle.count = 1 + candle.count % kEventsMax;
    cold::EncodeOperand(op, candles, operands.emplace_back());
    ops.push_back(op);
    for (const FoldedCandle& candle : candles) {
      const auto [at, inserted] = expected.try_emplace(candle.bucket, candle);
      if (inserted) continue;
      if (op == cold::CandleOp::kFold) {
        market::Fold(at->second, candle);
      } else {
        at->second = candle;
      }
    }
  }
  if (operands.empty()) return;
  std::vector<FoldedCandle> folded;
  for (const auto& [bucket, candle] : expected) folded.push_back(candle);

  std::string value;
  WICK_ASSERT(FullMerge("", operands, value));
  WICK_ASSERT(fuzz::SameBits(CandlesOf(value), folded));

  for (size_t cut = 1; cut < operands.size(); ++cut) {
    const std::vector<std::string> front(operands.begin(), operands.begin() + cut);
    const std::vector<std::string> back(operands.begin() + cut, operands.end());
    // The front was flushed as a value before the rest came.
    std::string base;
    WICK_ASSERT(FullMerge("", front, base));
    WICK_ASSERT(FullMerge(base, back, value));
    WICK_ASSERT(fuzz::SameBits(CandlesOf(value), folded));
    // The rest was merged among itself first, which works for one op only.
    std::string merged;
    const bool same_op =
        std::adjacent_find(ops.begin() + cut, ops.end(), std::not_equal_to<>()) == ops.end();
    WICK_ASSERT(PartialMerge(back, merged) == same_op);
    if (!same_op) continue;
    WICK_ASSERT(FullMerge(base, {merged}, value));
    WICK_ASSERT(fuzz::SameBits(CandlesOf(value), folded));
  }
}

/// Operands as a damaged disk gives them: refused or merged, never worse.
void CheckDamaged(fuzz::Input& input) {
  std::vector<std::string> operands;
  while (operands.size() < kOperandsMax && !input.empty()) operands.emplace_back(input.Text(255));
  if (operands.empty()) return;
  std::string value;
  // One that stands alone may be passed on as it is: who reads it finds the damage.
  const bool merged = FullMerge("", operands, value);
  if (merged && (operands.size() > 1 || value != operands.front())) CandlesOf(value);
  if (PartialMerge(operands, value)) CandlesOf(value);
}

}  // namespace

/// The first byte says whether the rest makes whole operands or is their bytes.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t bytes) {
  fuzz::Input input(data, bytes);
  if (input.U8() & 1) {
    CheckDamaged(input);
  } else {
    CheckGroupings(input);
  }
  return 0;
}
