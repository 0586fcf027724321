#include <algorithm>
#include <list>
#include <thread>

#include "client/batch.h"
#include "client/cluster_map.h"
#include "client/codec.h"
#include "client/connection.h"
#include "client/name_cache.h"
#include "wick/client.h"

namespace wick {
namespace {

using client::Batch;
using client::Connection;
using client::Part;
using BatchPlace = std::list<Batch>::iterator;

/// The connection to one node, and what is on its way there.
struct Stream {
  std::string address;  // in the map; empty of a node that stands alone
  ClientOptions options;
  std::unique_ptr<Connection> connection;  // null: not made yet, or lost
  uint64_t number = 0;        // of the connection: names are registered for one; 0: never made
  uint32_t failed_tries = 0;  // reconnects since a batch was last answered
  std::list<Part> parts;      // sent and not yet answered, in their order
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

  client::ClusterMap map;
  std::list<Stream> streams;  // the first is that of the node Connect() reached
  Stream* failed = nullptr;   // the stream of the last error
  uint64_t connections = 0;   // made so far
  uint64_t reconnects = 0;    // of these, those of a stream that had one before
  uint64_t resent = 0;        // events

  client::NameCache names;
  std::vector<uint32_t> nodes_of_names;  // by number, as far as it was asked, by this map
  uint64_t maps = 0;                     // taken over so far
  std::vector<Tick> adding;              // the batch that is not yet full
  uint64_t events_added = 0;
  std::list<Batch> in_flight;  // in the order of Add()

  Result<void> ConnectFirst() {
    Stream& first = streams.emplace_back();
    first.options = client_options;
    return Connect(first);
  }

  /// Connects, and takes over the map that the node tells.
  Result<void> Connect(Stream& stream) {
    Result<std::unique_ptr<Connection>> opened = Connection::Open(stream.options);
    if (!opened) return Failed(stream, opened.error());
    stream.connection = std::move(*opened);
    if (stream.number > 0) ++reconnects;
    stream.number = ++connections;
    if (!client_options.follow || stream.connection->hello().partitions == 0) return {};
    const bool first = stream.address.empty();
    const uint32_t node = NumberOf(stream);
    Result<client::ClusterMap> told = AskMap(stream);
    if (!told) {
      stream.connection.reset();
      return told.error();
    }
    const std::string& address = told->AddressOf(told->self());
    if (first) stream.address = address;
    const bool is_node = first || told->self() == node || address == stream.address;
    TakeOver(std::move(*told));
    if (is_node) return {};
    stream.connection.reset();
    const std::string where = stream.options.host + ":" + std::to_string(stream.options.port);
    if (const uint32_t now = NumberOf(stream); now < map.nodes()) {
      stream.options = map.OptionsOf(now, client_options);
    }
    return Failed(stream, {ErrorCode::kConnectFailed, "another node answers at " + where});
  }

  /// Connects for the first time; after a lost connection it is for Reconnect() to do.
  Result<void> Reach(Stream& stream) {
    if (stream.connection) return {};
    if (stream.number == 0) return Connect(stream);
    return Failed(stream, {ErrorCode::kConnectionLost, "not connected"});
  }

  /// True: pairs are on other nodes now.
  bool TakeOver(client::ClusterMap told) {
    if (told.HasSameNodesOfPairs(map)) return false;
    map = std::move(told);
    nodes_of_names.clear();
    ++maps;
    return true;
  }

  Result<client::ClusterMap> AskMap(Stream& stream) {
    stream.connection->Begin(wire::Type::kCluster);
    const Result<uint64_t> id = stream.connection->End();
    if (!id) return Failed(stream, id.error());
    const Result<client::Reply> reply = Await(stream, *id);
    if (!reply) return reply.error();
    wire::ClusterReply told;
    if (reply->type != ReplyType(wire::Type::kCluster) ||
        !client::ReadReply(reply->payload, told)) {
      return BadReply(stream);
    }
    Result<client::ClusterMap> made =
        client::ClusterMap::Make(std::move(told), stream.connection->server());
    if (!made) return Failed(stream, made.error());
    return made;
  }

