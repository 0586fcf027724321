// The C++ client of a wick server: blocking calls, and an ingestor that keeps batches in flight.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "wick/query.h"
#include "wick/wire.h"

namespace wick {

struct ClientError {
  ErrorCode code = ErrorCode::kInternal;
  std::string message;    // one line: what failed, where
  std::string address{};  // of kMoved: "host:port" of the node that has the pair
};

/// A value or why there is none. value() needs ok(), error() needs !ok().
template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::move(value)) {}
  Result(ClientError error) : state_(std::move(error)) {}

  bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }
  const T& value() const& { return *std::get_if<0>(&state_); }
  T& value() & { return *std::get_if<0>(&state_); }
  T&& value() && { return std::move(*std::get_if<0>(&state_)); }
  const T& operator*() const& { return value(); }
  T& operator*() & { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  const T* operator->() const { return &value(); }
  T* operator->() { return &value(); }
  const ClientError& error() const { return *std::get_if<1>(&state_); }

 private:
  std::variant<T, ClientError> state_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(ClientError error) : error_(std::move(error)) {}

  bool ok() const { return !error_; }
  explicit operator bool() const { return ok(); }
  const ClientError& error() const { return *error_; }

 private:
  std::optional<ClientError> error_;
};

/// A node of a cluster that an answer does without, or in doubt (kMoved: it has another map than
/// the client), and why.
struct MissingNode {
  uint32_t node = 0;            // its number in the cluster
  std::string address;          // its binary one, "host:port"
  ClientError error;            // names the node
  std::vector<size_t> entries;  // of the request, that are open because of it; of listings none
};

/// The answer of all nodes that were asked as one list. Where `missing` is not empty it has gaps.
template <typename T>
struct Gathered : std::vector<T> {
  Gathered() = default;
  Gathered(std::vector<T> list) : std::vector<T>(std::move(list)) {}

  std::vector<MissingNode> missing;  // by number; of a node that stands alone always empty
};

/// How a server proves who it is. There is no way to do without the proof.
struct TlsOptions {
  std::string ca_file;      // PEM file of the authorities that are trusted; empty: the system's
  std::string server_name;  // that the certificate is for, a name or an address, of every node of a
                            // cluster; empty: the node's host
};

struct ClientOptions {
  std::string host = "127.0.0.1";  // name or address
  uint16_t port = wire::kPortDefault;
  std::string name = "wick-client";  // shown by the server, at most 64 bytes
  std::optional<std::string>
      token;  // at most 1,024 bytes; who can read the network reads it without TLS
  std::optional<TlsOptions> tls;         // nullopt: plain TCP
  uint64_t connect_timeout_ms = 5'000;   // TCP, TLS and hello together, without looking up the name
  uint64_t request_timeout_ms = 30'000;  // from the call to the whole reply
  uint64_t reply_bytes_max = 1ull << 30;  // of all frames of a reply; a longer one is an error
  /// Of a cluster, ask each node for what it has. False: only the node above, which answers kMoved
  /// for pairs of others.
  bool follow = true;
};

/// One connection to a server, or one to each node of a cluster; every call waits for its reply.
///
/// Threads: one at a time. Series ids belong to the client: ask for them again on a new one.
///
/// Failure: after kConnectionLost, kBadReply or kUnauthorized the client is spent, make a new one.
/// After kTimeout it can be used: the late reply is thrown away, but whether the server did what
/// was asked is not known. Errors of the server leave the connection as it was.
///
/// Cluster: any of its nodes will do. The client learns from it which node has which pairs,
/// connects to the others when it first needs them, with the same token and TLS, and sends each
/// request to the node that has the pair; a list is split over the nodes, and the answers are put
/// back in order. A connection that was lost is made anew by the next call, so the client is never
/// spent, and its series ids, which are its own and no node's, stay valid. When pairs move to
/// another node the client learns of it and asks there; kMoved is an error only where the nodes do
/// not agree. Latest() and the listings do without a node that does not answer, and say so in
/// `missing`; they fail if none answers. Everything else fails with the first node that does: what
/// was asked of others may have been done. Each node has the time limits for itself.
class Client {
 public:
  /// Connects and says hello.
  static Result<Client> Connect(const ClientOptions& options);
  ~Client();
  Client(Client&&) noexcept;
  Client& operator=(Client&&) noexcept;

