// Answers of several nodes made into one.
#pragma once

#include <algorithm>
#include <deque>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/assert.h"
#include "protocol/json_merge.h"
#include "server/attendance.h"
#include "server/cluster.h"
#include "server/http_answer.h"
#include "server/http_reader.h"
#include "server/peers.h"
#include "wick/series.h"

namespace wick::server {

/// The client's question, to every node but this one.
std::vector<PeerRequest> RequestsToOthers(const Cluster& cluster, const HttpMessage& message);

/// What this node answers, beside what the others do.
PeerAnswer AnswerOfSelf(const Cluster& cluster, int status, std::string body);

/// The listings of all nodes by a merge of protocol/json_merge.h.
template <typename Merge>
HttpAnswer MergeListings(Cluster& cluster, Merge merge, std::string own, PeerAnswers answers) {
  answers.push_back(AnswerOfSelf(cluster, 200, std::move(own)));
  std::ranges::sort(answers, {}, &PeerAnswer::node);
  Attendance attendance(cluster);
  for (const PeerAnswer& answer : answers) {
    const bool taken = answer.status == 200 && merge.Add(answer.body);
    if (answer.node == cluster.self()) {
      WICK_ASSERT(taken);  // what this node writes it can read
    } else if (taken) {
      attendance.Take(answer);
    } else {
      attendance.Miss(answer.node);
    }
  }
  if constexpr (std::is_same_v<Merge, protocol::ReferencesMerge>) {  // all should have the same
    const auto here = std::ranges::find(answers, cluster.self(), &PeerAnswer::node);
    for (const PeerAnswer& answer : answers) {
      if (answer.status == 200 && answer.body != here->body) attendance.Differ(answer.node);
    }
  }
  HttpAnswer merged;
  merge.AppendTo(merged.body);
  merged.fields = attendance.Fields();
  return merged;
}

/// A list of series, each of which is asked for where it is.
class DividedList {
 public:
  /// What a node is asked for at once.
  struct Part {
    uint32_t node = 0;
    std::vector<size_t> places;  // in the list; ascending
  };

  /// `part_max`: series of a part of another node; at least 1.
  DividedList(const Cluster& cluster, const std::vector<Symbol>& series, size_t part_max);

  /// The parts of the other nodes; those of the same node stand together.
  const std::vector<Part>& Others() const { return others_; }
  /// What this node has; it may have nothing.
  const Part& Own() const { return own_; }

  /// The answer to the whole list: an array of what was answered for each part, an array too, and
  /// of an object with `code` and `detail` for each place of a part that is missing.
  /// `others`: answers to Others(), in their order. `own`: to Own(), an array.
  HttpAnswer Join(Cluster& cluster, const PeerAnswers& others, std::string_view own) const;

 private:
  const size_t size_;
  Part own_;
  std::vector<Part> others_;
};

/// The answer to a change that every node was told: `own` is what became of it here. A failure
/// names the nodes that did not make it.
HttpAnswer AnswerOfChange(const Cluster& cluster, HttpAnswer own, const PeerAnswers& answers);

}  // namespace wick::server