  /// The stream's node in the map; its nodes() if there is none.
  uint32_t NumberOf(const Stream& stream) const {
    uint32_t node = 0;
    while (node < map.nodes() && map.AddressOf(node) != stream.address) ++node;
    return node;
  }

  /// The stream to a node; not connected if it is new.
  Stream& StreamOf(uint32_t node) {
    const auto known = std::ranges::find(streams, map.AddressOf(node), &Stream::address);
    if (known != streams.end()) return *known;
    Stream& added = streams.emplace_back();
    added.address = map.AddressOf(node);
    added.options = map.OptionsOf(node, client_options);
    return added;
  }

  uint32_t NodeOf(uint32_t name) {
    while (nodes_of_names.size() <= name) {
      const auto next = static_cast<uint32_t>(nodes_of_names.size());
      nodes_of_names.push_back(map.NodeOf(*names[next].symbol));
    }
    return nodes_of_names[name];
  }

  size_t BatchEvents() const {
    const Connection* const connection = streams.front().connection.get();
    const uint32_t limit =
        connection ? connection->hello().limits.events_per_ingest : options.batch_events;
    return std::max<uint32_t>(1, std::min(options.batch_events, limit));
  }

  /// Puts the events added so far in flight.
  Result<void> SendAdded() {
    if (adding.empty()) return {};
    const size_t others_max = std::max<uint32_t>(1, options.in_flight_batches) - 1;
    if (Result<void> room = Until(others_max); !room) return room;
    const uint64_t first_event = events_added - adding.size();
    in_flight.emplace_back(first_event, std::exchange(adding, {}));
    return Until(in_flight.size());
  }

  /// Works until everything is sent and at most `unanswered_max` batches are not yet answered;
  /// takes the replies that are there.
  Result<void> Until(size_t unanswered_max) {
    for (;;) {
      Result<void> done = TryUntil(unanswered_max);
      if (done || !IsWorthReconnecting(done.error())) return done;
      if (Result<void> again = Reconnect(*failed, done.error()); !again) return again;
    }
  }

  Result<void> TryUntil(size_t unanswered_max) {
    for (;;) {
      const auto unsent =
          std::ranges::find_if(in_flight, [](const Batch& batch) { return !batch.unsent.empty(); });
      if (unsent == in_flight.end()) break;
      if (Result<void> sent = SendBatch(unsent); !sent) return sent;
    }
    for (Stream& stream : streams) {
      if (!stream.connection) continue;
      if (Result<void> drained = stream.connection->Drain(RequestDeadline()); !drained) {
        return Failed(stream, drained.error());
      }
    }
    while (in_flight.size() > unanswered_max) {
      if (Result<void> answered = AwaitOldest(); !answered) return answered;
    }
    return TakeWhatIsThere();
  }

  Result<void> AwaitOldest() {
    Stream* oldest = nullptr;
    for (Stream& stream : streams) {
      if (stream.parts.empty()) continue;
      if (!oldest || stream.parts.front().deadline < oldest->parts.front().deadline) {
        oldest = &stream;
      }
    }
    Result<std::optional<client::Reply>> reply =
        oldest->connection->Next(oldest->parts.front().deadline);
    if (!reply) return Failed(*oldest, reply.error());
    if (!reply->has_value()) return TimedOut(*oldest, "a batch");
    return TakeReply(*oldest, **reply);
  }

  Result<void> TakeWhatIsThere() {
    for (Stream& stream : streams) {
      while (!stream.parts.empty()) {
        Result<std::optional<client::Reply>> reply =
            stream.connection->Next(client::SteadyClock::now());
        if (!reply) return Failed(stream, reply.error());
        if (!reply->has_value()) break;
        if (Result<void> taken = TakeReply(stream, **reply); !taken) return taken;
      }
    }
    return {};
  }

