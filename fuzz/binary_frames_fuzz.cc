// Frames of the binary protocol, both halves: what is decoded and written again is the same, and
// no reply of a hostile server harms the client.
#include <algorithm>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/assert.h"
#include "client/codec.h"
#include "input.h"
#include "protocol/binary_replies.h"
#include "protocol/binary_requests.h"

namespace {

using namespace wick;
namespace binary = protocol::binary;

constexpr wire::Limits kLimits;

/// Payloads of requests as the client writes them.
struct ToPayload {
  std::string& out;

  wire::Writer writer() const { return wire::Writer(out); }

  void operator()(const binary::PingRequest&) const {}
  void operator()(const binary::ReferencesRequest&) const {}
  void operator()(const binary::StatusRequest&) const {}
  void operator()(const binary::CheckpointRequest&) const {}
  void operator()(const binary::ClusterRequest&) const {}
  void operator()(const binary::RegisterRequest& request) const {
    client::WriteSymbols(request.symbols, writer());
  }
  void operator()(const binary::IngestRequest& request) const {
    client::WriteIngestHead(static_cast<wire::Ack>(request.ack),
                            static_cast<uint32_t>(request.ticks.size()), writer());
    writer().Bytes(request.ticks.bytes());
  }
  void operator()(const binary::LatestByIdsRequest& request) const {
    std::vector<SeriesId> series;
    for (size_t i = 0; i < request.series.size(); ++i)
      series.push_back(SeriesId{request.series[i]});
    client::WriteIds(series, writer());
  }
  void operator()(const binary::LatestBySymbolsRequest& request) const {
    client::WriteSymbols(request.symbols, writer());
  }
  void operator()(const binary::BinaryCandlesRequest& request) const {
    client::WriteCandles(request.series, request.candles, writer());
  }
  void operator()(const binary::HistoryRequest& request) const {
    client::WriteCandles(request.series, request.candles, writer());
  }
  void operator()(const binary::ExchangesRequest& request) const {
    client::WriteExchanges(request.exchange, request.pairs, writer());
  }
  void operator()(const binary::BasesRequest& request) const {
    client::WriteNames(request.base_currencies, writer());
  }
  void operator()(const binary::PricesOfBaseRequest& request) const {
    writer().Text(request.base_currency);
  }
  void operator()(const binary::SetReferenceRequest& request) const {
    writer().Names(client::NamesOf(request.reference));
  }
  void operator()(const binary::RemoveReferenceRequest& request) const {
    writer().Text(request.base_currency);
  }
  void operator()(const binary::ReplaceReferencesRequest& request) const {
    client::WriteReferences(request.references, writer());
  }
  void operator()(const binary::BackupRequest& request) const {
    client::WriteBackup(request.directory, request.keep, request.bytes_per_second, writer());
  }
  void operator()(const binary::DeadLettersRequest& request) const {
    client::WriteDeadLetters(request.topic, request.partition, request.offset, request.limit,
                             writer());
  }
};

std::string PayloadOf(const binary::Request& request) {
  std::string payload;
  std::visit(ToPayload{payload}, request);
  return payload;
}

void CheckRequest(const binary::Frame& frame) {
  binary::Request request;
  binary::ErrorReply error;
  if (!binary::DecodeRequest(frame, kLimits, request, error)) {
    WICK_ASSERT(!error.message.empty());
    return;
  }
  const std::string payload = PayloadOf(request);
  // What a candles request does not use need not come back: times without their bit, the id beside
  // a symbol, the interval of another grain.
  if (!std::holds_alternative<binary::BinaryCandlesRequest>(request) &&
      !std::holds_alternative<binary::HistoryRequest>(request)) {
    WICK_ASSERT(payload == frame.payload);
    return;
  }
  binary::Frame written = frame;
  written.payload = payload;
  binary::Request again;
  WICK_ASSERT(binary::DecodeRequest(written, kLimits, again, error));
  WICK_ASSERT(PayloadOf(again) == payload);
}

void CheckHello(const binary::Frame& frame) {
  binary::HelloRequest hello;
  binary::ErrorReply error;
  if (!binary::DecodeHello(frame, hello, error)) {
    WICK_ASSERT(!error.message.empty());
    return;
  }
  WICK_ASSERT(hello.version == wire::kVersion);
  WICK_ASSERT(hello.client_name.size() <= wire::kClientNameBytesMax);
  WICK_ASSERT(!hello.token || hello.token->size() <= wire::kTokenBytesMax);
}

/// The payload of the reply that `append` writes; it fits in one frame here.
template <typename Append>
std::string ReplyPayload(const Append& append) {
  std::string frames;
  append(frames);
  WICK_ASSERT(frames.size() >= wire::kHeaderBytes);
  WICK_ASSERT(wire::ReadHeader(frames).payload_bytes == frames.size() - wire::kHeaderBytes);
  return frames.substr(wire::kHeaderBytes);
}

/// What the client reads and the server writes again is read as the same.
template <typename Reply, typename Append>
void CheckReply(std::string_view payload, const Append& append) {
  Reply reply;
  if (!client::ReadReply(payload, reply)) return;
  const std::string once = ReplyPayload([&](std::string& out) { append(reply, out); });
  Reply again;
  WICK_ASSERT(client::ReadReply(once, again));
  WICK_ASSERT(ReplyPayload([&](std::string& out) { append(again, out); }) == once);
}

void CheckReplies(std::string_view payload) {
  CheckReply<wire::HelloReply>(
      payload, [](const auto& reply, std::string& out) { binary::AppendHello(1, reply, out); });
  CheckReply<wire::RegisterReply>(
      payload, [](const auto& reply, std::string& out) { binary::AppendRegister(1, reply, out); });
  CheckReply<wire::IngestReply>(
      payload, [](const auto& reply, std::string& out) { binary::AppendIngest(1, reply, out); });
  CheckReply<std::vector<Price>>(payload, [](const auto& reply, std::string& out) {
    binary::AppendLatest(1, wire::Type::kLatestByIds, reply, out);
  });
  CheckReply<CandlesReply>(
      payload, [](const auto& reply, std::string& out) { binary::AppendCandles(1, reply, out); });
  CheckReply<std::vector<ExchangeListing>>(
      payload, [](const auto& reply, std::string& out) { binary::AppendExchanges(1, reply, out); });
  CheckReply<std::vector<BaseListing>>(
      payload, [](const auto& reply, std::string& out) { binary::AppendBases(1, reply, out); });
  CheckReply<std::vector<PriceEvent>>(payload, [](const auto& reply, std::string& out) {
    binary::AppendPricesOfBase(1, reply, out);
  });
  CheckReply<std::vector<Reference>>(payload, [](const auto& reply, std::string& out) {
    binary::AppendReferences(1, reply, out);
  });
  CheckReply<wire::ClusterReply>(
      payload, [](const auto& reply, std::string& out) { binary::AppendCluster(1, reply, out); });
  CheckReply<ClientError>(payload, [](const auto& reply, std::string& out) {
    if (reply.code == ErrorCode::kMoved) {
      binary::AppendMoved(1, reply.message, reply.address, out);
    } else {
      binary::AppendError(1, reply.code, reply.message, out);
    }
  });
}

/// Any bytes are safe to read as history, and what counts ascends.
void CheckHistory(std::string_view payload) {
  CandlesReply history;
  if (!client::ReadHistory(payload, 1'000, history)) return;
  WICK_ASSERT(std::ranges::is_sorted(history.candles, {}, &Candle::timestamp_ms));
}

}  // namespace

/// A stream of frames from the front of a connection on.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t bytes) {
  std::string_view stream = fuzz::View(data, bytes);
  for (;;) {
    binary::Frame frame;
    binary::ErrorReply error;
    const binary::FrameState state = binary::NextFrame(stream, kLimits, frame, error);
    if (state == binary::FrameState::kPart) break;
    if (state == binary::FrameState::kBroken) {
      WICK_ASSERT(!error.message.empty());
      break;
    }
    WICK_ASSERT(frame.bytes() <= stream.size());
    CheckHello(frame);
    CheckRequest(frame);
    CheckReplies(frame.payload);
    CheckHistory(frame.payload);
    stream.remove_prefix(frame.bytes());
  }
  return 0;
}
