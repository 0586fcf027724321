// Frames of the binary protocol as typed requests. Layouts: docs/wire-format.md.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "engine/engine.h"
#include "wick/query.h"
#include "wick/wire.h"

// Views in requests are valid as long as the payload they were decoded from. Nothing here throws,
// and every byte string is safe to decode. Names are not judged here: Engine::Resolve() and
// market/validation do.
namespace wick::protocol::binary {

/// What an error frame says.
struct ErrorReply {
  ErrorCode code = ErrorCode::kInternal;
  std::string message;
};

/// One whole frame at the head of a stream.
struct Frame {
  wire::Header header;
  std::string_view payload;
  size_t bytes() const { return wire::kHeaderBytes + payload.size(); }
};

enum class FrameState : uint8_t {
  kWhole,   // `frame` is filled in
  kPart,    // more bytes are needed; `frame.header` is filled in once the header is there
  kBroken,  // `error` says why: send it with `frame.header.request_id`, then close
};

/// Looks at the head of `bytes`. A frame that is too long is seen as soon as its header is there.
FrameState NextFrame(std::string_view bytes, const wire::Limits& limits, Frame& frame,
                     ErrorReply& error);

struct HelloRequest {
  uint16_t version = 0;
  std::string_view client_name;
  std::optional<std::string_view> token;
};

/// The first frame of a connection. False: send `error`, then close.
bool DecodeHello(const Frame& frame, HelloRequest& request, ErrorReply& error);

struct PingRequest {};
struct RegisterRequest {
  std::vector<SymbolView> symbols;
};
struct IngestRequest {
  engine::Ack ack = engine::Ack::kDurable;
  wire::Packed<Tick> ticks;  // the values are not judged: Engine::IsSeries(), market::CheckPrice()
};
struct LatestByIdsRequest {
  wire::Packed<uint32_t> series;  // not judged: Engine::IsSeries()
};
struct LatestBySymbolsRequest {
  std::vector<SymbolView> symbols;
};
struct BinaryCandlesRequest {
  std::variant<SeriesId, SymbolView> series;
  CandlesRequest candles;  // limit in bounds, from < to, interval as market::ParseInterval gives it
};
struct ExchangesRequest {
  std::optional<std::string_view> exchange;
  bool pairs = true;
};
struct BasesRequest {
  std::vector<std::string> base_currencies;  // empty: all
};
struct PricesOfBaseRequest {
  std::string_view base_currency;
};
struct ReferencesRequest {};
struct SetReferenceRequest {
  Reference reference;
};
struct RemoveReferenceRequest {
  std::string_view base_currency;
};
struct ReplaceReferencesRequest {
  std::vector<Reference> references;  // every base once
};
struct StatusRequest {};
struct CheckpointRequest {};
struct BackupRequest {
  std::string_view directory;  // not judged: Store::Backup() does
  uint32_t keep = 0;
  uint64_t bytes_per_second = 0;
};

struct DeadLettersRequest {
  std::string_view topic;  // empty: from the first on
  uint32_t partition = 0;
  uint64_t offset = 0;
  uint32_t limit = 0;  // 1 to wire::kDeadLettersPerReplyMax
};
struct ClusterRequest {};
struct HistoryRequest {
  std::variant<SeriesId, SymbolView> series;
  CandlesRequest candles;  // as of a BinaryCandlesRequest; with `from`, of a tier, without fill
};

using Request =
    std::variant<PingRequest, RegisterRequest, IngestRequest, LatestByIdsRequest,
                 LatestBySymbolsRequest, BinaryCandlesRequest, ExchangesRequest, BasesRequest,
                 PricesOfBaseRequest, ReferencesRequest, SetReferenceRequest,
                 RemoveReferenceRequest, ReplaceReferencesRequest, StatusRequest, CheckpointRequest,
                 BackupRequest, DeadLettersRequest, ClusterRequest, HistoryRequest>;

/// Every frame after hello. False: send `error`; the connection goes on.
bool DecodeRequest(const Frame& frame, const wire::Limits& limits, Request& request,
                   ErrorReply& error);

}  // namespace wick::protocol::binary
