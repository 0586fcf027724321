// Which node has which pairs, as a client remembers it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "wick/client.h"
#include "wick/wire.h"

namespace wick::client {

/// Immutable. A node that stands alone is a map of one node that has every pair.
class ClusterMap {
 public:
  ClusterMap() = default;
  /// kBadReply, which names `server`: the reply is no map. Every partition has one node, and every
  /// address is one.
  static Result<ClusterMap> Make(wire::ClusterReply reply, const std::string& server);

  bool alone() const { return reply_.nodes.empty(); }
  uint32_t nodes() const { return alone() ? 1 : static_cast<uint32_t>(reply_.nodes.size()); }
  uint32_t self() const { return reply_.self; }  // the node that told the map
  uint32_t NodeOf(const SymbolView& symbol) const;
  /// The binary address as the map has it; empty if there is none.
  const std::string& AddressOf(uint32_t node) const;
  /// How to reach a node of the cluster: as `options`, but at its address.
  ClientOptions OptionsOf(uint32_t node, const ClientOptions& options) const;
  const wire::ClusterReply& reply() const { return reply_; }

  /// True if both say the same of every pair, whatever addresses they give.
  bool HasSameNodesOfPairs(const ClusterMap& other) const {
    return nodes() == other.nodes() && node_of_ == other.node_of_;
  }

 private:
  wire::ClusterReply reply_;
  std::vector<uint32_t> node_of_;  // by partition; empty: the node stands alone
};

/// Splits "host:port", "[::1]:8081". False: it is neither.
bool ParseAddress(const std::string& address, std::string& host, uint16_t& port);

/// Times that a request is asked anew because a node sent it on or told another map: while the
/// nodes are restarted with one, two are the most.
inline constexpr uint32_t kTurnsMax = 4;

/// The error of a request that is sent on to no end.
ClientError NoAgreement(const ClientError& moved, const std::string& server);

}  // namespace wick::client
