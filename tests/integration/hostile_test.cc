// Clients that mean harm, one healthy client beside them. WICK_TORTURE=1 makes the attacks longer
// and larger.
#include <sys/resource.h>

#include <atomic>
#include <cstdlib>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "catch.h"
#include "integration/healthy_client.h"
#include "integration/hostile_sockets.h"
#include "integration/http_client.h"
#include "integration/observed_process.h"
#include "integration/wick_process.h"

using namespace wick;
using namespace wick::test;

namespace {

using namespace std::chrono_literals;

constexpr uint64_t kMiB = 1 << 20;

bool Torture() { return std::getenv("WICK_TORTURE") != nullptr; }

/// This process holds the other ends.
void RaiseDescriptors() {
  rlimit files{};
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
}

/// The settings of a small server, so that its memory tells of the attack.
std::vector<std::string> Small(std::vector<std::string> more = {}) {
  std::vector<std::string> args;
  for (const char* setting :
       {"storage.journal_memory=8MiB", "storage.candle_memory=2MiB", "storage.block_cache=8MiB",
        "server.pin_workers=false", "checkpoint.interval=200ms"}) {
    args.insert(args.end(), {"--set", setting});
  }
  for (const std::string& setting : more) args.insert(args.end(), {"--set", setting});
  return args;
}

/// The greatest resident memory while it lives.
class MemoryWatch {
 public:
  explicit MemoryWatch(pid_t pid)
      : before_(ResidentBytes(pid)), greatest_(before_), thread_([this, pid] {
          while (!stop_.load()) {
            greatest_ = std::max(greatest_.load(), ResidentBytes(pid));
            std::this_thread::sleep_for(5ms);
          }
        }) {}
  ~MemoryWatch() { Stop(); }

  /// Bytes added since the start, at most.
  uint64_t Growth(const char* what) {
    Stop();
    const uint64_t growth = greatest_ - before_;
    std::printf("%s: memory %llu MiB before, at most %llu MiB more\n", what,
                static_cast<unsigned long long>(before_ / kMiB),
                static_cast<unsigned long long>(growth / kMiB));
    return growth;
  }

