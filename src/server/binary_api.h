// Answers whole frames of the binary protocol from the engine. Knows no socket.
#pragma once

#include <absl/functional/any_invocable.h>
#include <absl/functional/function_ref.h>

#include <span>
#include <string>
#include <string_view>

#include "protocol/binary_requests.h"
#include "server/request_stats.h"
#include "server/services.h"
#include "wick/wire.h"

namespace wick::server {

/// Types of requests as the metrics call them: by wire::Type; 0 is no type.
inline constexpr size_t kBinaryRouteCount = wire::RequestType(wire::Type::kHistory) + 1u;
std::string_view BinaryRouteName(size_t type);
static_assert(kBinaryRouteCount <= kRoutesMax);

/// One reply: whole frames, as they are sent.
struct BinaryReply {
  std::string frames;
  Outcome outcome = Outcome::kOk;
};

/// Bytes of memory that a reply takes.
inline uint64_t SizeOf(const BinaryReply& reply) { return reply.frames.size(); }

/// True if requests of this type may read the disk or walk all series.
bool MayReadDisk(uint16_t type);

/// Gives a deferred reply. Called once, on the thread of the session's worker.
using RespondBinary = absl::AnyInvocable<void(BinaryReply)>;

/// What an open request holds of memory until its reply is there.
enum class Weight : uint8_t {
  kLight,  // some hundred bytes: an ingest that refused no event
  kAny,
};
/// Defers a reply.
using Later = absl::FunctionRef<RespondBinary(Weight)>;

/// The requests of one worker's sessions after their hello. Threads: the worker's only. Everything
/// quick is answered at once; what may read the disk or walks all series is computed by the reader
/// pool.
class BinaryApi {
 public:
  BinaryApi(Services& services, Worker& worker);

  const wire::Limits& limits() const { return limits_; }

  /// True: the reply is appended to `reply`. False: the function that `later` gave replies, perhaps
  /// before this returns; the frame need not live until then. An ingest is taken whether or not the
  /// engine has room: the session asks for it first.
  bool Handle(const protocol::binary::Frame& frame, BinaryReply& reply, Later later);

  /// Brings what a frame that is soon to be handled asks for towards the processor's caches.
  void Prefetch(const protocol::binary::Frame& frame) const;

 private:
  using Id = uint64_t;

  // One for each request; true: the reply is appended.
  bool On(Id, const protocol::binary::PingRequest&, BinaryReply&, Later);
  bool On(Id, const protocol::binary::RegisterRequest&, BinaryReply&, Later);
  bool On(Id, const protocol::binary::IngestRequest&, BinaryReply&, Later);
  bool On(Id, const protocol::binary::LatestByIdsRequest&, BinaryReply&, Later);
  bool On(Id, const protocol::binary::LatestBySymbolsRequest&, BinaryReply&, Later);
  bool On(Id, const protocol::binary::BinaryCandlesRequest&, BinaryReply&, Later);
  bool On(Id, const protocol::binary::ExchangesRequest&, BinaryReply&, Later);
  bool On(Id, const protocol::binary::BasesRequest&, BinaryReply&, Later);
  bool On(Id, const protocol::binary::PricesOfBaseRequest&, BinaryReply&, Later);
  bool On(Id, const protocol::binary::ReferencesRequest&, BinaryReply&, Later);
  bool On(Id, const protocol::binary::SetReferenceRequest&, BinaryReply&, Later);
  bool On(Id, const protocol::binary::RemoveReferenceRequest&, BinaryReply&, Later);
  bool On(Id, const protocol::binary::ReplaceReferencesRequest&, BinaryReply&, Later);
  bool On(Id, const protocol::binary::StatusRequest&, BinaryReply&, Later);
  bool On(Id, const protocol::binary::CheckpointRequest&, BinaryReply&, Later);
  bool On(Id, const protocol::binary::BackupRequest&, BinaryReply&, Later);
  bool On(Id, const protocol::binary::DeadLettersRequest&, BinaryReply&, Later);
  bool On(Id, const protocol::binary::ClusterRequest&, BinaryReply&, Later);
  bool On(Id, const protocol::binary::HistoryRequest&, BinaryReply&, Later);

  /// The series that candles are asked of; nullopt: there is none, the reply says so.
  std::optional<SeriesId> SeriesOf(Id, const std::variant<SeriesId, SymbolView>& asked,
                                   BinaryReply&);

  /// Computes a reply on the read pool by `append(BinaryReply&)`; for On() to return. True: there
  /// is no place, `reply` says so.
  template <typename Append>
  bool OnReaders(Id id, BinaryReply& reply, Later later, Append append) {
    const auto refused = [id] { return Overloaded(id); };
    if (services_.reads.Run(worker_, Making(std::move(append)), refused, later(Weight::kAny))) {
      return false;
    }
    BinaryReply overloaded = refused();
    reply.frames += overloaded.frames;
    reply.outcome = overloaded.outcome;
    return true;
  }

  template <typename Append>
  static auto Making(Append append) {
    return [append = std::move(append)]() mutable {
      BinaryReply reply;
      append(reply);
      return reply;
    };
  }

  static BinaryReply Overloaded(Id id);

  /// The reply that another node has the pair, and where.
  void FailMoved(Id id, const SymbolView& pair, BinaryReply& reply);
  /// True: another node has one of the pairs, and `reply` says so of the first.
  bool FailedElsewhere(Id id, std::span<const SymbolView> symbols, BinaryReply& reply);

  /// The callback of a change that has no reply but "done".
  absl::AnyInvocable<void(absl::Status)> WhenDone(Id id, wire::Type type, RespondBinary respond);

  Services& services_;
  Worker& worker_;
  const wire::Limits limits_;
};

}  // namespace wick::server