  /// Of the node that Connect() reached, as of then.
  const wire::HelloReply& server() const;
  /// Which node has which pairs, as that node has it now.
  Result<wire::ClusterReply> Cluster();

  Result<void> Ping();  // that node

  // Lists longer than the server's limits are sent in several requests: each of them is applied as
  // a whole or not, an error ends the call after those before it.
  /// One registration for each symbol, in their order; a refused symbol has no id.
  Result<wire::RegisterReply> Register(std::span<const SymbolView> symbols);
  /// Events of registered series. Counts are those of all requests; rejections have the index in
  /// `ticks`.
  Result<wire::IngestReply> Ingest(std::span<const Tick> ticks,
                                   wire::Ack ack = wire::Ack::kDurable);
  /// Prices in the order asked; timestamp 0: none was ever seen. An id that was never registered is
  /// kUnknownSeries for all of them.
  Result<Gathered<Price>> Latest(std::span<const SeriesId> series);
  Result<Gathered<Price>> Latest(std::span<const SymbolView> symbols);

  Result<CandlesReply> Candles(SeriesId series, const CandlesRequest& request);
  Result<CandlesReply> Candles(const SymbolView& symbol, const CandlesRequest& request);

  /// Long ranges with several times as many candles a second: those on the disk come packed, as
  /// they lie there, and are decoded here; the others as of Candles(). `request` has a `from`, an
  /// interval of 1s, 1m, 1h or 1d and no fill. Ascending; a page may be up to 2,046 candles longer
  /// than `limit`, or shorter: go on with `from` = next_ms until there is none.
  Result<CandlesReply> History(SeriesId series, const CandlesRequest& request);
  Result<CandlesReply> History(const SymbolView& symbol, const CandlesRequest& request);

  // Listings, of all nodes.
  /// Sorted by name; `only`: that exchange, nothing if it was never seen.
  Result<Gathered<ExchangeListing>> Exchanges(std::optional<std::string_view> only = std::nullopt,
                                              bool pairs = true);
  /// One reference price for each base currency, sorted by name; `only`: those that were seen of
  /// these.
  Result<Gathered<BaseListing>> Bases(std::span<const std::string> only = {});
  /// Every latest price of a base currency, newest first; nothing if it was never seen.
  Result<Gathered<PriceEvent>> PricesOfBase(std::string_view base_currency);

  /// Changes return when they are durable, in a cluster on every node; after an error some may have
  /// it: repeat it.
  Result<Gathered<Reference>> References();
  Result<void> SetReference(const Reference& reference);
  Result<void> RemoveReference(std::string_view base_currency);  // kNotFound if there is none
  Result<void> ReplaceReferences(std::span<const Reference> references);

  // Of a cluster these ask the node that Connect() reached.
  /// The JSON document of GET /v1/status.
  Result<std::string> Status();
  /// Returns when a checkpoint that began after the call is durable.
  Result<void> Checkpoint();
  /// Adds a backup to a directory (absolute) of the server's machine, with everything acknowledged
  /// before the call. `keep`: the newest so many stay there, 0: all. `bytes_per_second`: written at
  /// most, 0: no limit. Takes as long as copying takes: request_timeout_ms should allow for it.
  Result<wire::BackupReply> Backup(std::string_view directory, uint32_t keep = 0,
                                   uint64_t bytes_per_second = 0);
  /// Records of Kafka that could not be read, from a place on, at most
  /// wire::kDeadLettersPerReplyMax: the JSON document of GET /v1/admin/dead-letters.
  Result<std::string> DeadLetters(std::string_view topic = {}, uint32_t partition = 0,
                                  uint64_t offset = 0,
                                  uint32_t limit = wire::kDeadLettersPerReplyMax);

