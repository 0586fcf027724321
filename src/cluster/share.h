// Which pairs are a node's.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "wick/partition.h"
#include "wick/series.h"

namespace wick::cluster {

/// The partitions of the pair space that one node has; all exchanges of a pair are in the same.
/// Immutable: any thread.
class Share {
 public:
  /// Everything: of a node that stands alone.
  Share() = default;
  /// `own`: below `partitions`.
  Share(uint32_t partitions, std::span<const uint32_t> own)
      : partitions_(partitions), own_(partitions, false) {
    for (const uint32_t partition : own) own_[partition] = true;
  }

  bool is_whole() const { return partitions_ == 0; }
  bool Has(const SymbolView& pair) const {
    return is_whole() || own_[PartitionOf(pair, partitions_)];
  }

 private:
  uint32_t partitions_ = 0;
  std::vector<bool> own_;  // by partition
};

}  // namespace wick::cluster
