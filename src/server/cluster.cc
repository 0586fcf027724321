#include "server/cluster.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

#include "market/validation.h"

namespace wick::server {

using cluster::PartitionMap;

namespace {

/// By node.
std::vector<std::string> ShareTexts(const PartitionMap& map) {
  std::vector<std::string> texts;
  for (uint32_t node = 0; node < map.nodes().size(); ++node) {
    texts.push_back(
        fmt::format("{}/{}", cluster::ShareText(map.PartitionsOf(node)), map.partitions()));
  }
  return texts;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Cluster>> Cluster::Start(const ServerConfig& config,
                                                        std::string_view host_name,
                                                        Budget& answers) {
  if (config.cluster.partitions == 0) return nullptr;
  WICK_ASSIGN_OR_RETURN(PartitionMap map, PartitionMap::Make(config.cluster));
  WICK_ASSIGN_OR_RETURN(const uint32_t self,
                        cluster::NodeNumber(config.cluster.node, host_name, map.nodes().size()));
  const bool tls = !config.tls.empty();
  WICK_ASSIGN_OR_RETURN(auto peers, Peers::Start(config.peers, map.nodes(), tls, answers));
  std::unique_ptr<Cluster> started(
      new Cluster(std::move(map), self, tls, config.peers.fan_outs_max, std::move(peers)));
  spdlog::info("cluster: this is node {} of {}, with partitions {}", self,
               started->map().nodes().size(), started->share_text());
  return started;
}

Cluster::Cluster(PartitionMap map, uint32_t self, bool tls, uint32_t fan_outs_max,
                 std::unique_ptr<Peers> peers)
    : map_(std::move(map)),
      self_(self),
      tls_(tls),
      fan_outs_max_(fan_outs_max),
      share_texts_(ShareTexts(map_)),
      peers_(std::move(peers)) {}

std::string Cluster::UrlOf(uint32_t number) const {
  return fmt::format("{}://{}", tls_ ? "https" : "http", cluster::HttpAddress(node(number)));
}

std::string Cluster::DescribeMoved(const SymbolView& pair, std::string_view address,
                                   uint32_t number) const {
  return fmt::format("{} is on node {}, {}", market::Printable(PairKey(pair)), number, address);
}

bool Cluster::CoversShareOf(uint32_t node, std::string_view text) const {
  if (text == share_texts_[node]) return true;
  // The nodes were not all restarted with the same map yet.
  const size_t slash = text.rfind('/');
  if (slash == text.npos || text.substr(slash + 1) != fmt::format("{}", map_.partitions())) {
    return false;
  }
  const auto covered = cluster::ParseShare(text.substr(0, slash), map_.partitions());
  return covered.ok() && std::ranges::includes(*covered, map_.PartitionsOf(node));
}

wire::ClusterReply Cluster::Describe() const {
  wire::ClusterReply reply;
  reply.partitions = map_.partitions();
  reply.self = self_;
  for (uint32_t number = 0; number < map_.nodes().size(); ++number) {
    reply.nodes.push_back({cluster::HttpAddress(node(number)), cluster::BinaryAddress(node(number)),
                           map_.PartitionsOf(number)});
  }
  return reply;
}

bool Cluster::TryBeginFanOut() {
  if (under_way_.fetch_add(1, std::memory_order_relaxed) < fan_outs_max_) {
    Count(fan_outs_);
    return true;
  }
  EndFanOut();
  Count(refused_);
  return false;
}

void Cluster::Stop() {
  {
    const std::lock_guard lock(changes_mutex_);
    stopped_ = true;
  }
  peers_->Stop();
}

void Cluster::BeginChange(absl::AnyInvocable<void()> begin) {
  {
    const std::lock_guard lock(changes_mutex_);
    if (std::exchange(changing_, true) || stopped_) {
      changes_.push_back(std::move(begin));
      return;
    }
  }
  begin();
}

void Cluster::EndChange() {
  absl::AnyInvocable<void()> next;
  {
    const std::lock_guard lock(changes_mutex_);
    if (changes_.empty() || stopped_) {
      changing_ = false;
      return;
    }
    next = std::move(changes_.front());
    changes_.pop_front();
  }
  next();
}

ClusterCounts Cluster::Counts() const {
  ClusterCounts counts;
  counts.self = self_;
  counts.own_partitions = map_.PartitionsOf(self_).size();
  counts.http_redirects = http_redirects_.load(std::memory_order_relaxed);
  counts.binary_redirects = binary_redirects_.load(std::memory_order_relaxed);
  counts.fan_outs = fan_outs_.load(std::memory_order_relaxed);
  counts.fan_outs_refused = refused_.load(std::memory_order_relaxed);
  counts.fan_outs_incomplete = incomplete_.load(std::memory_order_relaxed);
  for (uint32_t number = 0; number < map_.nodes().size(); ++number) {
    counts.nodes.push_back({peers_->failures(number), peers_->reachable(number)});
  }
  return counts;
}

}  // namespace wick::server