 private:
  void Stop() {
    stop_ = true;
    if (thread_.joinable()) thread_.join();
  }
  const uint64_t before_;
  std::atomic<uint64_t> greatest_;
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

void CheckAnswers(const WickServer& server) {
  HttpClient http(server.http_port());
  CHECK(http.Get("/readyz").status == 200);
  CHECK(server.Connect().Ping().ok());
}

void FillMinutes(const WickServer& server, int minutes) {
  HttpClient http(server.http_port());
  std::string lines;
  for (int i = 0; i < minutes; ++i) {
    lines +=
        R"({"baseCurrency":"BTC","quoteCurrency":"USD","exchange":"x","price":1.25,"timestampInMs":)" +
        std::to_string(1'700'000'000'000 + 60'000ull * static_cast<uint64_t>(i)) + "}\n";
  }
  REQUIRE(http.Post("/v1/events", lines, "application/x-ndjson").status == 200);
  REQUIRE(http.Post("/v1/admin/checkpoint", "").status == 200);
}

constexpr size_t kTables = 8;  // that the storage keeps open once they were read

}  // namespace

TEST_CASE("500 connections that send a header byte by byte are closed in time and cost nobody else",
          "[integration][hostile]") {
  const TemporaryDirectory directory;
  WickServer server(directory / "data", Small({"limits.header_timeout=2s"}));
  const size_t descriptors = OpenDescriptors(server.pid());
  MemoryWatch memory(server.pid());
  CheckHealthyBeside(server.http_port(), "slow loris", [&] {
    for (int round = 0; round < (Torture() ? 10 : 1); ++round) {
      std::vector<RawSocket> slow;
      for (int i = 0; i < 500; ++i) slow.emplace_back(server.http_port());
      const std::string header = "GET /healthz HTTP/1.1\r\nHost: x\r\nA: ";
      // Each sends a byte all the time, so it is never idle; and the header has no end.
      for (size_t at = 0;
           std::any_of(slow.begin(), slow.end(), [](const RawSocket& s) { return s.open(); });
           ++at) {
        for (RawSocket& socket : slow) {
          if (!socket.open()) continue;
          std::string answer;
          const bool here = socket.SendSome({at < header.size() ? &header[at] : "v", 1}) >= 0 &&
                            socket.ReceiveSome(answer);
          if (!answer.empty()) CHECK(answer.find("HTTP/1.1 408") == 0);
          if (!here || !answer.empty()) socket.Close();
        }
        std::this_thread::sleep_for(20ms);
      }
    }
  });
  CHECK(memory.Growth("slow loris") <
        500 * 128 * 1024 + 64 * kMiB);  // a read buffer and a session each
  AwaitDescriptors(server.pid(), descriptors + kTables);
  CheckAnswers(server);
}

TEST_CASE("readers that never read hold what they may, then they are closed",
          "[integration][hostile]") {
  const TemporaryDirectory directory;
  WickServer server(directory / "data",
                    Small({"limits.max_buffered_answers=32MiB", "limits.max_unread=1MiB",
                           "limits.write_timeout=2s", "limits.idle_timeout=3s",
                           "tiers.1m.keep=forever", "tiers.1m.window=10m"}));
  FillMinutes(server, 10'000);
  const size_t descriptors = OpenDescriptors(server.pid());
  MemoryWatch memory(server.pid());
  CheckHealthyBeside(
      server.http_port(), "readers that never read",
      [&] {
        std::vector<RawSocket> hostile;
        std::string http, binary;
        for (int i = 0; i < 100; ++i) {
          http +=
              "GET /v1/candles?symbol=x:BTC/USD&interval=1m&limit=10000 HTTP/1.1\r\nHost: "
              "x\r\n\r\n";
        }
        const size_t hello = wire::BeginFrame(wire::RequestType(wire::Type::kHello), 1, binary);
        wire::Writer writer(binary);
        writer.U32(wire::kMagic);
        writer.U16(wire::kVersion);
        writer.Text("hostile");
        wire::EndFrame(hello, binary);
        for (uint64_t id = 2; id < 130; ++id) {
          const size_t start =
              wire::BeginFrame(wire::RequestType(wire::Type::kCandles), id, binary);
          for (const char byte : {'\0', '\0', 'm', static_cast<char>(wire::kBySymbol)})
            writer.U8(static_cast<uint8_t>(byte));
          writer.U32(1);
          writer.U32(10'000);
          writer.U32(0);
          writer.U64(0);
          writer.U64(0);
          writer.Names(Symbol{"BTC", "USD", "x"});
          wire::EndFrame(start, binary);
        }
        for (int i = 0; i < 40; ++i) {
          hostile.emplace_back(i % 2 == 0 ? server.http_port() : server.binary_port());
          hostile.back().SendAll(i % 2 == 0 ? http : binary);
        }
        while (OpenDescriptors(server.pid()) < descriptors + 41)
          std::this_thread::sleep_for(1ms);  // all are accepted
        // The 20 of HTTP are closed, those whose reads were refused when they idle. The binary ones
        // may stay: the replies to refused reads are short. Beside them the healthy client's, and
        // tables that were opened to be read.
        AwaitDescriptors(server.pid(), descriptors + 20 + 1 + kTables);
        // Those that stay and hold answers are closed when they have taken nothing for too long.
        HttpClient numbers(server.http_port());
        while (numbers.Get("/metrics").body.find("\nwick_buffered_answer_bytes 0\n") ==
               std::string::npos) {
          std::this_thread::sleep_for(10ms);
        }
      },
      /*refusals=*/true);
  // The budget; what two reader threads and eight reads of each binary connection make beyond it;
  // the rest of a small server that reads its disk.
  CHECK(memory.Growth("readers that never read") < (32 + 2 * 2 + 20 * 8 + 64) * kMiB);
  AwaitDescriptors(server.pid(), descriptors + kTables);
  CheckAnswers(server);
}

TEST_CASE("a storm of 5,000 connects passes", "[integration][hostile]") {
  RaiseDescriptors();
  const TemporaryDirectory directory;
  WickServer server(directory / "data", Small());
  const size_t descriptors = OpenDescriptors(server.pid());
  MemoryWatch memory(server.pid());
  CheckHealthyBeside(server.http_port(), "5,000 connects", [&] {
    for (int round = 0; round < (Torture() ? 20 : 2); ++round) {
      std::vector<RawSocket> storm;
      for (int i = 0; i < 5'000; ++i)
        storm.emplace_back(i % 2 == 0 ? server.http_port() : server.binary_port());
      for (RawSocket& socket : storm) {
        if (socket.open()) socket.SendSome("GET / HT");
      }
    }
  });
  CHECK(memory.Growth("5,000 connects") <
        5'000 * 64 * 1024);  // read buffers of which a page is used
  AwaitDescriptors(server.pid(), descriptors + kTables);
  CheckAnswers(server);
}

TEST_CASE("connections do not take the descriptors of the storage", "[integration][hostile]") {
  const TemporaryDirectory directory;
  WickServer server(directory / "data", Small({"checkpoint.interval=50ms"}));
  HealthyClient healthy(server.http_port());
  healthy.Turn();
  const size_t descriptors = OpenDescriptors(server.pid());
  // Half of so few are the connections' share, and most of it is taken.
  const rlimit few{2 * (descriptors + 10), 2 * (descriptors + 10)};
  REQUIRE(prlimit(server.pid(), RLIMIT_NOFILE, &few, nullptr) == 0);
  {
    std::vector<RawSocket> many;
    for (int i = 0; i < 300; ++i) many.emplace_back(server.http_port());
    for (int i = 0; i < 100; ++i) healthy.Turn();
    CHECK(OpenDescriptors(server.pid()) <= descriptors + 30);
  }
  CHECK(healthy.wrong() == 0);
  CHECK(server.log().find("descriptors left are for the storage") != std::string::npos);
  AwaitDescriptors(server.pid(), descriptors + 5);
  CheckAnswers(server);
}

TEST_CASE("accepting goes on by itself when there are descriptors again",
          "[integration][hostile]") {
  const TemporaryDirectory directory;
  WickServer server(directory / "data",
                    Small({"checkpoint.interval=1d"}));  // opens no files meanwhile
  HealthyClient healthy(server.http_port());
  healthy.Turn();  // it is accepted
  rlimit before{};
  REQUIRE(prlimit(server.pid(), RLIMIT_NOFILE, nullptr, &before) == 0);
  const rlimit none{8, before.rlim_max};
  REQUIRE(prlimit(server.pid(), RLIMIT_NOFILE, &none, nullptr) == 0);
  std::vector<RawSocket> waiting;
  for (int i = 0; i < 20; ++i) {
    waiting.emplace_back(server.http_port());
    waiting.back().SendAll("GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  }
  while (server.log().find("cannot accept a connection") == std::string::npos) healthy.Turn();
  for (int i = 0; i < 20; ++i) healthy.Turn();
  REQUIRE(prlimit(server.pid(), RLIMIT_NOFILE, &before, nullptr) == 0);
  for (RawSocket& socket : waiting) CHECK(socket.ReceiveAll().find("HTTP/1.1 200") == 0);
  CHECK(healthy.wrong() == 0);
}

TEST_CASE("endless new symbols stop at series.max, those that are known go on",
          "[integration][hostile]") {
  const uint64_t symbols = Torture() ? 1'000'000 : 50'000;
  const uint64_t series_max = Torture() ? 200'000 : 10'000;
  const TemporaryDirectory directory;
  WickServer server(directory / "data", Small({"series.max=" + std::to_string(series_max)}));
  HttpClient http(server.http_port());
  uint64_t accepted = 0, rejected = 0;
  MemoryWatch memory(server.pid());
  CheckHealthyBeside(server.http_port(), "endless new symbols", [&] {
    for (uint64_t symbol = 0; symbol < symbols;) {
      std::string lines;
      for (int i = 0; i < 1'000; ++i, ++symbol) {
        lines +=
            R"({"baseCurrency":"S)" + std::to_string(symbol) +
            R"(","quoteCurrency":"USD","exchange":"y","price":1,"timestampInMs":1700000000000})" +
            "\n";
      }
      const HttpAnswer answer = http.Post("/v1/events", lines, "application/x-ndjson");
      REQUIRE(answer.status == 200);
      const auto count = [&](const std::string& name) {
        return std::stoull(
            answer.body.substr(answer.body.find("\"" + name + "\":") + name.size() + 3));
      };
      accepted += count("accepted");
      rejected += count("rejected");
    }
  });
  CHECK(accepted == series_max - 2);  // the healthy client's two
  CHECK(accepted + rejected == symbols);
  // Names, index, latest price, four candles; the journal and the candles on their way to the disk.
  CHECK(memory.Growth("endless new symbols") < series_max * 6 * 1024 + 64 * kMiB);
  CheckAnswers(server);
}

TEST_CASE("64 MiB of [ are refused within their memory", "[integration][hostile]") {
  const TemporaryDirectory directory;
  WickServer server(directory / "data", Small());
  const std::string body(64 * kMiB, '[');
  std::atomic<int> refused{0};
  MemoryWatch memory(server.pid());
  CheckHealthyBeside(server.http_port(), "64 MiB of [", [&] {
    std::vector<std::thread> senders;
    for (int i = 0; i < 2; ++i) {
      senders.emplace_back([&] {
        HttpClient http(server.http_port());
        refused += http.Post("/v1/events", body).body.find("invalid_json") != std::string::npos;
      });
    }
    for (std::thread& sender : senders) sender.join();
  });
  CHECK(refused == 2);
  // Two bodies, each of which may double while it grows, and for each byte four of the token index.
  CHECK(memory.Growth("64 MiB of [") < 2 * 64 * kMiB * (2 + 4) + 64 * kMiB);
  CheckAnswers(server);
}

TEST_CASE(
    "a request that two servers could read differently is refused and nothing behind it is read",
    "[integration][hostile]") {
  using namespace std::string_literals;
  const TemporaryDirectory directory;
  WickServer server(directory / "data", Small());
  const std::string hidden = "GET /v1/exchanges HTTP/1.1\r\nHost: x\r\n\r\n";
  const std::string post = "POST /v1/events HTTP/1.1\r\nHost: x\r\n";
  const std::vector<std::string> shapes = {
      post + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      post + "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n",
      post + "Content-Length: 0\r\nContent-Length: 40\r\n\r\n",
      post + "Content-Length: 0\r\nContent-Length: 0\r\n\r\n",
      post + "Content-Length: 0, 40\r\n\r\n",
      post + "Content-Length: +0\r\n\r\n",
      post + "Content-Length : 40\r\n\r\n",
      post + "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
      post + "Transfer-Encoding: identity\r\n\r\n",
      post + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
      post + "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
      post + "Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n",
      post + "A: b\r\n Content-Length: 40\r\n\r\n",
      post + "Transfer-Encoding: chunked\r\n\r\nffffffffffffffff1\r\n",
      post + "Transfer-Encoding: chunked\r\n\r\n0x0\r\n\r\n",
      post + "Transfer-Encoding: chunked\r\n\r\n-0\r\n\r\n",
      post + "Transfer-Encoding: chunked\r\n\r\n1\r\nab\r\n0\r\n\r\n",
      post + "Transfer-Encoding: chunked\r\n\r\n1\na\n0\n\n",
      "POST /v1/events HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      "GET /healthz HTTP/1.1\nHost: x\n\n",
      "GET /healthz HTTP/1.1\r\nHost: x\nContent-Length: 40\r\n\r\n",
      "GET /healthz HTTP/1.1\r\nHost: x\rContent-Length: 40\r\n\r\n",
      "GET /healthz HTTP/1.1\r\nHost: x\r\nA: b\0c\r\n\r\n"s,
      "GET /healthz HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n",
      "GET http://other/healthz HTTP/1.1\r\nHost: x\r\n\r\n",
      "GET /healthz HTTP/1.1\r\n\r\n",
      "GET /healthz HTTP/1.1 \r\nHost: x\r\n\r\n",
      "GET /healthz\r\n\r\n",
  };
  for (const std::string& shape : shapes) {
    CAPTURE(shape);
    RawSocket socket(server.http_port());
    socket.SendAll(shape + hidden);
    const std::string answer = socket.ReceiveAll();
    CHECK(answer.starts_with("HTTP/1.1 400 "));
    CHECK(answer.find("Connection: close\r\n") != std::string::npos);
    const size_t head = answer.find("\r\n\r\n");
    REQUIRE(head != std::string::npos);
    CHECK(answer.find("\r\n\r\n", head + 4) == std::string::npos);  // one answer
  }
  CheckAnswers(server);
}

TEST_CASE("a chunk that trickles in ends no process", "[integration][hostile]") {
  const TemporaryDirectory directory;
  WickServer server(directory / "data", Small());
  RawSocket socket(server.http_port());
  socket.SendAll(
      "POST /v1/latest HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nConnection: "
      "close\r\n\r\n");
  for (const char byte : std::string("0\r\n\r\n")) {
    std::this_thread::sleep_for(20ms);  // so that each is read by itself
    REQUIRE(socket.SendAll({&byte, 1}));
  }
  CHECK(socket.ReceiveAll().find("HTTP/1.1 400") == 0);  // an empty body is no array
  CheckAnswers(server);
}

TEST_CASE("nothing a client sends begins a line of the log", "[integration][hostile]") {
  const TemporaryDirectory directory;
  WickServer server(directory / "data", Small({"log.level=trace"}));
  const std::string line = "\n2026-01-01T00:00:00.000Z info forged";
  const std::string escaped = "\\n2026-01-01T00:00:00.000Z info forged";
  HttpClient http(server.http_port());
  for (const std::string& body :
       {R"({"baseCurrency":"B)" + escaped +
            R"(","quoteCurrency":"USD","exchange":"x","price":1,"timestampInMs":1700000000000})",
        "{\"a\":" + line, "[\"x:B" + escaped + "/USD\"]"}) {
    CHECK(http.Post("/v1/events", body).status != 0);
    CHECK(http.Post("/v1/latest", body).status == 400);
  }
  CHECK(http.Get("/v1/latest?symbol=x:B%0A2026-01-01T00:00:00.000Z%20forged/USD").status == 400);
  CHECK(http.Get("/v1/%0A2026-01-01T00:00:00.000Z%20forged").status == 404);
  for (const std::string& bytes :
       {"GET /" + line + " HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: x" + line + "\r\n\r\n", "forged" + line}) {
    for (const uint16_t port : {server.http_port(), server.binary_port()}) {
      RawSocket socket(port);
      socket.SendAll(bytes);
      socket.ReceiveAll();
    }
  }
  ClientOptions options;
  options.port = server.binary_port();
  options.name = line;
  options.token = line;
  auto client = Client::Connect(options);
  REQUIRE(client.ok());
  const Symbol symbol{"B" + line, "USD", "x"};
  const SymbolView view = symbol;
  CHECK(client->Register({&view, 1}).ok());
  CHECK_FALSE(client->SetReference({symbol.base_currency, "USD", "x"}).ok());

  CHECK(server.Terminate() == 0);
  CHECK(server.log().find("\n2026-01-01") == std::string::npos);
}

TEST_CASE("pipelined garbage is refused, and the server goes on", "[integration][hostile]") {
  const unsigned seed = std::random_device{}();
  CAPTURE(seed);
  std::mt19937 random(seed);
  const TemporaryDirectory directory;
  WickServer server(directory / "data",
                    Small({"limits.hello_timeout=1s", "limits.header_timeout=1s"}));
  const size_t descriptors = OpenDescriptors(server.pid());
  CheckHealthyBeside(server.http_port(), "garbage", [&] {
    for (int i = 0; i < (Torture() ? 20'000 : 2'000); ++i) {
      std::string bytes;
      for (int request = 0; request < 3; ++request) {
        bytes += i % 3 == 0 ? "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n" : "";
        const size_t garbage = 1 + random() % 2'000;
        for (size_t k = 0; k < garbage; ++k) bytes += static_cast<char>(random());
      }
      RawSocket socket(i % 2 == 0 ? server.http_port() : server.binary_port());
      socket.SendAll(bytes);
      std::string answer;
      socket.ReceiveSome(answer);  // and away
    }
  });
  AwaitDescriptors(server.pid(), descriptors + kTables);
  CheckAnswers(server);
}

TEST_CASE("bodies that stop short of their end hold their budget for seconds and nobody else's",
          "[integration][hostile]") {
  const TemporaryDirectory directory;
  WickServer server(directory / "data",
                    Small({"limits.max_event_body=4MiB", "limits.max_buffered_requests=8MiB"}));
  constexpr int kBodies = 5;  // of 4 MiB; each takes its 10 s
  const size_t descriptors = OpenDescriptors(server.pid());
  MemoryWatch memory(server.pid());
  CheckHealthyBeside(server.http_port(), "bodies without end", [&] {
    const std::string body =
        "POST /v1/events HTTP/1.1\r\nHost: x\r\nContent-Length: 4194304\r\n\r\n" +
        std::string(4 * kMiB - 1, ' ');
    std::vector<std::pair<RawSocket, size_t>> hostile;
    for (int i = 0; i < kBodies; ++i) hostile.emplace_back(RawSocket(server.http_port()), 0);
    // Twice and a half the budget wants in. All come to their end, in turns, by the deadline of a
    // body that others wait for.
    while (!hostile.empty()) {
      std::erase_if(hostile, [&](auto& each) {
        auto& [socket, sent] = each;
        const ssize_t more =
            sent < body.size() ? socket.SendSome(std::string_view(body).substr(sent)) : 0;
        std::string answer;
        if (more > 0) sent += static_cast<size_t>(more);
        return more < 0 || !socket.ReceiveSome(answer) || !answer.empty();
      });
      std::this_thread::sleep_for(10ms);
    }
  });
  // The budget, twice because a buffer that grows is copied; what each connection has free, and a
  // read.
  CHECK(memory.Growth("bodies without end") < (2 * 8 + kBodies / 4 + 64) * kMiB);
  AwaitDescriptors(server.pid(), descriptors + kTables);
  CheckAnswers(server);
}
