#include "client/codec.h"

#include <algorithm>
#include <limits>

#include "codec/chunk.h"

namespace wick::client {
namespace {

// Least bytes of an entry of each list in a reply.
constexpr size_t kRejectionBytesMin = 4 + 1 + 2;
constexpr size_t kRegistrationBytes = 4 + 1;
constexpr size_t kExchangeBytesMin = 2 + 8 + 4;
constexpr size_t kPairBytesMin = 2 + 2 + 8;
constexpr size_t kEventBytesMin = wire::kSymbolBytesMin + sizeof(Price);
constexpr size_t kBaseBytesMin = kEventBytesMin + 8;
constexpr size_t kNodeBytesMin = 2 + 2 + 4;

/// Lists have a u32 count; the client sends fewer entries than that in any request.
uint32_t Count(size_t entries) { return static_cast<uint32_t>(entries); }

std::vector<wire::Rejection> ReadRejections(wire::Reader& reader) {
  std::vector<wire::Rejection> rejections(reader.Count(kRejectionBytesMin));
  for (wire::Rejection& rejection : rejections) {
    rejection.index = reader.U32();
    rejection.refusal = static_cast<Refusal>(reader.U8());
    rejection.message = reader.Text();
  }
  return rejections;
}

PriceEvent ReadEvent(wire::Reader& reader) {
  const SymbolView names = reader.Names();
  return {Symbol(names), reader.PriceRecord()};
}

Interval ReadInterval(uint32_t count, uint8_t unit) {
  return {count, static_cast<IntervalUnit>(static_cast<char>(unit))};
}

Candle CandleOf(const wire::CandleRecord& record) {
  return {.timestamp_ms = record.timestamp_ms,
          .open = record.open,
          .high = record.high,
          .low = record.low,
          .close = record.close,
          .count = record.count,
          .base_volume_last_24h = record.base_volume_last_24h,
          .quote_volume_last_24h = record.quote_volume_last_24h,
          .interval = ReadInterval(record.interval_count, record.interval_unit),
          .closed = (record.flags & wire::kClosed) != 0,
          .filled = (record.flags & wire::kFilled) != 0};
}

/// Milliseconds of the bucket of a tier; 0: it is none's.
uint64_t BucketMs(const Interval& interval) {
  if (interval.count != 1) return 0;
  switch (interval.unit) {
    case IntervalUnit::kSecond:
      return 1'000;
    case IntervalUnit::kMinute:
      return 60'000;
    case IntervalUnit::kHour:
      return 3'600'000;
    case IntervalUnit::kDay:
      return 86'400'000;
    case IntervalUnit::kWeek:
    case IntervalUnit::kMonth:
      return 0;
  }
  return 0;
}

/// A page of history may have so many candles more than `limit`: chunks at both ends of the range.
constexpr uint64_t kHistoryBeyondLimit = 2 * (codec::kBucketsPerChunk - 1);

/// No price of another candle was ever taken by a server: the disk or the server is damaged.
bool IsSound(const codec::FoldedCandle& c) {
  return c.low > 0 && c.low <= std::min(c.open, c.close) && c.high >= std::max(c.open, c.close) &&
         c.high <= std::numeric_limits<double>::max();
}

}  // namespace

void WriteHello(const ClientOptions& options, wire::Writer writer) {
  writer.U32(wire::kMagic);
  writer.U16(wire::kVersion);
  writer.Text(wire::CutText(options.name, wire::kClientNameBytesMax));
  if (options.token) writer.Text(*options.token);
}

void WriteSymbols(std::span<const SymbolView> symbols, wire::Writer writer) {
  writer.U32(Count(symbols.size()));
  for (const SymbolView& symbol : symbols) writer.Names(symbol);
}

void WriteIngestHead(wire::Ack ack, uint32_t events, wire::Writer writer) {
  writer.U8(static_cast<uint8_t>(ack));
  writer.U8(0);
  writer.U16(0);
  writer.U32(events);
}

void WriteIds(std::span<const SeriesId> series, wire::Writer writer) {
  writer.U32(Count(series.size()));
  writer.Records(series);
}

void WriteCandles(const std::variant<SeriesId, SymbolView>& series, const CandlesRequest& request,
                  wire::Writer writer) {
  const SymbolView* symbol = std::get_if<SymbolView>(&series);
  const SeriesId* id = std::get_if<SeriesId>(&series);
  writer.U8(static_cast<uint8_t>(request.grain));
  writer.U8(static_cast<uint8_t>(request.fill));
  writer.U8(static_cast<uint8_t>(request.interval.unit));
  writer.U8((request.from_ms ? wire::kHasFrom : 0) | (request.to_ms ? wire::kHasTo : 0) |
            (symbol ? wire::kBySymbol : 0));
  writer.U32(request.interval.count);
  writer.U32(request.limit);
  writer.U32(Raw(id ? *id : kNoSeries));
  writer.U64(request.from_ms.value_or(0));
  writer.U64(request.to_ms.value_or(0));
  if (symbol) writer.Names(*symbol);
}

void WriteExchanges(std::optional<std::string_view> only, bool pairs, wire::Writer writer) {
  writer.U8((pairs ? wire::kWithPairs : 0) | (only ? wire::kOneExchange : 0));
  if (only) writer.Text(*only);
}

void WriteNames(std::span<const std::string> names, wire::Writer writer) {
  writer.U32(Count(names.size()));
  for (const std::string& name : names) writer.Text(name);
}

void WriteReferences(std::span<const Reference> references, wire::Writer writer) {
  writer.U32(Count(references.size()));
  for (const Reference& reference : references) writer.Names(NamesOf(reference));
}

void WriteDeadLetters(std::string_view topic, uint32_t partition, uint64_t offset, uint32_t limit,
                      wire::Writer writer) {
  writer.Text(topic);
  writer.U32(partition);
  writer.U64(offset);
  writer.U32(limit);
}

void WriteBackup(std::string_view directory, uint32_t keep, uint64_t bytes_per_second,
                 wire::Writer writer) {
  writer.Text(directory);
  writer.U32(keep);
  writer.U64(bytes_per_second);
}

SymbolView NamesOf(const Reference& reference) {
  return {reference.base_currency, reference.quote_currency, reference.exchange};
}

std::span<const SymbolView> FittingFront(std::span<const SymbolView> symbols,
                                         const wire::Limits& limits) {
  const size_t fitting_max = std::min<size_t>(symbols.size(), limits.entries_per_request);
  size_t bytes = sizeof(uint32_t);
  size_t fitting = 0;
  for (; fitting < fitting_max; ++fitting) {
    const SymbolView& symbol = symbols[fitting];
    bytes += wire::kSymbolBytesMin + symbol.base_currency.size() + symbol.quote_currency.size() +
             symbol.exchange.size();
    if (bytes > limits.payload_bytes && fitting > 0) break;
  }
  return symbols.first(fitting);
}

bool ReadReply(std::string_view payload, wire::HelloReply& reply) {
  wire::Reader reader(payload);
  reply.version = reader.U16();
  reply.server_version = reader.Text();
  reply.limits.payload_bytes = reader.U32();
  reply.limits.events_per_ingest = reader.U32();
  reply.limits.entries_per_request = reader.U32();
  reply.limits.candles_per_request = reader.U32();
  reply.partitions = reader.left() >= sizeof(uint32_t) ? reader.U32() : 0;
  // A server that takes nothing at all could never be served: lists would be cut into empty
  // requests.
  return reader.ok() && reply.limits.events_per_ingest > 0 && reply.limits.entries_per_request > 0;
}

bool ReadReply(std::string_view payload, wire::RegisterReply& reply) {
  wire::Reader reader(payload);
  reply.entries.resize(reader.Count(kRegistrationBytes));
  for (wire::Registration& entry : reply.entries) {
    entry.series = SeriesId{reader.U32()};
    entry.refusal = static_cast<Refusal>(reader.U8());
  }
  reply.rejections = ReadRejections(reader);
  return reader.ok();
}

bool ReadReply(std::string_view payload, wire::IngestReply& reply) {
  wire::Reader reader(payload);
  reply.accepted = reader.U32();
  reply.duplicates = reader.U32();
  reply.rejected = reader.U32();
  reply.rejections = ReadRejections(reader);
  return reader.ok();
}

bool ReadReply(std::string_view payload, std::vector<Price>& prices) {
  wire::Reader reader(payload);
  prices.resize(reader.Count(sizeof(Price)));
  for (Price& price : prices) price = reader.PriceRecord();
  return reader.ok();
}

bool ReadReply(std::string_view payload, CandlesReply& reply) {
  wire::Reader reader(payload);
  reply.grain = static_cast<Grain>(reader.U8());
  const uint8_t unit = reader.U8();
  const uint8_t present = reader.U8();
  reader.U8();
  reply.interval = ReadInterval(reader.U32(), unit);
  reply.available_from_ms = reader.U64();
  const uint64_t next_ms = reader.U64();
  if (present & wire::kHasNext) reply.next_ms = next_ms;
  const uint32_t count = reader.U32();
  reader.U32();
  if (count > reader.left() / wire::kCandleBytes) return false;
  reply.candles.reserve(count);
  const auto records = reader.Records<wire::CandleRecord>(count);
  for (uint32_t i = 0; i < count; ++i) reply.candles.push_back(CandleOf(records[i]));
  return reader.ok();
}

bool ReadHistory(std::string_view payload, uint32_t limit, CandlesReply& reply) {
  wire::Reader reader(payload);
  const uint8_t unit = reader.U8();
  const uint8_t present = reader.U8();
  reader.U16();
  reply.interval = ReadInterval(reader.U32(), unit);
  reply.available_from_ms = reader.U64();
  const uint64_t from_ms = reader.U64();
  const uint64_t end_ms = reader.U64();
  if (present & wire::kHasNext) reply.next_ms = end_ms;
  const uint64_t bucket_ms = BucketMs(reply.interval);
  std::vector<codec::FoldedCandle> stored;
  uint64_t chunk_at_least = 0;
  for (uint32_t chunks = reader.U32(); chunks > 0; --chunks) {
    const codec::Chunk number = reader.U32();
    const std::string_view bytes = reader.Bytes(reader.U32());
    if (number < chunk_at_least || number > codec::kChunkMax) return false;
    chunk_at_least = uint64_t{number} + 1;
    if (codec::FirstBucket(number) * bucket_ms >= end_ms ||
        (uint64_t{codec::FirstBucket(number)} + codec::kBucketsPerChunk) * bucket_ms <= from_ms) {
      return false;
    }
    stored.clear();
    if (bucket_ms == 0 || !codec::DecodeChunk(bytes, number, stored).empty()) return false;
    const auto start_ms = [&](const codec::FoldedCandle& c) { return c.bucket * bucket_ms; };
    const auto first = std::ranges::lower_bound(stored, from_ms, {}, start_ms);
    const auto last = std::ranges::lower_bound(first, stored.end(), end_ms, {}, start_ms);
    if (!std::all_of(first, last, IsSound)) return false;
    auto candle = reply.candles.insert(reply.candles.end(), last - first, Candle());
    for (auto each = first; each < last; ++each, ++candle) {
      candle->timestamp_ms = start_ms(*each);
      candle->open = each->open;
      candle->high = each->high;
      candle->low = each->low;
      candle->close = each->close;
      candle->count = each->count;
      candle->base_volume_last_24h = each->base_volume_last_24h;
      candle->quote_volume_last_24h = each->quote_volume_last_24h;
      candle->interval = reply.interval;
      candle->closed = true;
    }
    if (reply.candles.size() > uint64_t{limit} + kHistoryBeyondLimit) return false;
  }
  return reader.ok();
}

bool ReadReply(std::string_view payload, std::vector<ExchangeListing>& exchanges) {
  wire::Reader reader(payload);
  exchanges.resize(reader.Count(kExchangeBytesMin));
  for (ExchangeListing& exchange : exchanges) {
    exchange.exchange = reader.Text();
    exchange.last_seen_ms = reader.U64();
    exchange.pairs.resize(reader.Count(kPairBytesMin));
    for (PairListing& pair : exchange.pairs) {
      pair.base_currency = reader.Text();
      pair.quote_currency = reader.Text();
      pair.last_seen_ms = reader.U64();
    }
  }
  return reader.ok();
}

bool ReadReply(std::string_view payload, std::vector<BaseListing>& bases) {
  wire::Reader reader(payload);
  bases.resize(reader.Count(kBaseBytesMin));
  for (BaseListing& base : bases) {
    base.reference = ReadEvent(reader);
    base.series = reader.U64();
  }
  return reader.ok();
}

bool ReadReply(std::string_view payload, std::vector<PriceEvent>& prices) {
  wire::Reader reader(payload);
  prices.resize(reader.Count(kEventBytesMin));
  for (PriceEvent& event : prices) event = ReadEvent(reader);
  return reader.ok();
}

bool ReadReply(std::string_view payload, std::vector<Reference>& references) {
  wire::Reader reader(payload);
  references.resize(reader.Count(wire::kSymbolBytesMin));
  for (Reference& reference : references) {
    reference.base_currency = reader.Text();
    reference.quote_currency = reader.Text();
    reference.exchange = reader.Text();
  }
  return reader.ok();
}

bool ReadReply(std::string_view payload, wire::BackupReply& reply) {
  wire::Reader reader(payload);
  reply.id = reader.U32();
  reply.files = reader.U32();
  reply.bytes = reader.U64();
  reply.duration_ms = reader.U64();
  return reader.ok();
}

bool ReadReply(std::string_view payload, wire::ClusterReply& reply) {
  wire::Reader reader(payload);
  reply.partitions = reader.U32();
  reply.self = reader.U32();
  reply.nodes.resize(reader.Count(kNodeBytesMin));
  for (wire::ClusterNode& node : reply.nodes) {
    node.http = reader.Text();
    node.binary = reader.Text();
    node.partitions.resize(reader.Count(sizeof(uint32_t)));
    for (uint32_t& partition : node.partitions) partition = reader.U32();
  }
  return reader.ok();
}

bool ReadReply(std::string_view payload, ClientError& error) {
  wire::Reader reader(payload);
  error.code = static_cast<ErrorCode>(reader.U16());
  error.message = reader.Text();
  error.address = error.code == ErrorCode::kMoved ? reader.Text() : std::string_view();
  return reader.ok();
}

}  // namespace wick::client
