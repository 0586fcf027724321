#include "server/binary_api.h"

#include <absl/container/inlined_vector.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include "market/validation.h"
#include "protocol/binary_replies.h"
#include "protocol/json_replies.h"
#include "server/backup.h"
#include "server/dead_letters.h"
#include "server/http_answer.h"
#include "server/http_ingest.h"
#include "server/version.h"

namespace wick::server {
namespace {

namespace binary = protocol::binary;
using engine::Engine;

constexpr std::array<std::string_view, kBinaryRouteCount> kRouteNames = {
    "none",
    "hello",
    "ping",
    "register",
    "ingest",
    "latest_by_ids",
    "latest_by_symbols",
    "candles",
    "exchanges",
    "bases",
    "prices_of_base",
    "references",
    "set_reference",
    "remove_reference",
    "replace_references",
    "status",
    "checkpoint",
    "backup",
    "dead_letters",
    "cluster",
    "history",
};

/// So many prices lie between asking for memory and reading it.
constexpr size_t kPrefetchPrices = 8;

void Fail(uint64_t id, ErrorCode code, std::string_view message, BinaryReply& reply) {
  const bool server = code == ErrorCode::kUnavailable || code == ErrorCode::kStorageFull ||
                      code == ErrorCode::kInternal || code == ErrorCode::kOverloaded;
  reply.outcome = server ? Outcome::kServerError : Outcome::kClientError;
  binary::AppendError(id, code, message, reply.frames);
}

void Fail(uint64_t id, const absl::Status& status, BinaryReply& reply) {
  ErrorCode code = ErrorCode::kUnavailable;
  if (status.code() == absl::StatusCode::kInvalidArgument) code = ErrorCode::kBadRequest;
  if (status.code() == absl::StatusCode::kNotFound) code = ErrorCode::kNotFound;
  if (IsDiskFull(status)) code = ErrorCode::kStorageFull;
  Fail(id, code, Message(status), reply);
}

std::string UnknownId(uint32_t series) {
  return fmt::format("series {} was never registered; register its symbol on this connection first",
                     series);
}

/// kNone, or why the tick is not taken. `alone`: the node is of no cluster. In one, an id of a pair
/// that other nodes have was given before the pair moved away: nobody on this connection has it.
Refusal Check(const Engine& engine, bool alone, const Tick& tick, uint64_t now_ms) {
  const SeriesId series{tick.series};
  if (!engine.IsSeries(series) || !(alone || engine.IsHere(series))) return Refusal::kUnknownSeries;
  return market::CheckPrice(PriceOf(tick), now_ms, engine.options().future_skew_ms_max);
}

void Reject(const Engine& engine, uint32_t index, Refusal refusal, const Tick& tick,
            uint64_t now_ms, wire::IngestReply& reply) {
  ++reply.rejected;
  if (reply.rejections.size() == wire::kRejectionsPerReplyMax) return;
  reply.rejections.push_back({index, refusal,
                              refusal == Refusal::kUnknownSeries
                                  ? UnknownId(tick.series)
                                  : market::DescribePrice(refusal, PriceOf(tick), now_ms,
                                                          engine.options().future_skew_ms_max)});
}

/// What is wrong with the names of a reference; empty: nothing.
std::string CheckReference(const Reference& reference) {
  const SymbolView symbol{reference.base_currency, reference.quote_currency, reference.exchange};
  return market::CheckSymbol(symbol) == Refusal::kNone ? std::string()
                                                       : market::DescribeSymbol(symbol);
}

/// Entries whose reply is surely no larger than what a connection holds out of no budget.
constexpr size_t kSmallEntriesMax = 1'000;
static_assert(kSmallEntriesMax * sizeof(Price) <= kFreeBytes / 2);

/// True for a request whose reply, made by the worker, may be larger than that. Few latest prices,
/// few registrations and the replies to writes are not: they are given while the memory for
/// answers is exhausted, too.
bool MayBeLarge(const binary::Request& request) {
  if (const auto* by_ids = std::get_if<binary::LatestByIdsRequest>(&request))
    return by_ids->series.size() > kSmallEntriesMax;
  if (const auto* by_symbols = std::get_if<binary::LatestBySymbolsRequest>(&request))
    return by_symbols->symbols.size() > kSmallEntriesMax;
  if (const auto* registered = std::get_if<binary::RegisterRequest>(&request))
    return registered->symbols.size() > kSmallEntriesMax;
  return std::holds_alternative<binary::BinaryCandlesRequest>(request);
}

/// What hello tells. Entries are bounded so that they, and an answer of 32 bytes each, fit a frame.
wire::Limits LimitsOf(const ServerConfig& config) {
  const auto frame_bytes = static_cast<uint32_t>(config.limits.frame_bytes_max);
  return {.payload_bytes = frame_bytes,
          .events_per_ingest = std::min<uint32_t>(
              wire::kEventsPerIngestMax, (frame_bytes - wire::kIngestHeadBytes) / sizeof(Tick)),
          .entries_per_request =
              std::min<uint32_t>(wire::kEntriesPerRequestMax, frame_bytes / sizeof(Price) - 1),
          .candles_per_request = config.engine.candles_per_request_max};
}

}  // namespace

bool MayReadDisk(uint16_t type) {
  switch (wire::Type{type}) {
    case wire::Type::kCandles:
    case wire::Type::kExchanges:
    case wire::Type::kBases:
    case wire::Type::kPricesOfBase:
    case wire::Type::kReferences:
    case wire::Type::kStatus:
    case wire::Type::kDeadLetters:
    case wire::Type::kHistory:
      return true;
    default:
      return false;
  }
}

std::string_view BinaryRouteName(size_t type) { return kRouteNames[type]; }

BinaryApi::BinaryApi(Services& services, Worker& worker)
    : services_(services), worker_(worker), limits_(LimitsOf(services.config)) {}

BinaryReply BinaryApi::Overloaded(Id id) {
  BinaryReply reply;
  Fail(id, ErrorCode::kOverloaded, kOverloadedMessage, reply);
  return reply;
}

bool BinaryApi::Handle(const binary::Frame& frame, BinaryReply& reply, Later later) {
  binary::Request request;
  binary::ErrorReply error;
  const uint64_t id = frame.header.request_id;
  if (!binary::DecodeRequest(frame, limits_, request, error)) {
    Fail(id, error.code, error.message, reply);
    return true;
  }
  if (MayBeLarge(request) && services_.reads.IsOverloaded()) {
    Fail(id, ErrorCode::kOverloaded, kOverloadedMessage, reply);
    return true;
  }
  return std::visit([&](const auto& asked) { return On(id, asked, reply, later); }, request);
}

void BinaryApi::Prefetch(const binary::Frame& frame) const {
  if (frame.header.type != wire::RequestType(wire::Type::kLatestByIds)) return;
  wire::Reader reader(frame.payload);
  if (reader.U32() == 1) services_.engine().Prefetch(SeriesId{reader.U32()});
}

void BinaryApi::FailMoved(Id id, const SymbolView& pair, BinaryReply& reply) {
  Cluster& cluster = *services_.cluster;
  cluster.CountBinaryRedirect();
  const uint32_t node = cluster.map().NodeOf(pair);
  const std::string address = cluster::BinaryAddress(cluster.node(node));
  reply.outcome = Outcome::kClientError;
  binary::AppendMoved(id, cluster.DescribeMoved(pair, address, node), address, reply.frames);
}

bool BinaryApi::FailedElsewhere(Id id, std::span<const SymbolView> symbols, BinaryReply& reply) {
  if (services_.cluster == nullptr) return false;
  for (const SymbolView& symbol : symbols) {
    if (!services_.cluster->Elsewhere(symbol)) continue;
    FailMoved(id, symbol, reply);
    return true;
  }
  return false;
}

bool BinaryApi::On(Id id, const binary::PingRequest&, BinaryReply& reply, Later) {
  binary::AppendDone(id, wire::Type::kPing, reply.frames);
  return true;
}

bool BinaryApi::On(Id id, const binary::RegisterRequest& asked, BinaryReply& reply, Later) {
  wire::RegisterReply registered;
  registered.entries.reserve(asked.symbols.size());
  for (const SymbolView& symbol : asked.symbols) {
    wire::Registration& entry = registered.entries.emplace_back();
    entry.refusal = services_.engine().Resolve(symbol, entry.series);
    if (entry.refusal == Refusal::kNone) continue;
    if (entry.refusal == Refusal::kMoved) {
      FailMoved(id, symbol, reply);
      return true;
    }
    entry.series = kNoSeries;
    if (registered.rejections.size() == wire::kRejectionsPerReplyMax) continue;
    registered.rejections.push_back({static_cast<uint32_t>(registered.entries.size() - 1),
                                     entry.refusal,
                                     DescribeRefusal(services_, entry.refusal, symbol)});
  }
  binary::AppendRegister(id, registered, reply.frames);
  return true;
}

bool BinaryApi::On(Id id, const binary::IngestRequest& asked, BinaryReply& reply, Later later) {
  Engine& engine = services_.engine();
  const uint64_t now_ms = engine.clock().NowMs();
  engine::EventBatch batch = engine.NewBatch(asked.ticks.size());
  wire::IngestReply ingested;
  std::array<uint64_t, kRefusalCount> refused = {};
  for (size_t i = 0; i < asked.ticks.size(); ++i) {
    const Tick tick = asked.ticks[i];
    const Refusal refusal = Check(engine, services_.cluster == nullptr, tick, now_ms);
    if (refusal == Refusal::kNone) {
      batch.Add(SeriesId{tick.series}, PriceOf(tick));
      continue;
    }
    ++refused[static_cast<size_t>(refusal)];
    Reject(engine, static_cast<uint32_t>(i), refusal, tick, now_ms, ingested);
  }
  for (size_t i = 0; i < refused.size(); ++i) {
    if (refused[i] > 0) engine.CountRejected(static_cast<Refusal>(i), refused[i]);
  }
  if (batch.size() == 0) {
    binary::AppendIngest(id, ingested, reply.frames);
    return true;
  }
  const Weight weight = ingested.rejections.empty() ? Weight::kLight : Weight::kAny;
  engine.Submit(worker_.index(), std::move(batch), asked.ack,
                [id, ingested = std::move(ingested),
                 respond = later(weight)](const engine::IngestResult& result) mutable {
                  BinaryReply made;
                  if (result.status.ok()) {
                    ingested.accepted = static_cast<uint32_t>(result.accepted);
                    ingested.duplicates = static_cast<uint32_t>(result.duplicates);
                    binary::AppendIngest(id, ingested, made.frames);
                  } else {
                    Fail(id, result.status, made);
                  }
                  respond(std::move(made));
                });
  return false;
}

bool BinaryApi::On(Id id, const binary::LatestByIdsRequest& asked, BinaryReply& reply, Later) {
  const Engine& engine = services_.engine();
  const bool alone = services_.cluster == nullptr;
  absl::InlinedVector<Price, 16> prices(asked.series.size());
  for (size_t i = 0; i < prices.size(); ++i) {
    if (const size_t ahead = i + kPrefetchPrices; ahead < prices.size()) {
      engine.Prefetch(SeriesId{asked.series[ahead]});
    }
    const uint32_t series = asked.series[i];
    if (!engine.IsSeries(SeriesId{series}) || !(alone || engine.IsHere(SeriesId{series}))) {
      Fail(id, ErrorCode::kUnknownSeries, fmt::format("entry {}: {}", i, UnknownId(series)), reply);
      return true;
    }
    prices[i] = engine.Latest(SeriesId{series}).value_or(Price{});
  }
  binary::AppendLatest(id, wire::Type::kLatestByIds, prices, reply.frames);
  return true;
}

bool BinaryApi::On(Id id, const binary::LatestBySymbolsRequest& asked, BinaryReply& reply, Later) {
  if (FailedElsewhere(id, asked.symbols, reply)) return true;
  std::vector<Price> prices(asked.symbols.size());
  for (size_t i = 0; i < prices.size(); ++i) {
    if (const auto series = services_.engine().Find(asked.symbols[i])) {
      prices[i] = services_.engine().Latest(*series).value_or(Price{});
    }
  }
  binary::AppendLatest(id, wire::Type::kLatestBySymbols, prices, reply.frames);
  return true;
}

std::optional<SeriesId> BinaryApi::SeriesOf(Id id, const std::variant<SeriesId, SymbolView>& asked,
                                            BinaryReply& reply) {
  const Engine& engine = services_.engine();
  if (const auto* by_id = std::get_if<SeriesId>(&asked)) {
    if (engine.IsSeries(*by_id) && (services_.cluster == nullptr || engine.IsHere(*by_id))) {
      return *by_id;
    }
    Fail(id, ErrorCode::kUnknownSeries, UnknownId(Raw(*by_id)), reply);
    return std::nullopt;
  }
  const SymbolView& symbol = *std::get_if<SymbolView>(&asked);
  if (FailedElsewhere(id, {&symbol, 1}, reply)) return std::nullopt;
  const auto found = engine.FindSeen(symbol);
  if (!found) Fail(id, ErrorCode::kUnknownSeries, DescribeUnknown(symbol), reply);
  return found;
}

bool BinaryApi::On(Id id, const binary::BinaryCandlesRequest& asked, BinaryReply& reply,
                   Later later) {
  const Engine& engine = services_.engine();
  const std::optional<SeriesId> series = SeriesOf(id, asked.series, reply);
  if (!series) return true;
  const auto append = [id](const absl::StatusOr<CandlesReply>& answered, BinaryReply& made) {
    if (answered.ok()) {
      binary::AppendCandles(id, *answered, made.frames);
    } else {
      Fail(id, answered.status(), made);
    }
  };
  if (const auto hot = engine.HotCandles(*series, asked.candles)) {
    append(*hot, reply);
    return true;
  }
  return OnReaders(id, reply, later,
                   [&engine, series = *series, candles = asked.candles, append](BinaryReply& made) {
                     append(engine.Candles(series, candles), made);
                   });
}

bool BinaryApi::On(Id id, const binary::HistoryRequest& asked, BinaryReply& reply, Later later) {
  const std::optional<SeriesId> series = SeriesOf(id, asked.series, reply);
  if (!series) return true;
  return OnReaders(id, reply, later,
                   [&engine = std::as_const(services_.engine()), id, series = *series,
                    candles = asked.candles](BinaryReply& made) {
                     const auto history = engine.History(series, candles);
                     if (history.ok()) {
                       binary::AppendHistory(id, *history, made.frames);
                     } else {
                       Fail(id, history.status(), made);
                     }
                   });
}

bool BinaryApi::On(Id id, const binary::ExchangesRequest& asked, BinaryReply& reply, Later later) {
  std::optional<std::string> only;
  if (asked.exchange) only.emplace(*asked.exchange);
  return OnReaders(id, reply, later,
                   [&engine = std::as_const(services_.engine()), id, only = std::move(only),
                    pairs = asked.pairs](BinaryReply& made) {
                     const auto view = only ? std::optional<std::string_view>(*only) : std::nullopt;
                     binary::AppendExchanges(id, engine.Exchanges(view, pairs), made.frames);
                   });
}

bool BinaryApi::On(Id id, const binary::BasesRequest& asked, BinaryReply& reply, Later later) {
  return OnReaders(
      id, reply, later,
      [&engine = std::as_const(services_.engine()), id, only = asked.base_currencies](
          BinaryReply& made) { binary::AppendBases(id, engine.Bases(only), made.frames); });
}

bool BinaryApi::On(Id id, const binary::PricesOfBaseRequest& asked, BinaryReply& reply,
                   Later later) {
  return OnReaders(id, reply, later,
                   [&engine = std::as_const(services_.engine()), id,
                    base = std::string(asked.base_currency)](BinaryReply& made) {
                     binary::AppendPricesOfBase(id, engine.PricesOfBase(base), made.frames);
                   });
}

bool BinaryApi::On(Id id, const binary::ReferencesRequest&, BinaryReply& reply, Later later) {
  return OnReaders(id, reply, later,
                   [&engine = std::as_const(services_.engine()), id](BinaryReply& made) {
                     binary::AppendReferences(id, engine.References(), made.frames);
                   });
}

bool BinaryApi::On(Id id, const binary::StatusRequest&, BinaryReply&, Later later) {
  ComputeOn(services_.parsers, worker_,
            Making([&services = std::as_const(services_), id](BinaryReply& made) {
              std::string json;
              protocol::AppendStatus(json, services.engine().Status(), kVersion,
                                     services.UptimeMs(), services.state.Name(),
                                     services.state.Kafka());
              binary::AppendStatus(id, json, made.frames);
            }),
            later(Weight::kAny));
  return false;
}

absl::AnyInvocable<void(absl::Status)> BinaryApi::WhenDone(Id id, wire::Type type,
                                                           RespondBinary respond) {
  return [&io = worker_.io(), id, type, respond = std::move(respond)](absl::Status status) mutable {
    BinaryReply reply;
    if (status.ok()) {
      binary::AppendDone(id, type, reply.frames);
    } else {
      Fail(id, status, reply);
    }
    boost::asio::post(io, [respond = std::move(respond), reply = std::move(reply)]() mutable {
      respond(std::move(reply));
    });
  };
}

bool BinaryApi::On(Id id, const binary::SetReferenceRequest& asked, BinaryReply& reply,
                   Later later) {
  if (const std::string wrong = CheckReference(asked.reference); !wrong.empty()) {
    Fail(id, ErrorCode::kInvalidName, wrong, reply);
    return true;
  }
  services_.engine().SetReference(asked.reference,
                                  WhenDone(id, wire::Type::kSetReference, later(Weight::kAny)));
  return false;
}

bool BinaryApi::On(Id id, const binary::RemoveReferenceRequest& asked, BinaryReply&, Later later) {
  services_.engine().RemoveReference(
      asked.base_currency, WhenDone(id, wire::Type::kRemoveReference, later(Weight::kAny)));
  return false;
}

bool BinaryApi::On(Id id, const binary::ReplaceReferencesRequest& asked, BinaryReply& reply,
                   Later later) {
  for (size_t i = 0; i < asked.references.size(); ++i) {
    if (const std::string wrong = CheckReference(asked.references[i]); !wrong.empty()) {
      Fail(id, ErrorCode::kInvalidName, fmt::format("entry {}: {}", i, wrong), reply);
      return true;
    }
  }
  services_.engine().ReplaceReferences(
      asked.references, WhenDone(id, wire::Type::kReplaceReferences, later(Weight::kAny)));
  return false;
}

bool BinaryApi::On(Id id, const binary::CheckpointRequest&, BinaryReply&, Later later) {
  services_.engine().Checkpoint(WhenDone(id, wire::Type::kCheckpoint, later(Weight::kAny)));
  return false;
}

bool BinaryApi::On(Id id, const binary::BackupRequest& asked, BinaryReply&, Later later) {
  ComputeOn(
      services_.backups, worker_,
      [&engine = services_.engine(), id,
       options =
           cold::BackupOptions{std::string(asked.directory), asked.keep, asked.bytes_per_second}] {
        BinaryReply reply;
        if (const auto made = MakeBackup(engine, options); made.ok()) {
          binary::AppendBackup(id, *made, reply.frames);
        } else {
          Fail(id, made.status(), reply);
        }
        return reply;
      },
      later(Weight::kAny));
  return false;
}

bool BinaryApi::On(Id id, const binary::DeadLettersRequest& asked, BinaryReply& reply,
                   Later later) {
  const cold::KafkaPlace from{std::string(asked.topic), asked.partition, asked.offset};
  return OnReaders(id, reply, later,
                   [&engine = std::as_const(services_.engine()), id, from,
                    limit = asked.limit](BinaryReply& made) {
                     std::string json;
                     if (const auto read = AppendDeadLetters(engine, from, limit, json);
                         read.ok()) {
                       binary::AppendDeadLetters(id, json, made.frames);
                     } else {
                       Fail(id, read, made);
                     }
                   });
}

bool BinaryApi::On(Id id, const binary::ClusterRequest&, BinaryReply& reply, Later) {
  const Cluster* const cluster = services_.cluster;
  binary::AppendCluster(id, cluster != nullptr ? cluster->Describe() : wire::ClusterReply{},
                        reply.frames);
  return true;
}

}  // namespace wick::server
