#include <sched.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <string>

#include "paths.h"
#include "protocol/http_routes.h"
#include "running_server.h"
#include "server/version.h"

namespace wick::server {
namespace {

constexpr std::string_view kLatestBtc =
    "/v1/latest?baseCurrency=BTC&quoteCurrency=USD&exchange=Kraken";

bool Contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

TEST_CASE("an acknowledged event is the latest price, in candles, and there after a restart",
          "[server][http]") {
  RunningServer running;
  {
    Connection http(running.server().http());
    const Answer posted =
        http.Ask(WithBody("POST", "/v1/events", EventJson("BTC", 46450.5, kNowMs)));
    CHECK(posted.status == 200);
    CHECK(posted.body == R"({"accepted":1,"duplicates":0,"rejected":0,"errors":[]})");
  }
  for (int round = 0; round < 2; ++round) {
    INFO("restarts: " << round);
    Connection http(running.server().http());
    const Answer latest = http.Ask(Get(kLatestBtc));
    CHECK(latest.status == 200);
    CHECK(latest.body ==
          R"({"baseCurrency":"BTC","quoteCurrency":"USD","exchange":"Kraken","price":46450.5,)"
          R"("baseVolumeLast24h":0,"quoteVolumeLast24h":0,"timestampInMs":1700000000000})");
    for (const char* interval : {"1s", "1m", "1h", "1d", "1w"}) {
      const Answer candles =
          http.Ask(Get(fmt::format("/v1/candles?symbol=Kraken:BTC/USD&interval={}", interval)));
      CHECK(candles.status == 200);
      CHECK(Contains(candles.body, R"("close":46450.5,"count":1)"));
    }
    if (round == 0) running.Restart();
  }
}

TEST_CASE("pipelined requests are answered in their order, quick and slow ones mixed",
          "[server][http]") {
  RunningServer running;
  Connection http(running.server().http());
  std::string requests;
  constexpr int kRounds = 50;
  for (int i = 0; i < kRounds; ++i) {
    requests += WithBody("POST", "/v1/events", EventJson("BTC", 100 + i, kNowMs - 1000 + i));
    requests += Get(kLatestBtc);
    requests += Get("/v1/exchanges");
    requests += Get("/v1/nowhere");
    requests += Get("/v1/candles?symbol=Kraken:BTC/USD&interval=1M");
  }
  http.Send(requests);
  for (int i = 0; i < kRounds; ++i) {
    INFO(i);
    CHECK(Contains(http.Receive().body, R"("accepted":1)"));
    CHECK(Contains(http.Receive().body, fmt::format(R"("price":{},)", 100 + i)));
    CHECK(Contains(http.Receive().body, R"("exchange":"Kraken")"));
    CHECK(http.Receive().status == 404);
    CHECK(Contains(http.Receive().body, fmt::format(R"("count":{},)", i + 1)));
  }
}

TEST_CASE("requests sent before the client stopped sending are all answered", "[server][http]") {
  RunningServer running;
  Connection http(running.server().http());
  http.Send(Get("/healthz") + Get("/v1/status") + Get("/healthz"));
  http.EndSending();
  CHECK(http.Receive().status == 200);
  CHECK(http.Receive().status == 200);
  CHECK(http.Receive().status == 200);
  CHECK(http.ReceiveAll().empty());
}

TEST_CASE("HEAD is answered like GET without the body", "[server][http]") {
  RunningServer running;
  Connection http(running.server().http());
  const Answer got = http.Ask(Get("/healthz"));
  http.Send("HEAD /healthz HTTP/1.1\r\nHost: test\r\n\r\n");
  const Answer head = http.Receive(true);
  CHECK(head.status == 200);
  CHECK(Contains(head.head, fmt::format("Content-Length: {}\r\n", got.body.size())));
  CHECK(http.Ask(Get("/healthz")).body == got.body);  // nothing of a body came in between
}

TEST_CASE("the connection is closed after HTTP/1.0 and Connection: close, kept otherwise",
          "[server][http]") {
  RunningServer running;
  Connection old(running.server().http());
  CHECK(old.Ask("GET /healthz HTTP/1.0\r\n\r\n").status == 200);
  CHECK(old.ReceiveAll().empty());
  Connection old_kept(running.server().http());
  const std::string keep = "GET /healthz HTTP/1.0\r\nConnection: keep-alive\r\n\r\n";
  CHECK(Contains(old_kept.Ask(keep).head, "Connection: keep-alive\r\n"));
  CHECK(old_kept.Ask(keep).status == 200);
  Connection closing(running.server().http());
  const Answer last = closing.Ask("GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n" +
                                  Get("/healthz"));
  CHECK(Contains(last.head, "Connection: close\r\n"));
  CHECK(closing.ReceiveAll().empty());
}

TEST_CASE("a client that waits for 100 Continue gets it before the answer", "[server][http]") {
  RunningServer running;
  Connection http(running.server().http());
  const std::string event = EventJson("BTC", 1, kNowMs);
  http.Send(
      fmt::format("POST /v1/events HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n"
                  "Content-Length: {}\r\n\r\n",
                  event.size()));
  CHECK(http.Receive().status == 100);
  CHECK(http.Ask(event).status == 200);
}

TEST_CASE("what is no HTTP is answered with a problem, then the connection ends",
          "[server][http]") {
  RunningServer running({"limits.max_body=1KiB"});
  const auto refused = [&](const std::string& request) {
    Connection http(running.server().http());
    const Answer answer = http.Ask(request);
    CHECK(Contains(answer.head, "Content-Type: application/problem+json\r\n"));
    CHECK(Contains(answer.head, "Connection: close\r\n"));
    http.EndSending();
    CHECK(http.ReceiveAll().empty());
    return answer.status;
  };
  CHECK(refused("nonsense\r\n\r\n") == 400);
  CHECK(refused("POST /v1/events HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n"
                "Transfer-Encoding: chunked\r\n\r\n") == 400);
  CHECK(refused("GET /" + std::string(70'000, 'x')) == 431);
  CHECK(refused(WithBody("POST", "/v1/latest", std::string(1'025, ' '))) == 413);
  CHECK(refused("POST /v1/latest HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" +
                std::string(70'000, '1')) == 400);
}

TEST_CASE("a bad event costs its neighbours nothing, a body that is no JSON applies nothing",
          "[server][http]") {
  RunningServer running;
  Connection http(running.server().http());
  const std::string good = EventJson("BTC", 1, kNowMs);
  const Answer mixed = http.Ask(WithBody(
      "POST", "/v1/events",
      "[" + good + "," + EventJson("BTC", -1, kNowMs) + "," + EventJson(" BTC", 1, kNowMs) + "]"));
  CHECK(mixed.status == 200);
  CHECK(Contains(mixed.body, R"("accepted":1,"duplicates":0,"rejected":2)"));
  CHECK(Contains(mixed.body, R"("index":1,"code":"invalid_price")"));
  CHECK(Contains(mixed.body, R"("index":2,"code":"invalid_name")"));

  const Answer broken =
      http.Ask(WithBody("POST", "/v1/events", "[" + EventJson("ETH", 1, kNowMs) + ","));
  CHECK(broken.status == 400);
  CHECK(Contains(broken.body, R"("code":"invalid_json")"));
  CHECK(http.Ask(Get("/v1/latest?symbol=Kraken:ETH/USD")).status == 404);

  const Answer all_bad = http.Ask(WithBody("POST", "/v1/events", EventJson("BTC", 0, kNowMs)));
  CHECK(all_bad.status == 200);
  CHECK(Contains(all_bad.body, R"("accepted":0,"duplicates":0,"rejected":1)"));

  const Answer metrics = http.Ask(Get("/metrics"));
  CHECK(Contains(metrics.body, "\nwick_events_accepted_total 1\n"));
  CHECK(Contains(metrics.body, "\nwick_events_rejected_total{reason=\"invalid_price\"} 2\n"));
  CHECK(Contains(metrics.body, "\nwick_events_rejected_total{reason=\"invalid_json\"} 1\n"));
}

TEST_CASE("ack says when and how an ingest is answered", "[server][http]") {
  RunningServer running;
  Connection http(running.server().http());
  CHECK(http.Ask(WithBody("POST", "/v1/events?ack=none", EventJson("A", 1, kNowMs))).status == 202);
  CHECK(http.Ask(WithBody("POST", "/v1/events?ack=memory", EventJson("B", 2, kNowMs))).status ==
        200);
  CHECK(http.Ask(Get("/v1/latest?symbol=Kraken:B/USD")).status == 200);
  CHECK(http.Ask(WithBody("POST", "/v1/events?ack=soon", EventJson("B", 2, kNowMs))).status == 400);
}

TEST_CASE("a large body and more events than may be in flight are taken whole", "[server][http]") {
  RunningServer running({"ingest.max_inflight_events=1000"});
  Connection http(running.server().http());
  constexpr int kEvents = 20'000;
  std::string lines;
  for (int i = 0; i < kEvents; ++i) lines += EventJson("BTC", i + 1, kNowMs - kEvents + i) + "\n";
  REQUIRE(lines.size() > 256_KiB);  // read by the reader pool
  const std::string fields = "Content-Type: application/x-ndjson\r\n";
  const std::string small = WithBody("POST", "/v1/events", EventJson("ETH", 1, kNowMs));
  http.Send(WithBody("POST", "/v1/events", lines, fields) + small + small);
  CHECK(Contains(http.Receive().body, R"("accepted":20000,)"));
  CHECK(Contains(http.Receive().body, R"("accepted":1,)"));
  CHECK(Contains(http.Receive().body, R"("duplicates":1,)"));
  CHECK(Contains(http.Ask(Get("/v1/candles?symbol=Kraken:BTC/USD&interval=1d")).body,
                 R"("count":20000,)"));
}

TEST_CASE("many series are asked for at once", "[server][http]") {
  RunningServer running;
  Connection http(running.server().http());
  http.Ask(WithBody("POST", "/v1/events",
                    "[" + EventJson("A", 1, kNowMs) + "," + EventJson("B", 2, kNowMs) + "]"));
  const Answer latest =
      http.Ask(WithBody("POST", "/v1/latest", R"(["Kraken:B/USD","Kraken:X/USD","Kraken:A/USD"])"));
  CHECK(latest.status == 200);
  const size_t second = latest.body.find(R"("price":2)"), none = latest.body.find(",null,");
  const size_t first = latest.body.find(R"("price":1)");
  REQUIRE(first != std::string::npos);
  CHECK(second < none);
  CHECK(none < first);
  CHECK(http.Ask(WithBody("POST", "/v1/latest", "[]")).body == "[]");

  const Answer candles = http.Ask(WithBody(
      "POST", "/v1/candles", R"({"series":["Kraken:B/USD","Kraken:A/USD"],"interval":"1m"})"));
  CHECK(candles.status == 200);
  REQUIRE(Contains(candles.body, R"("open":1)"));
  CHECK(candles.body.find(R"("open":2)") < candles.body.find(R"("open":1)"));
  CHECK(http.Ask(WithBody("POST", "/v1/candles", R"({"series":["Kraken:X/USD"],"interval":"1m"})"))
            .status == 404);
}

TEST_CASE("candles come as JSON, CSV and in the form of ccxt", "[server][http]") {
  RunningServer running;
  Connection http(running.server().http());
  http.Ask(WithBody("POST", "/v1/events", EventJson("BTC", 2.5, kNowMs)));
  const std::string query = "/v1/candles?symbol=Kraken:BTC/USD&interval=1s&format=";
  const Answer csv = http.Ask(Get(query + "csv"));
  CHECK(Contains(csv.head, "Content-Type: text/csv"));
  CHECK(Contains(csv.body, "\n1700000000000,2.5,2.5,2.5,2.5,1"));
  CHECK(http.Ask(Get(query + "ccxt")).body == "[[1700000000000,2.5,2.5,2.5,2.5,1]]");
  CHECK(http.Ask(Get(query + "xml")).status == 400);
  CHECK(http.Ask(Get("/v1/candles?symbol=Kraken:BTC/USD&interval=1s&limit=10001")).status == 400);
  CHECK(http.Ask(Get("/v1/candles?symbol=Kraken:X/USD&interval=1s")).status == 404);
}

TEST_CASE("a reference is set, listed, replaced and removed", "[server][http]") {
  RunningServer running;
  Connection http(running.server().http());
  const std::string body = R"({"quoteCurrency":"USD","exchange":"Kraken"})";
  CHECK(http.Ask(WithBody("PUT", "/v1/bases/BTC/reference", body)).status == 200);
  const std::string listed =
      R"([{"baseCurrency":"BTC","quoteCurrency":"USD","exchange":"Kraken"}])";
  CHECK(http.Ask(Get("/v1/references")).body == listed);
  running.Restart();
  Connection again(running.server().http());
  CHECK(again.Ask(Get("/v1/references")).body == listed);
  const std::string remove = "DELETE /v1/bases/BTC/reference HTTP/1.1\r\nHost: x\r\n\r\n";
  CHECK(again.Ask(remove).status == 204);
  const Answer twice = again.Ask(remove);
  CHECK(twice.status == 404);
  CHECK(Contains(twice.body, "unknown_reference"));
  CHECK(again.Ask(WithBody("PUT", "/v1/references", listed)).status == 200);
  CHECK(again.Ask(Get("/v1/references")).body == listed);
  CHECK(again.Ask(WithBody("PUT", "/v1/bases/BTC/reference", "{}")).status == 400);
}

TEST_CASE("operators are answered", "[server][http]") {
  RunningServer running;
  Connection http(running.server().http());
  CHECK(http.Ask(Get("/healthz")).body == R"({"status":"ok"})");
  CHECK(http.Ask(Get("/readyz")).status == 200);
  CHECK(Contains(http.Ask(Get("/v1/status")).body, kVersion));
  CHECK(Contains(http.Ask(WithBody("POST", "/v1/admin/checkpoint", "")).body, "checkpoint"));
  CHECK(http.Ask(WithBody("POST", "/v1/admin/backup", "")).status == 400);
  const Answer metrics = http.Ask(Get("/metrics"));
  CHECK(Contains(metrics.head, "Content-Type: text/plain; version=0.0.4"));
  CHECK(Contains(metrics.body, "wick_connections{protocol=\"http\"} 1\n"));
  CHECK(Contains(metrics.body, "{route=\"GET /healthz\",outcome=\"ok\"} 1\n"));
  CHECK(Contains(metrics.body, "{route=\"POST /v1/admin/backup\",outcome=\"client_error\"} 1\n"));
}

TEST_CASE("without a number of workers there is one for each core but one", "[server]") {
  cpu_set_t allowed;
  REQUIRE(sched_getaffinity(0, sizeof(allowed), &allowed) == 0);
  const int cores = CPU_COUNT(&allowed);
  RunningServer running({"server.workers=0"});
  const std::string page = Connection(running.server().http()).Ask(Get("/metrics")).body;
  const auto of_shard = [&](int shard) {
    return page.find(fmt::format("wick_shard_queued_events{{shard=\"{}\"}}", shard));
  };
  CHECK(of_shard(std::max(cores - 1, 1) - 1) != page.npos);
  CHECK(of_shard(std::max(cores - 1, 1)) == page.npos);
}

TEST_CASE("every route is served", "[server][http]") {
  RunningServer running;
  Connection http(running.server().http());
  for (const protocol::HttpRouteInfo& route : protocol::HttpRoutes()) {
    std::string path(route.path);
    if (const size_t at = path.find("{base}"); at != std::string::npos) path.replace(at, 6, "BTC");
    INFO(route.method << " " << path);
    const Answer answer = http.Ask(WithBody(route.method, path, ""));
    CHECK(answer.status != 405);
    CHECK(answer.status != 500);
    CHECK_FALSE(Contains(answer.body, R"("code":"not_found")"));
  }
}

TEST_CASE("connections beyond the limit are closed at once", "[server]") {
  RunningServer running({"server.max_connections=1"});
  {
    Connection first(running.server().http());
    CHECK(first.Ask(Get("/healthz")).status == 200);
    Connection second(running.server().http());
    CHECK(second.ReceiveAll().empty());
    CHECK(Contains(first.Ask(Get("/metrics")).body, "wick_connections_refused_total 1\n"));
  }
}

TEST_CASE("a port in use is refused in one line that names the setting", "[server]") {
  RunningServer running;
  ServerConfig config = running.config();
  config.storage.directory += "_other";
  config.http = running.server().http();
  const SystemClock clock;
  const auto second = Server::Start(config, clock);
  REQUIRE_FALSE(second.ok());
  CHECK(
      Message(second.status()) ==
      fmt::format(
          "server.http = {}: another program already listens there; stop it or choose another port",
          ToString(config.http)));
}

TEST_CASE("the version told is that of the project", "[server]") {
  std::ifstream file(std::string(wick::test::kSourceDirectory) + "/CMakeLists.txt");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  CHECK(Contains(text, fmt::format("project(wick VERSION {} ", kVersion)));
}

}  // namespace
}  // namespace wick::server
