// What the client writes the server reads, and the other way round.
#include <cmath>
#include <limits>

#include "catch.h"
#include "client/codec.h"
#include "protocol/binary_replies.h"
#include "protocol/binary_requests.h"

namespace wick::protocol::binary {
namespace {

/// The request that `write` makes of a payload, as the server sees it.
template <typename T, typename Write>
T Sent(wire::Type type, Write write) {
  // Views in the result point into it.
  static std::string bytes;
  bytes.clear();
  const size_t start = wire::BeginFrame(RequestType(type), 7, bytes);
  write(wire::Writer(bytes));
  wire::EndFrame(start, bytes);
  Frame frame;
  Request request;
  ErrorReply error;
  REQUIRE(NextFrame(bytes, wire::Limits{}, frame, error) == FrameState::kWhole);
  const bool decoded = DecodeRequest(frame, wire::Limits{}, request, error);
  INFO(error.message);
  REQUIRE(decoded);
  REQUIRE(std::holds_alternative<T>(request));
  return std::get<T>(request);
}

/// The payload of a reply that fits in one frame.
std::string_view Payload(std::string_view frame, uint16_t type) {
  const wire::Header header = wire::ReadHeader(frame);
  REQUIRE(header.type == type);
  REQUIRE(header.request_id == 9);
  REQUIRE(header.flags == 0);
  REQUIRE(frame.size() == wire::kHeaderBytes + header.payload_bytes);
  return frame.substr(wire::kHeaderBytes);
}

template <typename T>
T Received(std::string_view frame, wire::Type type) {
  T value{};
  REQUIRE(client::ReadReply(Payload(frame, ReplyType(type)), value));
  return value;
}

const Symbol kBtc{"BTC", "USD", "kraken"};
const Symbol kOdd{"人民币", "U.S-D 1", "an exchange"};
const Price kPrice{46450.5, 12.25, std::numeric_limits<double>::denorm_min(), 1'700'000'000'123};

}  // namespace

TEST_CASE("hello carries the client's name and, if there is one, a token", "[protocol][binary]") {
  for (const bool with_token : {false, true}) {
    ClientOptions options;
    options.name = "price feed";
    if (with_token) options.token = "secret";
    std::string bytes;
    const size_t start = wire::BeginFrame(RequestType(wire::Type::kHello), 1, bytes);
    client::WriteHello(options, wire::Writer(bytes));
    wire::EndFrame(start, bytes);
    Frame frame;
    HelloRequest hello;
    ErrorReply error;
    REQUIRE(NextFrame(bytes, wire::Limits{}, frame, error) == FrameState::kWhole);
    REQUIRE(DecodeHello(frame, hello, error));
    CHECK(hello.version == wire::kVersion);
    CHECK(hello.client_name == "price feed");
    CHECK(hello.token.has_value() == with_token);
    if (with_token) CHECK(*hello.token == "secret");
  }
}

TEST_CASE("symbols reach the server in their order", "[protocol][binary]") {
  const std::vector<SymbolView> symbols = {kBtc, kOdd, {}};
  const auto write = [&](wire::Writer writer) { client::WriteSymbols(symbols, writer); };
  CHECK(Sent<RegisterRequest>(wire::Type::kRegister, write).symbols == symbols);
  CHECK(Sent<LatestBySymbolsRequest>(wire::Type::kLatestBySymbols, write).symbols == symbols);
}

TEST_CASE("ticks are read where they lie in the frame", "[protocol][binary]") {
  const std::vector<Tick> ticks = {TickOf(SeriesId{3}, kPrice), TickOf(kNoSeries, Price{})};
  const auto request = Sent<IngestRequest>(wire::Type::kIngest, [&](wire::Writer writer) {
    client::WriteIngestHead(wire::Ack::kMemory, 2, writer);
    writer.Records(std::span(ticks));
  });
  CHECK(request.ack == engine::Ack::kMemory);
  REQUIRE(request.ticks.size() == 2);
  CHECK(request.ticks[0].series == 3);
  CHECK(PriceOf(request.ticks[0]) == kPrice);
  CHECK(request.ticks[1].series == Raw(kNoSeries));
}

TEST_CASE("a batch of ids is read where it lies in the frame", "[protocol][binary]") {
  std::vector<SeriesId> ids;
  for (uint32_t i = 0; i < wire::kEntriesPerRequestMax; ++i) ids.push_back(SeriesId{i * 3});
  const auto request = Sent<LatestByIdsRequest>(
      wire::Type::kLatestByIds, [&](wire::Writer writer) { client::WriteIds(ids, writer); });
  REQUIRE(request.series.size() == ids.size());
  CHECK(request.series[0] == 0);
  CHECK(request.series[9'999] == 29'997);
}

TEST_CASE("every kind of candles request survives the way to the server", "[protocol][binary]") {
  std::vector<CandlesRequest> requests(5);
  requests[1].from_ms = 1'000;
  requests[2].to_ms = 2'000;
  requests[2].interval = {1, IntervalUnit::kMonth};
  requests[3] = {Grain::kFixed, {90, IntervalUnit::kSecond}, 5, 6, 10'000, Fill::kNull};
  requests[4].grain = Grain::kFinest;
  requests[4].fill = Fill::kPrevious;
  for (const CandlesRequest& candles : requests) {
    const auto by_id = Sent<BinaryCandlesRequest>(wire::Type::kCandles, [&](wire::Writer writer) {
      client::WriteCandles(SeriesId{12}, candles, writer);
    });
    CHECK(by_id.candles == candles);
    REQUIRE(std::holds_alternative<SeriesId>(by_id.series));
    CHECK(std::get<SeriesId>(by_id.series) == SeriesId{12});
    const auto by_symbol = Sent<BinaryCandlesRequest>(
        wire::Type::kCandles,
        [&](wire::Writer writer) { client::WriteCandles(SymbolView(kOdd), candles, writer); });
    CHECK(by_symbol.candles == candles);
    REQUIRE(std::holds_alternative<SymbolView>(by_symbol.series));
    CHECK(std::get<SymbolView>(by_symbol.series) == SymbolView(kOdd));
  }
}

TEST_CASE("catalogue requests survive the way to the server", "[protocol][binary]") {
  const auto exchanges = [](std::optional<std::string_view> only, bool pairs) {
    return Sent<ExchangesRequest>(wire::Type::kExchanges, [&](wire::Writer writer) {
      client::WriteExchanges(only, pairs, writer);
    });
  };
  CHECK(exchanges(std::nullopt, true).pairs);
  CHECK_FALSE(exchanges(std::nullopt, false).exchange);
  CHECK(exchanges("kraken", false).exchange == "kraken");
  CHECK_FALSE(exchanges("kraken", false).pairs);
  CHECK(exchanges("", true).exchange == "");

  const std::vector<std::string> bases = {"BTC", "ETH"};
  CHECK(Sent<BasesRequest>(wire::Type::kBases, [&](wire::Writer writer) {
          client::WriteNames(bases, writer);
        }).base_currencies == bases);
  CHECK(Sent<PricesOfBaseRequest>(wire::Type::kPricesOfBase, [&](wire::Writer writer) {
          writer.Text("BTC");
        }).base_currency == "BTC");
}

TEST_CASE("reference requests survive the way to the server", "[protocol][binary]") {
  const std::vector<Reference> references = {{"BTC", "USD", "kraken"}, {"ETH", "EUR", "binance"}};
  CHECK(Sent<ReplaceReferencesRequest>(wire::Type::kReplaceReferences, [&](wire::Writer writer) {
          client::WriteReferences(references, writer);
        }).references == references);
  CHECK(Sent<SetReferenceRequest>(wire::Type::kSetReference, [&](wire::Writer writer) {
          writer.Names(client::NamesOf(references[0]));
        }).reference == references[0]);
  CHECK(Sent<RemoveReferenceRequest>(wire::Type::kRemoveReference, [&](wire::Writer writer) {
          writer.Text("ETH");
        }).base_currency == "ETH");
}

TEST_CASE("a backup request survives the way to the server, its reply the way back",
          "[protocol][binary]") {
  const auto backup = Sent<BackupRequest>(wire::Type::kBackup, [](wire::Writer writer) {
    client::WriteBackup("/backups", 7, uint64_t{1} << 40, writer);
  });
  CHECK(backup.directory == "/backups");
  CHECK(backup.keep == 7);
  CHECK(backup.bytes_per_second == uint64_t{1} << 40);
  const wire::BackupReply reply{1, 2, uint64_t{3} << 40, uint64_t{4} << 40};
  std::string bytes;
  AppendBackup(9, reply, bytes);
  CHECK(Received<wire::BackupReply>(bytes, wire::Type::kBackup) == reply);
}

TEST_CASE("a question for dead letters survives the way to the server", "[protocol][binary]") {
  const auto letters = Sent<DeadLettersRequest>(wire::Type::kDeadLetters, [](wire::Writer writer) {
    client::WriteDeadLetters("ticks", 7, uint64_t{1} << 40, 9, writer);
  });
  CHECK(letters.topic == "ticks");
  CHECK(letters.partition == 7);
  CHECK(letters.offset == uint64_t{1} << 40);
  CHECK(letters.limit == 9);
}

TEST_CASE("requests without a payload have none", "[protocol][binary]") {
  const auto nothing = [](wire::Writer) {};
  Sent<PingRequest>(wire::Type::kPing, nothing);
  Sent<ReferencesRequest>(wire::Type::kReferences, nothing);
  Sent<StatusRequest>(wire::Type::kStatus, nothing);
  Sent<CheckpointRequest>(wire::Type::kCheckpoint, nothing);
  Sent<ClusterRequest>(wire::Type::kCluster, nothing);
}

TEST_CASE("the small replies survive the way to the client", "[protocol][binary]") {
  std::string bytes;
  const wire::HelloReply hello{1, "0.1.0", {1'000, 20, 30, 40}, 12};
  AppendHello(9, hello, bytes);
  CHECK(Received<wire::HelloReply>(bytes, wire::Type::kHello) == hello);

  bytes.clear();
  const wire::RegisterReply registered{
      {{SeriesId{5}, Refusal::kNone}, {kNoSeries, Refusal::kInvalidName}},
      {{1, Refusal::kInvalidName, "a '/' in the currency \"A/B\""}}};
  AppendRegister(9, registered, bytes);
  CHECK(Received<wire::RegisterReply>(bytes, wire::Type::kRegister) == registered);

  bytes.clear();
  const wire::IngestReply ingested{10, 2, 1, {{7, Refusal::kFutureTimestamp, "11 s ahead"}}};
  AppendIngest(9, ingested, bytes);
  CHECK(Received<wire::IngestReply>(bytes, wire::Type::kIngest) == ingested);

  bytes.clear();
  AppendError(9, ErrorCode::kUnknownSeries, "series 12 was never registered", bytes);
  ClientError error;
  REQUIRE(client::ReadReply(Payload(bytes, wire::kErrorType), error));
  CHECK(error.code == ErrorCode::kUnknownSeries);
  CHECK(error.message == "series 12 was never registered");

  bytes.clear();
  AppendDone(9, wire::Type::kCheckpoint, bytes);
  CHECK(Payload(bytes, ReplyType(wire::Type::kCheckpoint)).empty());

  bytes.clear();
  AppendStatus(9, "{\"version\":\"0.1.0\"}", bytes);
  CHECK(Payload(bytes, ReplyType(wire::Type::kStatus)) == "{\"version\":\"0.1.0\"}");
}

TEST_CASE("a server that says nothing of partitions stands alone", "[protocol][binary]") {
  std::string bytes;
  AppendHello(9, {1, "0.1.0", {}, 12}, bytes);
  bytes.resize(bytes.size() - sizeof(uint32_t));
  wire::HelloReply hello;
  REQUIRE(client::ReadReply(std::string_view(bytes).substr(wire::kHeaderBytes), hello));
  CHECK(hello == wire::HelloReply{1, "0.1.0", {}, 0});
}

TEST_CASE("the map of a cluster survives the way to the client", "[protocol][binary]") {
  const wire::ClusterReply alone;
  const wire::ClusterReply three{
      5, 2, {{"a:1", "a:2", {0, 3}}, {"[::1]:80", "[::1]:81", {}}, {"c:1", "c:2", {1, 2, 4}}}};
  for (const wire::ClusterReply& reply : {alone, three}) {
    std::string bytes;
    AppendCluster(9, reply, bytes);
    CHECK(Received<wire::ClusterReply>(bytes, wire::Type::kCluster) == reply);
  }
}

TEST_CASE("a count of partitions that cannot be there is found out", "[protocol][binary]") {
  std::string payload;
  wire::Writer writer(payload);
  for (const uint32_t number : {4u, 0u, 1u}) writer.U32(number);
  writer.Text("a:1");
  writer.Text("a:2");
  writer.U32(UINT32_MAX);
  wire::ClusterReply reply;
  CHECK_FALSE(client::ReadReply(payload, reply));
}

TEST_CASE("only the error of a moved pair has an address", "[protocol][binary]") {
  std::string bytes;
  AppendMoved(9, "node 1 has BTC/USD", "wick-1:8081", bytes);
  ClientError error;
  REQUIRE(client::ReadReply(Payload(bytes, wire::kErrorType), error));
  CHECK(error.code == ErrorCode::kMoved);
  CHECK(error.message == "node 1 has BTC/USD");
  CHECK(error.address == "wick-1:8081");

  bytes.clear();
  AppendError(9, ErrorCode::kUnavailable, "going down", bytes);
  bytes += "newer";
  REQUIRE(client::ReadReply(std::string_view(bytes).substr(wire::kHeaderBytes), error));
  CHECK(error.address.empty());
}

TEST_CASE("a reply lists the first hundred rejections and no more", "[protocol][binary]") {
  wire::IngestReply reply;
  reply.rejected = 150;
  for (uint32_t i = 0; i < 150; ++i) {
    reply.rejections.push_back({i, Refusal::kInvalidPrice, std::string(5'000, 'x')});
  }
  std::string bytes;
  AppendIngest(9, reply, bytes);
  const auto received = Received<wire::IngestReply>(bytes, wire::Type::kIngest);
  CHECK(received.rejected == 150);
  REQUIRE(received.rejections.size() == wire::kRejectionsPerReplyMax);
  CHECK(received.rejections[99].index == 99);
  CHECK(received.rejections[99].message.size() == wire::kMessageBytesMax);
}

TEST_CASE("a message is not cut within a UTF-8 character", "[protocol][binary]") {
  std::string bytes;
  const std::string fitting(wire::kMessageBytesMax - 1, 'x');
  AppendError(9, ErrorCode::kBadRequest, fitting + "é", bytes);
  ClientError error;
  REQUIRE(client::ReadReply(Payload(bytes, wire::kErrorType), error));
  CHECK(error.message == fitting);
}

TEST_CASE("prices survive the way to the client bit for bit", "[protocol][binary]") {
  const std::vector<Price> prices = {kPrice, Price{}, {1e308, 0, 5e-324, UINT64_MAX}};
  for (const wire::Type type : {wire::Type::kLatestByIds, wire::Type::kLatestBySymbols}) {
    std::string bytes;
    AppendLatest(9, type, prices, bytes);
    CHECK(Received<std::vector<Price>>(bytes, type) == prices);
  }
}

TEST_CASE("history is asked for with a beginning, of a tier, without fill", "[protocol][binary]") {
  CandlesRequest good;
  good.from_ms = 0;
  const auto payload = [](const CandlesRequest& candles) {
    return [&candles](wire::Writer writer) { client::WriteCandles(SeriesId{12}, candles, writer); };
  };
  for (const IntervalUnit unit :
       {IntervalUnit::kSecond, IntervalUnit::kMinute, IntervalUnit::kHour, IntervalUnit::kDay}) {
    good.interval = {1, unit};
    CHECK(Sent<HistoryRequest>(wire::Type::kHistory, payload(good)).candles == good);
  }
  std::vector<CandlesRequest> bad(6, good);
  bad[0].from_ms.reset();
  bad[1].fill = Fill::kPrevious;
  bad[2].grain = Grain::kFinest;
  bad[3].interval = {5, IntervalUnit::kMinute};
  bad[4].interval = {1, IntervalUnit::kWeek};
  bad[5].limit = 0;
  for (const CandlesRequest& candles : bad) {
    std::string bytes;
    const size_t start = wire::BeginFrame(RequestType(wire::Type::kHistory), 1, bytes);
    payload(candles)(wire::Writer(bytes));
    wire::EndFrame(start, bytes);
    Frame frame;
    Request request;
    ErrorReply error;
    REQUIRE(NextFrame(bytes, wire::Limits{}, frame, error) == FrameState::kWhole);
    CHECK_FALSE(DecodeRequest(frame, wire::Limits{}, request, error));
    CHECK(error.code == ErrorCode::kBadRequest);
  }
}

TEST_CASE("of history the client keeps the candles of its range", "[protocol][binary]") {
  constexpr codec::Chunk kChunk = 27'000;
  constexpr codec::Bucket kFirst = codec::FirstBucket(kChunk);
  engine::HistoryReply reply;
  reply.interval = {1, IntervalUnit::kMinute};
  reply.available_from_ms = 60'000;
  reply.from_ms = (kFirst + 1) * 60'000ull;
  reply.end_ms = (kFirst + 3) * 60'000ull;
  reply.more = true;
  const std::vector<codec::FoldedCandle> stored = {{kFirst, 0, 0, 1, 1, 1, 1, 1, 0, 0},
                                                   {kFirst + 1, 0, 9, 2, 1.5, 4, 1, 3, 5, 6},
                                                   {kFirst + 2, 0, 0, 1, 7, 7, 7, 7, 0, 0},
                                                   {kFirst + 3, 0, 0, 1, 8, 8, 8, 8, 0, 0}};
  auto& chunk = reply.chunks.emplace_back();
  chunk.number = kChunk;
  codec::EncodeChunk(stored, chunk.bytes);
  std::string bytes;
  AppendHistory(9, reply, bytes);
  const std::string_view payload = std::string_view(bytes).substr(wire::kHeaderBytes);
  CandlesReply received;
  REQUIRE(client::ReadHistory(payload, 1, received));
  CHECK(received.interval == reply.interval);
  CHECK(received.available_from_ms == 60'000);
  CHECK(received.next_ms == reply.end_ms);
  REQUIRE(received.candles.size() == 2);
  const Candle& first = received.candles[0];
  CHECK(first.timestamp_ms == reply.from_ms);
  CHECK(std::tie(first.open, first.high, first.low, first.close) == std::tuple(1.5, 4.0, 1.0, 3.0));
  CHECK(first.count == 2);
  CHECK(std::tie(first.base_volume_last_24h, first.quote_volume_last_24h) == std::tuple(5.0, 6.0));
  CHECK(first.interval == reply.interval);
  CHECK(first.closed);
  CHECK(received.candles[1].open == 7);

  for (size_t size = 0; size < payload.size(); ++size) {
    CandlesReply cut;
    CHECK_FALSE(client::ReadHistory(payload.substr(0, size), 1, cut));
  }
  CandlesReply extended;  // by a newer server
  CHECK(client::ReadHistory(std::string(payload) + "more", 1, extended));

  reply.more = false;
  bytes.clear();
  AppendHistory(9, reply, bytes);
  CandlesReply last;
  REQUIRE(client::ReadHistory(std::string_view(bytes).substr(wire::kHeaderBytes), 1, last));
  CHECK_FALSE(last.next_ms);
}

TEST_CASE("history that no server sends is refused before it fills the memory",
          "[protocol][binary]") {
  constexpr codec::Bucket kFirst = codec::FirstBucket(5);
  engine::HistoryReply good;
  good.interval = {1, IntervalUnit::kSecond};
  good.from_ms = kFirst * 1'000ull;
  good.end_ms = (kFirst + 4 * codec::kBucketsPerChunk) * 1'000ull;
  for (codec::Chunk number = 5; number < 9; ++number) {
    std::vector<codec::FoldedCandle> full;
    for (codec::Bucket i = 0; i < codec::kBucketsPerChunk; ++i) {
      full.push_back({codec::FirstBucket(number) + i, 0, 0, 1, 1, 1, 1, 1, 0, 0});
    }
    codec::EncodeChunk(full, good.chunks.emplace_back().bytes);
    good.chunks.back().number = number;
  }
  const auto reads = [](const engine::HistoryReply& reply, uint32_t limit) {
    std::string bytes;
    AppendHistory(9, reply, bytes);
    CandlesReply received;
    return client::ReadHistory(std::string_view(bytes).substr(wire::kHeaderBytes), limit, received);
  };
  CHECK(reads(good, 4 * 1'024));
  CHECK(reads(good, 2 * 1'024 + 2));
  CHECK_FALSE(reads(good, 2 * 1'024 + 1));  // more than two chunks beyond the limit
  engine::HistoryReply bad = good;
  std::swap(bad.chunks[1], bad.chunks[2]);
  CHECK_FALSE(reads(bad, 10'000));
  bad = good;
  bad.end_ms = codec::FirstBucket(8) * 1'000ull;  // the last chunk is behind it
  CHECK_FALSE(reads(bad, 10'000));
  bad.chunks.pop_back();
  CHECK(reads(bad, 10'000));
  bad.from_ms = codec::FirstBucket(6) * 1'000ull;
  CHECK_FALSE(reads(bad, 10'000));
  bad = good;
  bad.chunks.back().number = codec::kChunkMax + 1;
  CHECK_FALSE(reads(bad, 10'000));
  bad = good;
  bad.interval.unit = IntervalUnit::kWeek;
  CHECK_FALSE(reads(bad, 10'000));
  for (const double price : {-1.0, 0.0, std::numeric_limits<double>::infinity(),
                             std::numeric_limits<double>::quiet_NaN()}) {
    bad = good;
    bad.chunks.resize(1);
    bad.chunks[0].bytes.clear();
    const codec::FoldedCandle candle = {kFirst, 0, 0, 1, price, price, price, price, 0, 0};
    codec::EncodeChunk({&candle, 1}, bad.chunks[0].bytes);
    CHECK_FALSE(reads(bad, 10'000));
  }
}

TEST_CASE("candles survive the way to the client, those of fill=null too", "[protocol][binary]") {
  CandlesReply reply;
  reply.grain = Grain::kFinest;
  reply.interval = {4, IntervalUnit::kHour};
  reply.available_from_ms = 1'000;
  reply.next_ms = 3'000;
  reply.candles.push_back(
      {1'000, 1, 4, 0.5, 2, uint64_t{1} << 40, 10, 20, {1, IntervalUnit::kDay}, true, false});
  const double nan = std::numeric_limits<double>::quiet_NaN();
  reply.candles.push_back(
      {2'000, nan, nan, nan, nan, 0, 0, 0, {1, IntervalUnit::kSecond}, false, true});
  std::string bytes;
  AppendCandles(9, reply, bytes);
  CHECK(bytes.size() == wire::kHeaderBytes + wire::kCandlesHeadBytes + 2 * wire::kCandleBytes);

  const auto received = Received<CandlesReply>(bytes, wire::Type::kCandles);
  CHECK(received.grain == Grain::kFinest);
  CHECK(received.interval == reply.interval);
  CHECK(received.available_from_ms == 1'000);
  CHECK(received.next_ms == 3'000);
  REQUIRE(received.candles.size() == 2);
  const Candle& first = received.candles[0];
  CHECK(first.timestamp_ms == 1'000);
  CHECK(first.open == 1);
  CHECK(first.high == 4);
  CHECK(first.low == 0.5);
  CHECK(first.close == 2);
  CHECK(first.count == uint64_t{1} << 40);
  CHECK(first.base_volume_last_24h == 10);
  CHECK(first.quote_volume_last_24h == 20);
  CHECK(first.interval == Interval{1, IntervalUnit::kDay});
  CHECK(first.closed);
  CHECK_FALSE(first.filled);
  CHECK(std::isnan(received.candles[1].open));
  CHECK_FALSE(received.candles[1].closed);
  CHECK(received.candles[1].filled);

  bytes.clear();
  reply.next_ms.reset();
  AppendCandles(9, reply, bytes);
  CHECK_FALSE(Received<CandlesReply>(bytes, wire::Type::kCandles).next_ms);
}

TEST_CASE("the catalogue survives the way to the client", "[protocol][binary]") {
  std::string bytes;
  const std::vector<ExchangeListing> exchanges = {
      {"an exchange", 5, {}},
      {"kraken", 7, {{"BTC", "USD", 7}, {"人民币", "EUR", 6}}},
  };
  AppendExchanges(9, exchanges, bytes);
  CHECK(Received<std::vector<ExchangeListing>>(bytes, wire::Type::kExchanges) == exchanges);

  bytes.clear();
  const std::vector<BaseListing> bases = {{{kBtc, kPrice}, 3}, {{kOdd, Price{}}, 1}};
  AppendBases(9, bases, bytes);
  const auto received = Received<std::vector<BaseListing>>(bytes, wire::Type::kBases);
  REQUIRE(received.size() == 2);
  CHECK(received[0].reference == bases[0].reference);
  CHECK(received[0].series == 3);
  CHECK(received[1].reference == bases[1].reference);

  bytes.clear();
  const std::vector<PriceEvent> prices = {{kOdd, kPrice}, {kBtc, kPrice}};
  AppendPricesOfBase(9, prices, bytes);
  CHECK(Received<std::vector<PriceEvent>>(bytes, wire::Type::kPricesOfBase) == prices);

  bytes.clear();
  const std::vector<Reference> references = {{"BTC", "USD", "kraken"}, {"ETH", "", ""}};
  AppendReferences(9, references, bytes);
  CHECK(Received<std::vector<Reference>>(bytes, wire::Type::kReferences) == references);
}

TEST_CASE("a reply longer than a frame goes on in the next one", "[protocol][binary]") {
  ExchangeListing exchange{"an exchange", 1, {}};
  for (int i = 0; i < 100'000; ++i) {
    exchange.pairs.push_back({"BASE" + std::to_string(i), "USD", static_cast<uint64_t>(i)});
  }
  const std::vector<ExchangeListing> exchanges = {exchange};
  std::string bytes = "what was there before";
  const size_t before = bytes.size();
  AppendExchanges(9, exchanges, bytes);

  std::string joined;
  std::vector<wire::Header> headers;
  for (std::string_view left = std::string_view(bytes).substr(before); !left.empty();) {
    headers.push_back(wire::ReadHeader(left));
    joined += left.substr(wire::kHeaderBytes, headers.back().payload_bytes);
    left.remove_prefix(wire::kHeaderBytes + headers.back().payload_bytes);
  }
  REQUIRE(headers.size() == 3);
  for (size_t i = 0; i < headers.size(); ++i) {
    CHECK(headers[i].type == ReplyType(wire::Type::kExchanges));
    CHECK(headers[i].request_id == 9);
    CHECK(headers[i].flags == (i + 1 < headers.size() ? wire::kMore : 0));
    CHECK(headers[i].payload_bytes <= wire::kPayloadBytesMax);
  }
  std::vector<ExchangeListing> received;
  REQUIRE(client::ReadReply(joined, received));
  CHECK(received == exchanges);
}

TEST_CASE("a reply of exactly the longest payload is one frame", "[protocol][binary]") {
  std::string bytes;
  AppendStatus(9, std::string(wire::kPayloadBytesMax, 'x'), bytes);
  CHECK(Payload(bytes, ReplyType(wire::Type::kStatus)).size() == wire::kPayloadBytesMax);
  bytes.clear();
  AppendStatus(9, std::string(wire::kPayloadBytesMax + 1, 'x'), bytes);
  CHECK(bytes.size() == 2 * wire::kHeaderBytes + wire::kPayloadBytesMax + 1);
}

TEST_CASE("a client reads past what a newer server adds at the end of a reply",
          "[protocol][binary]") {
  std::string bytes;
  const wire::IngestReply ingested{10, 2, 0, {}};
  AppendIngest(9, ingested, bytes);
  bytes += "newer";
  wire::IngestReply reply;
  REQUIRE(client::ReadReply(std::string_view(bytes).substr(wire::kHeaderBytes), reply));
  CHECK(reply == ingested);
}

}  // namespace wick::protocol::binary