  /// What the stream had not answered is to be sent again, to whoever has it then.
  void Lose(Stream& stream) {
    stream.connection.reset();
    for (const Part& part : stream.parts) {
      resent += part.events.size();
      --part.batch->parts;
      part.batch->TakeBack(part.events);
    }
    stream.parts.clear();
  }

  Result<void> Reconnect(Stream& stream, ClientError error) {
    Lose(stream);
    DrainAll();
    while (stream.failed_tries < options.reconnects) {
      if (NumberOf(stream) >= map.nodes()) return {};  // no node any more: its pairs are elsewhere
      if (stream.failed_tries > 0) BackOff(stream.failed_tries - 1);
      ++stream.failed_tries;
      const Result<void> connected = Connect(stream);
      if (connected) return {};
      error = connected.error();
      if (!IsWorthReconnecting(error)) return error;
      if (LearnFromOthers(stream)) return {};
    }
    stream.failed_tries = 0;  // the next call has as many tries
    error.message += "; gave up after " + std::to_string(options.reconnects) + " reconnects";
    return error;
  }

  /// Before a wait: what is on its way need not wait. An error will be there the next time, too.
  void DrainAll() {
    for (Stream& stream : streams) {
      if (stream.connection) (void)stream.connection->Drain(client::SteadyClock::now());
    }
  }

  /// Waits before another try, the longer the more were made before.
  void BackOff(uint32_t tries) const {
    const uint64_t doubled = options.backoff_ms << std::min(tries, 20u);
    std::this_thread::sleep_for(
        std::chrono::milliseconds(std::min(doubled, options.backoff_ms_max)));
  }

  /// Asks the other nodes for their map until one has another; true: one did. Their pairs may have
  /// come from the node that is lost.
  bool LearnFromOthers(const Stream& lost) {
    const uint64_t maps_before = maps;
    for (Stream& stream : streams) {
      if (&stream == &lost || stream.number == 0 || NumberOf(stream) >= map.nodes()) continue;
      if (stream.connection) {
        if (Result<client::ClusterMap> told = AskMap(stream)) {
          TakeOver(std::move(*told));
        } else {
          Lose(stream);
        }
      }
      if (!stream.connection) (void)Connect(stream);  // started again, maybe with another map
      if (maps != maps_before) return true;
    }
    return false;
  }

  client::Deadline RequestDeadline() const {
    return client::DeadlineIn(client_options.request_timeout_ms);
  }

  /// Sends what is unsent of a batch to the nodes that have it.
  Result<void> SendBatch(BatchPlace batch) {
    batch->sending = true;
    while (!batch->unsent.empty()) {
      std::vector<std::pair<Stream*, std::vector<uint32_t>>> shares(map.nodes());
      for (const uint32_t index : batch->unsent) {
        const uint32_t node = NodeOf(batch->events[index].series);
        if (shares[node].second.empty()) shares[node].first = &StreamOf(node);
        shares[node].second.push_back(index);
      }
      batch->unsent.clear();
      Result<void> sent;
      // A map that is taken over meanwhile is no matter: what a node takes is its own.
      for (const auto& [stream, share] : shares) {
        if (share.empty()) continue;
        if (sent) {
          sent = SendShare(batch, *stream, share);
        } else {
          batch->TakeBack(share);
        }
      }
      if (!sent) {
        batch->sending = false;
        return sent;
      }
    }
    batch->sending = false;
    if (batch->done()) Finish(batch);
    return {};
  }

