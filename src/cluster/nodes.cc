#include "cluster/nodes.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <optional>

#include "base/address.h"

namespace wick::cluster {
namespace {

/// The whole of `text` as a number; nullopt: it is none, or too large.
template <typename Number>
std::optional<Number> ReadNumber(std::string_view text) {
  Number number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

bool IsHostName(std::string_view host) {
  return !host.empty() && std::ranges::all_of(host, [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '-' || c == '.' || c == '_';
  });
}

bool IsIpV6(std::string_view host) {
  return host.find(':') != host.npos && std::ranges::all_of(host, [](unsigned char c) {
           return std::isxdigit(c) != 0 || c == ':' || c == '.' || c == '%';
         });
}

absl::StatusOr<uint16_t> ReadPort(std::string_view text, std::string_view entry) {
  const auto port = ReadNumber<uint16_t>(text);
  if (port && *port > 0) return *port;
  return InvalidArgument("cluster.nodes: '{}' has no valid port '{}': ports are 1 to 65535", entry,
                         text);
}

/// The hosts that "wick-{0-2}.wick" stands for; a host without a range is itself.
absl::StatusOr<std::vector<std::string>> ExpandHost(std::string_view host, std::string_view entry) {
  const size_t open = host.find('{');
  if (open == host.npos) return std::vector{std::string(host)};
  const size_t close = host.find('}', open);
  const std::string_view range =
      close == host.npos ? std::string_view() : host.substr(open + 1, close - open - 1);
  const size_t dash = range.find('-');
  const auto first = ReadNumber<uint32_t>(range.substr(0, dash));
  const auto last =
      dash == range.npos ? std::nullopt : ReadNumber<uint32_t>(range.substr(dash + 1));
  if (!first || !last || *first > *last) {
    return InvalidArgument("cluster.nodes: '{}' has no range of numbers: write {{0-2}}", entry);
  }
  if (*last - *first >= kNodesMax) {
    return InvalidArgument("cluster.nodes: '{}' stands for more than {} nodes", entry, kNodesMax);
  }
  std::vector<std::string> hosts;
  for (uint32_t i = 0; i <= *last - *first; ++i) {  // the last number may be the largest there is
    hosts.push_back(
        fmt::format("{}{}{}", host.substr(0, open), *first + i, host.substr(close + 1)));
  }
  return hosts;
}

absl::Status AddNodes(std::string_view entry, std::vector<Node>& nodes) {
  const size_t second = entry.rfind(':');
  const size_t first =
      second == entry.npos || second == 0 ? entry.npos : entry.rfind(':', second - 1);
  if (first == entry.npos) {
    return InvalidArgument(
        "cluster.nodes: '{}' is no node: write HOST:HTTP_PORT:BINARY_PORT, as in "
        "wick-0.wick-nodes:8080:8081",
        entry);
  }
  WICK_ASSIGN_OR_RETURN(const uint16_t http,
                        ReadPort(entry.substr(first + 1, second - first - 1), entry));
  WICK_ASSIGN_OR_RETURN(const uint16_t binary, ReadPort(entry.substr(second + 1), entry));
  std::string_view host = entry.substr(0, first);
  const bool bracketed = host.size() >= 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) host = host.substr(1, host.size() - 2);
  WICK_ASSIGN_OR_RETURN(const std::vector<std::string> hosts, ExpandHost(host, entry));
  for (const std::string& each : hosts) {
    if (bracketed ? !IsIpV6(each) : !IsHostName(each)) {
      return InvalidArgument(
          "cluster.nodes: '{}' has no host: write a name, an IPv4 address or an IPv6 address in "
          "brackets, and no scheme",
          entry);
    }
    nodes.push_back({each, http, binary});
  }
  return absl::OkStatus();
}

}  // namespace

std::string HttpAddress(const Node& node) { return AddressText(node.host, node.http_port); }
std::string BinaryAddress(const Node& node) { return AddressText(node.host, node.binary_port); }

absl::StatusOr<std::vector<Node>> ParseNodes(std::span<const std::string> entries) {
  std::vector<Node> nodes;
  for (const std::string& entry : entries) WICK_RETURN_IF_ERROR(AddNodes(entry, nodes));
  if (nodes.empty()) {
    return InvalidArgument("cluster.nodes is empty: name every node, this one included");
  }
  if (nodes.size() > kNodesMax) {
    return InvalidArgument("cluster.nodes: {} nodes are more than {}", nodes.size(), kNodesMax);
  }
  std::vector<std::string> addresses;
  for (const Node& node : nodes) {
    addresses.push_back(HttpAddress(node));
    addresses.push_back(BinaryAddress(node));
  }
  std::ranges::sort(addresses);
  if (const auto twice = std::ranges::adjacent_find(addresses); twice != addresses.end()) {
    return InvalidArgument("cluster.nodes: {} is named twice", *twice);
  }
  return nodes;
}

absl::StatusOr<uint32_t> NodeNumber(std::string_view text, std::string_view host_name,
                                    size_t nodes) {
  std::string_view digits = text;
  std::string from;
  if (text == "hostname") {
    const std::string_view label = host_name.substr(0, host_name.find('.'));
    digits = label.substr(label.find_last_not_of("0123456789") + 1);
    from = fmt::format(" (from the host name {})", host_name);
    if (digits.empty()) {
      return InvalidArgument(
          "cluster.node = hostname: the host name '{}' has no number at its end, as wick-2 has; "
          "write the number",
          host_name);
    }
  }
  const auto number = ReadNumber<uint32_t>(digits);
  if (!number) {
    return InvalidArgument(
        "cluster.node: '{}' is no node: write its number in cluster.nodes, from "
        "0 to {}, or hostname",
        text, nodes - 1);
  }
  if (*number >= nodes) {
    return InvalidArgument("cluster.node: there is no node {}{}: cluster.nodes names 0 to {}",
                           *number, from, nodes - 1);
  }
  return *number;
}

}  // namespace wick::cluster
