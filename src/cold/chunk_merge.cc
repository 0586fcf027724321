#include "cold/chunk_merge.h"

#include <algorithm>
#include <array>
#include <bit>

namespace wick::cold {
namespace {

using market::FoldedCandle;
using rocksdb::Slice;

std::string_view View(const Slice& slice) { return {slice.data(), slice.size()}; }

bool TakeOp(std::string_view& value, CandleOp& op) {
  if (value.empty()) return false;
  const auto byte = static_cast<uint8_t>(value.front());
  if (byte > static_cast<uint8_t>(CandleOp::kFold)) return false;
  op = static_cast<CandleOp>(byte);
  value.remove_prefix(1);
  return true;
}

bool IsReplace(std::string_view value) {
  CandleOp op;
  return TakeOp(value, op) && op == CandleOp::kReplace;
}

/// The candles of one chunk by bucket, while operands are applied to it.
class Slots {
 public:
  Slots() { candles_.reserve(kBucketsPerChunk); }

  /// False: the operand does not decode.
  bool Apply(std::string_view operand) {
    CandleOp op;
    decoded_.clear();
    // Buckets count from the chunk's start here, whichever chunk it is.
    if (!TakeOp(operand, op) || !codec::DecodeChunk(operand, 0, decoded_).empty()) return false;
    for (const FoldedCandle& candle : decoded_) {
      uint64_t& word = occupied_[candle.bucket / 64];
      const uint64_t bit = uint64_t{1} << (candle.bucket % 64);
      uint16_t& position = positions_[candle.bucket];
      if ((word & bit) == 0) {
        word |= bit;
        position = static_cast<uint16_t>(candles_.size());
        candles_.push_back(candle);
      } else if (op == CandleOp::kFold) {
        market::Fold(candles_[position], candle);
      } else {
        candles_[position] = candle;
      }
    }
    return true;
  }

  void Encode(CandleOp op, std::string& out) {
    decoded_.clear();
    for (size_t i = 0; i < occupied_.size(); ++i) {
      for (uint64_t word = occupied_[i]; word != 0; word &= word - 1) {
        const size_t bucket = 64 * i + static_cast<size_t>(std::countr_zero(word));
        decoded_.push_back(candles_[positions_[bucket]]);
      }
    }
    EncodeOperand(op, decoded_, out);
  }

 private:
  std::array<uint64_t, kBucketsPerChunk / 64> occupied_ = {};
  std::array<uint16_t, kBucketsPerChunk> positions_;  // in candles_, of occupied buckets
  std::vector<FoldedCandle> candles_;                 // in the order they came
  std::vector<FoldedCandle> decoded_;
};

}  // namespace

void EncodeOperand(CandleOp op, std::span<const FoldedCandle> candles, std::string& out) {
  out.push_back(static_cast<char>(op));
  codec::EncodeChunk(candles, out);
}

absl::Status DecodeValue(std::string_view value, Chunk chunk, std::vector<FoldedCandle>& candles) {
  CandleOp op;
  if (!TakeOp(value, op)) return absl::DataLossError("it does not begin with a candle op");
  const std::string wrong = codec::DecodeChunk(value, chunk, candles);
  return wrong.empty() ? absl::OkStatus() : absl::DataLossError(wrong);
}

absl::StatusOr<std::string_view> ReplacingChunk(std::string_view value) {
  CandleOp op;
  if (TakeOp(value, op) && op == CandleOp::kReplace && codec::CandlesOf(value) > 0) return value;
  return absl::DataLossError("it does not begin as a chunk");
}

bool ChunkMerge::FullMergeV2(const MergeOperationInput& in, MergeOperationOutput* out) const {
  // Most reads meet one operand: it is what the merge would make of it.
  if (in.existing_value == nullptr && in.operand_list.size() == 1 &&
      IsReplace(View(in.operand_list.front()))) {
    out->existing_operand = in.operand_list.front();
    return true;
  }
  Slots slots;
  if (in.existing_value != nullptr && !slots.Apply(View(*in.existing_value))) return false;
  for (const Slice& operand : in.operand_list) {
    if (!slots.Apply(View(operand))) return false;
  }
  out->new_value.clear();
  slots.Encode(CandleOp::kReplace, out->new_value);
  return true;
}

bool ChunkMerge::PartialMergeMulti(const Slice&, const std::deque<Slice>& operands,
                                   std::string* merged, rocksdb::Logger*) const {
  const auto op_of = [](const Slice& operand) { return operand.empty() ? '\xff' : operand[0]; };
  const bool same_op = std::ranges::all_of(
      operands, [&](const Slice& operand) { return op_of(operand) == op_of(operands.front()); });
  Slots slots;
  if (!same_op ||
      !std::ranges::all_of(operands, [&](const Slice& o) { return slots.Apply(View(o)); }))
    return false;
  merged->clear();
  slots.Encode(static_cast<CandleOp>(op_of(operands.front())), *merged);
  return true;
}

}  // namespace wick::cold
