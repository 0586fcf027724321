#include "cluster/partition_map.h"

#include <algorithm>
#include <charconv>
#include <optional>

namespace wick::cluster {
namespace {

constexpr uint32_t kNoNode = UINT32_MAX;

/// Reads the number that `text` begins with, and takes it off.
std::optional<uint32_t> TakeNumber(std::string_view& text) {
  uint32_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) return std::nullopt;
  text.remove_prefix(static_cast<size_t>(end - text.data()));
  return number;
}

absl::StatusOr<std::vector<uint32_t>> Distribute(const MapOptions& options, size_t nodes) {
  std::vector<uint32_t> node_of(options.partitions, kNoNode);
  if (options.shares.empty()) {
    for (uint32_t p = 0; p < options.partitions; ++p) node_of[p] = p % static_cast<uint32_t>(nodes);
    return node_of;
  }
  if (options.shares.size() != nodes) {
    return InvalidArgument(
        "cluster.shares has {} shares, but cluster.nodes names {} nodes: write one for each",
        options.shares.size(), nodes);
  }
  for (uint32_t node = 0; node < nodes; ++node) {
    const auto share = ParseShare(options.shares[node], options.partitions);
    if (!share.ok()) {
      return InvalidArgument("cluster.shares, node {}: {}", node, Message(share.status()));
    }
    for (const uint32_t partition : *share) {
      uint32_t& owner = node_of[partition];
      if (owner != kNoNode) {
        return InvalidArgument(
            "cluster.shares: partition {} is on node {} and on node {}: every "
            "partition is on exactly one",
            partition, owner, node);
      }
      owner = node;
    }
  }
  std::vector<uint32_t> missing;
  for (uint32_t p = 0; p < options.partitions; ++p) {
    if (node_of[p] == kNoNode) missing.push_back(p);
  }
  if (!missing.empty()) {
    return InvalidArgument(
        "cluster.shares: no node has partition {} of {}: every partition is on "
        "exactly one",
        ShareText(missing), options.partitions);
  }
  return node_of;
}

}  // namespace

absl::StatusOr<PartitionMap> PartitionMap::Make(const MapOptions& options) {
  WICK_ASSIGN_OR_RETURN(std::vector<Node> nodes, ParseNodes(options.nodes));
  if (nodes.size() > options.partitions) {
    return InvalidArgument(
        "cluster.nodes names {} nodes, but cluster.partitions is {}: every node needs a partition",
        nodes.size(), options.partitions);
  }
  WICK_ASSIGN_OR_RETURN(std::vector<uint32_t> node_of, Distribute(options, nodes.size()));
  return PartitionMap(std::move(nodes), std::move(node_of));
}

std::vector<uint32_t> PartitionMap::PartitionsOf(uint32_t node) const {
  std::vector<uint32_t> own;
  for (uint32_t p = 0; p < partitions(); ++p) {
    if (node_of_[p] == node) own.push_back(p);
  }
  return own;
}

absl::Status CheckMapOptions(const MapOptions& options) {
  if (options.partitions == 0) {
    if (options.nodes.empty() && options.node.empty() && options.shares.empty()) {
      return absl::OkStatus();
    }
    return InvalidArgument(
        "cluster.partitions is 0, but cluster.nodes, cluster.node or cluster.shares is set: set "
        "the number of partitions, or none of them");
  }
  WICK_ASSIGN_OR_RETURN(const PartitionMap map, PartitionMap::Make(options));
  if (options.node.empty()) {
    return InvalidArgument(
        "cluster.node is empty: write the number of this node in cluster.nodes, from 0 to {}, or "
        "hostname",
        map.nodes().size() - 1);
  }
  // What the host is called is known where the server starts.
  return options.node == "hostname" ? absl::OkStatus()
                                    : NodeNumber(options.node, "", map.nodes().size()).status();
}

absl::StatusOr<std::vector<uint32_t>> ParseShare(std::string_view text, uint32_t partitions) {
  std::vector<uint32_t> share;
  std::string_view rest = text;
  while (true) {
    const auto first = TakeNumber(rest);
    auto last = first;
    if (first && rest.starts_with('-')) {
      rest.remove_prefix(1);
      last = TakeNumber(rest);
    }
    if (!first || !last || *last < *first || (!rest.empty() && rest.front() != '+')) {
      return InvalidArgument("'{}' is no share: write partitions and ranges with +, as in 0-3+9",
                             text);
    }
    if (*last >= partitions) {
      return InvalidArgument("'{}' has partition {}, but there are only {}, from 0", text, *last,
                             partitions);
    }
    for (uint32_t p = *first; p <= *last; ++p) share.push_back(p);
    if (rest.empty()) break;
    rest.remove_prefix(1);
  }
  std::ranges::sort(share);
  if (const auto twice = std::ranges::adjacent_find(share); twice != share.end()) {
    return InvalidArgument("'{}' has partition {} twice", text, *twice);
  }
  return share;
}

std::string ShareText(std::span<const uint32_t> partitions) {
  std::string text;
  for (size_t i = 0; i < partitions.size();) {
    size_t end = i + 1;
    while (end < partitions.size() && partitions[end] == partitions[end - 1] + 1) ++end;
    if (!text.empty()) text += '+';
    text += fmt::format("{}", partitions[i]);
    if (end - i > 1) text += fmt::format("-{}", partitions[end - 1]);
    i = end;
  }
  return text;
}

}  // namespace wick::cluster
