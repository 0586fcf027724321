// Three nodes in this process: every pair through any node, lists as of one node, nodes that are
// away.
#include <boost/asio/ssl.hpp>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "certificate.h"
#include "cluster/partition_map.h"
#include "running_cluster.h"
#include "server/token_file.h"
#include "strange_node.h"

namespace wick::server {
namespace {

constexpr uint32_t kPartitions = 12;
constexpr size_t kNodes = 3;
const std::vector<std::string> kBases = {"BTC", "ETH", "XRP", "ADA", "DOT", "SOL", "LTC", "BCH"};
const std::vector<std::string> kQuotes = {"USD", "EUR", "J\u00d6Y"};

size_t NodeOf(const SymbolView& pair) { return PartitionOf(pair, kPartitions) % kNodes; }

/// A pair of a node.
Symbol PairOf(size_t node, const std::string& exchange = "Kraken") {
  for (const std::string& base : kBases) {
    Symbol symbol{base, "USD", exchange};
    if (NodeOf(symbol) == node) return symbol;
  }
  FAIL("no pair is on node " << node);
  return {};
}

std::string Encoded(std::string_view text) {
  std::string encoded;
  for (const char c : text) encoded += fmt::format("%{:02X}", static_cast<uint8_t>(c));
  return encoded;
}

std::string Query(const Symbol& symbol) {
  return fmt::format("baseCurrency={}&quoteCurrency={}&exchange={}", Encoded(symbol.base_currency),
                     Encoded(symbol.quote_currency), Encoded(symbol.exchange));
}

std::string EventOf(const Symbol& symbol, double price, uint64_t timestamp_ms) {
  return fmt::format(
      R"({{"baseCurrency":"{}","quoteCurrency":"{}","exchange":"{}","price":{},"timestampInMs":{}}})",
      symbol.base_currency, symbol.quote_currency, symbol.exchange, price, timestamp_ms);
}

/// Events of many pairs over some minutes; some at the same time.
struct Market {
  std::vector<Symbol> symbols;
  std::vector<std::pair<Symbol, std::string>> events;

  Market() {
    for (const std::string& base : kBases) {
      for (const std::string& quote : kQuotes) {
        for (const char* exchange : {"Kraken", "Binance"}) {
          symbols.push_back({base, quote, exchange});
        }
      }
    }
    for (uint64_t i = 0; i < 4 * symbols.size(); ++i) {
      const Symbol& symbol = symbols[i * 7 % symbols.size()];
      events.emplace_back(symbol, EventOf(symbol, 1.1 + 0.3 * static_cast<double>(i),
                                          kNowMs - 600'000 + i / 3 * 7'000));
    }
  }

  /// Each event to the first node, which says where it belongs.
  void SendTo(RunningCluster& cluster) const {
    for (const auto& [symbol, event] : events) {
      bool moved = false;
      const Answer answer = cluster.Follow(0, "POST", "/v1/events", event, moved);
      INFO(answer.head << answer.body);
      REQUIRE(answer.body == R"({"accepted":1,"duplicates":0,"rejected":0,"errors":[]})");
      REQUIRE(moved == (NodeOf(symbol) != 0));
    }
  }
  void SendTo(RunningServer& single) const {
    Connection connection(single.server().http());
    for (const auto& [symbol, event] : events) {
      REQUIRE(connection.Ask(WithBody("POST", "/v1/events", event)).status == 200);
    }
  }

