// The other nodes of the cluster, asked over HTTP.
#pragma once

#include <absl/functional/any_invocable.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/status.h"
#include "base/units.h"
#include "cluster/nodes.h"
#include "server/budget.h"

namespace wick::server {

/// A node that could not be reached, or did not answer in time, is left in peace so long. Then one
/// question tries it; until that one is answered, all others fail at once.
inline constexpr uint64_t kPeerRestMs = 1'000;

struct PeerOptions {
  uint64_t timeout_ms = 2'000;         // from a question to the whole answer, see PeerRequest
  uint64_t answer_bytes_max = 64_MiB;  // of one node
  uint32_t fan_outs_max = 64;          // at a time
  std::string ca;  // PEM file of authorities; empty: the system's. Read at the start
};

/// Memory taken of a budget; given back at the end.
class BudgetHold {
 public:
  BudgetHold() = default;
  BudgetHold(Budget& budget, uint64_t bytes) : budget_(&budget), bytes_(bytes) {
    budget_->Take(bytes_);
  }
  ~BudgetHold() {
    if (budget_ != nullptr) budget_->Give(bytes_);
  }
  BudgetHold(BudgetHold&& other) noexcept
      : budget_(std::exchange(other.budget_, nullptr)), bytes_(other.bytes_) {}
  BudgetHold& operator=(BudgetHold&& other) noexcept {
    std::swap(budget_, other.budget_);
    std::swap(bytes_, other.bytes_);
    return *this;
  }

 private:
  Budget* budget_ = nullptr;
  uint64_t bytes_ = 0;
};

/// One question to another node. It is sent again if a connection that was kept open turns out to
/// be closed, so it must not matter if it comes twice.
struct PeerRequest {
  uint32_t node = 0;
  std::string method;
  std::string target;
  std::string authorization;  // of the client who asks; empty: none
  std::string body;           // JSON; empty: none
  uint64_t patience = 1;      // times PeerOptions::timeout_ms: for a large answer
};

/// What one node answered: 200, 204 or 404. Anything else is a failure.
struct PeerAnswer {
  uint32_t node = 0;
  std::string failure;     // why there is no answer; empty: there is one, or
  bool no_memory = false;  // this node had none for it, whatever the other answered
  int status = 0;          // of HTTP
  std::string share;       // the partitions it answered for, as it knows them
  std::string body;
  BudgetHold memory;  // of the body
};
using PeerAnswers = std::vector<PeerAnswer>;

/// Connections to the other nodes, kept open between questions, on a thread of their own: what a
/// slow node costs, no worker pays. With TLS the other side must prove that its certificate, by an
/// authority of PeerOptions::ca, is for the host that cluster.nodes names.
/// Threads: all.
/// A name is looked up when nothing is known of it, and anew when its addresses have failed.
/// Failure: a node that is away, slow or strange costs its own answer alone, and no more time than
/// PeerOptions::timeout_ms; while it stays away, one question in kPeerRestMs waits so long.
class Peers {
 public:
  using Done = absl::AnyInvocable<void(PeerAnswers)>;

  /// `answers`: whose memory the answers take. The budget must outlive it.
  static absl::StatusOr<std::unique_ptr<Peers>> Start(const PeerOptions& options,
                                                      std::span<const cluster::Node> nodes,
                                                      bool tls, Budget& answers);
  ~Peers();

  /// Asks several nodes at once. Requests to the same node stand together and are asked one after
  /// the other; when one has no answer, those behind it have none either. `done` gets an answer for
  /// each request, in their order, on the thread of the peers (at once if there are none); not if
  /// they are stopped.
  void Ask(std::vector<PeerRequest> requests, Done done);

  /// Gives up what is under way, then joins the thread.
  void Stop();

  /// Requests to a node that had no answer, since the start.
  uint64_t failures(uint32_t node) const;
  /// Whether the last question to a node was answered; nullopt: none was asked.
  std::optional<bool> reachable(uint32_t node) const;

 private:
  struct Impl;
  explicit Peers(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace wick::server
