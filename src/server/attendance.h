// Which nodes an answer of the cluster is of, and which are missing from it.
#pragma once

#include <cstdint>
#include <set>
#include <string>

#include "server/cluster.h"

namespace wick::server {

/// Begins with this node. Threads: one.
class Attendance {
 public:
  explicit Attendance(Cluster& cluster) : cluster_(cluster), here_{cluster.self()} {}

  /// The answer was taken. A node that has not all partitions that are its own by this node's map
  /// is missing all the same: somebody may ask for what neither has.
  void Take(const PeerAnswer& answer) {
    (cluster_.CoversShareOf(answer.node, answer.share) ? here_ : missing_).insert(answer.node);
  }
  /// A node of which some answer is missing is, whatever others it gave.
  void Miss(uint32_t node) { missing_.insert(node); }
  /// It has other references than this node.
  void Differ(uint32_t node) { differing_.insert(node); }

  /// The header fields Wick-Nodes and, if there are any such, Wick-Nodes-Missing and
  /// Wick-References-Differ, as they are sent. To be asked once: an answer without some node is
  /// counted.
  std::string Fields();

 private:
  Cluster& cluster_;
  std::set<uint32_t> here_;
  std::set<uint32_t> missing_;
  std::set<uint32_t> differing_;
};

}  // namespace wick::server