  /// Registers the new names, waiting for the ids, then sends the events. What this node cannot
  /// take is refused or, if another one has it, unsent again; after an error all that was not sent.
  Result<void> SendShare(BatchPlace batch, Stream& stream, std::span<const uint32_t> share) {
    const uint64_t maps_before = maps;
    if (Result<void> connected = Reach(stream); !connected || maps != maps_before) {
      batch->TakeBack(share);
      return connected;
    }
    Result<std::optional<ClientError>> registered = RegisterNames(stream, *batch, share);
    if (!registered) {
      batch->TakeBack(share);
      return registered.error();
    }
    if (registered->has_value()) {
      ClientError& refusal = **registered;
      if (refusal.code == ErrorCode::kMoved && !map.alone()) {
        return SendOwn(batch, stream, share, refusal);
      }
      batch->Refuse(std::move(refusal));
      return {};
    }
    std::vector<uint32_t> sending;
    sending.reserve(share.size());
    for (const uint32_t index : share) {
      const client::NameCache::Entry& name = names[batch->events[index].series];
      if (name.id == kNoSeries) {
        batch->Reject(index, name);
      } else {
        sending.push_back(index);
      }
    }
    const size_t part_max = stream.connection->hello().limits.events_per_ingest;
    for (size_t first = 0; first < sending.size(); first += part_max) {
      const size_t count = std::min(part_max, sending.size() - first);
      SendPart(batch, stream, std::span(sending).subspan(first, count));
    }
    return {};
  }

  void SendPart(BatchPlace batch, Stream& stream, std::span<const uint32_t> sending) {
    stream.connection->Begin(wire::Type::kIngest);
    wire::Writer writer = stream.connection->writer();
    client::WriteIngestHead(options.ack, static_cast<uint32_t>(sending.size()), writer);
    for (const uint32_t index : sending) {
      Tick tick = batch->events[index];
      tick.series = Raw(names[tick.series].id);
      writer.Records(std::span<const Tick>(&tick, 1));
    }
    const Result<uint64_t> id = stream.connection->End();
    if (!id) return batch->Refuse(id.error());
    ++batch->parts;
    stream.parts.push_back({batch, {sending.begin(), sending.end()}, *id, RequestDeadline()});
  }

  /// A node sent a pair of a share on to another one: what the node has by its own map is sent to
  /// it, the rest is unsent again. Error: nodes do not agree, and did not in all that time.
  Result<void> SendOwn(BatchPlace batch, Stream& stream, std::span<const uint32_t> share,
                       const ClientError& moved) {
    const uint32_t turns_max = std::max(client::kTurnsMax, options.reconnects);
    DrainAll();
    if (batch->turns >= turns_max) {
      batch->turns = 0;  // the next call has as many
      batch->TakeBack(share);
      ClientError error = client::NoAgreement(moved, stream.connection->server());
      error.message += "; gave up after " + std::to_string(turns_max) + " tries";
      return error;
    }
    // Once is a pair that moved. Several times is a map that changes, node by node.
    if (batch->turns > 1) BackOff(batch->turns - 2);
    ++batch->turns;
    Result<client::ClusterMap> told = AskMap(stream);
    if (!told) {
      batch->TakeBack(share);
      return told.error();
    }
    std::vector<uint32_t> own;
    std::vector<uint32_t> others;
    for (const uint32_t index : share) {
      const uint32_t node = told->NodeOf(*names[batch->events[index].series].symbol);
      (node == told->self() ? own : others).push_back(index);
    }
    TakeOver(std::move(*told));
    if (others.empty()) std::swap(own, others);  // it contradicts itself: the map came later
    batch->TakeBack(others);
    return own.empty() ? Result<void>() : SendShare(batch, stream, own);
  }

