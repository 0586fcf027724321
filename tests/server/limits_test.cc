// What one client, and all of them together, may take of a running server.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "running_server.h"

namespace wick::server {
namespace {

using namespace std::chrono_literals;

bool Contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

void WriteMinutes(RunningServer& running, int minutes) {
  std::string lines;
  for (int i = 0; i < minutes; ++i) {
    lines += EventJson("BTC", i + 1, kNowMs - static_cast<uint64_t>(minutes - i) * 60'000) + "\n";
  }
  Connection http(running.server().http());
  REQUIRE(http.Ask(WithBody("POST", "/v1/events", lines, "Content-Type: application/x-ndjson\r\n"))
              .status == 200);
  REQUIRE(http.Ask(WithBody("POST", "/v1/admin/checkpoint", "")).status == 200);
}

/// Asks for the newest minutes of Kraken:BTC/USD, 72 bytes each.
void AppendCandlesRequest(uint64_t id, uint32_t limit, std::string& out) {
  const size_t start = wire::BeginFrame(wire::RequestType(wire::Type::kCandles), id, out);
  wire::Writer writer(out);
  writer.U8(0);  // an interval, none filled
  writer.U8(0);
  writer.U8('m');
  writer.U8(wire::kBySymbol);
  writer.U32(1);
  writer.U32(limit);
  writer.U32(0);
  writer.U64(0);
  writer.U64(0);
  writer.Names(Symbol{"BTC", "USD", "Kraken"});
  wire::EndFrame(start, out);
}

TEST_CASE("a header that trickles in is given up, however steadily it comes", "[server][limits]") {
  RunningServer running({"limits.header_timeout=1s"});
  Connection slow(running.server().http());
  slow.Send("GET /healthz HTTP/1.1\r\nHost: x\r\nA: ");
  std::atomic<bool> stop{false};
  std::thread sender([&] {
    while (!stop.load() && slow.TrySend("v")) std::this_thread::sleep_for(50ms);
  });
  const Answer answer = slow.Receive();
  stop = true;
  sender.join();
  CHECK(answer.status == 408);
  CHECK(Contains(answer.body, "limits.header_timeout"));
}

TEST_CASE("a header timeout does not end a connection between requests, an idle timeout does",
          "[server][limits]") {
  RunningServer running({"limits.header_timeout=10ms", "limits.idle_timeout=4s"});
  Connection http(running.server().http());
  CHECK(http.Ask(Get("/healthz")).status == 200);
  std::this_thread::sleep_for(1500ms);  // longer than the time between two sweeps
  CHECK(http.Ask(Get("/healthz")).status == 200);
  CHECK(http.ReceiveAll().empty());
}

TEST_CASE("blank lines keep no connection alive", "[server][limits]") {
  RunningServer running({"limits.idle_timeout=1s"});
  Connection http(running.server().http());
  for (int i = 0; http.TrySend("\r\n") && i < 1'000; ++i) std::this_thread::sleep_for(20ms);
  CHECK_FALSE(http.TrySend("\r\n"));
}

TEST_CASE("a binary connection that does not say hello in time is closed", "[server][limits]") {
  RunningServer running({"limits.hello_timeout=1s"});
  Connection silent(running.server().binary());
  CHECK(silent.ReceiveAll().empty());
}

TEST_CASE("hello tells the largest frame and what fits in", "[server][limits]") {
  RunningServer running({"limits.max_frame=16KiB"});
  Client client = running.Connect();
  const std::vector<SymbolView> symbols = {{"BTC", "USD", "Kraken"}};
  const SeriesId series = client.Register(symbols)->entries[0].series;
  const size_t fit = (16'384 - 8) / sizeof(Tick);
  CHECK(client.server().limits.payload_bytes == 16'384);
  CHECK(client.server().limits.events_per_ingest == fit);
  const auto ingested =
      client.Ingest(std::vector<Tick>(3 * fit, TickOf(series, {1, 0, 0, kNowMs})));
  REQUIRE(ingested.ok());  // in three frames
  CHECK(ingested->accepted + ingested->duplicates == 3 * fit);

  Connection raw(running.server().binary());
  std::string head;
  wire::AppendHeader({16'385, wire::RequestType(wire::Type::kHello), 0, 7}, head);
  CHECK(raw.AskFrame(head).type == wire::kErrorType);
}

TEST_CASE("nesting beyond limits.max_json_depth is refused, in every body", "[server][limits]") {
  RunningServer running({"limits.max_json_depth=4"});
  Connection http(running.server().http());
  for (const char* target : {"/v1/events", "/v1/latest", "/v1/candles"}) {
    const Answer answer = http.Ask(WithBody("POST", target, "[[[[[]]]]]"));
    CAPTURE(target, answer.body);
    CHECK(answer.status == 400);
    CHECK(Contains(answer.body, R"("code":"invalid_json")"));
  }
  const Answer four = http.Ask(WithBody("POST", "/v1/latest", "[[[[]]]]"));
  CHECK(Contains(four.body, R"("code":"invalid_body")"));
}

TEST_CASE("a header longer than limits.max_header is refused", "[server][limits]") {
  RunningServer running({"limits.max_header=1KiB"});
  Connection http(running.server().http());
  CHECK(http.Ask(Get("/healthz?" + std::string(500, 'x'))).status == 400);
  CHECK(http.Ask(Get("/healthz?" + std::string(1'100, 'x'))).status == 431);
}

TEST_CASE("connections of one address are bounded", "[server][limits]") {
  RunningServer running({"server.max_connections_per_address=2"});
  Connection one(running.server().http());
  CHECK(one.Ask(Get("/healthz")).status == 200);
  Connection two(running.server().binary());
  CHECK(two.AskFrame(HelloFrame()).type == wire::ReplyType(wire::Type::kHello));
  Connection three(running.server().http());
  CHECK(three.ReceiveAll().empty());
  CHECK(Contains(one.Ask(Get("/metrics")).body, "\nwick_connections_refused_total 1\n"));
}

TEST_CASE(
    "reads beyond limits.max_cold_reads are refused; the server's own numbers and writes are not",
    "[server][limits]") {
  RunningServer running(
      {"limits.max_cold_reads=1", "server.reader_threads=1", "tiers.1m.window=1m"});
  WriteMinutes(running, 2'000);
  // More reads at once than one may wait: some are answered, the others refused.
  const std::string read = Get("/v1/candles?symbol=Kraken:BTC/USD&interval=1m&limit=10000");
  std::vector<std::unique_ptr<Connection>> many;
  for (int i = 0; i < 32; ++i)
    many.push_back(std::make_unique<Connection>(running.server().http()));
  int answered = 0, refused = 0;
  for (int round = 0; round < 50 && (answered == 0 || refused == 0); ++round) {
    for (auto& http : many) http->Send(read);
    for (auto& http : many) {
      const Answer answer = http->Receive();
      answered += answer.status == 200;
      if (answer.status != 503) continue;
      ++refused;
      CHECK(Contains(answer.body, R"("code":"overloaded")"));
      CHECK(Contains(answer.head, "Retry-After: 1\r\n"));
    }
  }
  CHECK(answered > 0);
  CHECK(refused > 0);
  Connection http(running.server().http());
  CHECK(http.Ask(Get("/v1/status")).status == 200);
  CHECK(http.Ask(read).status == 200);
}

TEST_CASE(
    "answers that nobody takes use up their budget: reads are refused, the rest goes on, then they "
    "are closed",
    "[server][limits]") {
  RunningServer running(
      {"limits.max_buffered_answers=1MiB", "limits.write_timeout=2s", "tiers.1m.window=1m"});
  WriteMinutes(running, 10'000);
  const std::string read =
      Get("/v1/candles?symbol=Kraken:BTC/USD&interval=1m&limit=10000");  // about 1.5 MB
  std::string reads;
  for (int i = 0; i < 20; ++i) reads += read;
  std::vector<std::unique_ptr<Connection>> hostile;
  for (int i = 0; i < 8; ++i) {
    hostile.push_back(std::make_unique<Connection>(running.server().http()));
    hostile.back()->Send(reads);
  }
  Connection http(running.server().http());
  Answer answer;
  do {  // until the sockets' buffers are full
    answer = http.Ask(read);
  } while (answer.status == 200);
  CHECK(Contains(answer.body, R"("code":"overloaded")"));
  CHECK(http.Ask(Get("/v1/latest?symbol=Kraken:BTC/USD")).status == 200);
  CHECK(http.Ask(WithBody("POST", "/v1/events", EventJson("ETH", 1, kNowMs))).status == 200);
  do {  // until they are closed
    std::this_thread::sleep_for(50ms);
    answer = http.Ask(read);
  } while (answer.status != 200);
}

/// Reads of 1.5 MB each that nobody takes, as many as use up the memory for answers.
class Untaken {
 public:
  explicit Untaken(RunningServer& running) : running_(running), http_(running.server().http()) {}

  /// From now on reads are refused, for some seconds at least.
  void Exhaust() {
    const std::string read = Get("/v1/candles?symbol=Kraken:BTC/USD&interval=1m&limit=10000");
    while (http_.Ask(read).status == 200) {
      hostile_.push_back(std::make_unique<Connection>(running_.server().http()));
      for (int i = 0; i < 20; ++i) hostile_.back()->Send(read);
    }
  }

  /// True if `is_refused()` while there is no memory, which may be there again for a moment.
  template <typename IsRefused>
  bool Refuses(IsRefused is_refused) {
    for (int tries = 0; tries < 10; ++tries) {
      Exhaust();
      if (is_refused()) return true;
    }
    return false;
  }

 private:
  RunningServer& running_;
  Connection http_;
  std::vector<std::unique_ptr<Connection>> hostile_;
};

TEST_CASE("without memory for answers those in memory are refused as well, unless they are small",
          "[server][limits]") {
  RunningServer running({"limits.max_buffered_answers=1MiB", "tiers.1m.window=1m"});
  WriteMinutes(running, 10'000);
  Client client = running.Connect();
  const std::vector<SymbolView> btc = {{"BTC", "USD", "Kraken"}};
  const SeriesId series = client.Register(btc)->entries[0].series;
  Untaken untaken(running);
  Connection http(running.server().http());

  const std::string newest = "/v1/candles?symbol=Kraken:BTC/USD&interval=1m&limit=1";
  REQUIRE(http.Ask(Get(newest)).status == 200);  // in memory
  for (const std::string& request :
       {Get(newest), WithBody("POST", "/v1/latest", R"(["Kraken:BTC/USD"])"),
        WithBody("PUT", "/v1/references", "[]")}) {
    CAPTURE(request);
    CHECK(untaken.Refuses([&] {
      const Answer answer = http.Ask(request);
      return answer.status == 503 && Contains(answer.body, R"("code":"overloaded")");
    }));
  }
  const auto overloaded = [](const auto& result) {
    return !result.ok() && result.error().code == ErrorCode::kOverloaded;
  };
  const std::vector<SeriesId> many(1'001, series), few(1'000, series);
  const std::vector<SymbolView> many_names(1'001, btc[0]);
  CHECK(untaken.Refuses([&] { return overloaded(client.Latest(many)); }));
  CHECK(untaken.Refuses([&] { return overloaded(client.Latest(many_names)); }));
  CHECK(untaken.Refuses([&] { return overloaded(client.Register(many_names)); }));
  CandlesRequest one;
  one.limit = 1;
  CHECK(untaken.Refuses([&] { return overloaded(client.Candles(series, one)); }));

  untaken.Exhaust();
  for (const std::string& request :
       {Get("/v1/latest?symbol=Kraken:BTC/USD"), Get("/v1/status"), Get("/metrics"), Get("/readyz"),
        WithBody("POST", "/v1/events", EventJson("ETH", 1, kNowMs)),
        WithBody("POST", "/v1/admin/checkpoint", "")}) {
    CAPTURE(request);
    CHECK(http.Ask(request).status == 200);
  }
  CHECK(client.Latest(few).ok());
  CHECK(client.Register(btc).ok());
  CHECK(client.Ping().ok());
  CHECK(client.Status().ok());
  CHECK(client.Checkpoint().ok());
  const std::vector<Tick> tick = {TickOf(series, {1, 0, 0, kNowMs})};
  CHECK(client.Ingest(tick).ok());
}

TEST_CASE("a large answer has its place among others, and HEAD has none of it",
          "[server][limits]") {
  RunningServer running({"tiers.1m.window=1m"});
  WriteMinutes(running, 5'000);
  const std::string target = "/v1/candles?symbol=Kraken:BTC/USD&interval=1m&limit=10000";
  Connection http(running.server().http());
  const Answer alone = http.Ask(Get(target));
  CHECK(alone.body.size() > 512 * 1024);  // larger than what is copied behind others
  const std::string latest = Get("/v1/latest?symbol=Kraken:BTC/USD");
  const std::string head = "HEAD " + target + " HTTP/1.1\r\nHost: test\r\n\r\n";
  http.Send(latest + Get(target) + latest + head + Get(target) + Get(target) + Get("/healthz"));
  for (const bool large : {false, true, false}) {
    const Answer answer = http.Receive();
    CHECK(answer.status == 200);
    CHECK((answer.body == alone.body) == large);
  }
  CHECK(Contains(http.Receive(/*head_only=*/true).head,
                 fmt::format("Content-Length: {}\r\n", alone.body.size())));
  CHECK(http.Receive().body == alone.body);
  CHECK(http.Receive().body == alone.body);
  CHECK(http.Receive().body == R"({"status":"ok"})");
}

TEST_CASE("100 series may be asked for with the largest limit, and one with any",
          "[server][limits]") {
  const auto status = [](RunningServer& running, int series, int limit) {
    WriteMinutes(running, 1);
    std::string names = R"("Kraken:BTC/USD")";
    for (int i = 1; i < series; ++i) names += R"(,"Kraken:BTC/USD")";
    Connection http(running.server().http());
    return http
        .Ask(WithBody("POST", "/v1/candles",
                      fmt::format(R"({{"limit":{},"series":[{}]}})", limit, names)))
        .status;
  };
  RunningServer usual;
  CHECK(status(usual, 100, 10'000) == 200);
  RunningServer more({"limits.max_candles_per_request=1000000"});
  CHECK(status(more, 1, 1'000'000) == 200);
  CHECK(status(more, 2, 500'000) == 200);
  CHECK(status(more, 2, 500'001) == 400);
}

TEST_CASE("a whole frame that waits until its client reads is not too slow", "[server][limits]") {
  RunningServer running({"limits.max_unread=64KiB", "limits.min_body_rate=1MiB",
                         "limits.max_candles_per_request=30000", "tiers.1m.window=1m"});
  WriteMinutes(running, 30'000);
  Connection raw(running.server().binary());
  REQUIRE(raw.AskFrame(HelloFrame()).type == wire::ReplyType(wire::Type::kHello));
  // As many as are made at a time: 17 MB, more than the sockets' buffers take.
  std::string asks, ping;
  for (uint64_t id = 2; id < 10; ++id) AppendCandlesRequest(id, 30'000, asks);
  wire::EndFrame(wire::BeginFrame(wire::RequestType(wire::Type::kPing), 10, ping), ping);
  raw.Send(asks + ping.substr(0, 5));
  std::this_thread::sleep_for(1s);  // the replies are made, and the rest of a frame is awaited
  raw.Send(ping.substr(5));
  std::this_thread::sleep_for(12s);  // longer than the stretch over which a frame is judged
  int candles = 0, pings = 0;
  while (candles < 8 || pings < 1) {
    const wire::Header header = raw.AskFrame("");
    REQUIRE(header.type != wire::kErrorType);
    if ((header.flags & wire::kMore) != 0) continue;
    candles += header.type == wire::ReplyType(wire::Type::kCandles);
    pings += header.type == wire::ReplyType(wire::Type::kPing);
  }
}

TEST_CASE("an answer that is taken slowly is not cut", "[server][limits]") {
  RunningServer running({"limits.write_timeout=3s", "tiers.1m.window=1m"});
  WriteMinutes(running, 10'000);
  // 25 times 1.5 MB in one answer: far more than the sockets' buffers hold.
  std::string series = R"("Kraken:BTC/USD")";
  for (int i = 1; i < 25; ++i) series += R"(,"Kraken:BTC/USD")";
  Connection http(running.server().http());
  http.Send(WithBody("POST", "/v1/candles",
                     R"({"interval":"1m","limit":10000,"series":[)" + series + "]}"));
  const auto began = std::chrono::steady_clock::now();
  const Answer answer = http.Receive(/*head_only=*/false, /*step_bytes=*/3'000'000, 500ms);
  CHECK(std::chrono::steady_clock::now() - began > 4s);
  CHECK(answer.status == 200);
  CHECK(answer.body.size() > 25'000'000);
  CHECK(answer.body.ends_with("]"));
}

TEST_CASE("bodies take turns when they do not fit together, and every one is taken",
          "[server][limits]") {
  RunningServer running({"limits.max_event_body=1MiB", "limits.max_buffered_requests=1MiB"});
  constexpr int kSenders = 6;
  constexpr int kEvents = 9'000;
  std::vector<std::thread> senders;
  std::atomic<int> taken{0};
  for (int sender = 0; sender < kSenders; ++sender) {
    senders.emplace_back([&running, &taken, sender] {
      std::string lines;
      for (int i = 0; i < kEvents; ++i) {
        lines += EventJson(fmt::format("B{}", sender), i + 1,
                           kNowMs - kEvents + static_cast<uint64_t>(i)) +
                 "\n";
      }
      Connection http(running.server().http());
      const std::string fields = "Content-Type: application/x-ndjson\r\n";
      taken += http.Ask(WithBody("POST", "/v1/events", lines, fields)).status == 200;
    });
  }
  for (std::thread& sender : senders) sender.join();
  CHECK(taken == kSenders);
  Connection http(running.server().http());
  for (int sender = 0; sender < kSenders; ++sender) {
    const Answer month =
        http.Ask(Get(fmt::format("/v1/candles?symbol=Kraken:B{}/USD&interval=1M", sender)));
    CHECK(Contains(month.body, fmt::format("\"count\":{},", kEvents)));
  }
}

TEST_CASE("a body that stops keeps no other out, and is given up", "[server][limits]") {
  RunningServer running({"limits.max_event_body=1MiB", "limits.max_buffered_requests=1MiB"});
  Connection hostile(running.server().http());
  hostile.Send("POST /v1/events HTTP/1.1\r\nHost: x\r\nContent-Length: 1048576\r\n\r\n" +
               std::string(1'048'575, ' '));
  Connection honest(running.server().http());
  std::string body(800'000, ' ');
  body += EventJson("BTC", 1, kNowMs);
  CHECK(honest.Ask(WithBody("POST", "/v1/events", body)).status == 200);
  CHECK(hostile.Receive().status == 408);
}

TEST_CASE("a slow frame is given up with its reason", "[server][limits]") {
  RunningServer running({"limits.min_body_rate=1MiB"});
  Connection slow(running.server().binary());
  REQUIRE(slow.AskFrame(HelloFrame()).type == wire::ReplyType(wire::Type::kHello));
  std::string head;
  wire::AppendHeader({100, wire::RequestType(wire::Type::kPing), 0, 7}, head);
  slow.Send(head);
  const std::string reply = slow.ReceiveAll();
  REQUIRE(reply.size() > wire::kHeaderBytes);
  CHECK(wire::ReadHeader(reply).type == wire::kErrorType);
  CHECK(Contains(reply, "limits.min_body_rate"));
}

TEST_CASE("many large binary replies that nobody reads are made a few at a time",
          "[server][limits]") {
  RunningServer running(
      {"limits.max_unread=64KiB", "limits.write_timeout=2s", "tiers.1m.window=1m"});
  WriteMinutes(running, 10'000);
  Connection raw(running.server().binary());
  REQUIRE(raw.AskFrame(HelloFrame()).type == wire::ReplyType(wire::Type::kHello));
  std::string asks;
  for (uint64_t id = 2; id < 200; ++id) AppendCandlesRequest(id, 10'000, asks);
  raw.Send(asks);
  Connection http(running.server().http());
  uint64_t most = 0;
  for (;;) {
    const std::string page = http.Ask(Get("/metrics")).body;
    const auto value = [&](const std::string& name) {
      return std::stod(page.substr(page.find("\n" + name + " ") + name.size() + 2));
    };
    most = std::max(most, static_cast<uint64_t>(value("wick_buffered_answer_bytes")));
    if (Contains(page, "wick_connections{protocol=\"binary\"} 0\n")) break;
    std::this_thread::sleep_for(20ms);
  }
  CHECK(most > 0);
  // Eight reads at a time of 720 KB each, and what was made before they were asked for.
  CHECK(most < 16 * 800'000);
}

}  // namespace
}  // namespace wick::server
