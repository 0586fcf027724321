#include "server/http_api.h"

#include <array>
#include <chrono>
#include <utility>
#include <variant>

#include "market/validation.h"
#include "protocol/http_target.h"
#include "protocol/json_merge.h"
#include "protocol/json_replies.h"
#include "protocol/json_requests.h"
#include "protocol/openapi.h"
#include "server/backup.h"
#include "server/dead_letters.h"
#include "server/http_guard.h"
#include "server/http_ingest.h"
#include "server/metrics.h"
#include "server/version.h"

namespace wick::server {
namespace {

using engine::Engine;
using protocol::Problem;
using protocol::ProblemCode;

constexpr std::array<std::string_view, kHttpRouteCount> kRouteNames = {
    "POST /v1/events",
    "GET /v1/latest",
    "POST /v1/latest",
    "GET /v1/candles",
    "POST /v1/candles",
    "GET /v1/exchanges",
    "GET /v1/bases",
    "GET /v1/bases/{base}",
    "PUT /v1/bases/{base}/reference",
    "DELETE /v1/bases/{base}/reference",
    "GET /v1/references",
    "PUT /v1/references",
    "GET /v1/status",
    "GET /v1/cluster",
    "GET /healthz",
    "GET /readyz",
    "GET /metrics",
    "GET /v1/openapi.json",
    "POST /v1/admin/checkpoint",
    "POST /v1/admin/backup",
    "GET /v1/admin/dead-letters",
    "other",
};

/// A larger body is parsed by the reader pool, so that it does not hold up the worker's other
/// sessions: 256 KiB take about a millisecond.
constexpr size_t kInlineBodyBytesMax = 256_KiB;

HttpAnswer UnknownReference(std::string_view base_currency) {
  return AnswerOf(ProblemCode::kUnknownReference,
                  fmt::format("no reference is set for {}", market::Printable(base_currency)));
}

HttpAnswer BackupFailure(const absl::Status& status) {
  ProblemCode code = ProblemCode::kUnavailable;
  if (status.code() == absl::StatusCode::kInvalidArgument) code = ProblemCode::kInvalidBody;
  if (IsDiskFull(status)) code = ProblemCode::kStorageFull;
  return AnswerOf(code, Message(status));
}

void AppendCandles(std::string& out, protocol::CandlesFormat format, const SymbolView& symbol,
                   const CandlesReply& reply, Fill fill) {
  switch (format) {
    case protocol::CandlesFormat::kJson:
      return protocol::AppendCandlesJson(out, symbol, reply);
    case protocol::CandlesFormat::kCsv:
      return protocol::AppendCandlesCsv(out, reply, fill);
    case protocol::CandlesFormat::kCcxt:
      return protocol::AppendCandlesCcxt(out, reply);
  }
}

void AnswerCandles(const absl::StatusOr<CandlesReply>& reply, const protocol::GetCandles& request,
                   HttpAnswer& answer) {
  if (!reply.ok()) {
    answer = QueryFailure(reply.status());
    return;
  }
  if (request.format == protocol::CandlesFormat::kCsv)
    answer.content_type = "text/csv; charset=utf-8";
  AppendCandles(answer.body, request.format, request.symbol, *reply, request.request.fill);
}

/// True for a request whose answer, made by the worker, may be larger than what a connection holds
/// out of no budget (kFreeBytes). The latest price of one series, the server's own numbers and the
/// answers to writes are not: they are given while the memory for answers is exhausted, too.
bool MayBeLarge(const protocol::HttpRequest& request) {
  return std::holds_alternative<protocol::PostLatest>(request) ||
         std::holds_alternative<protocol::GetCandles>(request) ||
         std::holds_alternative<protocol::PutReferences>(request);
}

/// True for what a node of a cluster may send on to another.
bool MayBeMoved(const protocol::HttpRequest& request) {
  return std::holds_alternative<protocol::PostEvents>(request) ||
         std::holds_alternative<protocol::GetLatest>(request) ||
         std::holds_alternative<protocol::GetCandles>(request);
}

/// True for what is answered while the server recovers.
bool IsProbe(const protocol::HttpRequest& request) {
  return std::holds_alternative<protocol::GetHealthz>(request) ||
         std::holds_alternative<protocol::GetReadyz>(request);
}

}  // namespace

std::string_view HttpRouteName(size_t route) { return kRouteNames[route]; }

protocol::OrProblem<protocol::HttpRequest> HttpApi::Route(const HttpMessage& message) const {
  const uint32_t candles_max = services_.config.engine.candles_per_request_max;
  auto routed = protocol::RouteHttp(message.method, message.target, candles_max);
  std::string_view target = message.target;
  if (services_.cluster != nullptr && std::holds_alternative<Problem>(routed) &&
      protocol::CutMovedMark(target)) {
    auto unmarked = protocol::RouteHttp(message.method, target, candles_max);
    const auto* request = std::get_if<protocol::HttpRequest>(&unmarked);
    if (request != nullptr && MayBeMoved(*request)) return unmarked;
  }
  return routed;
}

bool HttpApi::Handle(const HttpMessage& message, HttpAnswer& answer, size_t& route, Later later) {
  if (IsPreflight(message)) {  // of a friend: the guard has let it in
    route = kHttpRouteOther;
    answer.status = 204;
    answer.preflight = true;
    return true;
  }
  auto routed = Route(message);
  const auto* problem = std::get_if<Problem>(&routed);
  auto* request = std::get_if<protocol::HttpRequest>(&routed);
  route = request != nullptr ? request->index() : kHttpRouteOther;
  if (!services_.state.recovered() && (request == nullptr || !IsProbe(*request))) {
    answer = AnswerOf(ProblemCode::kRecovering, Message(services_.state.Ready()));
    return true;
  }
  if (problem != nullptr) {
    answer = AnswerOf(*problem);
    return true;
  }
  if (MayBeLarge(*request) && services_.reads.IsOverloaded()) {
    answer = Overloaded();
    return true;
  }
  return std::visit([&](auto& asked) { return On(asked, message, answer, later); }, *request);
}

// --- writing
bool HttpApi::On(const protocol::PostEvents& asked, const HttpMessage& message, HttpAnswer&,
                 Later later) {
  if (message.body.size() <= kInlineBodyBytesMax) {
    SubmitEvents(services_, worker_, asked.ack, ResolveEvents(services_, parser_, message),
                 later());
    return false;
  }
  // The session keeps the message as it is meanwhile.
  ComputeOn(
      services_.parsers, worker_,
      [&services = services_, &message] {
        protocol::EventParser parser(services.config.limits.json_depth_max);
        return ResolveEvents(services, parser, message);
      },
      [this, ack = asked.ack, respond = later()](ResolvedEvents events) mutable {
        SubmitEvents(services_, worker_, ack, std::move(events), std::move(respond));
      });
  return false;
}

absl::AnyInvocable<void(absl::Status)> HttpApi::WhenWritten(Respond respond, HttpAnswer success) {
  return [&io = worker_.io(), respond = std::move(respond),
          success = std::move(success)](absl::Status status) mutable {
    boost::asio::post(io, [respond = std::move(respond), status = std::move(status),
                           success = std::move(success)]() mutable {
      respond(status.ok() ? std::move(success) : WriteFailure(status));
    });
  };
}

bool HttpApi::On(const protocol::PutReference& asked, const HttpMessage& message,
                 HttpAnswer& answer, Later later) {
  auto parsed = protocol::ParseReferenceBody(message.body, asked.base_currency,
                                             services_.config.limits.json_depth_max);
  if (const auto* problem = std::get_if<Problem>(&parsed)) {
    answer = AnswerOf(*problem);
    return true;
  }
  HttpAnswer success;
  Reference& reference = *std::get_if<Reference>(&parsed);
  protocol::AppendReference(success.body, reference);
  MakeChange(message, later(),
             [this, reference = std::move(reference),
              success = std::move(success)](Respond respond) mutable {
               services_.engine().SetReference(std::move(reference),
                                               WhenWritten(std::move(respond), std::move(success)));
             });
  return false;
}

bool HttpApi::On(const protocol::DeleteReference& asked, const HttpMessage& message, HttpAnswer&,
                 Later later) {
  MakeChange(message, later(), [this, base = asked.base_currency](Respond respond) {
    services_.engine().RemoveReference(
        base, [&io = worker_.io(), name = base,
               respond = std::move(respond)](absl::Status status) mutable {
          boost::asio::post(io, [respond = std::move(respond), status = std::move(status),
                                 name = std::move(name)]() mutable {
            HttpAnswer answer;
            answer.status = 204;
            if (status.code() == absl::StatusCode::kNotFound) {
              answer = UnknownReference(name);
            } else if (!status.ok()) {
              answer = WriteFailure(status);
            }
            respond(std::move(answer));
          });
        });
  });
  return false;
}

bool HttpApi::On(const protocol::PutReferences&, const HttpMessage& message, HttpAnswer& answer,
                 Later later) {
  auto parsed = protocol::ParseReferencesBody(message.body, services_.config.limits.json_depth_max);
  if (const auto* problem = std::get_if<Problem>(&parsed)) {
    answer = AnswerOf(*problem);
    return true;
  }
  HttpAnswer success;
  auto& references = *std::get_if<std::vector<Reference>>(&parsed);
  protocol::AppendReferences(success.body, references);
  MakeChange(message, later(),
             [this, references = std::move(references),
              success = std::move(success)](Respond respond) mutable {
               services_.engine().ReplaceReferences(
                   std::move(references), WhenWritten(std::move(respond), std::move(success)));
             });
  return false;
}

bool HttpApi::On(const protocol::AdminCheckpoint&, const HttpMessage&, HttpAnswer&, Later later) {
  services_.engine().Checkpoint([&io = worker_.io(), begin = std::chrono::steady_clock::now(),
                                 respond = later()](absl::Status status) mutable {
    const auto duration = std::chrono::duration_cast<std::chrono::milliseconds>(
        std::chrono::steady_clock::now() - begin);
    HttpAnswer answer;
    if (status.ok()) {
      protocol::AppendAdminReply(answer.body, "checkpoint",
                                 static_cast<uint64_t>(duration.count()));
    } else {
      answer = WriteFailure(status);
    }
    boost::asio::post(io, [respond = std::move(respond), answer = std::move(answer)]() mutable {
      respond(std::move(answer));
    });
  });
  return false;
}

bool HttpApi::On(const protocol::AdminBackup&, const HttpMessage& message, HttpAnswer& answer,
                 Later later) {
  auto parsed = protocol::ParseBackupBody(message.body, services_.config.limits.json_depth_max);
  if (const auto* problem = std::get_if<Problem>(&parsed)) {
    answer = AnswerOf(*problem);
    return true;
  }
  ComputeOn(
      services_.backups, worker_,
      [&engine = services_.engine(),
       asked = std::move(*std::get_if<protocol::BackupBody>(&parsed))] {
        const auto made = MakeBackup(engine, {asked.directory, asked.keep, asked.bytes_per_second});
        if (!made.ok()) return BackupFailure(made.status());
        HttpAnswer success;
        protocol::AppendBackupReply(success.body, asked.directory, *made);
        return success;
      },
      later());
  return false;
}

bool HttpApi::On(const protocol::GetDeadLetters& asked, const HttpMessage&, HttpAnswer& answer,
                 Later later) {
  return OnReaders(later, answer, [&engine = std::as_const(services_.engine()), asked] {
    HttpAnswer computed;
    const absl::Status read = AppendDeadLetters(engine, asked.from, asked.limit, computed.body);
    return read.ok() ? std::move(computed) : QueryFailure(read);
  });
}

// --- reading what is in memory
bool HttpApi::On(const protocol::GetLatest& asked, const HttpMessage& message, HttpAnswer& answer,
                 Later) {
  if (IsElsewhere(asked.symbol, message, answer)) return true;
  const auto series = services_.engine().Find(asked.symbol);
  const auto price = series ? services_.engine().Latest(*series) : std::nullopt;
  if (price) {
    protocol::AppendPriceEvent(answer.body, asked.symbol, *price);
  } else {
    answer = UnknownSeries(asked.symbol);
  }
  return true;
}

bool HttpApi::On(const protocol::GetHealthz&, const HttpMessage&, HttpAnswer& answer, Later) {
  answer.body += R"({"status":"ok"})";
  return true;
}

bool HttpApi::On(const protocol::GetReadyz&, const HttpMessage&, HttpAnswer& answer, Later) {
  const ServerState& state = services_.state;
  if (const absl::Status ready = state.Ready(); !ready.ok()) {
    answer = AnswerOf(state.recovered() ? ProblemCode::kUnavailable : ProblemCode::kRecovering,
                      Message(ready));
  } else if (std::string lagging = state.Lagging(); !lagging.empty()) {
    answer = AnswerOf(ProblemCode::kLagging, std::move(lagging));
  } else {
    answer.body += R"({"status":"ok"})";
  }
  return true;
}

bool HttpApi::On(const protocol::GetOpenApi&, const HttpMessage&, HttpAnswer& answer, Later) {
  answer.body += protocol::OpenApiJson();
  return true;
}

// --- reading what may be on disk, or walks all series
bool HttpApi::On(protocol::GetCandles& asked, const HttpMessage& message, HttpAnswer& answer,
                 Later later) {
  if (IsElsewhere(asked.symbol, message, answer)) return true;
  const Engine& engine = services_.engine();
  const auto series = engine.FindSeen(asked.symbol);
  if (!series) {
    answer = UnknownSeries(asked.symbol);
    return true;
  }
  if (const auto hot = engine.HotCandles(*series, asked.request)) {
    AnswerCandles(*hot, asked, answer);
    return true;
  }
  return OnReaders(later, answer, [&engine, series = *series, asked = std::move(asked)] {
    HttpAnswer computed;
    AnswerCandles(engine.Candles(series, asked.request), asked, computed);
    return computed;
  });
}

bool HttpApi::On(protocol::GetExchanges& asked, const HttpMessage& message, HttpAnswer& answer,
                 Later later) {
  const bool pairs = asked.pairs;
  return OnNodes(
      message, answer, later,
      [&engine = std::as_const(services_.engine()), asked = std::move(asked)] {
        std::string body;
        const auto only =
            asked.exchange ? std::optional<std::string_view>(*asked.exchange) : std::nullopt;
        protocol::AppendExchanges(body, engine.Exchanges(only, asked.pairs), asked.pairs);
        return body;
      },
      [pairs] { return protocol::ExchangesMerge(pairs); });
}

bool HttpApi::On(protocol::GetBases& asked, const HttpMessage& message, HttpAnswer& answer,
                 Later later) {
  const Engine& engine = services_.engine();
  return OnNodes(
      message, answer, later,
      [&engine, asked = std::move(asked)] {
        std::string body;
        protocol::AppendBases(body, engine.Bases(asked.base_currencies));
        return body;
      },
      [&engine] { return protocol::BasesMerge(engine.References()); });
}

bool HttpApi::On(protocol::GetBase& asked, const HttpMessage& message, HttpAnswer& answer,
                 Later later) {
  return OnNodes(
      message, answer, later,
      [&engine = std::as_const(services_.engine()), asked = std::move(asked)] {
        std::string body;
        protocol::AppendPriceEvents(body, engine.PricesOfBase(asked.base_currency));
        return body;
      },
      [] { return protocol::PriceEventsMerge(); });
}

bool HttpApi::On(const protocol::GetReferences&, const HttpMessage& message, HttpAnswer& answer,
                 Later later) {
  return OnNodes(
      message, answer, later,
      [&engine = std::as_const(services_.engine())] {
        std::string body;
        protocol::AppendReferences(body, engine.References());
        return body;
      },
      [] { return protocol::ReferencesMerge(); });
}

bool HttpApi::On(const protocol::GetStatus&, const HttpMessage&, HttpAnswer&, Later later) {
  return OnParsers(later, [&services = std::as_const(services_)] {
    HttpAnswer answer;
    protocol::AppendStatus(answer.body, services.engine().Status(), kVersion, services.UptimeMs(),
                           services.state.Name(), services.state.Kafka());
    return answer;
  });
}

bool HttpApi::On(const protocol::GetMetrics&, const HttpMessage&, HttpAnswer&, Later later) {
  return OnParsers(later, [&services = std::as_const(services_)] {
    HttpAnswer answer;
    answer.content_type = "text/plain; version=0.0.4; charset=utf-8";
    answer.body = MetricsText(services.engine().Status(), CountRequests(services));
    return answer;
  });
}

}  // namespace wick::server
