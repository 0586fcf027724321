// Which node has which pairs: from the configuration alone, never from who happens to be up.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/status.h"
#include "cluster/nodes.h"
#include "cluster/share.h"
#include "wick/series.h"

namespace wick::cluster {

inline constexpr uint32_t kPartitionsMax = 1024;

/// What is configured of the map.
struct MapOptions {
  uint32_t partitions = 0;          // at most kPartitionsMax; 0: the node stands alone
  std::vector<std::string> nodes;   // see ParseNodes()
  std::string node;                 // see NodeNumber()
  std::vector<std::string> shares;  // "0-3+9", one for each node; none: p is on node p mod nodes
};

/// Every partition is on exactly one node, and every node has one at least. Immutable: any thread.
class PartitionMap {
 public:
  /// `options.partitions` > 0; `options.node` is not looked at. InvalidArgument: the settings
  /// contradict each other; the message names the setting, the node and the partition.
  static absl::StatusOr<PartitionMap> Make(const MapOptions& options);

  uint32_t partitions() const { return static_cast<uint32_t>(node_of_.size()); }
  std::span<const Node> nodes() const { return nodes_; }

  uint32_t NodeOf(const SymbolView& pair) const {
    return node_of_[PartitionOf(pair, partitions())];
  }
  /// Ascending.
  std::vector<uint32_t> PartitionsOf(uint32_t node) const;
  Share ShareOf(uint32_t node) const { return {partitions(), PartitionsOf(node)}; }

 private:
  PartitionMap(std::vector<Node> nodes, std::vector<uint32_t> node_of)
      : nodes_(std::move(nodes)), node_of_(std::move(node_of)) {}

  std::vector<Node> nodes_;
  std::vector<uint32_t> node_of_;  // by partition
};

/// InvalidArgument: the settings of the cluster cannot be used, on whichever node.
absl::Status CheckMapOptions(const MapOptions& options);

/// Reads "0-3+9": partitions and ranges of them, ascending and below `partitions`. The message does
/// not repeat the setting.
absl::StatusOr<std::vector<uint32_t>> ParseShare(std::string_view text, uint32_t partitions);

/// The text of ascending partitions, as short as ParseShare() reads it.
std::string ShareText(std::span<const uint32_t> partitions);

}  // namespace wick::cluster
