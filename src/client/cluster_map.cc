#include "client/cluster_map.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "wick/partition.h"

namespace wick::client {

Result<ClusterMap> ClusterMap::Make(wire::ClusterReply reply, const std::string& server) {
  const auto bad = [&server](const std::string& what) {
    return ClientError{ErrorCode::kBadReply, "bad map of the cluster from " + server + ": " + what};
  };
  ClusterMap map;
  if (reply.partitions == 0) return map;
  if (reply.self >= reply.nodes.size()) {
    return bad("it is node " + std::to_string(reply.self) + " of " +
               std::to_string(reply.nodes.size()));
  }
  // A list of partitions in a reply is as long as they are: no count makes this large.
  size_t listed = 0;
  for (const wire::ClusterNode& node : reply.nodes) listed += node.partitions.size();
  if (listed != reply.partitions) {
    return bad(std::to_string(listed) + " partitions on nodes, of " +
               std::to_string(reply.partitions));
  }
  constexpr uint32_t kNobody = UINT32_MAX;
  map.node_of_.assign(reply.partitions, kNobody);
  for (uint32_t number = 0; number < reply.nodes.size(); ++number) {
    const wire::ClusterNode& node = reply.nodes[number];
    std::string host;
    uint16_t port = 0;
    if (!ParseAddress(node.binary, host, port)) {
      return bad("\"" + node.binary + "\" is no address");
    }
    for (const uint32_t partition : node.partitions) {
      if (partition >= reply.partitions || map.node_of_[partition] != kNobody) {
        return bad("partition " + std::to_string(partition) + " is on two nodes, or is none");
      }
      map.node_of_[partition] = number;
    }
  }
  map.reply_ = std::move(reply);
  return map;
}

uint32_t ClusterMap::NodeOf(const SymbolView& symbol) const {
  return alone() ? 0 : node_of_[PartitionOf(symbol, reply_.partitions)];
}

const std::string& ClusterMap::AddressOf(uint32_t node) const {
  static const std::string none;
  return node < reply_.nodes.size() ? reply_.nodes[node].binary : none;
}

ClientOptions ClusterMap::OptionsOf(uint32_t node, const ClientOptions& options) const {
  ClientOptions at = options;
  ParseAddress(AddressOf(node), at.host, at.port);
  return at;
}

bool ParseAddress(const std::string& address, std::string& host, uint16_t& port) {
  const size_t colon = address.rfind(':');
  if (colon == address.npos || colon == 0) return false;
  std::string name = address.substr(0, colon);
  if (name.front() == '[' && name.back() == ']') name = name.substr(1, name.size() - 2);
  const char* const end = address.data() + address.size();
  uint16_t number = 0;
  const auto parsed = std::from_chars(address.data() + colon + 1, end, number);
  if (parsed.ec != std::errc() || parsed.ptr != end || number == 0 || name.empty()) return false;
  host = std::move(name);
  port = number;
  return true;
}

ClientError NoAgreement(const ClientError& moved, const std::string& server) {
  ClientError error = moved;
  error.message = server + " sends on to " + moved.address + ": " + moved.message +
                  "; the nodes do not agree on who has it: is their configuration the same?";
  return error;
}

}  // namespace wick::client