  /// A body for POST /v1/latest of all series; some are not known.
  std::string Series(bool unknown) const {
    std::string series = "[";
    for (size_t i = 0; i < symbols.size(); ++i) {
      const Symbol& s = symbols[i];
      if (i > 0) series += ',';
      series += i % 2 == 0
                    ? fmt::format("\"{}:{}/{}\"", s.exchange, s.base_currency, s.quote_currency)
                    : fmt::format(R"({{"baseCurrency":"{}","quoteCurrency":"{}",)"
                                  R"("exchange":"{}"}})",
                                  s.base_currency, s.quote_currency, s.exchange);
      if (unknown && i % 5 == 0) series += fmt::format(",\"Nowhere:{}/USD\"", s.base_currency);
    }
    return series + "]";
  }
  std::string Candles() const {
    return R"({"series":)" + Series(false) + R"(,"interval":"1m","fill":"previous","limit":5})";
  }
};

struct Question {
  std::string method;
  std::string target;
  std::string body;
};

std::vector<Question> Lists(const Market& market) {
  return {{"GET", "/v1/exchanges", ""},
          {"GET", "/v1/exchanges?pairs=false", ""},
          {"GET", "/v1/exchanges?exchange=Kraken", ""},
          {"GET", "/v1/exchanges?exchange=Nowhere", ""},
          {"GET", "/v1/bases", ""},
          {"GET", "/v1/bases?baseCurrency=ETH,BTC,XXX", ""},
          {"GET", "/v1/bases/BTC", ""},
          {"GET", "/v1/bases/XXX", ""},
          {"GET", "/v1/references", ""},
          {"POST", "/v1/latest", market.Series(true)},
          {"POST", "/v1/latest", "[]"},
          {"POST", "/v1/candles", market.Candles()}};
}

void CheckListsAreThoseOf(RunningServer& single, RunningCluster& cluster, const Market& market) {
  for (const Question& question : Lists(market)) {
    const Answer expected =
        Connection(single.server().http())
            .Ask(question.method == "GET" ? Get(question.target)
                                          : WithBody("POST", question.target, question.body));
    REQUIRE(expected.status == 200);
    for (size_t node = 0; node < cluster.size(); ++node) {
      CAPTURE(question.target, node);
      const Answer answer = cluster.Ask(node, question.method, question.target, question.body);
      CHECK(answer.status == 200);
      CHECK(answer.body == expected.body);
      CHECK(FieldOf(answer, "Wick-Nodes") ==
            (question.body == "[]" ? fmt::format("{}", node) : "0,1,2"));
      CHECK(FieldOf(answer, "Wick-Nodes-Missing").empty());
    }
  }
}

std::string Metrics(RunningCluster& cluster, size_t node) {
  return "\n" + cluster.Ask(node, Get("/metrics")).body;
}

/// The error that a frame of symbols is answered with.
struct FrameError {
  ErrorCode code{};
  std::string message;
  std::string address;
};
std::optional<FrameError> AskSymbols(RunningCluster& cluster, size_t node, wire::Type type,
                                     const std::vector<Symbol>& symbols) {
  Connection connection(cluster.server(node).binary());
  connection.AskFrame(HelloFrame());
  std::string frame;
  const size_t start = wire::BeginFrame(wire::RequestType(type), 7, frame);
  wire::Writer writer(frame);
  writer.U32(static_cast<uint32_t>(symbols.size()));
  for (const Symbol& symbol : symbols) writer.Names(symbol);
  wire::EndFrame(start, frame);
  std::string payload;
  const wire::Header header = connection.AskFrame(frame, &payload);
  if (header.type != wire::kErrorType) return std::nullopt;
  wire::Reader reader(payload);
  FrameError error;
  error.code = static_cast<ErrorCode>(reader.U16());
  error.message = reader.Text();
  error.address = reader.Text();
  CHECK(reader.ok());
  return error;
}

}  // namespace

TEST_CASE("every pair is reached through any node", "[server][cluster]") {
  RunningCluster cluster(kNodes, kPartitions);
  const Market market;
  market.SendTo(cluster);
  for (const Symbol& symbol : market.symbols) {
    for (const std::string& target :
         {"/v1/latest?" + Query(symbol), "/v1/candles?interval=1m&" + Query(symbol)}) {
      std::string first;
      for (size_t node = 0; node < kNodes; ++node) {
        CAPTURE(target, node);
        bool moved = false;
        const Answer answer = cluster.Follow(node, "GET", target, "", moved);
        REQUIRE(answer.status == 200);
        REQUIRE(moved == (NodeOf(symbol) != node));
        if (first.empty()) first = answer.body;
        REQUIRE(answer.body == first);
      }
    }
  }
  const Symbol elsewhere = PairOf(1);
  const Answer moved = cluster.Ask(0, Get("/v1/latest?" + Query(elsewhere)));
  CHECK(moved.status == 307);
  CHECK(moved.head.find("Content-Type: application/problem+json") != std::string::npos);
  CHECK(moved.body.find(R"("code":"moved")") != std::string::npos);
  CHECK(moved.body.find(elsewhere.base_currency + "/USD is on node 1, http://" + cluster.http(1)) !=
        std::string::npos);
  // Nothing was ever seen of it, and the node that has the pair says so.
  bool followed = false;
  const Symbol unseen = PairOf(2, "Nowhere");
  CHECK(cluster.Follow(0, "GET", "/v1/latest?" + Query(unseen), "", followed).status == 404);
  CHECK(followed);
  CHECK(cluster.Ask(0, Get("/v1/latest?symbol=nothing")).status == 400);
  // In absolute form the target is sent on without its host.
  const Answer absolute = cluster.Ask(
      0, "GET http://test/v1/latest?" + Query(elsewhere) + " HTTP/1.1\r\nHost: test\r\n\r\n");
  CHECK(FieldOf(absolute, "Location") == cluster.Moved(1, "/v1/latest?" + Query(elsewhere)));
}

TEST_CASE("nodes that are configured otherwise do not send a client to and fro",
          "[server][cluster]") {
  RunningCluster cluster(2, 2);
  cluster.Stop(1);
  cluster.Start(1, {"cluster.shares=1,0"});
  const Symbol pair = [] {
    for (const std::string& base : kBases) {
      if (PartitionOf({base, "USD", ""}, 2) == 1) return Symbol{base, "USD", "Kraken"};
    }
    return Symbol{};
  }();
  const std::vector<Question> questions = {
      {"GET", "/v1/latest?" + Query(pair), ""},
      {"GET", "/v1/candles?interval=1m&" + Query(pair), ""},
      {"POST", "/v1/events", EventOf(pair, 1, kNowMs)},
      {"POST", "/v1/events?ack=none", EventOf(pair, 1, kNowMs)}};
  for (const Question& question : questions) {
    CAPTURE(question.target);
    bool moved = false;
    const Answer answer = cluster.Follow(0, question.method, question.target, question.body, moved);
    CHECK(moved);
    CHECK(answer.status == 503);
    CHECK(answer.body.find(R"("code":"node_unavailable")") != std::string::npos);
    CHECK(answer.body.find("another node sent you here") != std::string::npos);
    CHECK(FieldOf(answer, "Retry-After") == "1");
    CHECK(FieldOf(answer, "Location").empty());
  }
  // A parameter of nothing else, and of no server that stands alone.
  CHECK(cluster.Ask(0, Get("/v1/bases?moved=1")).status == 400);
  CHECK(cluster.Ask(0, Get("/v1/latest?moved=1&" + Query(pair))).status == 400);
  CHECK(cluster.Ask(0, Get("/v1/latest?" + Query(pair) + "&moved=2")).status == 400);
  RunningServer alone;
  const Answer refused =
      Connection(alone.server().http()).Ask(Get("/v1/latest?" + Query(pair) + "&moved=1"));
  CHECK(refused.body.find(R"("code":"unknown_parameter")") != std::string::npos);
}

TEST_CASE("a binary request for a pair that is elsewhere is told where", "[server][cluster]") {
  RunningCluster cluster(kNodes, kPartitions);
  const Symbol here = PairOf(0);
  const Symbol there = PairOf(2);
  const Symbol yonder = PairOf(1);
  for (const wire::Type type : {wire::Type::kRegister, wire::Type::kLatestBySymbols}) {
    CHECK_FALSE(AskSymbols(cluster, 0, type, {here}));
    CHECK_FALSE(AskSymbols(cluster, 2, type, {there}));
    const auto error = AskSymbols(cluster, 0, type, {here, there, yonder});
    REQUIRE(error);
    CHECK(error->code == ErrorCode::kMoved);
    CHECK(error->address == cluster.binary(2));
    CHECK(error->message == there.base_currency + "/USD is on node 2, " + cluster.binary(2));
  }
  // A name that is none is no pair of anybody.
  const auto bad = AskSymbols(cluster, 0, wire::Type::kRegister, {{" ", "USD", "Kraken"}});
  CHECK_FALSE(bad);
  CHECK(Metrics(cluster, 0).find("\nwick_cluster_redirects_total{protocol=\"binary\"} 2\n") !=
        std::string::npos);
}

TEST_CASE("lists of all nodes are those of one that has everything", "[server][cluster]") {
  RunningCluster cluster(kNodes, kPartitions);
  RunningServer single;
  const Market market;
  market.SendTo(cluster);
  market.SendTo(single);
  CheckListsAreThoseOf(single, cluster, market);

  const auto change = [&](size_t node, std::string_view method, std::string_view target,
                          std::string_view body) {
    const Answer expected = Connection(single.server().http()).Ask(WithBody(method, target, body));
    const Answer answer = cluster.Ask(node, method, target, body);
    CAPTURE(target);
    CHECK(answer.status == expected.status);
    CHECK(answer.body == expected.body);
  };
  for (size_t node = 0; node < kNodes; ++node) {
    change(node, "PUT", "/v1/bases/" + kBases[node] + "/reference",
           R"({"quoteCurrency":"EUR","exchange":"Binance"})");
  }
  CheckListsAreThoseOf(single, cluster, market);
  change(1, "DELETE", "/v1/bases/" + kBases[0] + "/reference", "");
  change(2, "DELETE", "/v1/bases/" + kBases[0] + "/reference", "");  // 404
  change(2, "PUT", "/v1/bases/BTC/reference", "{}");                 // 400
  CheckListsAreThoseOf(single, cluster, market);
  change(2, "PUT", "/v1/references",
         R"([{"baseCurrency":"ETH","quoteCurrency":"USD","exchange":"Kraken"}])");
  CheckListsAreThoseOf(single, cluster, market);

  const Answer unknown =
      cluster.Ask(1, "POST", "/v1/candles",
                  fmt::format(R"({{"series":["Kraken:{}/USD","Nowhere:{}/USD"]}})",
                              PairOf(0).base_currency, PairOf(2).base_currency));
  CHECK(unknown.status == 404);
  CHECK(unknown.body.find(R"("code":"unknown_series")") != std::string::npos);
  Connection asks_head(cluster.server(0).http());
  asks_head.Send("HEAD /v1/bases HTTP/1.1\r\nHost: test\r\n\r\n");
  const Answer head = asks_head.Receive(/*head_only=*/true);
  CHECK(FieldOf(head, "Wick-Nodes") == "0,1,2");
  CHECK(head.status == 200);
}

TEST_CASE("without a node the others answer, and say what is missing", "[server][cluster]") {
  RunningCluster cluster(kNodes, kPartitions);
  RunningServer single;
  const Market market;
  market.SendTo(cluster);
  market.SendTo(single);
  CheckListsAreThoseOf(single, cluster, market);
  cluster.Stop(2);

  const std::string on_two = "node 2 (" + cluster.http(2) + ")";
  for (const Question& question : Lists(market)) {
    if (question.body == "[]") continue;
    for (const size_t node : {0u, 1u}) {
      CAPTURE(question.target, node);
      const Answer answer = cluster.Ask(node, question.method, question.target, question.body);
      CHECK(answer.status == 200);
      CHECK(FieldOf(answer, "Wick-Nodes") == "0,1");
      CHECK(FieldOf(answer, "Wick-Nodes-Missing") == "2");
      if (question.method == "POST") {
        CHECK(answer.body.find(R"({"code":"node_unavailable","detail":")" + on_two) !=
              std::string::npos);
      }
    }
  }
  // What the others have is all there.
  const Answer latest = cluster.Ask(0, "POST", "/v1/latest", market.Series(false));
  for (const Symbol& symbol : market.symbols) {
    const std::string price =
        fmt::format(R"({{"baseCurrency":"{}","quoteCurrency":"{}","exchange":"{}","price":)",
                    symbol.base_currency, symbol.quote_currency, symbol.exchange);
    CHECK((latest.body.find(price) != std::string::npos) == (NodeOf(symbol) != 2));
  }
  const Answer base = cluster.Ask(0, Get("/v1/bases/BTC"));
  for (const std::string& quote : kQuotes) {
    CHECK((base.body.find("\"quoteCurrency\":\"" + quote) != std::string::npos) ==
          (NodeOf({"BTC", quote, ""}) != 2));
  }
  // A list of series that are on the others misses nobody.
  const Answer others = cluster.Ask(0, "POST", "/v1/latest",
                                    fmt::format(R"(["Kraken:{}/USD","Kraken:{}/USD"])",
                                                PairOf(0).base_currency, PairOf(1).base_currency));
  CHECK(FieldOf(others, "Wick-Nodes") == "0,1");
  CHECK(FieldOf(others, "Wick-Nodes-Missing").empty());
  // Redirects do not ask whether anybody is there.
  CHECK(cluster.Ask(0, Get("/v1/latest?" + Query(PairOf(2)))).status == 307);

  // A reference is set on every node or the answer names who lacks it.
  const std::string reference = R"({"quoteCurrency":"EUR","exchange":"Binance"})";
  const Answer half = cluster.Ask(0, "PUT", "/v1/bases/BTC/reference", reference);
  CHECK(half.status == 503);
  CHECK(half.body.find(R"("code":"node_unavailable")") != std::string::npos);
  CHECK(half.body.find("not made by " + on_two) != std::string::npos);
  CHECK(cluster.Ask(1, Get("/v1/references")).body.find(R"("exchange":"Binance")") !=
        std::string::npos);

  const std::string map = cluster.Ask(0, Get("/v1/cluster")).body;
  CHECK(map.find(R"("partitions":[2,5,8,11],"self":false,"reachable":false})") !=
        std::string::npos);
  const std::string metrics = Metrics(cluster, 0);
  CHECK(metrics.find("\nwick_cluster_peer_reachable{node=\"2\"} 0\n") != std::string::npos);
  CHECK(metrics.find("\nwick_cluster_peer_reachable{node=\"1\"} 1\n") != std::string::npos);
  CHECK(metrics.find("\nwick_cluster_peer_failures_total{node=\"1\"} 0\n") != std::string::npos);
  CHECK(metrics.find("\nwick_cluster_peer_failures_total{node=\"2\"} 0\n") == std::string::npos);
  CHECK(metrics.find("\nwick_cluster_fan_outs_incomplete_total 0\n") == std::string::npos);

  cluster.Start(2);
  std::this_thread::sleep_for(std::chrono::milliseconds(kPeerRestMs));  // until it is asked again
  const auto differing = [&](size_t node) {
    return FieldOf(cluster.Ask(node, Get("/v1/references")), "Wick-References-Differ");
  };
  CHECK(differing(0) == "2");
  CHECK(differing(2) == "0,1");
  REQUIRE(cluster.Ask(0, "PUT", "/v1/bases/BTC/reference", reference).status == 200);
  CHECK(differing(0).empty());
  REQUIRE(Connection(single.server().http())
              .Ask(WithBody("PUT", "/v1/bases/BTC/reference", reference))
              .status == 200);
  CheckListsAreThoseOf(single, cluster, market);
}

TEST_CASE("events of several nodes are taken here and refused for elsewhere", "[server][cluster]") {
  RunningCluster cluster(kNodes, kPartitions);
  const auto events = [](const std::vector<Symbol>& symbols) {
    std::string body = "[";
    for (const Symbol& symbol : symbols) {
      body += (body.size() > 1 ? "," : "") + EventOf(symbol, 1.5, kNowMs);
    }
    return body + "]";
  };
  const Answer mixed =
      cluster.Ask(0, "POST", "/v1/events", events({PairOf(1), PairOf(0), PairOf(2)}));
  CHECK(mixed.status == 200);
  CHECK(
      mixed.body ==
      fmt::format(
          R"({{"accepted":1,"duplicates":0,"rejected":2,"errors":[)"
          R"({{"index":0,"code":"moved","message":"{}/USD is on node 1, http://{}: send it there"}},)"
          R"({{"index":2,"code":"moved","message":"{}/USD is on node 2, http://{}: send it there"}}]}})",
          PairOf(1).base_currency, cluster.http(1), PairOf(2).base_currency, cluster.http(2)));
  // Of two others: none is the one to be asked instead.
  const Answer others = cluster.Ask(0, "POST", "/v1/events", events({PairOf(1), PairOf(2)}));
  CHECK(others.status == 200);
  CHECK(others.body.find(R"({"accepted":0,"duplicates":0,"rejected":2)") == 0);
  // Of one other: the whole body goes there.
  bool moved = false;
  const Answer whole = cluster.Follow(0, "POST", "/v1/events?ack=memory",
                                      events({PairOf(1), PairOf(1, "Binance")}), moved);
  CHECK(moved);
  CHECK(whole.body == R"({"accepted":2,"duplicates":0,"rejected":0,"errors":[]})");
  CHECK(Metrics(cluster, 0).find("\nwick_events_rejected_total{reason=\"moved\"} 4\n") !=
        std::string::npos);
  CHECK(Metrics(cluster, 0).find("\nwick_cluster_redirects_total{protocol=\"http\"} 1\n") !=
        std::string::npos);
}

TEST_CASE("a request that another node sent on is answered by this one alone",
          "[server][cluster]") {
  RunningCluster cluster(kNodes, kPartitions);
  const Market market;
  market.SendTo(cluster);
  const auto forwarded = [&](std::string_view method, std::string_view target,
                             std::string_view body) {
    return cluster.Ask(0, WithBody(method, target, body, "Wick-Forwarded: 1\r\n"));
  };
  const uint64_t before = [&] {
    const std::string metrics = Metrics(cluster, 0);
    const std::string name = "\nwick_cluster_fan_outs_total ";
    return std::stoul(metrics.substr(metrics.find(name) + name.size()));
  }();
  for (const char* target : {"/v1/exchanges", "/v1/bases", "/v1/bases/BTC", "/v1/references"}) {
    CAPTURE(target);
    const Answer answer = forwarded("GET", target, "");
    CHECK(answer.status == 200);
    CHECK(FieldOf(answer, "Wick-Share") == "0+3+6+9/12");
    CHECK(FieldOf(answer, "Wick-Nodes").empty());
  }
  const Answer exchanges = forwarded("GET", "/v1/exchanges", "");
  for (const Symbol& symbol : market.symbols) {
    const std::string pair = fmt::format(R"("baseCurrency":"{}","quoteCurrency":"{}")",
                                         symbol.base_currency, symbol.quote_currency);
    CHECK((exchanges.body.find(pair) != std::string::npos) == (NodeOf(symbol) == 0));
  }
  // Of one pair nobody asks so, and a client who says so is sent on.
  CHECK(forwarded("GET", "/v1/latest?" + Query(PairOf(1)), "").status == 307);
  CHECK(forwarded("GET", "/v1/candles?" + Query(PairOf(1)), "").status == 307);
  CHECK(forwarded("POST", "/v1/events", EventOf(PairOf(1), 1, kNowMs)).status == 307);
  CHECK(forwarded("GET", "/v1/latest?" + Query(PairOf(0)), "").status == 200);
  const Answer latest =
      forwarded("POST", "/v1/latest", fmt::format(R"(["Kraken:{}/USD"])", PairOf(1).base_currency));
  CHECK(latest.body.find(R"([{"code":"moved","detail":")") == 0);
  CHECK(
      forwarded("PUT", "/v1/bases/BTC/reference", R"({"quoteCurrency":"USD","exchange":"Kraken"})")
          .status == 200);
  CHECK(cluster.Ask(1, WithBody("GET", "/v1/references", "", "Wick-Forwarded: 1\r\n")).body ==
        "[]");
  CHECK(Metrics(cluster, 0).find(fmt::format("\nwick_cluster_fan_outs_total {}\n", before)) !=
        std::string::npos);
}

TEST_CASE("a pair that moved away is not listed, and asked for where it is now",
          "[server][cluster]") {
  RunningCluster cluster(2, 2);
  const auto node_of = [](const Symbol& symbol) { return PartitionOf(symbol, 2); };
  const auto pair_of = [&](uint32_t node) {
    for (const std::string& base : kBases) {
      if (node_of({base, "USD", "Kraken"}) == node) return Symbol{base, "USD", "Kraken"};
    }
    return Symbol{};
  };
  const Symbol stays = pair_of(0);
  const Symbol moves = pair_of(1);
  REQUIRE(cluster.Ask(0, "POST", "/v1/events", EventOf(stays, 1, kNowMs)).status == 200);
  REQUIRE(cluster.Ask(1, "POST", "/v1/events", EventOf(moves, 2, kNowMs)).status == 200);
  cluster.Stop(0);
  cluster.Stop(1);
  cluster.Start(0, {"cluster.shares=1,0"});
  cluster.Start(1, {"cluster.shares=1,0"});
  // Nobody copied anything: each still has what is the other's now.
  for (size_t node = 0; node < 2; ++node) {
    CHECK(cluster.Ask(node, Get("/v1/exchanges")).body == "[]");
    CHECK(cluster.Ask(node, Get("/v1/bases")).body == "[]");
    CHECK(cluster.Ask(node, Get("/v1/bases/" + moves.base_currency)).body == "[]");
    const Answer latest = cluster.Ask(node, "POST", "/v1/latest",
                                      fmt::format(R"(["Kraken:{}/USD","Kraken:{}/USD"])",
                                                  stays.base_currency, moves.base_currency));
    CHECK(latest.body == "[null,null]");
  }
  CHECK(FieldOf(cluster.Ask(1, Get("/v1/latest?" + Query(moves))), "Location") ==
        cluster.Moved(0, "/v1/latest?" + Query(moves)));
  // Its id is nobody's on this node.
  Connection connection(cluster.server(1).binary());
  connection.AskFrame(HelloFrame());
  std::string frame;
  const size_t start = wire::BeginFrame(wire::RequestType(wire::Type::kLatestByIds), 1, frame);
  wire::Writer writer(frame);
  writer.U32(1);
  writer.U32(0);
  wire::EndFrame(start, frame);
  std::string payload;
  REQUIRE(connection.AskFrame(frame, &payload).type == wire::kErrorType);
  CHECK(wire::Reader(payload).U16() == static_cast<uint16_t>(ErrorCode::kUnknownSeries));
  // An event of it is for the other.
  CHECK(cluster.Ask(1, "POST", "/v1/events", EventOf(moves, 3, kNowMs)).status == 307);
  CHECK(cluster.Ask(0, "POST", "/v1/events", EventOf(moves, 3, kNowMs)).status == 200);
  CHECK(cluster.Ask(1, Get("/v1/bases/" + moves.base_currency)).body.find("\"price\":3,") !=
        std::string::npos);
}

TEST_CASE("a node with another map is missing where it has not what it should",
          "[server][cluster]") {
  RunningCluster cluster(2, 4, {"cluster.shares=0+2,1+3"});
  cluster.Stop(1);
  cluster.Start(1, {"cluster.shares=0-2,3"});
  const Answer lacks = cluster.Ask(0, Get("/v1/bases"));
  CHECK(FieldOf(lacks, "Wick-Nodes") == "0");
  CHECK(FieldOf(lacks, "Wick-Nodes-Missing") == "1");
  // The other way round node 0 lacks what node 1 believes to be its.
  CHECK(FieldOf(cluster.Ask(1, Get("/v1/bases")), "Wick-Nodes-Missing") == "0");
  cluster.Stop(1);
  cluster.Start(1, {"cluster.shares=0,1-3"});  // more than it should have
  CHECK(FieldOf(cluster.Ask(0, Get("/v1/bases")), "Wick-Nodes") == "0,1");
}

TEST_CASE("a node that takes a question and never answers costs its timeout", "[server][cluster]") {
  RunningCluster cluster(2, 2, {"cluster.peer_timeout=200ms", "cluster.max_fan_outs=1"});
  cluster.Stop(1);
  const std::string address = cluster.http(1);
  const SilentNode silent(static_cast<uint16_t>(std::stoi(address.substr(address.rfind(':') + 1))));
  const auto began = std::chrono::steady_clock::now();
  const Answer answer = cluster.Ask(0, Get("/v1/exchanges"));
  const auto took = std::chrono::steady_clock::now() - began;
  CHECK(answer.body == "[]");
  CHECK(FieldOf(answer, "Wick-Nodes-Missing") == "1");
  CHECK(took >= std::chrono::milliseconds(190));
  CHECK(took < std::chrono::seconds(2));
  const Answer entry = cluster.Ask(0, "POST", "/v1/latest", [] {
    for (const std::string& base : kBases) {
      if (PartitionOf({base, "USD", ""}, 2) == 1) return "[\"Kraken:" + base + "/USD\"]";
    }
    return std::string();
  }());
  CHECK(entry.body.find("it did not answer within 200 ms (cluster.peer_timeout)") !=
        std::string::npos);

  // While one waits, another has no place; what needs no other node goes on.
  std::this_thread::sleep_for(std::chrono::milliseconds(kPeerRestMs));
  const std::string own = [] {
    for (const std::string& base : kBases) {
      if (PartitionOf({base, "USD", ""}, 2) == 0) return "\"Kraken:" + base + "/USD\"";
    }
    return std::string();
  }();
  Connection one(cluster.server(0).http());
  Connection other(cluster.server(0).http());
  one.Send(Get("/v1/exchanges"));
  other.Send(Get("/v1/exchanges"));
  CHECK(cluster.Ask(0, Get("/healthz")).status == 200);
  CHECK(cluster.Ask(0, "POST", "/v1/latest", "[" + own + "]").body == "[null]");
  CHECK(cluster.Ask(0, "POST", "/v1/candles", R"({"series":[)" + own + "]}").status == 404);
  const Answer first = one.Receive();
  const Answer second = other.Receive();
  CHECK(std::set<int>{first.status, second.status} == std::set<int>{200, 503});
  CHECK((first.body + second.body).find(R"("code":"overloaded")") != std::string::npos);
  CHECK(Metrics(cluster, 0).find("\nwick_cluster_fan_outs_refused_total 0\n") == std::string::npos);
}

TEST_CASE("a node that answers what is none is missing", "[server][cluster]") {
  RunningCluster cluster(2, 2, {"cluster.max_peer_answer=64KiB"});
  cluster.Stop(1);
  const std::string address = cluster.http(1);
  const auto port = static_cast<uint16_t>(std::stoi(address.substr(address.rfind(':') + 1)));
  const std::vector<std::string> answers = {
      "",
      "SSH-2.0-OpenSSH\r\n",
      "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n[]",
      AnswerText("200 OK", "{}"),
      AnswerText("200 OK", "[{\"exchange\":7}]"),
      AnswerText("503 Service Unavailable", "[]"),
      AnswerText("401 Unauthorized", "[]"),
      AnswerText("307 Temporary Redirect", "[]"),
      AnswerText("404 Not Found", "[]"),
      AnswerText("200 OK", "[" + std::string(70'000, ' ') + "]"),
      "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]",  // stands alone: it has no share
      "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nWick-Share: 0-1/4\r\n\r\n[]"};
  for (const std::string& strange : answers) {
    CAPTURE(strange.substr(0, 100));
    const StrangeNode node(port, strange);
    const Answer answer = cluster.Ask(0, Get("/v1/exchanges"));
    CHECK(answer.status == 200);
    CHECK(answer.body == "[]");
    CHECK(FieldOf(answer, "Wick-Nodes") == "0");
    CHECK(FieldOf(answer, "Wick-Nodes-Missing") == "1");
  }
  {
    const StrangeNode node(port, AnswerText("200 OK", "[]"));
    // What a client sends with a question that has no body is nobody else's.
    CHECK(FieldOf(cluster.Ask(0, WithBody("GET", "/v1/exchanges", "{}")), "Wick-Nodes") == "0,1");
    REQUIRE(node.requests().size() == 1);
    CHECK(node.requests()[0].find("Content-Length") == std::string::npos);
    CHECK(node.requests()[0].ends_with("\r\n\r\n"));
  }

  // That nothing was ever seen of a series only the node says that has it.
  const std::string there = [] {
    for (const std::string& base : kBases) {
      if (PartitionOf({base, "USD", ""}, 2) == 1) return "\"Kraken:" + base + "/USD\"";
    }
    return std::string();
  }();
  const std::string unknown = R"({"detail":"never","code":"unknown_series"})";
  const std::vector<std::pair<std::string, bool>> refusals = {
      {AnswerText("404 Not Found", unknown), true},
      {AnswerText("404 Not Found", unknown, "0/2"), false},
      {"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", false},
      {AnswerText("404 Not Found", "<html>code unknown_series"), false},
      {AnswerText("404 Not Found", R"({"code":"not_found","detail":"unknown_series"})"), false}};
  for (const auto& [answer, says_so] : refusals) {
    CAPTURE(answer);
    const StrangeNode node(port, answer);
    const Answer candles = cluster.Ask(0, "POST", "/v1/candles", R"({"series":[)" + there + "]}");
    CHECK(candles.status == (says_so ? 404 : 200));
    if (says_so) CHECK(candles.body == unknown);
    if (!says_so) CHECK(FieldOf(candles, "Wick-Nodes-Missing") == "1");
    const Answer latest = cluster.Ask(0, "POST", "/v1/latest", "[" + there + "]");
    CHECK(latest.status == 200);
    CHECK(FieldOf(latest, "Wick-Nodes-Missing") == "1");
  }
}

TEST_CASE("a list is overloaded, not incomplete, if there is no memory for it",
          "[server][cluster]") {
  RunningCluster cluster(3, 3, {"limits.max_buffered_answers=1MiB", "cluster.peer_timeout=1s"});
  const auto port_of = [&](size_t node) {
    const std::string address = cluster.http(node);
    return static_cast<uint16_t>(std::stoi(address.substr(address.rfind(':') + 1)));
  };
  cluster.Stop(1);
  cluster.Stop(2);
  const StrangeNode large(
      port_of(1),
      [](const std::string&) { return "HTTP/1.1 200 OK\r\nContent-Length: 2000000\r\n\r\n["; },
      {{}, /*keeps=*/true});
  const StrangeNode later(port_of(2),
                          [](const std::string&) { return AnswerText("200 OK", "[]", "2/3"); },
                          {std::chrono::milliseconds(300)});
  const Answer answer = cluster.Ask(0, Get("/v1/exchanges"));
  CHECK(answer.status == 503);
  CHECK(answer.body.find(R"("code":"overloaded")") != std::string::npos);
  CHECK(FieldOf(answer, "Wick-Nodes-Missing").empty());
  CHECK(Metrics(cluster, 0).find("\nwick_cluster_peer_failures_total{node=\"2\"} 0\n") !=
        std::string::npos);
}

TEST_CASE("candles of another node come in as many answers as they need", "[server][cluster]") {
  RunningCluster cluster(2, 2, {"cluster.max_peer_answer=64KiB"});
  RunningServer single;
  const std::string base = [] {
    for (const std::string& name : kBases) {
      if (PartitionOf({name, "USD", ""}, 2) == 1) return name;
    }
    return std::string();
  }();
  std::string events = "[";
  std::string series;
  for (int exchange = 0; exchange < 40; ++exchange) {
    const Symbol symbol{base, "USD", fmt::format("X{}", exchange)};
    series += fmt::format("{}\"X{}:{}/USD\"", exchange > 0 ? "," : "", exchange, base);
    for (uint64_t minute = 0; minute < 20; ++minute) {
      events +=
          (events.size() > 1 ? "," : "") + EventOf(symbol, 1.25 * static_cast<double>(minute + 1),
                                                   kNowMs - 3'600'000 + minute * 60'000);
    }
  }
  events += "]";
  REQUIRE(cluster.Ask(1, "POST", "/v1/events", events).status == 200);
  REQUIRE(Connection(single.server().http()).Ask(WithBody("POST", "/v1/events", events)).status ==
          200);
  for (const int limit : {20, 150, 1000}) {
    CAPTURE(limit);
    const std::string body = fmt::format(R"({{"series":[{}],"limit":{}}})", series, limit);
    const Answer expected =
        Connection(single.server().http()).Ask(WithBody("POST", "/v1/candles", body));
    REQUIRE(expected.status == 200);
    CHECK(expected.body.size() > 64 * 1024);
    const Answer answer = cluster.Ask(0, "POST", "/v1/candles", body);
    CHECK(FieldOf(answer, "Wick-Nodes") == "0,1");
    CHECK(FieldOf(answer, "Wick-Nodes-Missing").empty());
    CHECK((answer.body == expected.body));
  }
}

TEST_CASE("a node stops while it waits for others", "[server][cluster]") {
  RunningCluster cluster(2, 2, {"cluster.peer_timeout=1m"});
  cluster.Stop(1);
  const std::string address = cluster.http(1);
  const SilentNode silent(static_cast<uint16_t>(std::stoi(address.substr(address.rfind(':') + 1))));
  Connection lists(cluster.server(0).http());
  Connection changes(cluster.server(0).http());
  Connection changes_next(cluster.server(0).http());
  lists.Send(Get("/v1/exchanges"));
  changes.Send(WithBody("DELETE", "/v1/bases/BTC/reference", ""));
  changes_next.Send(WithBody("DELETE", "/v1/bases/BTC/reference", ""));
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  const auto began = std::chrono::steady_clock::now();
  cluster.Stop(0);
  CHECK(std::chrono::steady_clock::now() - began < std::chrono::seconds(20));
}

TEST_CASE("a node tells the others of one change after the other", "[server][cluster]") {
  RunningCluster cluster(2, 2);
  cluster.Stop(1);
  const std::string address = cluster.http(1);
  const StrangeNode node(static_cast<uint16_t>(std::stoi(address.substr(address.rfind(':') + 1))),
                         [](const std::string&) { return AnswerText("200 OK", "{}"); },
                         {std::chrono::milliseconds(100), /*keeps=*/true});
  std::vector<std::unique_ptr<Connection>> clients;
  for (int i = 0; i < 4; ++i) {
    clients.push_back(std::make_unique<Connection>(cluster.server(0).http()));
    clients.back()->Send(WithBody("PUT", "/v1/bases/BTC/reference",
                                  fmt::format(R"({{"quoteCurrency":"USD","exchange":"X{}"}})", i)));
  }
  for (const auto& client : clients) CHECK(client->Receive().status == 200);
  const auto requests = node.requests();
  REQUIRE(requests.size() == 4);
  CHECK(node.most_at_once() == 1);
  // What was told last is what stays here.
  const std::string last = requests.back().substr(requests.back().find("\"exchange\""));
  CHECK(cluster.Ask(0, WithBody("GET", "/v1/references", "", "Wick-Forwarded: 1\r\n"))
            .body.find(last.substr(0, last.find('}'))) != std::string::npos);
}

TEST_CASE("a node is found by its name, and connections to it are kept", "[server][cluster]") {
  RunningCluster cluster(2, 2);
  const auto by_names = [&](std::string_view second) {
    const std::string one = cluster.http(1);
    const std::string two = cluster.binary(1);
    return fmt::format("cluster.nodes={}:{},{}:{}:{}", cluster.http(0),
                       cluster.binary(0).substr(cluster.binary(0).rfind(':') + 1), second,
                       one.substr(one.rfind(':') + 1), two.substr(two.rfind(':') + 1));
  };
  cluster.Stop(0);
  cluster.Start(0, {by_names("localhost")});
  for (int i = 0; i < 20; ++i) {
    REQUIRE(FieldOf(cluster.Ask(0, Get("/v1/bases")), "Wick-Nodes") == "0,1");
  }
  // The one that all the questions came through, and this one.
  CHECK(Metrics(cluster, 1).find("\nwick_connections{protocol=\"http\"} 2\n") != std::string::npos);
  CHECK(cluster.Ask(0, Get("/v1/cluster")).body.find(R"("http":"localhost:)") != std::string::npos);

  // A connection that was kept and is closed by the other side meanwhile costs nobody anything.
  cluster.Stop(1);
  cluster.Start(1);
  CHECK(FieldOf(cluster.Ask(0, Get("/v1/bases")), "Wick-Nodes") == "0,1");

  cluster.Stop(0);
  cluster.Start(0, {by_names("wick-1.invalid")});
  CHECK(FieldOf(cluster.Ask(0, Get("/v1/bases")), "Wick-Nodes-Missing") == "1");
}

TEST_CASE("the map is told over both protocols", "[server][cluster]") {
  RunningCluster cluster(2, 3, {"cluster.shares=0+2,1"});
  const auto node = [&](size_t number, std::string_view partitions, bool self) {
    return fmt::format(
        R"({{"node":{},"http":"{}","binary":"{}","partitions":[{}],"self":{},"reachable":{}}})",
        number, cluster.http(number), cluster.binary(number), partitions, self,
        self ? "true" : "null");
  };
  CHECK(cluster.Ask(1, Get("/v1/cluster")).body == R"({"partitions":3,"node":1,"nodes":[)" +
                                                       node(0, "0,2", false) + "," +
                                                       node(1, "1", true) + "]}");
  Connection connection(cluster.server(1).binary());
  std::string payload;
  connection.AskFrame(HelloFrame(), &payload);
  CHECK(payload.substr(payload.size() - 4) == std::string("\3\0\0\0", 4));
  std::string frame;
  wire::EndFrame(wire::BeginFrame(wire::RequestType(wire::Type::kCluster), 1, frame), frame);
  connection.AskFrame(frame, &payload);
  wire::Reader reader(payload);
  CHECK(reader.U32() == 3);
  CHECK(reader.U32() == 1);
  CHECK(reader.U32() == 2);
  CHECK(reader.Text() == cluster.http(0));
  CHECK(reader.Text() == cluster.binary(0));
  CHECK(reader.U32() == 2);

  RunningServer alone;
  CHECK(Connection(alone.server().http()).Ask(Get("/v1/cluster")).body ==
        R"({"partitions":0,"node":0,"nodes":[]})");
  CHECK(Connection(alone.server().http())
            .Ask(WithBody("GET", "/v1/exchanges", "", "Wick-Forwarded: 1\r\n"))
            .head.find("Wick-") == std::string::npos);
  CHECK(Connection(alone.server().http()).Ask(Get("/metrics")).body.find("wick_cluster") ==
        std::string::npos);
}

TEST_CASE("other nodes are asked with the client's token, and over TLS if there is any",
          "[server][cluster][tls]") {
  char pattern[] = "/tmp/wick_cluster_tls_XXXXXX";
  const std::string directory = ::mkdtemp(pattern);
  const auto files = test::MakeCertificate(directory, "node");
  const std::string tokens = directory + "/tokens";
  std::ofstream(tokens).flush();
  std::map<std::string, std::string> token;
  for (const char* scope : {"read", "admin"}) {
    const auto added = AddToken(tokens, scope, *ParseScopes(scope));
    REQUIRE(added.ok());
    token[scope] = *added;
  }
  const auto request = [&](std::string_view scope, std::string_view text) {
    const size_t line = text.find("\r\n") + 2;
    return fmt::format("{}Authorization: Bearer {}\r\n{}", text.substr(0, line),
                       token[std::string(scope)], text.substr(line));
  };
  {
    RunningCluster cluster(2, 2, {"auth.tokens=" + tokens});
    CHECK(cluster.Ask(0, Get("/v1/bases")).status == 401);
    CHECK(FieldOf(cluster.Ask(0, request("read", Get("/v1/bases"))), "Wick-Nodes") == "0,1");
    CHECK(cluster.Ask(1, WithBody("GET", "/v1/bases", "", "Wick-Forwarded: 1\r\n")).status == 401);
    const std::string put = WithBody("PUT", "/v1/bases/BTC/reference",
                                     R"({"quoteCurrency":"USD","exchange":"Kraken"})");
    CHECK(cluster.Ask(0, request("read", put)).status == 403);
    CHECK(cluster.Ask(0, request("admin", put)).status == 200);
    // A redirect does not bring the token along; who sends it again is answered.
    const std::string there = [] {
      for (const std::string& base : kBases) {
        if (PartitionOf({base, "USD", ""}, 2) == 1) return "/v1/latest?symbol=X:" + base + "/USD";
      }
      return std::string();
    }();
    CHECK(cluster.Ask(0, Get(there)).status == 401);
    const Answer moved = cluster.Ask(0, request("read", Get(there)));
    CHECK(moved.status == 307);
    REQUIRE(FieldOf(moved, "Location") == cluster.Moved(1, there));
    CHECK(cluster.Ask(1, Get(there + "&moved=1")).status == 401);
    CHECK(cluster.Ask(1, request("read", Get(there + "&moved=1"))).status == 404);
    // A node that does not know the token says nothing.
    cluster.Stop(1);
    const std::string none = directory + "/others";
    REQUIRE(AddToken(none, "x", *ParseScopes("read")).ok());
    cluster.Start(1, {"auth.tokens=" + none});
    CHECK(FieldOf(cluster.Ask(0, request("read", Get("/v1/bases"))), "Wick-Nodes-Missing") == "1");
  }
  const std::vector<std::string> tls = {"tls.certificate=" + files.certificate,
                                        "tls.key=" + files.key};
  const auto nodes_of = [&](const std::vector<std::string>& more) {
    RunningCluster cluster(2, 2, more);
    namespace ssl = boost::asio::ssl;
    boost::asio::io_context io;
    ssl::context context(ssl::context::tls_client);
    context.load_verify_file(files.authority);
    ssl::stream<boost::asio::ip::tcp::socket> stream(io, context);
    const Endpoint& at = cluster.server(0).http();
    stream.next_layer().connect({boost::asio::ip::make_address(at.host), at.port});
    stream.handshake(ssl::stream_base::client);
    const std::string asked = "GET /v1/bases HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n";
    boost::asio::write(stream, boost::asio::buffer(asked));
    Answer answer;
    boost::system::error_code end;
    boost::asio::read_until(stream, boost::asio::dynamic_buffer(answer.head), "\r\n\r\n", end);
    return FieldOf(answer, "Wick-Nodes");
  };
  std::vector<std::string> trusting = tls;
  trusting.push_back("cluster.ca=" + files.authority);
  CHECK(nodes_of(trusting) == "0,1");
  CHECK(nodes_of(tls) == "0");  // the system does not know the authority
  const auto other = test::MakeCertificate(directory, "other");
  std::vector<std::string> distrusting = tls;
  distrusting.push_back("cluster.ca=" + other.authority);
  CHECK(nodes_of(distrusting) == "0");
  const auto named = test::MakeCertificate(directory, "named", "DNS:elsewhere.example");
  CHECK(nodes_of({"tls.certificate=" + files.certificate, "tls.key=" + files.key,
                  "cluster.ca=" + files.authority}) == "0,1");
  // A certificate for another name is none for the address in cluster.nodes.
  std::filesystem::copy_file(named.certificate, files.certificate,
                             std::filesystem::copy_options::overwrite_existing);
  std::filesystem::copy_file(named.key, files.key,
                             std::filesystem::copy_options::overwrite_existing);
  CHECK(nodes_of({"tls.certificate=" + files.certificate, "tls.key=" + files.key,
                  "cluster.ca=" + named.authority}) == "0");
  std::filesystem::remove_all(directory);
}

TEST_CASE("the settings of a cluster are checked before anything starts", "[server][cluster]") {
  const auto why_not = [](const std::vector<std::string>& overrides) {
    const auto config = LoadConfig("", overrides);
    CHECK_FALSE(config.ok());
    return Message(config.status());
  };
  const std::string nodes = "cluster.nodes=wick-{0-2}.wick-nodes:8080:8081";
  CHECK(why_not({nodes}).find("cluster.partitions is 0, but") == 0);
  CHECK(why_not({nodes, "cluster.partitions=12"}).find("cluster.node is empty") == 0);
  CHECK(why_not({"cluster.partitions=12", "cluster.node=0"}).find("cluster.nodes is empty") == 0);
  CHECK(why_not({nodes, "cluster.partitions=12", "cluster.node=3"}).find("there is no node 3") !=
        std::string::npos);
  CHECK(why_not({nodes, "cluster.partitions=12", "cluster.node=0", "cluster.shares=0-3, 4-7, 8-10"})
            .find("no node has partition 11 of 12") != std::string::npos);
  CHECK(why_not({nodes, "cluster.partitions=12", "cluster.node=0", "kafka.brokers=a:1",
                 "kafka.topics=t", "kafka.partitions=1"})
            .find("kafka.partitions is set, but a node of a cluster reads its share") == 0);
  CHECK(why_not({"cluster.partitions=1025"}).find("1025") != std::string::npos);
  CHECK(LoadConfig(
            "", std::vector<std::string>{nodes, "cluster.partitions=12", "cluster.node=hostname"})
            .ok());

  char pattern[] = "/tmp/wick_cluster_ca_XXXXXX";
  const std::string directory = ::mkdtemp(pattern);
  const auto files = test::MakeCertificate(directory, "node");
  std::vector<std::string> overrides = {nodes,
                                        "cluster.partitions=12",
                                        "cluster.node=0",
                                        "cluster.ca=/nowhere/ca.pem",
                                        "storage.directory=" + directory + "/data",
                                        "server.http=127.0.0.1:0",
                                        "server.binary=127.0.0.1:0",
                                        "tls.certificate=" + files.certificate,
                                        "tls.key=" + files.key};
  const ManualClock clock(kNowMs);
  const auto started = Server::Start(*LoadConfig("", overrides), clock);
  REQUIRE_FALSE(started.ok());
  CHECK(Message(started.status()).find("cluster.ca = /nowhere/ca.pem: no certificates") !=
        std::string::npos);
  std::filesystem::remove_all(directory);
}

TEST_CASE("nodes may ask one another by their names, without tokens", "[server][cluster]") {
  RunningServer node(
      {"cluster.partitions=2", "cluster.node=0", "cluster.nodes=wick-{0-1}.wick-nodes:8080:8081"});
  const auto status = [&](std::string_view host) {
    return Connection(node.server().http())
        .Ask(fmt::format("GET /v1/cluster HTTP/1.1\r\nHost: {}\r\n\r\n", host))
        .status;
  };
  CHECK(status("wick-0.wick-nodes:8080") == 200);
  CHECK(status("wick-1.wick-nodes") == 200);
  CHECK(status("evil.example") == 403);
}

}  // namespace wick::server
