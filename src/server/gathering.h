// Answers of several nodes made into one.
#pragma once

#include <algorithm>
#include <deque>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/assert.h"
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
  HttpAnswer merged;
  merge.AppendTo(merged.body);
  merged.fields = attendance.Fields();
  return merged;
}

/// A list of series, each of which is asked for where it is.
class DividedList {
 public:
  DividedList(const Cluster& cluster, const std::vector<Symbol>& series);

  /// Places in the list of what a node has; ascending.
  const std::vector<size_t>& PlacesOf(uint32_t node) const { return places_[node]; }
  /// The nodes that have any of it, this one excepted.
  std::vector<uint32_t> Others() const;

  /// The answer to the whole list: an array of what each node answered for its places, an array
  /// too, and of an object with `code` and `detail` for each place of a node that is missing.
  /// `answers`: of Others(), and of this node if it has any.
  HttpAnswer Join(Cluster& cluster, const PeerAnswers& answers) const;

 private:
  const uint32_t self_;
  const size_t size_;
  std::vector<std::vector<size_t>> places_;  // by node
};

/// The element of an answer's array that says why there is none: {"code","detail"}.
std::string NoElement(protocol::ProblemCode code, std::string_view detail);

/// The answer to a change that every node was told: `own` is what became of it here. A failure
/// names the nodes that did not make it.
HttpAnswer AnswerOfChange(const Cluster& cluster, HttpAnswer own, const PeerAnswers& answers);

}  // namespace wick::server
