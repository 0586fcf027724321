// This node among the nodes of its cluster: who has which pairs, and how the others are asked.
#pragma once

#include <absl/functional/any_invocable.h>

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cluster/partition_map.h"
#include "server/budget.h"
#include "server/peers.h"
#include "server/settings.h"
#include "wick/series.h"
#include "wick/wire.h"

namespace wick::server {

/// What was counted of the cluster, a plain copy.
struct ClusterCounts {
  struct Node {
    uint64_t failures = 0;          // requests to it that had no answer
    std::optional<bool> reachable;  // nullopt: it was not asked yet
  };
  uint32_t self = 0;
  uint64_t own_partitions = 0;
  uint64_t http_redirects = 0;
  uint64_t binary_redirects = 0;
  uint64_t fan_outs = 0;             // begun
  uint64_t fan_outs_refused = 0;     // there were too many
  uint64_t fan_outs_incomplete = 0;  // answered without some node
  std::vector<Node> nodes;
};

/// Threads: any.
class Cluster {
 public:
  /// nullptr: the node stands alone. `host_name` is this machine's. Errors are one line for the
  /// operator.
  static absl::StatusOr<std::unique_ptr<Cluster>> Start(const ServerConfig& config,
                                                        std::string_view host_name,
                                                        Budget& answers);

  const cluster::PartitionMap& map() const { return map_; }
  uint32_t self() const { return self_; }
  Peers& peers() { return *peers_; }
  /// No change is begun any more; what is asked of others is given up.
  void Stop();

  /// The node that has the pair; nullopt: this one.
  std::optional<uint32_t> Elsewhere(const SymbolView& pair) const {
    const uint32_t node = map_.NodeOf(pair);
    return node == self_ ? std::nullopt : std::optional(node);
  }
  const cluster::Node& node(uint32_t number) const { return map_.nodes()[number]; }
  /// "http://host:port", "https://" with TLS.
  std::string UrlOf(uint32_t node) const;
  /// "BTC/USD is on node 1, 10.0.0.2:8080": for messages.
  std::string DescribeMoved(const SymbolView& pair, std::string_view address, uint32_t node) const;

  /// "0-3+9/12": the partitions this node answers for, of how many.
  const std::string& share_text() const { return share_texts_[self_]; }
  /// True if a node whose share_text() is `text` answered for all that the map says is its own.
  bool CoversShareOf(uint32_t node, std::string_view text) const;

  wire::ClusterReply Describe() const;

  void CountHttpRedirect() { Count(http_redirects_); }
  void CountBinaryRedirect() { Count(binary_redirects_); }
  void CountIncomplete() { Count(incomplete_); }
  /// False: as many fan-outs as may be are under way. Else EndFanOut() follows.
  bool TryBeginFanOut();
  void EndFanOut() { under_way_.fetch_sub(1, std::memory_order_relaxed); }
  ClusterCounts Counts() const;

  /// Changes that every node is to make are made one after the other: `begin` is called when all
  /// earlier ones have ended, perhaps at once, else by whoever ends the last of them. EndChange()
  /// follows, unless the server stops.
  void BeginChange(absl::AnyInvocable<void()> begin);
  void EndChange();

 private:
  using Counter = std::atomic<uint64_t>;

  Cluster(cluster::PartitionMap map, uint32_t self, bool tls, uint32_t fan_outs_max,
          std::unique_ptr<Peers> peers);
  static void Count(Counter& counter) { counter.fetch_add(1, std::memory_order_relaxed); }

  const cluster::PartitionMap map_;
  const uint32_t self_;
  const bool tls_;
  const uint32_t fan_outs_max_;
  const std::vector<std::string> share_texts_;  // by node
  const std::unique_ptr<Peers> peers_;
  std::atomic<uint32_t> under_way_{0};  // fan-outs
  Counter http_redirects_{0};
  Counter binary_redirects_{0};
  Counter fan_outs_{0};
  Counter refused_{0};
  Counter incomplete_{0};

  std::mutex changes_mutex_;
  bool stopped_ = false;                            // under changes_mutex_
  bool changing_ = false;                           // under changes_mutex_
  std::deque<absl::AnyInvocable<void()>> changes_;  // under changes_mutex_; to be begun
};

}  // namespace wick::server
