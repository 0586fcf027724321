// Replies of the binary protocol, appended to a session's output. Layouts: docs/wire-format.md.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "engine/history.h"
#include "wick/query.h"
#include "wick/wire.h"

// Each function appends one whole reply: a frame, or several with wire::kMore where the payload is
// longer than wire::kPayloadBytesMax. `request_id` is that of the request.
namespace wick::protocol::binary {

void AppendHello(uint64_t request_id, const wire::HelloReply& reply, std::string& out);

/// The reply without payload: ping, setting, removing and replacing references, checkpoint.
void AppendDone(uint64_t request_id, wire::Type type, std::string& out);

void AppendRegister(uint64_t request_id, const wire::RegisterReply& reply, std::string& out);
void AppendIngest(uint64_t request_id, const wire::IngestReply& reply, std::string& out);

/// `type` is kLatestByIds or kLatestBySymbols; a price with timestamp 0 says that none was ever
/// seen.
void AppendLatest(uint64_t request_id, wire::Type type, std::span<const Price> prices,
                  std::string& out);

void AppendCandles(uint64_t request_id, const CandlesReply& reply, std::string& out);
void AppendHistory(uint64_t request_id, const engine::HistoryReply& reply, std::string& out);
void AppendExchanges(uint64_t request_id, std::span<const ExchangeListing> exchanges,
                     std::string& out);
void AppendBases(uint64_t request_id, std::span<const BaseListing> bases, std::string& out);
void AppendPricesOfBase(uint64_t request_id, std::span<const PriceEvent> prices, std::string& out);
void AppendReferences(uint64_t request_id, std::span<const Reference> references, std::string& out);

/// `json` is the document of GET /v1/status.
void AppendStatus(uint64_t request_id, std::string_view json, std::string& out);

void AppendDeadLetters(uint64_t request_id, std::string_view json, std::string& out);
void AppendBackup(uint64_t request_id, const wire::BackupReply& reply, std::string& out);
void AppendCluster(uint64_t request_id, const wire::ClusterReply& reply, std::string& out);

/// A long message is cut. `request_id` 0 where the request's is not known.
void AppendError(uint64_t request_id, ErrorCode code, std::string_view message, std::string& out);

/// The error ErrorCode::kMoved; `address` is the binary one of the node that has the pair,
/// "host:port".
void AppendMoved(uint64_t request_id, std::string_view message, std::string_view address,
                 std::string& out);

}  // namespace wick::protocol::binary
