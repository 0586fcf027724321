// What the server refuses, and that no bytes can harm it.
#include "protocol/binary_requests.h"

#include <random>

#include "catch.h"
#include "client/codec.h"

namespace wick::protocol::binary {
namespace {

std::string FrameOf(wire::Type type, std::string_view payload) {
  std::string bytes;
  const size_t start = wire::BeginFrame(RequestType(type), 5, bytes);
  bytes += payload;
  wire::EndFrame(start, bytes);
  return bytes;
}

template <typename Write>
std::string PayloadOf(Write write) {
  std::string payload;
  write(wire::Writer(payload));
  return payload;
}

/// The error of a request that must be refused.
ErrorReply Refused(wire::Type type, std::string_view payload, wire::Limits limits = {}) {
  const std::string bytes = FrameOf(type, payload);
  Frame frame;
  Request request;
  ErrorReply error;
  REQUIRE(NextFrame(bytes, wire::Limits{}, frame, error) == FrameState::kWhole);
  REQUIRE_FALSE(DecodeRequest(frame, limits, request, error));
  CHECK_FALSE(error.message.empty());
  return error;
}

bool Accepts(uint16_t type, std::string_view payload) {
  Frame frame;
  frame.header.type = type;
  frame.payload = payload;
  Request request;
  ErrorReply error;
  return DecodeRequest(frame, wire::Limits{}, request, error);
}

std::string Candles(const CandlesRequest& request) {
  return PayloadOf(
      [&](wire::Writer writer) { client::WriteCandles(SeriesId{1}, request, writer); });
}

/// A valid payload of every type.
std::vector<std::pair<wire::Type, std::string>> ValidRequests() {
  const std::vector<SymbolView> symbols = {{"BTC", "USD", "kraken"}, {"ETH", "USD", "kraken"}};
  const std::vector<Reference> references = {{"BTC", "USD", "kraken"}, {"ETH", "USD", "kraken"}};
  const std::vector<Tick> ticks(3);
  const std::vector<SeriesId> ids = {SeriesId{1}, SeriesId{2}};
  const std::vector<std::string> names = {"BTC", "ETH"};
  const SymbolView symbol = symbols[0];
  const auto write_symbols = [&](wire::Writer w) { client::WriteSymbols(symbols, w); };
  const auto write_ticks = [&](wire::Writer w) {
    client::WriteIngestHead(wire::Ack::kDurable, 3, w);
    w.Records(std::span(ticks));
  };
  const auto write_ids = [&](wire::Writer w) { client::WriteIds(ids, w); };
  const auto write_candles = [&](wire::Writer w) { client::WriteCandles(symbol, {}, w); };
  CandlesRequest of_tier;
  of_tier.from_ms = 0;
  const auto write_history = [&](wire::Writer w) { client::WriteCandles(symbol, of_tier, w); };
  const auto write_exchange = [&](wire::Writer w) { client::WriteExchanges("kraken", true, w); };
  const auto write_bases = [&](wire::Writer w) { client::WriteNames(names, w); };
  const auto write_base = [&](wire::Writer w) { w.Text("BTC"); };
  const auto write_reference = [&](wire::Writer w) { w.Names(symbol); };
  const auto write_references = [&](wire::Writer w) { client::WriteReferences(references, w); };
  const auto write_backup = [&](wire::Writer w) { client::WriteBackup("/backups", 7, 0, w); };
  const auto write_letters = [&](wire::Writer w) { client::WriteDeadLetters("t", 1, 2, 3, w); };
  return {
      {wire::Type::kPing, ""},
      {wire::Type::kRegister, PayloadOf(write_symbols)},
      {wire::Type::kIngest, PayloadOf(write_ticks)},
      {wire::Type::kLatestByIds, PayloadOf(write_ids)},
      {wire::Type::kLatestBySymbols, PayloadOf(write_symbols)},
      {wire::Type::kCandles, PayloadOf(write_candles)},
      {wire::Type::kExchanges, PayloadOf(write_exchange)},
      {wire::Type::kBases, PayloadOf(write_bases)},
      {wire::Type::kPricesOfBase, PayloadOf(write_base)},
      {wire::Type::kReferences, ""},
      {wire::Type::kSetReference, PayloadOf(write_reference)},
      {wire::Type::kRemoveReference, PayloadOf(write_base)},
      {wire::Type::kReplaceReferences, PayloadOf(write_references)},
      {wire::Type::kStatus, ""},
      {wire::Type::kCheckpoint, ""},
      {wire::Type::kBackup, PayloadOf(write_backup)},
      {wire::Type::kDeadLetters, PayloadOf(write_letters)},
      {wire::Type::kCluster, ""},
      {wire::Type::kHistory, PayloadOf(write_history)},
  };
}

}  // namespace

TEST_CASE("a frame is whole only with its last byte", "[protocol][binary]") {
  const std::string bytes = FrameOf(wire::Type::kPricesOfBase, "abc") + "next";
  Frame frame;
  ErrorReply error;
  for (size_t size = 0; size < wire::kHeaderBytes + 3; ++size) {
    CHECK(NextFrame(bytes.substr(0, size), {}, frame, error) == FrameState::kPart);
  }
  REQUIRE(NextFrame(bytes, {}, frame, error) == FrameState::kWhole);
  CHECK(frame.payload == "abc");
  CHECK(frame.bytes() == wire::kHeaderBytes + 3);
}

TEST_CASE("a frame that says it is too long is refused as soon as its header is there",
          "[protocol][binary]") {
  std::string bytes;
  wire::AppendHeader({wire::kPayloadBytesMax, 2, 0, 77}, bytes);
  Frame frame;
  ErrorReply error;
  CHECK(NextFrame(bytes, {}, frame, error) == FrameState::kPart);
  bytes.clear();
  wire::AppendHeader({wire::kPayloadBytesMax + 1, 2, 0, 77}, bytes);
  REQUIRE(NextFrame(bytes, {}, frame, error) == FrameState::kBroken);
  CHECK(error.code == ErrorCode::kFrameTooLarge);
  CHECK(frame.header.request_id == 77);
}

TEST_CASE("an HTTP request at the binary port is refused", "[protocol][binary]") {
  Frame frame;
  ErrorReply error;
  CHECK(NextFrame("GET / HTTP/1.1\r\nHost: x\r\n\r\n", {}, frame, error) == FrameState::kBroken);
  CHECK(error.code == ErrorCode::kFrameTooLarge);
}

TEST_CASE("a request with flags is refused", "[protocol][binary]") {
  std::string bytes;
  wire::AppendHeader({0, 2, wire::kMore, 1}, bytes);
  Frame frame;
  ErrorReply error;
  CHECK(NextFrame(bytes, {}, frame, error) == FrameState::kBroken);
  CHECK(error.code == ErrorCode::kMalformedFrame);
}

TEST_CASE("a connection must begin with a hello of this protocol", "[protocol][binary]") {
  const std::string hello =
      PayloadOf([](wire::Writer writer) { client::WriteHello(ClientOptions{}, writer); });
  const auto code = [](wire::Type type, std::string payload) {
    const std::string bytes = FrameOf(type, payload);
    Frame frame;
    HelloRequest request;
    ErrorReply error;
    REQUIRE(NextFrame(bytes, {}, frame, error) == FrameState::kWhole);
    return DecodeHello(frame, request, error) ? ErrorCode{} : error.code;
  };
  CHECK(code(wire::Type::kHello, hello) == ErrorCode{});
  CHECK(code(wire::Type::kHello, hello + std::string("\2\0ab and what comes later", 26)) ==
        ErrorCode{});
  CHECK(code(wire::Type::kPing, "") == ErrorCode::kHelloRequired);
  CHECK(code(wire::Type::kHello, "") == ErrorCode::kMalformedFrame);
  CHECK(code(wire::Type::kHello, "WICK" + hello.substr(4)) == ErrorCode::kMalformedFrame);
  CHECK(code(wire::Type::kHello, std::string("wick\2\0\0\0", 8)) == ErrorCode::kUnsupportedVersion);
  CHECK(code(wire::Type::kHello, std::string("wick\0\0\0\0", 8)) == ErrorCode::kUnsupportedVersion);
  for (size_t size = 4; size < hello.size(); ++size) {
    CHECK(code(wire::Type::kHello, hello.substr(0, size)) == ErrorCode::kBadRequest);
  }
  const std::string long_name = std::string("wick\1\0\x41\0", 8) + std::string(65, 'n');
  CHECK(code(wire::Type::kHello, long_name) == ErrorCode::kBadRequest);
  const std::string long_token = hello + std::string("\x01\x04", 2) + std::string(1'025, 't');
  CHECK(code(wire::Type::kHello, long_token) == ErrorCode::kBadRequest);
}

TEST_CASE("a question for no or too many dead letters is refused", "[protocol][binary]") {
  const auto code = [](std::string_view topic, uint32_t limit) {
    return Refused(wire::Type::kDeadLetters, PayloadOf([&](wire::Writer w) {
                     client::WriteDeadLetters(topic, 0, 0, limit, w);
                   }))
        .code;
  };
  CHECK(code("t", 0) == ErrorCode::kBadRequest);
  CHECK(code("t", 101) == ErrorCode::kBadRequest);
  CHECK(code(std::string(250, 't'), 1) == ErrorCode::kBadRequest);
}

TEST_CASE("a second hello and an unknown type are refused, and the connection goes on",
          "[protocol][binary]") {
  CHECK(Refused(wire::Type::kHello, "").code == ErrorCode::kBadRequest);
  for (const uint16_t type : {0, 21, 0x7FFF, 0x8002, 0xFFFF}) {
    CHECK(Refused(static_cast<wire::Type>(type), "").code == ErrorCode::kUnknownType);
  }
}

TEST_CASE("every request is refused when it is cut short or goes on too long",
          "[protocol][binary]") {
  for (const auto& [type, payload] : ValidRequests()) {
    CAPTURE(RequestType(type));
    CHECK(Accepts(RequestType(type), payload));
    for (size_t size = 0; size < payload.size(); ++size) {
      CHECK(Refused(type, payload.substr(0, size)).code == ErrorCode::kBadRequest);
    }
    CHECK(Refused(type, payload + '\0').code == ErrorCode::kBadRequest);
  }
}

TEST_CASE("a list longer than the limits is too_large, one that cannot fit is bad_request",
          "[protocol][binary]") {
  const wire::Limits limits{wire::kPayloadBytesMax, 2, 1, 10};
  for (const auto& [type, payload] : ValidRequests()) {
    CAPTURE(RequestType(type));
    const bool is_list = type == wire::Type::kRegister || type == wire::Type::kIngest ||
                         type == wire::Type::kLatestByIds || type == wire::Type::kLatestBySymbols ||
                         type == wire::Type::kBases || type == wire::Type::kReplaceReferences;
    if (!is_list) continue;
    CHECK(Refused(type, payload, limits).code == ErrorCode::kTooLarge);

    std::string lying = payload;
    const uint32_t count = 5'000;
    std::memcpy(lying.data() + (type == wire::Type::kIngest ? 4 : 0), &count, sizeof(count));
    CHECK(Refused(type, lying).code == ErrorCode::kBadRequest);
  }
}

TEST_CASE("an empty list is a request like any other", "[protocol][binary]") {
  CHECK(Accepts(RequestType(wire::Type::kRegister), std::string(4, '\0')));
  CHECK(Accepts(RequestType(wire::Type::kIngest), std::string(8, '\0')));
  CHECK(Accepts(RequestType(wire::Type::kBases), std::string(4, '\0')));
}

TEST_CASE("an ingest with an unknown ack or reserved bytes is refused", "[protocol][binary]") {
  const std::string none(8, '\0');
  for (size_t byte = 0; byte < 4; ++byte) {
    std::string payload = none;
    payload[byte] = 3;
    CHECK(Refused(wire::Type::kIngest, payload).code == ErrorCode::kBadRequest);
  }
}

TEST_CASE("a candles request that cannot be answered is refused", "[protocol][binary]") {
  const auto refuses = [](const CandlesRequest& request) {
    return !Accepts(RequestType(wire::Type::kCandles), Candles(request));
  };
  CandlesRequest request;
  REQUIRE_FALSE(refuses(request));

  request.limit = 0;
  CHECK(refuses(request));
  request.limit = wire::kCandlesPerRequestMax + 1;
  CHECK(refuses(request));
  request.limit = wire::kCandlesPerRequestMax;
  CHECK_FALSE(refuses(request));

  request.from_ms = 10;
  request.to_ms = 10;
  CHECK(refuses(request));
  request.to_ms = 11;
  CHECK_FALSE(refuses(request));
  request.to_ms.reset();
  CHECK_FALSE(refuses(request));

  request.interval = {0, IntervalUnit::kMinute};
  CHECK(refuses(request));
  request.interval = {1, IntervalUnit{'x'}};
  CHECK(refuses(request));
  request.interval = {2, IntervalUnit::kWeek};
  CHECK(refuses(request));
  request.interval = {1, IntervalUnit::kWeek};
  CHECK_FALSE(refuses(request));
  request.interval = {2, IntervalUnit::kMonth};
  CHECK(refuses(request));
  request.interval = {1, IntervalUnit::kMonth};
  CHECK_FALSE(refuses(request));
  request.interval = {367, IntervalUnit::kDay};
  CHECK(refuses(request));
  request.interval = {366, IntervalUnit::kDay};
  CHECK_FALSE(refuses(request));
  request.interval = {UINT32_MAX, IntervalUnit::kHour};
  CHECK(refuses(request));

  // The interval is not read where another grain is asked for.
  request.grain = Grain::kAuto;
  CHECK_FALSE(refuses(request));
  for (const auto& [byte, value] : {std::pair{0, 3}, std::pair{1, 3}, std::pair{3, 8}}) {
    std::string payload = Candles(request);
    payload[static_cast<size_t>(byte)] = static_cast<char>(value);
    CHECK(Refused(wire::Type::kCandles, payload).code == ErrorCode::kBadRequest);
  }
}

TEST_CASE("references that name a base twice are refused", "[protocol][binary]") {
  const std::vector<Reference> twice = {
      {"BTC", "USD", "a"}, {"ETH", "USD", "a"}, {"BTC", "EUR", "b"}};
  const std::string payload =
      PayloadOf([&](wire::Writer writer) { client::WriteReferences(twice, writer); });
  CHECK(Refused(wire::Type::kReplaceReferences, payload).code == ErrorCode::kBadRequest);
}

TEST_CASE("no bytes harm the decoder", "[protocol][binary]") {
  const uint32_t seed = 20'240'501;
  CAPTURE(seed);
  std::mt19937 random(seed);
  const auto valid = ValidRequests();
  Request request;
  ErrorReply error;
  for (int round = 0; round < 50'000; ++round) {
    auto [type, payload] = valid[random() % valid.size()];
    for (uint32_t flips = random() % 4; flips > 0 && !payload.empty(); --flips) {
      payload[random() % payload.size()] = static_cast<char>(random());
    }
    if (random() % 4 == 0) payload.resize(random() % (payload.size() + 1));
    Frame frame;
    frame.header.type = random() % 8 ? RequestType(type) : static_cast<uint16_t>(random() % 20);
    // Exactly as many bytes as the payload has, so that a sanitizer sees every one too many.
    const std::vector<char> exact(payload.begin(), payload.end());
    frame.payload = std::string_view(exact.data(), exact.size());
    error.message.clear();
    if (!DecodeRequest(frame, wire::Limits{}, request, error)) REQUIRE_FALSE(error.message.empty());
    HelloRequest hello;
    frame.header.type = RequestType(wire::Type::kHello);
    DecodeHello(frame, hello, error);
    NextFrame(frame.payload, wire::Limits{}, frame, error);
  }
}

}  // namespace wick::protocol::binary
