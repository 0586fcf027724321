#include <algorithm>
#include <list>
#include <thread>
#include <unordered_map>

#include "client/codec.h"
#include "client/connection.h"
#include "client/name_cache.h"
#include "wick/client.h"

namespace wick {
namespace {

using client::Connection;

/// Events that travel together. `events` name their series by the number in the NameCache.
struct Batch {
  uint64_t first_event = 0;
  std::vector<Tick> events;
  uint64_t request_id = 0;  // 0: not sent on this connection
  client::Deadline deadline;
  std::vector<uint32_t> refused;  // indexes of events that are not sent: their names were refused
};

/// True if another connection may do better.
bool IsWorthReconnecting(const ClientError& error) {
  return error.code == ErrorCode::kConnectionLost || error.code == ErrorCode::kConnectFailed ||
         error.code == ErrorCode::kTimeout || error.code == ErrorCode::kUnavailable ||
         error.code == ErrorCode::kRecovering || error.code == ErrorCode::kOverloaded;
}

}  // namespace

struct Ingestor::Impl {
  Impl(const ClientOptions& client, const IngestorOptions& ingestor, Report report_to)
      : client_options(client), options(ingestor), report(std::move(report_to)) {}

  const ClientOptions client_options;
  const IngestorOptions options;
  const Report report;
  std::unique_ptr<Connection> connection;  // null after a lost one
  uint64_t connections = 0;                // made so far; names are registered for one of them
  uint64_t resent = 0;                     // events
  uint32_t failed_tries = 0;               // reconnects since a batch was last answered

  client::NameCache names;
  std::vector<Tick> adding;  // the batch that is not yet full
  uint64_t events_added = 0;
  std::list<Batch> in_flight;  // in the order of Add()

  Result<void> Connect() {
    Result<std::unique_ptr<Connection>> opened = Connection::Open(client_options);
    if (!opened) return opened.error();
    connection = std::move(*opened);
    ++connections;
    return {};
  }

  size_t BatchEvents() const {
    const uint32_t limit =
        connection ? connection->hello().limits.events_per_ingest : options.batch_events;
    return std::max<uint32_t>(1, std::min(options.batch_events, limit));
  }

  /// Puts the events added so far in flight.
  Result<void> SendAdded() {
    if (adding.empty()) return {};
    const size_t others_max = std::max<uint32_t>(1, options.in_flight_batches) - 1;
    if (Result<void> room = Until(others_max); !room) return room;
    Batch& batch = in_flight.emplace_back();
    batch.first_event = events_added - adding.size();
    batch.events.swap(adding);
    return Until(in_flight.size());
  }

  /// Works until everything is sent and at most `unanswered_max` batches are not yet answered;
  /// takes the replies that are there.
  Result<void> Until(size_t unanswered_max) {
    for (;;) {
      Result<void> done = TryUntil(unanswered_max);
      if (done || !IsWorthReconnecting(done.error())) return done;
      if (Result<void> again = Reconnect(done.error()); !again) return again;
    }
  }

  Result<void> TryUntil(size_t unanswered_max) {
    if (!connection) return ClientError{ErrorCode::kConnectionLost, "not connected"};
    for (;;) {
      const auto unsent = std::ranges::find(in_flight, uint64_t{0}, &Batch::request_id);
      if (unsent == in_flight.end()) break;
      if (Result<void> sent = SendBatch(unsent); !sent) return sent;
    }
    if (Result<void> drained = connection->Drain(RequestDeadline()); !drained) return drained;
    while (!in_flight.empty()) {
      const bool enough = in_flight.size() <= unanswered_max;
      Result<std::optional<client::Reply>> reply =
          connection->Next(enough ? client::SteadyClock::now() : in_flight.front().deadline);
      if (!reply) return reply.error();
      if (!reply->has_value()) {
        if (enough) return {};
        return ClientError{ErrorCode::kTimeout,
                           connection->server() + " did not answer a batch within " +
                               std::to_string(client_options.request_timeout_ms) + " ms"};
      }
      if (Result<void> taken = TakeReply(**reply); !taken) return taken;
    }
    return {};
  }

