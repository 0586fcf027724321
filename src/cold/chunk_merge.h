// How candles written later meet those on disk: RocksDB calls this on reads, flushes and
// compactions.
#pragma once

#include <rocksdb/merge_operator.h>

#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cold/keys.h"
#include "cold/store.h"

namespace wick::cold {

/// Appends the value or operand of a chunk's key: | op u8 | chunk ... |
void EncodeOperand(CandleOp op, std::span<const market::FoldedCandle> candles, std::string& out);

/// Appends the candles of a stored value. DataLoss says what is wrong with it.
absl::Status DecodeValue(std::string_view value, Chunk chunk,
                         std::vector<market::FoldedCandle>& candles);

/// The bytes of the chunk in a stored value, as codec::DecodeChunk() takes them. DataLoss: it is
/// not a kReplace, which is what every full merge makes.
absl::StatusOr<std::string_view> ReplacingChunk(std::string_view value);

/// Applies operands, oldest first, bucket by bucket: kReplace overwrites, kFold folds into what is
/// there or else inserts. Its full merge is one kReplace chunk. Operands of the same op merge among
/// themselves without the base; of different ops they are kept apart. A kReplace that is alone is
/// passed on unread. An operand that does not decode fails any other merge, and RocksDB reports the
/// key as corrupt instead of losing it. Threads: any; it has no state.
class ChunkMerge final : public rocksdb::MergeOperator {
 public:
  const char* Name() const override { return "wick.ChunkMerge"; }  // on disk for ever
  bool FullMergeV2(const MergeOperationInput& in, MergeOperationOutput* out) const override;
  bool PartialMergeMulti(const rocksdb::Slice& key, const std::deque<rocksdb::Slice>& operands,
                         std::string* merged, rocksdb::Logger* logger) const override;
};

}  // namespace wick::cold
