#include "protocol/binary_replies.h"

#include <algorithm>
#include <array>

#include "base/assert.h"

namespace wick::protocol::binary {
namespace {

/// Appends one reply: its payload through the writer, its frames with End().
class Reply {
 public:
  Reply(uint16_t type, uint64_t request_id, std::string& out)
      : writer(out), type_(type), request_id_(request_id), out_(out) {
    start_ = wire::BeginFrame(type, request_id, out);
  }

  wire::Writer writer;

  void End() {
    const size_t payload_bytes = out_.size() - start_ - wire::kHeaderBytes;
    if (payload_bytes <= wire::kPayloadBytesMax) {
      wire::EndFrame(start_, out_);
    } else {
      Cut();
    }
  }

 private:
  /// Replaces the one frame by as many as it takes.
  void Cut() {
    const std::string payload = out_.substr(start_ + wire::kHeaderBytes);
    out_.resize(start_);
    for (std::string_view left = payload; !left.empty();) {
      const std::string_view part = left.substr(0, wire::kPayloadBytesMax);
      left.remove_prefix(part.size());
      const uint16_t flags = left.empty() ? 0 : wire::kMore;
      wire::AppendHeader({static_cast<uint32_t>(part.size()), type_, flags, request_id_}, out_);
      out_.append(part);
    }
  }

