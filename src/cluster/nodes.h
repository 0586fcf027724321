// The nodes of a cluster as the configuration names them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace wick::cluster {

/// More would each ask all others for every listing.
inline constexpr size_t kNodesMax = 256;

/// Where a node is reached. Names are looked up again when their addresses fail: a node that comes
/// back with another address is found.
struct Node {
  std::string host;  // name or numeric address, an IPv6 one without brackets
  uint16_t http_port = 0;
  uint16_t binary_port = 0;

  friend bool operator==(const Node&, const Node&) = default;
};

/// "host:port", an IPv6 address in brackets.
std::string HttpAddress(const Node& node);
std::string BinaryAddress(const Node& node);

/// Reads "HOST:HTTP_PORT:BINARY_PORT" each. A host may hold one range of numbers, `{0-2}`, and
/// stands for as many nodes. InvalidArgument: an entry that cannot be read, an address twice, none
/// or more than kNodesMax.
absl::StatusOr<std::vector<Node>> ParseNodes(std::span<const std::string> entries);

/// Which of `nodes` nodes this one is: `text` is its number, or "hostname" for the number at the
/// end of the host name's first label, as a StatefulSet gives it ("wick-2").
absl::StatusOr<uint32_t> NodeNumber(std::string_view text, std::string_view host_name,
                                    size_t nodes);

}  // namespace wick::cluster
