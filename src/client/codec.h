// The client's half of the binary protocol: payloads of requests, replies from payloads.
// Layouts: docs/wire-format.md. The server's half: protocol/binary_requests.h,
// protocol/binary_replies.h.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "wick/client.h"
#include "wick/query.h"
#include "wick/wire.h"

namespace wick::client {

// --- requests: each appends one payload
void WriteHello(const ClientOptions& options, wire::Writer writer);
void WriteSymbols(std::span<const SymbolView> symbols, wire::Writer writer);
void WriteIngestHead(wire::Ack ack, uint32_t events, wire::Writer writer);  // `events` Ticks follow
void WriteIds(std::span<const SeriesId> series, wire::Writer writer);
void WriteCandles(const std::variant<SeriesId, SymbolView>& series, const CandlesRequest& request,
                  wire::Writer writer);
void WriteExchanges(std::optional<std::string_view> only, bool pairs, wire::Writer writer);
void WriteNames(std::span<const std::string> names, wire::Writer writer);
void WriteReferences(std::span<const Reference> references, wire::Writer writer);
void WriteBackup(std::string_view directory, uint32_t keep, uint64_t bytes_per_second,
                 wire::Writer writer);
void WriteDeadLetters(std::string_view topic, uint32_t partition, uint64_t offset, uint32_t limit,
                      wire::Writer writer);
SymbolView NamesOf(const Reference& reference);

/// The front of `symbols` that fits in one request; at least one, whatever its length.
std::span<const SymbolView> FittingFront(std::span<const SymbolView> symbols,
                                         const wire::Limits& limits);

// --- replies: false if the payload is none; more bytes at its end belong to a newer version and
// are ignored
bool ReadReply(std::string_view payload, wire::HelloReply& reply);
bool ReadReply(std::string_view payload, wire::RegisterReply& reply);
bool ReadReply(std::string_view payload, wire::IngestReply& reply);
bool ReadReply(std::string_view payload, std::vector<Price>& prices);
bool ReadReply(std::string_view payload, CandlesReply& reply);
bool ReadReply(std::string_view payload, std::vector<ExchangeListing>& exchanges);
bool ReadReply(std::string_view payload, std::vector<BaseListing>& bases);
bool ReadReply(std::string_view payload, std::vector<PriceEvent>& prices);
bool ReadReply(std::string_view payload, std::vector<Reference>& references);
bool ReadReply(std::string_view payload, wire::BackupReply& reply);
bool ReadReply(std::string_view payload, wire::ClusterReply& reply);
bool ReadReply(std::string_view payload, ClientError& error);
/// Of history that was asked for with `limit`: its candles, which are at most 2,046 more. False of
/// a chunk newer than codec/chunk.h, and of candles that cannot be, too.
bool ReadHistory(std::string_view payload, uint32_t limit, CandlesReply& reply);

}  // namespace wick::client
