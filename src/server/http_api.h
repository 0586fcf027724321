// Answers whole HTTP requests from the engine. Knows no socket.
#pragma once

#include <absl/functional/function_ref.h>

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "protocol/http_routes.h"
#include "protocol/json_events.h"
#include "server/gathering.h"
#include "server/http_answer.h"
#include "server/http_reader.h"
#include "server/services.h"

namespace wick::server {

/// Routes as the metrics call them: by index of protocol::HttpRequest, then "other" for what has no
/// route.
inline constexpr size_t kHttpRouteCount = std::variant_size_v<protocol::HttpRequest> + 1;
inline constexpr size_t kHttpRouteOther = kHttpRouteCount - 1;
std::string_view HttpRouteName(size_t route);
static_assert(kHttpRouteCount <= kRoutesMax);

/// The requests of one worker's sessions. Threads: the worker's only. Everything quick is answered
/// at once; what may read the disk or walks all series is computed by the reader pool. In a cluster
/// a request for one pair is sent on to the node that has it, and one for many is answered by all
/// nodes together, unless another node asks.
class HttpApi {
 public:
  HttpApi(Services& services, Worker& worker)
      : services_(services), worker_(worker), parser_(services.config.limits.json_depth_max) {}

  /// True: `answer` (empty before) is filled in. False: the function that `later` gave answers,
  /// perhaps before this returns; `message` must stay as it is until then. `route` is set in any
  /// case.
  bool Handle(const HttpMessage& message, HttpAnswer& answer, size_t& route,
              absl::FunctionRef<Respond()> later);

 private:
  using Later = absl::FunctionRef<Respond()>;

  protocol::OrProblem<protocol::HttpRequest> Route(const HttpMessage& message) const;

  // One for each request; true: `answer` is filled in.
  bool On(const protocol::PostEvents&, const HttpMessage&, HttpAnswer&, Later);
  bool On(const protocol::GetLatest&, const HttpMessage&, HttpAnswer&, Later);
  bool On(const protocol::PostLatest&, const HttpMessage&, HttpAnswer&, Later);
  bool On(protocol::GetCandles&, const HttpMessage&, HttpAnswer&, Later);
  bool On(const protocol::PostCandles&, const HttpMessage&, HttpAnswer&, Later);
  bool On(protocol::GetExchanges&, const HttpMessage&, HttpAnswer&, Later);
  bool On(protocol::GetBases&, const HttpMessage&, HttpAnswer&, Later);
  bool On(protocol::GetBase&, const HttpMessage&, HttpAnswer&, Later);
  bool On(const protocol::PutReference&, const HttpMessage&, HttpAnswer&, Later);
  bool On(const protocol::DeleteReference&, const HttpMessage&, HttpAnswer&, Later);
  bool On(const protocol::GetReferences&, const HttpMessage&, HttpAnswer&, Later);
  bool On(const protocol::PutReferences&, const HttpMessage&, HttpAnswer&, Later);
  bool On(const protocol::GetStatus&, const HttpMessage&, HttpAnswer&, Later);
  bool On(const protocol::GetCluster&, const HttpMessage&, HttpAnswer&, Later);
  bool On(const protocol::GetHealthz&, const HttpMessage&, HttpAnswer&, Later);
  bool On(const protocol::GetReadyz&, const HttpMessage&, HttpAnswer&, Later);
  bool On(const protocol::GetMetrics&, const HttpMessage&, HttpAnswer&, Later);
  bool On(const protocol::GetOpenApi&, const HttpMessage&, HttpAnswer&, Later);
  bool On(const protocol::AdminCheckpoint&, const HttpMessage&, HttpAnswer&, Later);
  bool On(const protocol::AdminBackup&, const HttpMessage&, HttpAnswer&, Later);
  bool On(const protocol::GetDeadLetters&, const HttpMessage&, HttpAnswer&, Later);

  /// Computes an answer on the read pool; for On() to return. True: there is no place, `answer`
  /// says so.
  template <typename Compute>
  bool OnReaders(Later later, HttpAnswer& answer, Compute compute) {
    if (services_.reads.Run(worker_, std::move(compute), Overloaded, later())) return false;
    answer = Overloaded();
    return true;
  }

  /// The same for the server's own numbers, which no read holds up.
  template <typename Compute>
  bool OnParsers(Later later, Compute compute) {
    ComputeOn(services_.parsers, worker_, std::move(compute), later());
    return false;
  }

  // --- http_cluster.cc
  /// The cluster, if its nodes are to answer together; nullptr: this one answers alone.
  Cluster* Together(const HttpMessage& message) const;
  /// True: another node has the pair, and `answer` says which.
  bool IsElsewhere(const SymbolView& pair, const HttpMessage& message, HttpAnswer& answer);

  /// Makes the answer out of the other nodes'.
  using Joining = absl::AnyInvocable<HttpAnswer(PeerAnswers)>;
  /// What joining costs, and so where it is done.
  enum class Join : uint8_t {
    kCold,  // it may read the disk, or walks all series: on the read pool
    kHot,   // it does not, and no such read is to hold it up: on the parsers
  };
  /// Asks other nodes; for On() to return. True: `answer` is filled in, for none is to be asked or
  /// there is no place.
  bool Gather(std::vector<PeerRequest> requests, HttpAnswer& answer, Later later, Join kind,
              Joining join);

  /// A listing: `own()` is this node's body, `make_merge()` one of protocol/json_merge.h; both on
  /// the read pool. For On() to return.
  template <typename Own, typename MakeMerge>
  bool OnNodes(const HttpMessage& message, HttpAnswer& answer, Later later, Own own,
               MakeMerge make_merge) {
    Cluster* const cluster = Together(message);
    if (cluster == nullptr) {
      return OnReaders(later, answer, [own = std::move(own)] {
        HttpAnswer alone;
        alone.body = own();
        return alone;
      });
    }
    return Gather(
        RequestsToOthers(*cluster, message), answer, later, Join::kCold,
        [cluster, own = std::move(own), make_merge = std::move(make_merge)](PeerAnswers answers) {
          return MergeListings(*cluster, make_merge(), own(), std::move(answers));
        });
  }

  /// The body that asks for what stands at these places of the list asked for.
  using BodyOf = std::function<std::string(const std::vector<size_t>& places)>;
  /// This node's part of a list.
  using OwnPart = absl::AnyInvocable<HttpAnswer(std::vector<Symbol>)>;
  /// How each of a list of series is asked for.
  struct Each {
    uint64_t bytes;  // of an answer to one of them, about, at most
    Join join;       // kCold: a node may also answer that one of them is not known
    BodyOf body_of;
    OwnPart own;
  };
  /// A list of series, each asked for where it is; for On() to return. A node is asked for no more
  /// at once than it may answer.
  bool GatherEach(Cluster& cluster, const std::vector<Symbol>& series, const HttpMessage& message,
                  HttpAnswer& answer, Later later, Each each);

  /// Makes the change here, and answers.
  using Change = absl::AnyInvocable<void(Respond)>;
  /// A change that is to be made on every node: when it is made here, the others are told, and the
  /// answer is of all of them. This node begins one when the one before has ended everywhere.
  void MakeChange(const HttpMessage& message, Respond respond, Change change);
  /// Told what became of a change here, tells the others, then answers.
  Respond TellOthers(Cluster& cluster, const HttpMessage& message, Respond respond);

  /// The callback of a write of the engine: `success` answers if it went well.
  absl::AnyInvocable<void(absl::Status)> WhenWritten(Respond respond, HttpAnswer success);

  Services& services_;
  Worker& worker_;
  protocol::EventParser parser_;
};

}  // namespace wick::server