  Result<void> Reconnect(ClientError error) {
    connection.reset();
    for (Batch& batch : in_flight) {
      if (batch.request_id != 0) resent += batch.events.size() - batch.refused.size();
      batch.request_id = 0;
    }
    while (failed_tries < options.reconnects) {
      if (failed_tries > 0) {
        const uint64_t doubled = options.backoff_ms << std::min(failed_tries - 1, 20u);
        std::this_thread::sleep_for(
            std::chrono::milliseconds(std::min(doubled, options.backoff_ms_max)));
      }
      ++failed_tries;
      const Result<void> connected = Connect();
      if (connected) return {};
      error = connected.error();
      if (!IsWorthReconnecting(error)) return error;
    }
    failed_tries = 0;  // the next call has as many tries
    error.message += "; gave up after " + std::to_string(options.reconnects) + " reconnects";
    return error;
  }

  client::Deadline RequestDeadline() const {
    return client::DeadlineIn(client_options.request_timeout_ms);
  }

  /// Registers the batch's new names, waiting for the ids, then sends it. A batch the server cannot
  /// take is reported and dropped.
  Result<void> SendBatch(std::list<Batch>::iterator batch) {
    Result<std::optional<ClientError>> registered = RegisterNames(batch->events);
    if (!registered) return registered.error();
    if (registered->has_value()) {
      Finish(batch, {}, std::move(**registered));
      return {};
    }
    batch->refused.clear();
    for (uint32_t i = 0; i < batch->events.size(); ++i) {
      if (names[batch->events[i].series].id == kNoSeries) batch->refused.push_back(i);
    }
    const size_t sending = batch->events.size() - batch->refused.size();
    if (sending == 0) {
      Finish(batch, {}, std::nullopt);
      return {};
    }
    connection->Begin(wire::Type::kIngest);
    wire::Writer writer = connection->writer();
    client::WriteIngestHead(options.ack, static_cast<uint32_t>(sending), writer);
    for (Tick tick : batch->events) {
      const SeriesId id = names[tick.series].id;
      if (id == kNoSeries) continue;
      tick.series = Raw(id);
      writer.Records(std::span<const Tick>(&tick, 1));
    }
    Result<uint64_t> id = connection->End();
    if (!id) {
      Finish(batch, {}, id.error());
      return {};
    }
    batch->request_id = *id;
    batch->deadline = RequestDeadline();
    return {};
  }

  /// The inner error is the server's refusal of the request; the outer one ends the connection.
  Result<std::optional<ClientError>> RegisterNames(const std::vector<Tick>& events) {
    std::vector<uint32_t> missing = names.NotRegistered(events, connections);
    for (size_t first = 0; first < missing.size();) {
      connection->Begin(wire::Type::kRegister);
      const size_t count = names.WriteFront(std::span(missing).subspan(first),
                                            connection->hello().limits, connection->writer());
      const Result<uint64_t> id = connection->End();
      if (!id) return std::optional(id.error());
      const Result<client::Reply> reply = Await(*id);
      if (!reply) return reply.error();
      if (reply->type == wire::kErrorType) {
        ClientError refused;
        if (!client::ReadReply(reply->payload, refused)) return BadReply();
        return std::optional(std::move(refused));
      }
      wire::RegisterReply registered;
      if (reply->type != ReplyType(wire::Type::kRegister) ||
          !client::ReadReply(reply->payload, registered) || registered.entries.size() != count) {
        return BadReply();
      }
      names.SetRegistered(std::span(missing).subspan(first, count), registered, connections);
      first += count;
    }
    return std::optional<ClientError>();
  }

  /// Waits for one reply and takes those of batches that come before it.
  Result<client::Reply> Await(uint64_t id) {
    const client::Deadline deadline = RequestDeadline();
    for (;;) {
      Result<std::optional<client::Reply>> reply = connection->Next(deadline);
      if (!reply) return reply.error();
      if (!reply->has_value()) {
        return ClientError{ErrorCode::kTimeout,
                           connection->server() + " did not answer a register within " +
                               std::to_string(client_options.request_timeout_ms) + " ms"};
      }
      if ((*reply)->request_id == id) return std::move(**reply);
      if (Result<void> taken = TakeReply(**reply); !taken) return taken.error();
    }
  }

