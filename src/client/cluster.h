// The nodes a client asks: the one it was given, and the others of its cluster as they are needed.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "client/cluster_map.h"
#include "client/session.h"
#include "wick/client.h"
#include "wick/wire.h"

namespace wick::client {

/// A request for many entries, cut into parts for the nodes that have them and for their limits.
struct ListRequest {
  wire::Type type;
  size_t entries;          // they are called by their index
  bool repeatable = true;  // asked again on a new connection when an old one turns out to be lost
  std::function<uint32_t(size_t entry)> node_of{};
  /// Writes the payload for the front of `entries` that fits; returns how many, at least one.
  std::function<size_t(std::span<const size_t> entries, const wire::Limits& limits,
                       wire::Writer writer)>
      write{};
  /// False: the payload is no answer for `entries`.
  std::function<bool(std::span<const size_t> entries, std::string_view payload)> take{};
};

/// Connects to a node when it is first asked, and anew after a connection was lost; each new
/// connection tells the map, and so does a node that sends a request on. Of a node that stands
/// alone there is nothing but its one connection. Threads: one at a time.
class Cluster {
 public:
  /// Connects to the node that the options name, and learns the map from it if they say so.
  static Result<std::unique_ptr<Cluster>> Connect(const ClientOptions& options);

  bool alone() const { return map_.alone(); }
  uint32_t nodes() const { return map_.nodes(); }
  uint32_t NodeOf(const SymbolView& symbol) const { return map_.NodeOf(symbol); }
  /// The hello of the node that the options name.
  const wire::HelloReply& hello() const { return hello_; }

  /// Asks until every entry was given to `take` or its node is in the result, with the entries that
  /// it leaves open. A node that answers kMoved is asked for its map.
  std::vector<MissingNode> Ask(const ListRequest& request);

  /// Asks every node the same, at the same time. What answered is given to `take`, in the order of
  /// the nodes' numbers; false: the payload is no answer. A node whose map is another one is in the
  /// result, too: what it answered has other pairs than it should.
  std::vector<MissingNode> AskAll(wire::Type type, const std::function<void(wire::Writer)>& write,
                                  const std::function<bool(std::string_view payload)>& take);

  /// Asks the node that the options name.
  Result<std::string> AskOne(wire::Type type, const std::function<void(wire::Writer)>& write);

  /// Connects to the nodes of `symbols`; the error of the first that cannot be reached.
  Result<void> Reach(std::span<const SymbolView> symbols);
  /// Tells the node's connection from all that were before it; 0: there is none.
  uint64_t ConnectionOf(uint32_t node) const { return slots_[node].connection; }

 private:
  struct Slot {
    std::unique_ptr<Session> session;  // null: never asked, or lost
    uint64_t connection = 0;           // number of the session
    ClusterMap told;                   // by the node, when it was last asked
  };
  /// A part of a request on its way.
  struct Asked {
    uint32_t node;
    size_t entries;
    Result<uint64_t> id;
  };

  explicit Cluster(const ClientOptions& options) : options_(options) {}

  /// The node's session, a new one if need be. It may bring news_.
  Result<Session*> At(uint32_t node);
  /// Leaves the slot empty if another node answers there.
  Result<void> Open(uint32_t node, const ClientOptions& options);
  /// Asks a connected node for its map; true: it is another one, which is the news then.
  bool HasNews(uint32_t node);
  /// Asks the others for their map: pairs of a node that is lost may be on them now.
  void LearnFromOthers(uint32_t lost);
  /// Takes over another map, if one was told: pairs or nodes are elsewhere then.
  void TakeNews();
  MissingNode Missing(uint32_t node, ClientError error, std::span<const size_t> entries) const;
  /// Asks the nodes for their shares until each is empty: answered, missing, or left for a next
  /// turn.
  void AskShares(const ListRequest& request, std::vector<std::vector<size_t>>& shares,
                 uint32_t turn, std::vector<size_t>& left, std::vector<MissingNode>& missing);

  const ClientOptions options_;
  wire::HelloReply hello_;
  ClusterMap map_;
  std::optional<ClusterMap> news_;
  std::vector<Slot> slots_;   // by node
  uint32_t entry_ = 0;        // the node that Connect() reached; kNoNode: it is not in the map now
  bool direct_ = true;        // options_ reach it; false: another node answered there
  uint64_t connections_ = 0;  // made so far
};

}  // namespace wick::client
