#include "server/gathering.h"

#include "base/assert.h"
#include "protocol/http_target.h"
#include "protocol/json_replies.h"
#include "protocol/json_split.h"

namespace wick::server {
namespace {

std::string NameOf(const Cluster& cluster, uint32_t node) {
  return fmt::format("node {} ({})", node, cluster::HttpAddress(cluster.node(node)));
}

}  // namespace

std::vector<PeerRequest> RequestsToOthers(const Cluster& cluster, const HttpMessage& message) {
  std::vector<PeerRequest> requests;
  for (uint32_t node = 0; node < cluster.map().nodes().size(); ++node) {
    if (node == cluster.self()) continue;
    requests.push_back({node, message.method == "HEAD" ? "GET" : message.method,
                        protocol::OriginForm(message.target), message.authorization,
                        message.method == "PUT" ? message.body : std::string()});
  }
  return requests;
}

PeerAnswer AnswerOfSelf(const Cluster& cluster, int status, std::string body) {
  PeerAnswer answer;
  answer.node = cluster.self();
  answer.status = status;
  answer.share = cluster.share_text();
  answer.body = std::move(body);
  return answer;
}

DividedList::DividedList(const Cluster& cluster, const std::vector<Symbol>& series, size_t part_max)
    : size_(series.size()) {
  std::vector<std::vector<size_t>> places(cluster.map().nodes().size());
  for (size_t i = 0; i < series.size(); ++i) places[cluster.map().NodeOf(series[i])].push_back(i);
  own_ = {cluster.self(), std::move(places[cluster.self()])};
  for (uint32_t node = 0; node < places.size(); ++node) {
    if (node == cluster.self()) continue;
    for (size_t i = 0; i < places[node].size(); ++i) {
      if (i % part_max == 0) others_.push_back({node, {}});
      others_.back().places.push_back(places[node][i]);
    }
  }
}

HttpAnswer DividedList::Join(Cluster& cluster, const PeerAnswers& others,
                             std::string_view own) const {
  Attendance attendance(cluster);
  std::vector<std::string_view> elements(size_);
  std::deque<std::string> made;
  const auto own_parts = protocol::SplitArray(own);
  WICK_ASSERT(own_parts && own_parts->size() == own_.places.size());  // what this node writes
  for (size_t i = 0; i < own_.places.size(); ++i) elements[own_.places[i]] = (*own_parts)[i];
  for (size_t part = 0; part < others_.size(); ++part) {
    const PeerAnswer& answer = others[part];
    const std::vector<size_t>& places = others_[part].places;
    const auto parts = answer.status == 200 ? protocol::SplitArray(answer.body) : std::nullopt;
    if (parts && parts->size() == places.size()) {
      for (size_t i = 0; i < places.size(); ++i) elements[places[i]] = (*parts)[i];
      attendance.Take(answer);
      continue;
    }
    const std::string_view why =
        answer.failure.empty() ? "its answer is no list of them" : std::string_view(answer.failure);
    protocol::AppendNoElement(made.emplace_back(), protocol::ProblemCode::kNodeUnavailable,
                              fmt::format("{} has it: {}", NameOf(cluster, answer.node), why));
    for (const size_t place : places) elements[place] = made.back();
    attendance.Miss(answer.node);
  }
  HttpAnswer joined;
  protocol::AppendArrayOf(joined.body, elements);
  joined.fields = attendance.Fields();
  return joined;
}

HttpAnswer AnswerOfChange(const Cluster& cluster, HttpAnswer own, const PeerAnswers& answers) {
  std::string failures;
  for (const PeerAnswer& answer : answers) {
    if (answer.no_memory) return Overloaded();
    if (!answer.failure.empty()) {
      failures += fmt::format("{}{}: {}", failures.empty() ? "" : "; ",
                              NameOf(cluster, answer.node), answer.failure);
    } else if (own.status == 404 && answer.status == 204) {
      own.Clear();
      own.status = 204;  // there was one to remove
    }
  }
  if (failures.empty()) return own;
  return AnswerOf(
      protocol::ProblemCode::kNodeUnavailable,
      fmt::format("not made by {}. The other nodes have made the change: send it again", failures));
}

}  // namespace wick::server
