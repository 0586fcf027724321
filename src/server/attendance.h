// Which nodes an answer of the cluster is of, and which are missing from it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "server/cluster.h"

namespace wick::server {

/// Begins with this node. Threads: one.
class Attendance {
 public:
  explicit Attendance(Cluster& cluster) : cluster_(cluster), here_{cluster.self()} {}

  /// The answer was taken. A node that has not all partitions that are its own by this node's map
  /// is missing all the same: somebody may ask for what neither has.
  void Take(const PeerAnswer& answer) {
    (cluster_.CoversShareOf(answer.node, answer.share) ? here_ : missing_).push_back(answer.node);
  }
  void Miss(uint32_t node) { missing_.push_back(node); }

  /// The header fields Wick-Nodes and, if any is missing, Wick-Nodes-Missing, as they are sent. To
  /// be asked once: an answer without some node is counted.
  std::string Fields();

 private:
  Cluster& cluster_;
  std::vector<uint32_t> here_;
  std::vector<uint32_t> missing_;
};

}  // namespace wick::server