  Result<void> TakeReply(const client::Reply& reply) {
    const auto batch = std::ranges::find(in_flight, reply.request_id, &Batch::request_id);
    if (batch == in_flight.end()) return BadReply();
    wire::IngestReply ingested;
    ClientError refused;
    if (reply.type == ReplyType(wire::Type::kIngest) &&
        client::ReadReply(reply.payload, ingested)) {
      failed_tries = 0;
      Finish(batch, std::move(ingested), std::nullopt);
    } else if (reply.type == wire::kErrorType && client::ReadReply(reply.payload, refused)) {
      failed_tries = 0;
      Finish(batch, {}, std::move(refused));
    } else {
      return BadReply();
    }
    return {};
  }

  ClientError BadReply() const {
    return {ErrorCode::kBadReply,
            "bad reply from " + connection->server() + ": it is not what the request asked for"};
  }

  /// Reports a batch and forgets it.
  void Finish(std::list<Batch>::iterator batch, wire::IngestReply reply,
              std::optional<ClientError> error) {
    BatchReport done;
    done.first_event = batch->first_event;
    done.events = static_cast<uint32_t>(batch->events.size());
    done.error = std::move(error);
    if (!done.error) {
      done.accepted = reply.accepted;
      done.duplicates = reply.duplicates;
      done.rejected = reply.rejected + static_cast<uint32_t>(batch->refused.size());
      done.rejections = Rejections(*batch, std::move(reply.rejections));
    }
    in_flight.erase(batch);
    if (report) report(done);
  }

  /// The server's rejections with the index in the batch, and those of events that were not sent.
  std::vector<wire::Rejection> Rejections(const Batch& batch,
                                          std::vector<wire::Rejection> all) const {
    if (!batch.refused.empty()) {
      for (wire::Rejection& rejection : all) {
        // The server counts the sent ones: every event left out before it moves it on by one.
        for (uint32_t left_out : batch.refused) rejection.index += left_out <= rejection.index;
      }
      for (uint32_t index : batch.refused) {
        if (all.size() >= 2 * wire::kRejectionsPerReplyMax) break;
        const client::NameCache::Entry& name = names[batch.events[index].series];
        all.push_back({index, name.refusal, name.message});
      }
      std::ranges::sort(all, {}, &wire::Rejection::index);
    }
    if (all.size() > wire::kRejectionsPerReplyMax) all.resize(wire::kRejectionsPerReplyMax);
    return all;
  }
};

Ingestor::Ingestor(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Ingestor::~Ingestor() = default;
Ingestor::Ingestor(Ingestor&&) noexcept = default;
Ingestor& Ingestor::operator=(Ingestor&&) noexcept = default;

Result<Ingestor> Ingestor::Connect(const ClientOptions& client, const IngestorOptions& options,
                                   Report report) {
  auto impl = std::make_unique<Impl>(client, options, std::move(report));
  if (Result<void> connected = impl->Connect(); !connected) return connected.error();
  return Ingestor(std::move(impl));
}

Result<void> Ingestor::Add(const SymbolView& symbol, const Price& price) {
  if (impl_->adding.size() >= impl_->BatchEvents()) {
    if (Result<void> sent = impl_->SendAdded(); !sent) return sent;
  }
  impl_->adding.push_back(TickOf(SeriesId{impl_->names.Number(symbol)}, price));
  ++impl_->events_added;
  return {};
}

Result<void> Ingestor::Send() {
  if (!impl_->adding.empty()) return impl_->SendAdded();
  return impl_->Until(impl_->in_flight.size());
}

Result<void> Ingestor::Flush() {
  if (Result<void> sent = impl_->SendAdded(); !sent) return sent;
  return impl_->Until(0);
}

uint64_t Ingestor::events() const { return impl_->events_added; }
uint64_t Ingestor::reconnects() const { return impl_->connections - 1; }
uint64_t Ingestor::resent() const { return impl_->resent; }

}  // namespace wick
