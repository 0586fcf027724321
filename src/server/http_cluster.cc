// HttpApi: what concerns the other nodes of the cluster.
#include <algorithm>

#include "base/units.h"
#include "protocol/http_target.h"
#include "protocol/json_replies.h"
#include "protocol/json_split.h"
#include "server/gathering.h"
#include "server/http_api.h"

namespace wick::server {

namespace {

/// So much of an answer may be asked for within cluster.peer_timeout; for more there is more time.
constexpr uint64_t kBytesPerPatience = 16_MiB;

/// Nothing was ever seen of one of the series, says the node that has it: so there is no answer to
/// any.
bool SaysUnknownSeries(const Cluster& cluster, const PeerAnswer& answer) {
  if (answer.status != 404 || !cluster.CoversShareOf(answer.node, answer.share)) return false;
  return protocol::FindField(answer.body, "code") == R"("unknown_series")";
}

}  // namespace

Cluster* HttpApi::Together(const HttpMessage& message) const {
  return message.forwarded ? nullptr : services_.cluster;
}

bool HttpApi::IsElsewhere(const SymbolView& pair, const HttpMessage& message, HttpAnswer& answer) {
  Cluster* const cluster = services_.cluster;
  if (cluster == nullptr) return false;
  const auto node = cluster->Elsewhere(pair);
  if (!node) return false;
  answer = MovedTo(*cluster, *node, pair, message.target);
  return true;
}

bool HttpApi::Gather(std::vector<PeerRequest> requests, HttpAnswer& answer, Later later, Join kind,
                     Joining join) {
  if (requests.empty()) {
    if (kind == Join::kCold) {
      return OnReaders(later, answer, [join = std::move(join)]() mutable { return join({}); });
    }
    answer = join({});
    return true;
  }
  Cluster& cluster = *services_.cluster;
  if (services_.reads.IsOverloaded() || !cluster.TryBeginFanOut()) {
    answer = Overloaded();
    return true;
  }
  auto take = [&services = services_, &worker = worker_, kind, join = std::move(join),
               respond = later()](PeerAnswers answers) mutable {
    auto compute = [join = std::move(join), answers = std::move(answers)]() mutable {
      // What this node lacks is no gap of another.
      if (std::ranges::any_of(answers, &PeerAnswer::no_memory)) return Overloaded();
      return join(std::move(answers));
    };
    auto then = [&services, respond = std::move(respond)](HttpAnswer joined) mutable {
      services.cluster->EndFanOut();
      respond(std::move(joined));
    };
    if (kind == Join::kCold) {
      services.reads.RunAdmitted(worker, std::move(compute), std::move(then));
    } else {
      ComputeOn(services.parsers, worker, std::move(compute), std::move(then));
    }
  };
  cluster.peers().Ask(std::move(requests), std::move(take));
  return false;
}

bool HttpApi::GatherEach(Cluster& cluster, const std::vector<Symbol>& series,
                         const HttpMessage& message, HttpAnswer& answer, Later later, Each each) {
  const uint64_t part_bytes_max = services_.config.peers.answer_bytes_max;
  DividedList list(cluster, series, std::max<uint64_t>(part_bytes_max / each.bytes, 1));
  std::vector<PeerRequest> requests;
  for (const DividedList::Part& part : list.Others()) {
    requests.push_back({part.node, message.method, protocol::OriginForm(message.target),
                        message.authorization, each.body_of(part.places),
                        1 + part.places.size() * each.bytes / kBytesPerPatience});
  }
  std::vector<Symbol> here;
  for (const size_t place : list.Own().places) here.push_back(series[place]);
  return Gather(std::move(requests), answer, later, each.join,
                [&cluster, list = std::move(list), here = std::move(here),
                 own = std::move(each.own), join = each.join](PeerAnswers answers) mutable {
                  HttpAnswer part = own(std::move(here));
                  if (part.status != 200) return part;
                  for (PeerAnswer& other : answers) {
                    if (join != Join::kCold || !SaysUnknownSeries(cluster, other)) continue;
                    HttpAnswer unknown;
                    unknown.status = other.status;
                    unknown.content_type = protocol::kProblemContentType;
                    unknown.body = std::move(other.body);
                    return unknown;
                  }
                  return list.Join(cluster, answers, part.body);
                });
}

void HttpApi::MakeChange(const HttpMessage& message, Respond respond, Change change) {
  Cluster* const cluster = Together(message);
  if (cluster == nullptr) return change(std::move(respond));
  auto make = [change = std::move(change),
               tell = TellOthers(*cluster, message, std::move(respond))]() mutable {
    change(std::move(tell));
  };
  cluster->BeginChange([&io = worker_.io(), make = std::move(make)]() mutable {
    boost::asio::post(io, std::move(make));
  });
}

Respond HttpApi::TellOthers(Cluster& cluster, const HttpMessage& message, Respond respond) {
  auto end = [&cluster, respond = std::move(respond)](HttpAnswer answer) mutable {
    cluster.EndChange();
    respond(std::move(answer));
  };
  return [&cluster, &io = worker_.io(), requests = RequestsToOthers(cluster, message),
          end = std::move(end)](HttpAnswer own) mutable {
    const bool made = own.status == 200 || own.status == 204 || own.status == 404;
    if (!made) return end(std::move(own));  // nor anywhere else
    cluster.peers().Ask(std::move(requests), [&cluster, &io, own = std::move(own),
                                              end = std::move(end)](PeerAnswers answers) mutable {
      boost::asio::post(io, [end = std::move(end),
                             answer = AnswerOfChange(cluster, std::move(own), answers)]() mutable {
        end(std::move(answer));
      });
    });
  };
}

bool HttpApi::On(const protocol::GetCluster&, const HttpMessage&, HttpAnswer& answer, Later) {
  std::vector<std::optional<bool>> reachable;
  wire::ClusterReply described;
  if (Cluster* const cluster = services_.cluster) {
    described = cluster->Describe();
    for (uint32_t node = 0; node < described.nodes.size(); ++node) {
      reachable.push_back(node == cluster->self() ? true : cluster->peers().reachable(node));
    }
  }
  protocol::AppendCluster(answer.body, described, reachable);
  return true;
}

}  // namespace wick::server