  /// The inner error is the server's refusal of the request; the outer one ends the connection.
  Result<std::optional<ClientError>> RegisterNames(Stream& stream, const Batch& batch,
                                                   std::span<const uint32_t> share) {
    const std::vector<uint32_t> missing = names.NotRegistered(batch.events, share, stream.number);
    for (size_t first = 0; first < missing.size();) {
      stream.connection->Begin(wire::Type::kRegister);
      const size_t count =
          names.WriteFront(std::span(missing).subspan(first), stream.connection->hello().limits,
                           stream.connection->writer());
      const Result<uint64_t> id = stream.connection->End();
      if (!id) return std::optional(id.error());
      const Result<client::Reply> reply = Await(stream, *id);
      if (!reply) return reply.error();
      if (reply->type == wire::kErrorType) {
        ClientError refused;
        if (!client::ReadReply(reply->payload, refused)) return BadReply(stream);
        return std::optional(std::move(refused));
      }
      wire::RegisterReply registered;
      if (reply->type != ReplyType(wire::Type::kRegister) ||
          !client::ReadReply(reply->payload, registered) || registered.entries.size() != count) {
        return BadReply(stream);
      }
      names.SetRegistered(std::span(missing).subspan(first, count), registered, stream.number);
      first += count;
    }
    return std::optional<ClientError>();
  }

  /// Waits for one reply and takes those of batches that come before it.
  Result<client::Reply> Await(Stream& stream, uint64_t id) {
    const client::Deadline deadline = RequestDeadline();
    for (;;) {
      Result<std::optional<client::Reply>> reply = stream.connection->Next(deadline);
      if (!reply) return Failed(stream, reply.error());
      if (!reply->has_value()) return TimedOut(stream, "a register");
      if ((*reply)->request_id == id) return std::move(**reply);
      if (Result<void> taken = TakeReply(stream, **reply); !taken) return taken.error();
    }
  }

  Result<void> TakeReply(Stream& stream, const client::Reply& reply) {
    const auto part = std::ranges::find(stream.parts, reply.request_id, &Part::request_id);
    if (part == stream.parts.end()) return BadReply(stream);
    wire::IngestReply ingested;
    ClientError refused;
    if (reply.type == ReplyType(wire::Type::kIngest) &&
        client::ReadReply(reply.payload, ingested)) {
      if (!part->batch->Take(ingested, part->events)) return BadReply(stream);
    } else if (reply.type == wire::kErrorType && client::ReadReply(reply.payload, refused)) {
      part->batch->Refuse(std::move(refused));
    } else {
      return BadReply(stream);
    }
    stream.failed_tries = 0;
    const BatchPlace batch = part->batch;
    --batch->parts;
    stream.parts.erase(part);
    if (batch->done()) Finish(batch);
    return {};
  }

  /// The error, which is now the stream's.
  ClientError Failed(Stream& stream, ClientError error) {
    failed = &stream;
    return error;
  }
  ClientError TimedOut(Stream& stream, const char* what) {
    return Failed(stream, {ErrorCode::kTimeout,
                           stream.connection->server() + " did not answer " + what + " within " +
                               std::to_string(client_options.request_timeout_ms) + " ms"});
  }
  ClientError BadReply(Stream& stream) {
    return Failed(stream, {ErrorCode::kBadReply, "bad reply from " + stream.connection->server() +
                                                     ": it is not what the request asked for"});
  }

  /// Reports a batch and forgets it.
  void Finish(BatchPlace batch) {
    const BatchReport done = batch->Report(map.alone());
    in_flight.erase(batch);
    if (report) report(done);
  }
};

Ingestor::Ingestor(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Ingestor::~Ingestor() = default;
Ingestor::Ingestor(Ingestor&&) noexcept = default;
Ingestor& Ingestor::operator=(Ingestor&&) noexcept = default;

Result<Ingestor> Ingestor::Connect(const ClientOptions& client, const IngestorOptions& options,
                                   Report report) {
  auto impl = std::make_unique<Impl>(client, options, std::move(report));
  if (Result<void> connected = impl->ConnectFirst(); !connected) return connected.error();
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
uint64_t Ingestor::reconnects() const { return impl_->reconnects; }
uint64_t Ingestor::resent() const { return impl_->resent; }

}  // namespace wick