 private:
  struct Impl;
  explicit Client(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

/// What became of one batch of an Ingestor.
struct BatchReport {
  uint64_t first_event = 0;  // number of the batch's first event, in the order of Add(), from 0
  uint32_t events = 0;
  uint32_t accepted = 0;
  uint32_t duplicates = 0;
  uint32_t rejected = 0;
  std::vector<wire::Rejection> rejections;  // the first 100, index within the batch
  /// The server refused the batch as a whole: all counts are 0. In a cluster one node refused its
  /// part: the counts are of the others.
  std::optional<ClientError> error;
};

struct IngestorOptions {
  /// A full batch is sent before the next event is taken. Cut to the server's limit.
  uint32_t batch_events = 4'096;
  uint32_t in_flight_batches = 8;  // sent and not yet answered
  wire::Ack ack = wire::Ack::kDurable;
  uint32_t reconnects = 10;  // in a row, without any batch answered in between
  uint64_t backoff_ms = 50;  // before the second try; doubles each time
  uint64_t backoff_ms_max = 5'000;
};

/// Sends events by name, in batches, with several batches in flight. Names are registered as they
/// come.
///
/// Threads: one at a time; the callback runs on it, from within Add(), Send() and Flush(), and must
/// not call the ingestor.
///
/// Order: batches are sent in the order of Add(), reported in the order the server answers.
///
/// Failure: when the connection is lost (or a batch is not answered within the request timeout) the
/// ingestor connects again, registers the names again and sends again what was not answered. The
/// server may have applied some of that before: an event sent twice is counted twice unless it
/// equals its series' latest. So an event reported as accepted was applied at least once, and
/// exactly once only if reconnects() stayed 0. When all tries failed, the call returns the error;
/// the batches are kept and the next call tries again. Errors that another connection would meet
/// again (kBadReply, kUnsupportedVersion, kUnauthorized, kTlsFailed) are returned at once.
///
/// Cluster: any of its nodes will do. Each event goes to the node that has its pair, over one
/// connection to each, which is made when it is first needed; a batch is reported when all nodes
/// answered their parts of it. What is said of the connection is true of each: reconnects() and
/// resent() count them all, the tries are counted for each. While one node cannot be reached its
/// events hold up those behind them. Pairs that move to another node meanwhile are sent there.
/// Events of a pair that no node takes for its own wait with as many tries as for a connection;
/// then the call returns kMoved, they are kept, and the next call goes on.
class Ingestor {
 public:
  using Report = std::function<void(const BatchReport&)>;

  static Result<Ingestor> Connect(const ClientOptions& client, const IngestorOptions& options,
                                  Report report);
  /// Batches that were not answered are given up; call Flush() first.
  ~Ingestor();
  Ingestor(Ingestor&&) noexcept;
  Ingestor& operator=(Ingestor&&) noexcept;

  /// Takes an event. Waits while `in_flight_batches` are unanswered. Error: the event was not
  /// taken.
  Result<void> Add(const SymbolView& symbol, const Price& price);
  Result<void> Add(const PriceEvent& event) { return Add(event.symbol, event.price); }

  /// Sends a batch that is not full yet and reports what was answered meanwhile; does not wait for
  /// replies beyond what Add() does. For feeds that pause.
  Result<void> Send();
  /// Sends what is left and waits until every batch was reported.
  Result<void> Flush();

  uint64_t events() const;      // taken by Add()
  uint64_t reconnects() const;  // connections made after the first
  uint64_t resent() const;  // events sent again after a lost connection: so many may count twice

 private:
  struct Impl;
  explicit Ingestor(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace wick
