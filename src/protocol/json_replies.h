// Replies of the HTTP API as text. Each function appends to `out`; the forms: docs/http-api.md.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "engine/engine.h"
#include "protocol/http_problem.h"
#include "protocol/json_report.h"
#include "protocol/kafka_status.h"
#include "wick/query.h"
#include "wick/series.h"
#include "wick/wire.h"

namespace wick::protocol {

/// {"accepted","duplicates","rejected","errors":[…]}
void AppendIngestReply(std::string& out, const engine::IngestResult& result,
                       const IngestReport& report);

/// {"baseCurrency","quoteCurrency","exchange","price",…,"timestampInMs"}
void AppendPriceEvent(std::string& out, const SymbolView& symbol, const Price& price);

/// The element of an answer's array that says why there is none: {"code","detail"}.
void AppendNoElement(std::string& out, ProblemCode code, std::string_view detail);

/// Array of price events. An array with gaps (POST /v1/latest) is written by the caller: '[',
/// elements or "null", ','.
void AppendPriceEvents(std::string& out, std::span<const PriceEvent> events);

/// {"baseCurrency",…,"interval","availableFrom","candles":[…],"next"}
void AppendCandlesJson(std::string& out, const SymbolView& symbol, const CandlesReply& reply);

/// Header line and one line a candle, '\n' at the end of each. `fill` is the one asked for.
void AppendCandlesCsv(std::string& out, const CandlesReply& reply, Fill fill);

/// [[ms,open,high,low,close,count],…]
void AppendCandlesCcxt(std::string& out, const CandlesReply& reply);

/// `pairs` false: "pairs" is left out.
void AppendExchanges(std::string& out, std::span<const ExchangeListing> exchanges, bool pairs);

/// [{"baseCurrency","price":{…},"series":n},…]
void AppendBases(std::string& out, std::span<const BaseListing> bases);

/// {"baseCurrency","quoteCurrency","exchange"}
void AppendReference(std::string& out, const Reference& reference);
void AppendReferences(std::string& out, std::span<const Reference> references);

/// {"partitions","node","nodes":[{"node","http","binary","partitions","self","reachable"}]}.
/// `reachable`: one for each node, what came of the last question to it; nullopt: it was not asked.
void AppendCluster(std::string& out, const wire::ClusterReply& cluster,
                   std::span<const std::optional<bool>> reachable);

/// Reply of GET /v1/status. `state` is the server's: "ready", "disk_full", … `kafka`: nullopt if no
/// topic is read.
void AppendStatus(std::string& out, const engine::EngineStatus& status, std::string_view version,
                  uint64_t uptime_ms, std::string_view state,
                  const std::optional<KafkaStatus>& kafka = std::nullopt);

/// {"deadLetters":[…],"next":{"topic","partition","offset"} or null}
void AppendDeadLetters(std::string& out, std::span<const cold::DeadLetter> letters,
                       const std::optional<cold::KafkaPlace>& next);

/// {"action":"backup","directory","id","files","bytes","durationInMs"}
void AppendBackupReply(std::string& out, std::string_view directory,
                       const wire::BackupReply& reply);

/// {"action":"checkpoint","durationInMs":n}: an admin action that succeeded.
void AppendAdminReply(std::string& out, std::string_view action, uint64_t duration_ms);

}  // namespace wick::protocol