  const uint16_t type_;
  const uint64_t request_id_;
  std::string& out_;
  size_t start_ = 0;
};

void WriteCount(size_t count, wire::Writer& writer) {
  WICK_ASSERT(count <= UINT32_MAX);
  writer.U32(static_cast<uint32_t>(count));
}

void WriteRejections(std::span<const wire::Rejection> rejections, wire::Writer& writer) {
  rejections = rejections.first(std::min<size_t>(rejections.size(), wire::kRejectionsPerReplyMax));
  WriteCount(rejections.size(), writer);
  for (const wire::Rejection& rejection : rejections) {
    writer.U32(rejection.index);
    writer.U8(static_cast<uint8_t>(rejection.refusal));
    writer.Text(wire::CutText(rejection.message, wire::kMessageBytesMax));
  }
}

void WriteError(ErrorCode code, std::string_view message, wire::Writer& writer) {
  writer.U16(static_cast<uint16_t>(code));
  writer.Text(wire::CutText(message, wire::kMessageBytesMax));
}

void WriteEvent(const PriceEvent& event, wire::Writer& writer) {
  writer.Names(event.symbol);
  writer.PriceRecord(event.price);
}

wire::CandleRecord RecordOf(const Candle& candle) {
  return {.timestamp_ms = candle.timestamp_ms,
          .open = candle.open,
          .high = candle.high,
          .low = candle.low,
          .close = candle.close,
          .count = candle.count,
          .base_volume_last_24h = candle.base_volume_last_24h,
          .quote_volume_last_24h = candle.quote_volume_last_24h,
          .interval_count = candle.interval.count,
          .interval_unit = static_cast<uint8_t>(candle.interval.unit),
          .flags = static_cast<uint8_t>((candle.closed ? wire::kClosed : 0) |
                                        (candle.filled ? wire::kFilled : 0)),
          .zero = 0};
}

}  // namespace

void AppendHello(uint64_t request_id, const wire::HelloReply& reply, std::string& out) {
  Reply hello(ReplyType(wire::Type::kHello), request_id, out);
  hello.writer.U16(reply.version);
  hello.writer.Text(reply.server_version);
  hello.writer.U32(reply.limits.payload_bytes);
  hello.writer.U32(reply.limits.events_per_ingest);
  hello.writer.U32(reply.limits.entries_per_request);
  hello.writer.U32(reply.limits.candles_per_request);
  hello.writer.U32(reply.partitions);
  hello.End();
}

void AppendDone(uint64_t request_id, wire::Type type, std::string& out) {
  Reply(ReplyType(type), request_id, out).End();
}

void AppendRegister(uint64_t request_id, const wire::RegisterReply& reply, std::string& out) {
  Reply registered(ReplyType(wire::Type::kRegister), request_id, out);
  WriteCount(reply.entries.size(), registered.writer);
  for (const wire::Registration& entry : reply.entries) {
    registered.writer.U32(Raw(entry.series));
    registered.writer.U8(static_cast<uint8_t>(entry.refusal));
  }
  WriteRejections(reply.rejections, registered.writer);
  registered.End();
}

void AppendIngest(uint64_t request_id, const wire::IngestReply& reply, std::string& out) {
  Reply ingested(ReplyType(wire::Type::kIngest), request_id, out);
  ingested.writer.U32(reply.accepted);
  ingested.writer.U32(reply.duplicates);
  ingested.writer.U32(reply.rejected);
  WriteRejections(reply.rejections, ingested.writer);
  ingested.End();
}

void AppendLatest(uint64_t request_id, wire::Type type, std::span<const Price> prices,
                  std::string& out) {
  WICK_ASSERT(type == wire::Type::kLatestByIds || type == wire::Type::kLatestBySymbols);
  Reply latest(ReplyType(type), request_id, out);
  WriteCount(prices.size(), latest.writer);
  latest.writer.Records(prices);
  latest.End();
}

void AppendCandles(uint64_t request_id, const CandlesReply& reply, std::string& out) {
  out.reserve(out.size() + wire::kHeaderBytes + wire::kCandlesHeadBytes +
              reply.candles.size() * wire::kCandleBytes);
  Reply candles(ReplyType(wire::Type::kCandles), request_id, out);
  candles.writer.U8(static_cast<uint8_t>(reply.grain));
  candles.writer.U8(static_cast<uint8_t>(reply.interval.unit));
  candles.writer.U8(reply.next_ms ? wire::kHasNext : 0);
  candles.writer.U8(0);
  candles.writer.U32(reply.interval.count);
  candles.writer.U64(reply.available_from_ms);
  candles.writer.U64(reply.next_ms.value_or(0));
  WriteCount(reply.candles.size(), candles.writer);
  candles.writer.U32(0);
  // Some at a time: a record that is copied at once waits for the stores of its fields.
  std::array<wire::CandleRecord, 32> records;
  for (size_t at = 0; at < reply.candles.size(); at += records.size()) {
    const size_t count = std::min(records.size(), reply.candles.size() - at);
    std::transform(reply.candles.data() + at, reply.candles.data() + at + count, records.begin(),
                   RecordOf);
    candles.writer.Records(std::span<const wire::CandleRecord>(records.data(), count));
  }
  candles.End();
}

void AppendHistory(uint64_t request_id, const engine::HistoryReply& reply, std::string& out) {
  Reply history(ReplyType(wire::Type::kHistory), request_id, out);
  history.writer.U8(static_cast<uint8_t>(reply.interval.unit));
  history.writer.U8(reply.more ? wire::kHasNext : 0);
  history.writer.U16(0);
  history.writer.U32(reply.interval.count);
  history.writer.U64(reply.available_from_ms);
  history.writer.U64(reply.from_ms);
  history.writer.U64(reply.end_ms);
  WriteCount(reply.chunks.size(), history.writer);
  for (const engine::HistoryReply::StoredChunk& chunk : reply.chunks) {
    history.writer.U32(chunk.number);
    WriteCount(chunk.bytes.size(), history.writer);
    history.writer.Bytes(chunk.bytes);
  }
  history.End();
}

void AppendExchanges(uint64_t request_id, std::span<const ExchangeListing> exchanges,
                     std::string& out) {
  Reply listing(ReplyType(wire::Type::kExchanges), request_id, out);
  WriteCount(exchanges.size(), listing.writer);
  for (const ExchangeListing& exchange : exchanges) {
    listing.writer.Text(exchange.exchange);
    listing.writer.U64(exchange.last_seen_ms);
    WriteCount(exchange.pairs.size(), listing.writer);
    for (const PairListing& pair : exchange.pairs) {
      listing.writer.Text(pair.base_currency);
      listing.writer.Text(pair.quote_currency);
      listing.writer.U64(pair.last_seen_ms);
    }
  }
  listing.End();
}

void AppendBases(uint64_t request_id, std::span<const BaseListing> bases, std::string& out) {
  Reply listing(ReplyType(wire::Type::kBases), request_id, out);
  WriteCount(bases.size(), listing.writer);
  for (const BaseListing& base : bases) {
    WriteEvent(base.reference, listing.writer);
    listing.writer.U64(base.series);
  }
  listing.End();
}

void AppendPricesOfBase(uint64_t request_id, std::span<const PriceEvent> prices, std::string& out) {
  Reply listing(ReplyType(wire::Type::kPricesOfBase), request_id, out);
  WriteCount(prices.size(), listing.writer);
  for (const PriceEvent& event : prices) WriteEvent(event, listing.writer);
  listing.End();
}

void AppendReferences(uint64_t request_id, std::span<const Reference> references,
                      std::string& out) {
  Reply listing(ReplyType(wire::Type::kReferences), request_id, out);
  WriteCount(references.size(), listing.writer);
  for (const Reference& reference : references) {
    listing.writer.Names({reference.base_currency, reference.quote_currency, reference.exchange});
  }
  listing.End();
}

void AppendStatus(uint64_t request_id, std::string_view json, std::string& out) {
  Reply status(ReplyType(wire::Type::kStatus), request_id, out);
  status.writer.Bytes(json);
  status.End();
}

void AppendDeadLetters(uint64_t request_id, std::string_view json, std::string& out) {
  Reply letters(ReplyType(wire::Type::kDeadLetters), request_id, out);
  letters.writer.Bytes(json);
  letters.End();
}

void AppendBackup(uint64_t request_id, const wire::BackupReply& reply, std::string& out) {
  Reply backup(ReplyType(wire::Type::kBackup), request_id, out);
  backup.writer.U32(reply.id);
  backup.writer.U32(reply.files);
  backup.writer.U64(reply.bytes);
  backup.writer.U64(reply.duration_ms);
  backup.End();
}

void AppendCluster(uint64_t request_id, const wire::ClusterReply& reply, std::string& out) {
  Reply cluster(ReplyType(wire::Type::kCluster), request_id, out);
  cluster.writer.U32(reply.partitions);
  cluster.writer.U32(reply.self);
  WriteCount(reply.nodes.size(), cluster.writer);
  for (const wire::ClusterNode& node : reply.nodes) {
    cluster.writer.Text(node.http);
    cluster.writer.Text(node.binary);
    WriteCount(node.partitions.size(), cluster.writer);
    cluster.writer.Records(std::span(node.partitions));
  }
  cluster.End();
}

void AppendError(uint64_t request_id, ErrorCode code, std::string_view message, std::string& out) {
  Reply error(wire::kErrorType, request_id, out);
  WriteError(code, message, error.writer);
  error.End();
}

void AppendMoved(uint64_t request_id, std::string_view message, std::string_view address,
                 std::string& out) {
  Reply moved(wire::kErrorType, request_id, out);
  WriteError(ErrorCode::kMoved, message, moved.writer);
  moved.writer.Text(address);
  moved.End();
}

}  // namespace wick::protocol::binary
