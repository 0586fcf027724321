#include "server/http_ingest.h"

#include <fmt/format.h>

#include <boost/asio/post.hpp>
#include <memory>
#include <utility>

#include "market/validation.h"
#include "protocol/json_replies.h"

namespace wick::server {
namespace {

using engine::Ack;
using engine::IngestResult;

/// Events submitted at a time: applied within about a millisecond, as long as a latest-price read
/// on the same worker may wait.
constexpr size_t kEventsPerBatchMax = 8'192;

HttpAnswer AnswerOf(Ack ack, const IngestResult& result, const protocol::IngestReport& report) {
  if (!result.status.ok()) return WriteFailure(result.status);
  HttpAnswer answer;
  answer.status = ack == Ack::kNone ? 202 : 200;
  protocol::AppendIngestReply(answer.body, result, report);
  return answer;
}

/// The other node that has the pairs of all events; nullopt: some are here, or on several.
std::optional<uint32_t> OnlyNodeOf(const Cluster& cluster, const protocol::ParsedEvents& parsed) {
  std::optional<uint32_t> only;
  for (const protocol::ParsedEvent& event : parsed.events) {
    const auto node = cluster.Elsewhere(event.symbol);
    if (!node || (only && *only != *node)) return std::nullopt;
    only = node;
  }
  return only;
}

/// The batches of one body under way. Kept alive by the callbacks it waits for. Threads: the
/// worker's.
class Submission : public std::enable_shared_from_this<Submission> {
 public:
  Submission(Services& services, Worker& worker, Ack ack, ResolvedEvents events, Respond respond)
      : engine_(services.engine()),
        worker_(worker),
        ack_(ack),
        events_(std::move(events)),
        respond_(std::move(respond)) {}

  /// Submits the next batch, and sees to it that those after it follow.
  void Continue() {
    if (!engine_.HasRoom(worker_.index())) {
      return engine_.WhenRoom(worker_.index(), [self = shared_from_this()] { self->Continue(); });
    }
    const size_t batch = submitted_++;
    // Before the submission: its completion may answer at once and be the last.
    if (submitted_ < events_.batches.size()) {
      boost::asio::post(worker_.io(), [self = shared_from_this()] { self->Continue(); });
    }
    engine_.Submit(
        worker_.index(), std::move(events_.batches[batch]), ack_,
        [self = shared_from_this()](const IngestResult& result) { self->OnDone(result); });
  }

 private:
  void OnDone(const IngestResult& result) {
    sum_.accepted += result.accepted;
    sum_.duplicates += result.duplicates;
    sum_.status.Update(result.status);
    if (++done_ == events_.batches.size()) respond_(AnswerOf(ack_, sum_, events_.report));
  }

  engine::Engine& engine_;
  Worker& worker_;
  const Ack ack_;
  ResolvedEvents events_;
  Respond respond_;
  size_t submitted_ = 0;  // batches
  size_t done_ = 0;       // batches
  IngestResult sum_;
};

}  // namespace

void SubmitEvents(Services& services, Worker& worker, Ack ack, ResolvedEvents events,
                  Respond respond) {
  if (!events.document_error.empty()) {
    respond(
        server::AnswerOf(protocol::ProblemCode::kInvalidJson, std::move(events.document_error)));
  } else if (events.moved) {
    respond(std::move(*events.moved));
  } else if (events.batches.empty()) {
    respond(AnswerOf(ack, IngestResult{}, events.report));
  } else {
    std::make_shared<Submission>(services, worker, ack, std::move(events), std::move(respond))
        ->Continue();
  }
}

std::string DescribeRefusal(const Services& services, Refusal refusal, const SymbolView& symbol) {
  const engine::Engine& engine = services.engine();
  if (refusal == Refusal::kMoved) {
    const uint32_t node = services.cluster->map().NodeOf(symbol);
    return services.cluster->DescribeMoved(symbol, services.cluster->UrlOf(node), node) +
           ": send it there";
  }
  if (refusal == Refusal::kTooManySeries) {
    return fmt::format("the server already holds {} series, its limit (series.max)",
                       engine.options().series_max);
  }
  if (refusal == Refusal::kTooManyNewSeries) {
    return fmt::format(
        "more than {} new series in a minute (series.max_new_per_minute); send it again in a while",
        engine.options().new_series_per_minute_max);
  }
  return market::DescribeSymbol(symbol);
}

ResolvedEvents ResolveEvents(Services& services, protocol::EventParser& parser,
                             const HttpMessage& message) {
  engine::Engine& engine = services.engine();
  protocol::ParsedEvents& parsed =
      parser.Parse(message.body, protocol::EventsFormatOf(message.content_type),
                   engine.clock().NowMs(), engine.options().future_skew_ms_max);
  ResolvedEvents resolved;
  if (!parsed.document_error.empty()) {
    resolved.document_error = std::move(parsed.document_error);
    engine.CountRejected(Refusal::kInvalidJson);
    return resolved;
  }
  if (services.cluster != nullptr) {
    if (const auto node = OnlyNodeOf(*services.cluster, parsed)) {
      resolved.moved =
          MovedTo(*services.cluster, *node, parsed.events.front().symbol, message.target);
      return resolved;
    }
  }
  const auto take = [&](size_t i, Refusal refusal, SeriesId series) {
    const protocol::ParsedEvent& event = parsed.events[i];
    if (refusal == Refusal::kNone) {
      if (resolved.batches.empty() || resolved.batches.back().size() == kEventsPerBatchMax) {
        resolved.batches.push_back(
            engine.NewBatch(std::min(parsed.events.size() - i, kEventsPerBatchMax)));
      }
      resolved.batches.back().Add(series, event.price);
    } else {
      parsed.report.AddError(event.index, refusal,
                             parsed.report.Keeps(event.index)
                                 ? DescribeRefusal(services, refusal, event.symbol)
                                 : std::string());
    }
  };
  engine.ResolveAll(
      parsed.events.size(), [&](size_t i) { return parsed.events[i].symbol; }, take);
  resolved.report = std::move(parsed.report);
  for (int i = 1; i < kRefusalCount; ++i) {
    const auto refusal = static_cast<Refusal>(i);
    if (const uint64_t events = resolved.report.rejected(refusal)) {
      engine.CountRejected(refusal, events);
    }
  }
  return resolved;
}

}  // namespace wick::server
