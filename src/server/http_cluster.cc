// HttpApi: what concerns the other nodes of the cluster.
#include "protocol/http_target.h"
#include "protocol/json_replies.h"
#include "protocol/json_split.h"
#include "server/gathering.h"
#include "server/http_api.h"

namespace wick::server {

using protocol::ProblemCode;

namespace {

/// Nothing was ever seen of one of the series, so there is no answer to any.
bool SaysUnknownSeries(const PeerAnswer& answer) {
  return answer.status == 404 &&
         answer.body.find(R"("code":"unknown_series")") != std::string::npos;
}

}  // namespace

Cluster* HttpApi::Together(const HttpMessage& message) const {
  return message.forwarded ? nullptr : services_.cluster;
}

bool HttpApi::IsElsewhere(const SymbolView& pair, const HttpMessage& message, HttpAnswer& answer) {
  Cluster* const cluster = Together(message);
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
                         const HttpMessage& message, HttpAnswer& answer, Later later, Join kind,
                         const BodyOf& body_of, OwnPart own) {
  DividedList list(cluster, series);
  std::vector<PeerRequest> requests;
  for (const uint32_t node : list.Others()) {
    requests.push_back({node, message.method, protocol::OriginForm(message.target),
                        message.authorization, body_of(list.PlacesOf(node))});
  }
  std::vector<Symbol> here;
  for (const size_t place : list.PlacesOf(cluster.self())) here.push_back(series[place]);
  return Gather(std::move(requests), answer, later, kind,
                [&cluster, list = std::move(list), here = std::move(here),
                 own = std::move(own)](PeerAnswers answers) mutable {
                  if (!here.empty()) {
                    HttpAnswer part = own(std::move(here));
                    if (part.status != 200) return part;
                    answers.push_back(AnswerOfSelf(cluster, part.status, std::move(part.body)));
                  }
                  for (PeerAnswer& each : answers) {
                    if (!SaysUnknownSeries(each)) continue;
                    HttpAnswer unknown;
                    unknown.status = each.status;
                    unknown.content_type = protocol::kProblemContentType;
                    unknown.body = std::move(each.body);
                    return unknown;
                  }
                  return list.Join(cluster, answers);
                });
}

Respond HttpApi::TellOthers(const HttpMessage& message, Respond respond) {
  Cluster* const cluster = Together(message);
  if (cluster == nullptr) return respond;
  return [cluster, &io = worker_.io(), requests = RequestsToOthers(*cluster, message),
          respond = std::move(respond)](HttpAnswer own) mutable {
    const bool made = own.status == 200 || own.status == 204 || own.status == 404;
    if (!made) return respond(std::move(own));  // nor anywhere else
    cluster->peers().Ask(std::move(requests), [cluster, &io, own = std::move(own),
                                               respond = std::move(respond)](
                                                  PeerAnswers answers) mutable {
      boost::asio::post(io, [respond = std::move(respond),
                             answer = AnswerOfChange(*cluster, std::move(own), answers)]() mutable {
        respond(std::move(answer));
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
