// Answers whole HTTP requests from the engine. Knows no socket.
#pragma once

#include <absl/functional/function_ref.h>

#include <cstdint>
#include <string_view>

#include "protocol/http_routes.h"
#include "protocol/json_events.h"
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
/// at once; what may read the disk or walks all series is computed by the reader pool.
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

  /// The callback of a write of the engine: `success` answers if it went well.
  absl::AnyInvocable<void(absl::Status)> WhenWritten(Respond respond, HttpAnswer success);

  Services& services_;
  Worker& worker_;
  protocol::EventParser parser_;
};

}  // namespace wick::server
