#include <chrono>
#include <cstring>
#include <limits>
#include <string>
#include <thread>
#include <vector>

#include "running_server.h"

namespace wick::server {
namespace {

const Symbol kBtc{"BTC", "USD", "Kraken"};

Price PriceAt(double price, uint64_t timestamp_ms) { return {price, 1, 2, timestamp_ms}; }

TEST_CASE("a client registers, ingests and reads back", "[server][binary]") {
  RunningServer running;
  Client client = running.Connect();
  const std::vector<SymbolView> symbols = {kBtc, {"", "USD", "Kraken"}};
  const auto registered = client.Register(symbols);
  REQUIRE(registered.ok());
  CHECK(registered->entries[0].refusal == Refusal::kNone);
  CHECK(registered->entries[1].refusal == Refusal::kInvalidName);
  REQUIRE(registered->rejections.size() == 1);
  CHECK(registered->rejections[0].index == 1);
  const SeriesId series = registered->entries[0].series;

  const std::vector<Tick> ticks = {TickOf(series, PriceAt(5, kNowMs - 60'000)),
                                   TickOf(series, PriceAt(7, kNowMs))};
  const auto ingested = client.Ingest(ticks);
  REQUIRE(ingested.ok());
  CHECK(ingested->accepted == 2);

  const std::vector<SeriesId> ids = {series};
  CHECK(client.Latest(ids).value() == std::vector<Price>{PriceAt(7, kNowMs)});
  const std::vector<SymbolView> asked = {{"X", "USD", "Kraken"}, kBtc};
  CHECK(client.Latest(asked).value() == std::vector<Price>{Price{}, PriceAt(7, kNowMs)});
  const auto candles = client.Candles(kBtc, CandlesRequest{});
  REQUIRE(candles.ok());
  REQUIRE(candles->candles.size() == 2);
  CHECK(candles->candles[1].close == 7);
  CHECK(client.Candles(series, CandlesRequest{})->candles.size() == 2);

  Connection http(running.server().http());
  CHECK(http.Ask(Get("/v1/latest?symbol=Kraken:BTC/USD")).status == 200);
}

TEST_CASE("history in pages is what candles are", "[server][binary]") {
  RunningServer running({"tiers.1s.window=60s"});
  Client client = running.Connect();
  const std::vector<SymbolView> symbols = {kBtc};
  const SeriesId series = client.Register(symbols)->entries[0].series;
  constexpr uint64_t kSeconds = 5'000;
  std::vector<Tick> ticks;
  for (uint64_t i = 0; i < kSeconds; ++i) {
    if (i % 7 != 3)
      ticks.push_back(TickOf(series, PriceAt(1 + i % 9, kNowMs - (kSeconds - i) * 1'000)));
  }
  REQUIRE(client.Ingest(ticks).ok());
  REQUIRE(client.Checkpoint().ok());

  CandlesRequest request;
  request.interval = {1, IntervalUnit::kSecond};
  request.from_ms = kNowMs - 4'500'000;
  request.to_ms = kNowMs - 10'000;
  request.limit = 10'000;
  const auto expected = client.Candles(series, request);
  REQUIRE(expected.ok());
  REQUIRE(expected->candles.size() > 3'500);

  size_t pages = 0;
  bool beyond_limit = false;  // only a page of chunks is
  std::vector<Candle> seen;
  request.limit = 1'000;
  for (std::optional<uint64_t> from_ms = request.from_ms; from_ms; ++pages) {
    request.from_ms = from_ms;
    const auto page =
        pages % 2 == 0 ? client.History(series, request) : client.History(kBtc, request);
    REQUIRE(page.ok());
    CHECK(page->available_from_ms == expected->available_from_ms);
    beyond_limit |= page->candles.size() > request.limit;
    seen.insert(seen.end(), page->candles.begin(), page->candles.end());
    from_ms = page->next_ms;
  }
  CHECK(beyond_limit);
  REQUIRE(seen.size() == expected->candles.size());
  for (size_t i = 0; i < seen.size(); ++i) {
    CAPTURE(i);
    CHECK(seen[i].timestamp_ms == expected->candles[i].timestamp_ms);
    CHECK(seen[i].close == expected->candles[i].close);
    CHECK(seen[i].closed);
  }

  request.from_ms.reset();
  CHECK(client.History(series, request).error().code == ErrorCode::kBadRequest);
  request.from_ms = 0;
  CHECK(client.History(SymbolView{"X", "USD", "Kraken"}, request).error().code ==
        ErrorCode::kUnknownSeries);
}

TEST_CASE("refused ticks are told by index and cost the others nothing", "[server][binary]") {
  RunningServer running;
  Client client = running.Connect();
  const std::vector<SymbolView> symbols = {kBtc};
  const SeriesId series = client.Register(symbols)->entries[0].series;
  const std::vector<Tick> ticks = {
      TickOf(series, PriceAt(0, kNowMs)),
      TickOf(SeriesId{77}, PriceAt(1, kNowMs)),
      TickOf(series, PriceAt(1, kNowMs + 10'001)),
      TickOf(series, PriceAt(std::numeric_limits<double>::quiet_NaN(), kNowMs)),
      TickOf(series, PriceAt(1, kNowMs + 10'000)),
      TickOf(kNoSeries, PriceAt(1, kNowMs)),
  };
  const auto ingested = client.Ingest(ticks);
  REQUIRE(ingested.ok());
  CHECK(ingested->accepted == 1);
  CHECK(ingested->rejected == 5);
  REQUIRE(ingested->rejections.size() == 5);
  const std::vector<std::pair<uint32_t, Refusal>> expected = {{0, Refusal::kInvalidPrice},
                                                              {1, Refusal::kUnknownSeries},
                                                              {2, Refusal::kFutureTimestamp},
                                                              {3, Refusal::kInvalidPrice},
                                                              {5, Refusal::kUnknownSeries}};
  for (size_t i = 0; i < expected.size(); ++i) {
    CHECK(ingested->rejections[i].index == expected[i].first);
    CHECK(ingested->rejections[i].refusal == expected[i].second);
    CHECK_FALSE(ingested->rejections[i].message.empty());
  }
  const std::vector<Tick> many(1'000, TickOf(SeriesId{77}, PriceAt(1, kNowMs)));
  const auto all_refused = client.Ingest(many);
  REQUIRE(all_refused.ok());
  CHECK(all_refused->rejected == 1'000);
  CHECK(all_refused->rejections.size() == wire::kRejectionsPerReplyMax);
}

TEST_CASE("listings, references and operation answer as HTTP does", "[server][binary]") {
  RunningServer running;
  Client client = running.Connect();
  CHECK(client.Ping().ok());
  CHECK(client.Exchanges()->empty());
  const std::vector<SymbolView> symbols = {kBtc};
  const SeriesId series = client.Register(symbols)->entries[0].series;
  const std::vector<Tick> ticks = {TickOf(series, PriceAt(7, kNowMs))};
  REQUIRE(client.Ingest(ticks).ok());

  CHECK(client.Exchanges()->at(0).pairs == std::vector<PairListing>{{"BTC", "USD", kNowMs}});
  CHECK(client.Exchanges("Nowhere")->empty());
  CHECK(client.Bases()->at(0).series == 1);
  CHECK(client.PricesOfBase("BTC")->at(0).price.price == 7);
  CHECK(client.PricesOfBase("ETH")->empty());

  const Reference reference{"BTC", "USD", "Kraken"};
  CHECK(client.SetReference(reference).ok());
  CHECK(client.References().value() == std::vector<Reference>{reference});
  CHECK(client.RemoveReference("BTC").ok());
  const auto twice = client.RemoveReference("BTC");
  REQUIRE_FALSE(twice.ok());
  CHECK(twice.error().code == ErrorCode::kNotFound);
  const auto invalid = client.SetReference({"B/TC", "USD", "Kraken"});
  REQUIRE_FALSE(invalid.ok());
  CHECK(invalid.error().code == ErrorCode::kInvalidName);
  const std::vector<Reference> references = {reference};
  CHECK(client.ReplaceReferences(references).ok());

  CHECK(client.Checkpoint().ok());
  CHECK(client.Status()->find("\"version\"") != std::string::npos);

  const auto unknown = client.Candles(SeriesId{99}, CandlesRequest{});
  REQUIRE_FALSE(unknown.ok());
  CHECK(unknown.error().code == ErrorCode::kUnknownSeries);
  const std::vector<SeriesId> ids = {SeriesId{99}};
  CHECK(client.Latest(ids).error().code == ErrorCode::kUnknownSeries);
  CHECK(client.Ping().ok());  // the connection goes on
}

TEST_CASE("batches in flight beyond every limit arrive whole and once", "[server][binary]") {
  RunningServer running({"ingest.max_inflight_events=1000"});
  ClientOptions options;
  options.port = running.server().binary().port;
  uint64_t accepted = 0;
  auto ingestor =
      Ingestor::Connect(options, {.batch_events = 300, .in_flight_batches = 200},
                        [&](const BatchReport& report) { accepted += report.accepted; });
  REQUIRE(ingestor.ok());
  constexpr uint64_t kEvents = 60'000;
  for (uint64_t i = 0; i < kEvents; ++i) {
    REQUIRE(
        ingestor->Add(kBtc, PriceAt(1 + static_cast<double>(i % 7), kNowMs - kEvents + i)).ok());
  }
  REQUIRE(ingestor->Flush().ok());
  CHECK(ingestor->reconnects() == 0);
  CHECK(accepted == kEvents);
  Client client = running.Connect();
  CandlesRequest request;
  request.interval = {1, IntervalUnit::kMonth};
  CHECK(client.Candles(kBtc, request)->candles.at(0).count == kEvents);
}

wire::Header HeaderOf(const std::string& bytes) {
  REQUIRE(bytes.size() >= wire::kHeaderBytes);
  return wire::ReadHeader(bytes);
}

TEST_CASE("a connection that does not begin with hello is told so and closed", "[server][binary]") {
  RunningServer running;
  Connection raw(running.server().binary());
  std::string ping;
  wire::EndFrame(wire::BeginFrame(wire::RequestType(wire::Type::kPing), 42, ping), ping);
  raw.Send(ping);
  raw.EndSending();
  const std::string reply = raw.ReceiveAll();
  CHECK(HeaderOf(reply).type == wire::kErrorType);
  CHECK(HeaderOf(reply).request_id == 42);
}

TEST_CASE("a frame that is too long is refused before it is read, then the connection ends",
          "[server][binary]") {
  RunningServer running;
  Connection raw(running.server().binary());
  std::string head;
  wire::AppendHeader({wire::kPayloadBytesMax + 1, wire::RequestType(wire::Type::kHello), 0, 7},
                     head);
  raw.Send(head);
  const std::string reply = raw.ReceiveAll();
  CHECK(HeaderOf(reply).type == wire::kErrorType);
  CHECK(HeaderOf(reply).request_id == 7);
}

TEST_CASE("frames that come together are answered in order, up to one that is none",
          "[server][binary]") {
  RunningServer running;
  Client client = running.Connect();
  const SeriesId series = client.Register(std::vector<SymbolView>{kBtc})->entries.at(0).series;
  constexpr uint64_t kFrames = 70;
  std::string frames = HelloFrame();
  for (uint64_t id = 2; id < 2 + kFrames; ++id) frames += LatestFrame(id, Raw(series));
  frames += LatestFrame(90, Raw(series), /*flags=*/1) + LatestFrame(91, Raw(series));
  const size_t cut = GENERATE(0u, 1u, 30u, 45u, 50u, 700u, 1'700u);
  Connection raw(running.server().binary());
  raw.Send(frames.substr(0, cut));
  std::this_thread::sleep_for(std::chrono::milliseconds(cut == 0 ? 0 : 5));
  raw.Send(frames.substr(cut));
  raw.EndSending();
  std::string replies = raw.ReceiveAll();
  for (uint64_t id = 1; id < 2 + kFrames; ++id) {
    const wire::Header header = HeaderOf(replies);
    REQUIRE(header.request_id == id);
    REQUIRE(header.type != wire::kErrorType);
    replies.erase(0, wire::kHeaderBytes + header.payload_bytes);
  }
  CHECK(HeaderOf(replies).request_id == 90);
  CHECK(HeaderOf(replies).type == wire::kErrorType);
  CHECK(replies.size() == wire::kHeaderBytes + HeaderOf(replies).payload_bytes);
  // Each is counted under its own name.
  const std::string page = Connection(running.server().http()).Ask(Get("/metrics")).body;
  const std::string counted =
      "wick_binary_request_duration_seconds_count{type=\"latest_by_ids\"} 70\n";
  CHECK(page.find(counted) != page.npos);
}

TEST_CASE("what is no frame is answered with an error, then the connection ends",
          "[server][binary]") {
  RunningServer running;
  Connection raw(running.server().binary());
  raw.Send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  CHECK(HeaderOf(raw.ReceiveAll()).type == wire::kErrorType);
}

}  // namespace
}  // namespace wick::server
