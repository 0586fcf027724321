#include "client/cluster.h"

#include <algorithm>
#include <numeric>

namespace wick::client {
namespace {

constexpr uint32_t kNoNode = UINT32_MAX;

}  // namespace

Result<std::unique_ptr<Cluster>> Cluster::Connect(const ClientOptions& options) {
  std::unique_ptr<Cluster> cluster(new Cluster(options));
  Result<std::unique_ptr<Session>> session = Session::Open(options);
  if (!session) return session.error();
  cluster->hello_ = (*session)->hello();
  if (options.follow && cluster->hello_.partitions > 0) {
    Result<ClusterMap> map = (*session)->AskMap();
    if (!map) return map.error();
    cluster->map_ = std::move(*map);
    cluster->entry_ = cluster->map_.self();
  }
  cluster->slots_.resize(cluster->nodes());
  cluster->slots_[cluster->entry_] = {std::move(*session), ++cluster->connections_, cluster->map_};
  return cluster;
}

Result<Session*> Cluster::At(uint32_t node) {
  Slot& slot = slots_[node];
  // A node that stands alone gave out ids with its connection: there is no other one.
  if (slot.session && (alone() || !slot.session->spent())) return slot.session.get();
  slot = {};
  if (node == entry_ && direct_) {
    if (const Result<void> opened = Open(node, options_); !opened) return opened.error();
    if (slot.session) return slot.session.get();
    direct_ = false;
  }
  if (Result<void> opened = Open(node, map_.OptionsOf(node, options_)); !opened) {
    return opened.error();
  }
  if (slot.session) return slot.session.get();
  return ClientError{ErrorCode::kBadReply, map_.AddressOf(node) + " is not node " +
                                               std::to_string(node) +
                                               ", as the map of another node has it"};
}

Result<void> Cluster::Open(uint32_t node, const ClientOptions& options) {
  Result<std::unique_ptr<Session>> session = Session::Open(options);
  if (!session) return session.error();
  Result<ClusterMap> map = (*session)->AskMap();
  if (!map) return map.error();
  const bool is_node = !map->alone() && map->self() == node;
  if (!map->HasSameNodesOfPairs(map_)) news_ = *map;
  if (is_node) slots_[node] = {std::move(*session), ++connections_, std::move(*map)};
  return {};
}

bool Cluster::HasNews(uint32_t node) {
  Slot& slot = slots_[node];
  Result<ClusterMap> map = slot.session->AskMap();
  if (!map) return false;
  slot.told = std::move(*map);
  if (slot.told.HasSameNodesOfPairs(map_)) return false;
  news_ = slot.told;
  return true;
}

void Cluster::LearnFromOthers(uint32_t lost) {
  for (uint32_t node = 0; node < nodes() && !news_; ++node) {
    if (node == lost) continue;
    for (int tries = 0; tries < 2 && !news_; ++tries) {  // the first may find the connection lost
      if (!At(node)) break;
      if (HasNews(node) || !slots_[node].session->spent()) return;
    }
  }
}

void Cluster::TakeNews() {
  if (!news_) return;
  const ClusterMap old = std::exchange(map_, std::move(*news_));
  news_.reset();
  // Whoever is still in the map keeps its connection.
  std::vector<Slot> slots(nodes());
  uint32_t entry = kNoNode;
  for (uint32_t node = 0; node < nodes(); ++node) {
    for (uint32_t before = 0; before < slots_.size(); ++before) {
      if (map_.AddressOf(node) != old.AddressOf(before)) continue;
      slots[node] = std::move(slots_[before]);
      if (before == entry_) entry = node;
    }
  }
  slots_ = std::move(slots);
  entry_ = entry;
}

MissingNode Cluster::Missing(uint32_t node, ClientError error,
                             std::span<const size_t> entries) const {
  if (!alone()) error.message = "node " + std::to_string(node) + ": " + error.message;
  return {node, map_.AddressOf(node), std::move(error), {entries.begin(), entries.end()}};
}

std::vector<MissingNode> Cluster::Ask(const ListRequest& request) {
  std::vector<MissingNode> missing;
  std::vector<size_t> left(request.entries);
  std::iota(left.begin(), left.end(), size_t{0});
  bool learned = false;
  for (uint32_t turn = 0; !left.empty(); ++turn) {
    TakeNews();
    std::vector<std::vector<size_t>> shares(nodes());
    for (const size_t entry : left) shares[request.node_of(entry)].push_back(entry);
    std::vector<MissingNode> unreached;
    for (uint32_t node = 0; node < shares.size(); ++node) {
      if (shares[node].empty()) continue;
      if (const Result<Session*> session = At(node); !session) {
        unreached.push_back(Missing(node, session.error(), shares[node]));
        shares[node].clear();
      }
    }
    if (!unreached.empty() && !std::exchange(learned, true)) {
      LearnFromOthers(unreached.front().node);
    }
    if (news_ && turn < kTurnsMax) continue;
    left.clear();
    std::ranges::move(unreached, std::back_inserter(missing));
    AskShares(request, shares, turn, left, missing);
  }
  return missing;
}

void Cluster::AskShares(const ListRequest& request, std::vector<std::vector<size_t>>& shares,
                        uint32_t turn, std::vector<size_t>& left,
                        std::vector<MissingNode>& missing) {
  std::vector<std::span<const size_t>> rest(shares.begin(), shares.end());
  std::vector<Asked> asked;
  for (;;) {
    asked.clear();
    for (uint32_t node = 0; node < rest.size(); ++node) {
      if (rest[node].empty()) continue;
      const Result<Session*> session = At(node);
      if (!session) {
        missing.push_back(Missing(node, session.error(), rest[node]));
        rest[node] = {};
        continue;
      }
      size_t entries = 0;
      Result<uint64_t> id = (*session)->Send(request.type, [&](wire::Writer writer) {
        entries = request.write(rest[node], (*session)->limits(), writer);
      });
      asked.push_back({node, entries, std::move(id)});
    }
    if (asked.empty()) return;
    if (asked.size() > 1) {
      for (const Asked& part : asked) slots_[part.node].session->Flush();
    }
    for (const Asked& part : asked) {
      Session& session = *slots_[part.node].session;
      std::span<const size_t>& entries = rest[part.node];
      const Result<std::string> reply =
          part.id ? session.Await(request.type, *part.id) : Result<std::string>(part.id.error());
      if (reply && request.take(entries.first(part.entries), *reply)) {
        entries = entries.subspan(part.entries);
        continue;
      }
      ClientError error = reply ? session.Unreadable() : reply.error();
      bool again = false;
      if (error.code == ErrorCode::kMoved && !alone()) {
        again = turn < kTurnsMax;
        if (again) {
          HasNews(part.node);  // no news: its map changed just now, to the one that is remembered
        } else {
          error = NoAgreement(error, session.server());
        }
      } else if (error.code == ErrorCode::kConnectionLost) {
        again = request.repeatable && !alone() && turn == 0;
      }
      if (again) {
        left.insert(left.end(), entries.begin(), entries.end());
      } else {
        missing.push_back(Missing(part.node, std::move(error), entries));
      }
      entries = {};
    }
  }
}

std::vector<MissingNode> Cluster::AskAll(
    wire::Type type, const std::function<void(wire::Writer)>& write,
    const std::function<bool(std::string_view payload)>& take) {
  for (uint32_t turn = 0;; ++turn) {
    TakeNews();
    std::vector<MissingNode> missing;
    std::vector<Asked> asked;
    for (uint32_t node = 0; node < nodes(); ++node) {
      if (const Result<Session*> session = At(node)) {
        asked.push_back({node, 0, uint64_t{0}});
      } else {
        missing.push_back(Missing(node, session.error(), {}));
      }
    }
    if (news_ && turn < kTurnsMax) continue;
    for (Asked& request : asked) {
      Session& session = *slots_[request.node].session;
      request.id = session.Send(type, write);
      if (asked.size() > 1) session.Flush();
    }
    bool again = false;
    std::vector<Result<std::string>> replies;
    for (const Asked& request : asked) {
      const Result<std::string>& reply =
          replies.emplace_back(request.id ? slots_[request.node].session->Await(type, *request.id)
                                          : Result<std::string>(request.id.error()));
      again |= !reply && reply.error().code == ErrorCode::kConnectionLost;
    }
    if (again && turn == 0 && !alone()) continue;
    for (size_t i = 0; i < asked.size(); ++i) {
      if (replies[i] && take(*replies[i])) continue;
      const uint32_t node = asked[i].node;
      ClientError error = replies[i] ? slots_[node].session->Unreadable() : replies[i].error();
      missing.push_back(Missing(node, std::move(error), {}));
    }
    for (uint32_t node = 0; node < nodes(); ++node) {
      if (!slots_[node].session || slots_[node].told.HasSameNodesOfPairs(map_)) continue;
      if (std::ranges::find(missing, node, &MissingNode::node) != missing.end()) continue;
      missing.push_back(Missing(node,
                                {ErrorCode::kMoved,
                                 "it has another map of the cluster: pairs that move between nodes "
                                 "may be missing, or listed twice"},
                                {}));
    }
    std::ranges::stable_sort(missing, {}, &MissingNode::node);
    return missing;
  }
}

Result<std::string> Cluster::AskOne(wire::Type type,
                                    const std::function<void(wire::Writer)>& write) {
  TakeNews();
  if (entry_ == kNoNode) {
    return ClientError{ErrorCode::kConnectionLost,
                       options_.host + ":" + std::to_string(options_.port) +
                           " is no node of the cluster any more; connect to another one"};
  }
  const Result<Session*> session = At(entry_);
  if (!session) return session.error();
  const Result<uint64_t> id = (*session)->Send(type, write);
  if (!id) return id.error();
  return (*session)->Await(type, *id);
}

Result<void> Cluster::Reach(std::span<const SymbolView> symbols) {
  for (uint32_t turn = 0;; ++turn) {
    TakeNews();
    std::optional<ClientError> failed;
    for (const SymbolView& symbol : symbols) {
      const uint32_t node = NodeOf(symbol);
      const Result<Session*> session = At(node);
      if (session) continue;
      failed = Missing(node, session.error(), {}).error;
      if (turn == 0) LearnFromOthers(node);
      break;
    }
    if (news_ && turn < kTurnsMax) continue;
    if (failed) return *failed;
    return {};
  }
}

}  // namespace wick::client
