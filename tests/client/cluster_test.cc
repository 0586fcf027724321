// The blocking client in a cluster: whom it asks, what it remembers, what it says is missing.
#include "catch.h"
#include "client/fake_cluster.h"
#include "wick/client.h"

namespace wick {
namespace {

using Log = std::vector<wire::Type>;

Client Connected(const ClientOptions& options) {
  Result<Client> client = Client::Connect(options);
  INFO((client ? "" : client.error().message));
  REQUIRE(client.ok());
  return std::move(*client);
}

Price At(double price, uint64_t timestamp_ms = 1) { return {price, 0, 0, timestamp_ms}; }

std::vector<SymbolView> Views(const std::vector<Symbol>& symbols) {
  return {symbols.begin(), symbols.end()};
}

/// The one price that is asked for.
double PriceBySymbol(Client& client, const Symbol& symbol) {
  const auto prices = client.Latest(Views({symbol}));
  INFO((prices ? "" : prices.error().message));
  REQUIRE(prices.ok());
  CHECK(prices->missing.empty());
  return prices->at(0).price;
}

template <typename T>
void CheckMissing(const Gathered<T>& gathered, const FakeCluster& cluster, uint32_t node) {
  REQUIRE(gathered.missing.size() == 1);
  CHECK(gathered.missing[0].node == node);
  CHECK(gathered.missing[0].address == cluster.Address(node));
  CHECK(gathered.missing[0].error.message.starts_with("node " + std::to_string(node) + ": "));
}

}  // namespace

TEST_CASE("a list is split over the nodes and put back in order", "[client][cluster]") {
  for (const uint32_t entry : {0u, 1u}) {
    FakeCluster cluster;
    cluster.SetPrice(0, kSol, At(10));
    cluster.SetPrice(1, kBtc, At(20));
    Client client = Connected(cluster.Options(entry));
    const auto prices = client.Latest(Views({kBtc, kSol, kXrp, kBtc}));
    REQUIRE(prices.ok());
    CHECK(prices->missing.empty());
    CHECK(prices.value() == std::vector<Price>{At(20), At(10), Price{}, At(20)});
    CHECK(cluster.TakeLog(0) == Log{wire::Type::kCluster, wire::Type::kLatestBySymbols});
    CHECK(cluster.TakeLog(1) == Log{wire::Type::kCluster, wire::Type::kLatestBySymbols});
  }
}

TEST_CASE("a node is connected to when it is first needed, with the same token",
          "[client][cluster]") {
  FakeCluster cluster;
  cluster.SetPrice(0, kSol, At(10));
  cluster.SetPrice(1, kBtc, At(20));
  ClientOptions options = cluster.Options(0);
  options.token = "let me in";
  Client client = Connected(options);
  CHECK(PriceBySymbol(client, kSol) == 10);
  CHECK(cluster.connections(1) == 0);
  CHECK(PriceBySymbol(client, kBtc) == 20);
  CHECK(PriceBySymbol(client, kBtc) == 20);
  CHECK(cluster.connections(0) == 1);
  CHECK(cluster.connections(1) == 1);
  CHECK(cluster.tokens(1) == std::vector<std::string>{"let me in"});
}

TEST_CASE("a node that stands alone is not asked for a map", "[client][cluster]") {
  std::vector<wire::Type> types;
  FakeServer server([&](FakeSession& session) {
    session.Hello();
    const auto request = session.Read();
    types.push_back(request.type());
    session.Reply(request, PayloadOf([](wire::Writer writer) { writer.U32(0); }));
    session.WaitForEnd();
  });
  {
    Client client = Connected(server.Options());
    CHECK(client.Exchanges()->empty());
  }
  server.Stop();
  CHECK(types == Log{wire::Type::kExchanges});
}

TEST_CASE("a pair that moved is asked for where it is now, and from then on", "[client][cluster]") {
  FakeCluster cluster;
  cluster.SetPrice(0, kSol, At(10));
  cluster.SetPrice(1, kSol, At(11));
  Client client = Connected(cluster.Options(0));
  CHECK(PriceBySymbol(client, kSol) == 10);
  cluster.Move(0, 1);
  CHECK(PriceBySymbol(client, kSol) == 11);
  cluster.TakeLog(0);
  CHECK(client.Candles(kSol, {})->candles[0].open == 11);
  CHECK(PriceBySymbol(client, kSol) == 11);
  CHECK(cluster.TakeLog(0).empty());
}

TEST_CASE("only the pairs that moved are asked for again", "[client][cluster]") {
  FakeCluster cluster;
  cluster.SetPrice(1, kSol, At(11));
  cluster.SetPrice(1, kBtc, At(20));
  Client client = Connected(cluster.Options(0));
  REQUIRE(client.Latest(Views({kSol, kBtc})).ok());
  cluster.Move(0, 1);
  cluster.TakeLog(1);
  CHECK(client.Latest(Views({kSol, kBtc})).value() == std::vector<Price>{At(11), At(20)});
  CHECK(cluster.TakeLog(1) == Log{wire::Type::kLatestBySymbols, wire::Type::kLatestBySymbols});
}

TEST_CASE("nodes that send a request on to each other are an error that names both",
          "[client][cluster]") {
  FakeCluster cluster;
  cluster.SetOwner(0, 0, 1);
  cluster.SetOwner(1, 0, 0);
  Client client = Connected(cluster.Options(0));
  const auto prices = client.Latest(Views({kSol}));
  REQUIRE_FALSE(prices.ok());
  CHECK(prices.error().code == ErrorCode::kMoved);
  CHECK(prices.error().message.find(cluster.Address(0)) != std::string::npos);
  CHECK(prices.error().message.find(cluster.Address(1)) != std::string::npos);
  const size_t asked = cluster.TakeLog(0).size() + cluster.TakeLog(1).size();
  CHECK(asked <= 16);
  CHECK(client.Candles(kSol, {}).error().code == ErrorCode::kMoved);
  CHECK(client.Register(Views({kSol})).error().code == ErrorCode::kMoved);
}

TEST_CASE("a node that is not there is named, with what it leaves open", "[client][cluster]") {
  FakeCluster cluster;
  cluster.SetPrice(1, kBtc, At(20));
  cluster.SetPrice(0, kSol, At(10));
  Client client = Connected(cluster.Options(1));
  REQUIRE(client.Latest(Views({kSol})).ok());
  cluster.Stop(0);

  const auto prices = client.Latest(Views({kSol, kBtc, kXrp}));
  REQUIRE(prices.ok());
  CHECK(prices->at(1) == At(20));
  CheckMissing(*prices, cluster, 0);
  CHECK(prices->missing[0].entries == std::vector<size_t>{0, 2});

  const auto exchanges = client.Exchanges();
  REQUIRE(exchanges.ok());
  REQUIRE(exchanges->size() == 1);
  CHECK(exchanges->at(0).pairs == std::vector<PairListing>{{"BTC", "USD", 1}});
  CheckMissing(*exchanges, cluster, 0);
  CheckMissing(*client.Bases(), cluster, 0);
  CheckMissing(*client.PricesOfBase("SOL"), cluster, 0);
  CheckMissing(*client.References(), cluster, 0);

  // What needs that node alone, or all, is an error.
  CHECK(client.Latest(Views({kSol})).error().code == ErrorCode::kConnectFailed);
  CHECK(client.Candles(kSol, {}).error().code == ErrorCode::kConnectFailed);
  CHECK(client.Register(Views({kBtc, kSol})).error().code == ErrorCode::kConnectFailed);
  CHECK(client.SetReference({"BTC", "USD", "kraken"}).error().code == ErrorCode::kConnectFailed);
  cluster.Stop(1);
  CHECK_FALSE(client.Exchanges().ok());
}

TEST_CASE("pairs of a node that is gone are found where they moved to", "[client][cluster]") {
  FakeCluster cluster;
  cluster.SetPrice(1, kSol, At(11));
  cluster.SetPrice(1, kBtc, At(20));
  Client client = Connected(cluster.Options(0));
  CHECK(PriceBySymbol(client, kBtc) == 20);
  cluster.Move(0, 1);
  cluster.Stop(0);
  CHECK(PriceBySymbol(client, kSol) == 11);
}

TEST_CASE("a connection that was lost meanwhile is made again for a read", "[client][cluster]") {
  FakeCluster cluster;
  cluster.SetPrice(0, kSol, At(10));
  Client client = Connected(cluster.Options(0));
  CHECK(PriceBySymbol(client, kSol) == 10);
  cluster.Drop(0);
  CHECK(PriceBySymbol(client, kSol) == 10);
  cluster.Drop(0);
  const auto exchanges = client.Exchanges();
  REQUIRE(exchanges.ok());
  CHECK(exchanges->missing.empty());
  CHECK(exchanges->size() == 1);
}

TEST_CASE("a listing names the node that has another map", "[client][cluster]") {
  FakeCluster cluster;
  cluster.SetPrice(0, kSol, At(10));
  cluster.SetPrice(1, kBtc, At(20));
  cluster.SetOwner(1, 2, 1);
  Client client = Connected(cluster.Options(0));
  const auto exchanges = client.Exchanges();
  REQUIRE(exchanges.ok());
  CHECK(exchanges->at(0).pairs.size() == 2);
  // The map of the node that was connected to last is the client's: the other one's is in doubt.
  CheckMissing(*exchanges, cluster, 0);
  CHECK(exchanges->missing[0].error.code == ErrorCode::kMoved);
  CHECK(client.SetReference({"BTC", "USD", "kraken"}).ok());
  cluster.SetOwner(0, 2, 1);
  cluster.Drop(0);  // as it is when a node is restarted with its new map
  CHECK(client.Exchanges()->missing.empty());
}

TEST_CASE("ids are the client's: those of two nodes do not collide", "[client][cluster]") {
  FakeCluster cluster;
  Client client = Connected(cluster.Options(0));
  const auto registered = client.Register(Views({kBtc, kSol, kXrp}));
  REQUIRE(registered.ok());
  std::vector<SeriesId> ids;
  for (const wire::Registration& entry : registered->entries) ids.push_back(entry.series);
  CHECK(ids[0] != ids[1]);
  CHECK(ids[0] != ids[2]);
  CHECK(ids[1] != ids[2]);

  std::vector<Tick> ticks;
  for (size_t i = 0; i < ids.size(); ++i) {
    ticks.push_back(TickOf(ids[i], At(static_cast<double>(i + 1))));
  }
  const auto ingested = client.Ingest(ticks);
  REQUIRE(ingested.ok());
  CHECK(*ingested == wire::IngestReply{3, 0, 0, {}});
  CHECK(cluster.PriceOf(1, kBtc).price == 1);
  CHECK(cluster.PriceOf(0, kSol).price == 2);
  CHECK(cluster.PriceOf(0, kXrp).price == 3);
  CHECK(client.Latest(ids).value() == std::vector<Price>{At(1), At(2), At(3)});
  CHECK(client.Candles(ids[2], {})->candles[0].open == 3);
}

TEST_CASE("rejections of every node have the index in the list", "[client][cluster]") {
  FakeCluster cluster;
  Client client = Connected(cluster.Options(0));
  const auto registered = client.Register(Views({kBtc, kSol}));
  REQUIRE(registered.ok());
  const SeriesId btc = registered->entries[0].series;
  const SeriesId sol = registered->entries[1].series;
  const std::vector<Tick> ticks = {TickOf(sol, At(1)), TickOf(btc, At(-1)), TickOf(sol, At(-1)),
                                   TickOf(SeriesId{77}, At(1)), TickOf(btc, At(2))};
  const auto ingested = client.Ingest(ticks);
  REQUIRE(ingested.ok());
  CHECK(ingested->accepted == 2);
  CHECK(ingested->rejected == 3);
  REQUIRE(ingested->rejections.size() == 3);
  CHECK(ingested->rejections[0] == wire::Rejection{1, Refusal::kInvalidPrice, "not above 0"});
  CHECK(ingested->rejections[1] == wire::Rejection{2, Refusal::kInvalidPrice, "not above 0"});
  CHECK(ingested->rejections[2].index == 3);
  CHECK(ingested->rejections[2].refusal == Refusal::kUnknownSeries);
  CHECK(client.Latest(std::vector<SeriesId>{SeriesId{77}}).error().code ==
        ErrorCode::kUnknownSeries);
  CHECK(client.Candles(SeriesId{77}, {}).error().code == ErrorCode::kUnknownSeries);
}

TEST_CASE("ids stay valid over lost connections and moved pairs", "[client][cluster]") {
  FakeCluster cluster;
  Client client = Connected(cluster.Options(0));
  const auto registered = client.Register(Views({kXrp, kSol}));
  REQUIRE(registered.ok());
  const SeriesId sol = registered->entries[1].series;
  cluster.Drop(0);
  // Whether the node had it is not known: the call says so, and the next one works.
  CHECK(client.Ingest(std::vector<Tick>{TickOf(sol, At(1))}).error().code ==
        ErrorCode::kConnectionLost);
  REQUIRE(client.Ingest(std::vector<Tick>{TickOf(sol, At(2))}).ok());
  CHECK(cluster.PriceOf(0, kSol).price == 2);
  CHECK(cluster.PriceOf(0, kXrp).price == 0);

  cluster.Move(0, 1);
  CHECK(client.Latest(Views({kSol})).ok());  // learns of it
  REQUIRE(client.Ingest(std::vector<Tick>{TickOf(sol, At(3))}).ok());
  CHECK(cluster.PriceOf(1, kSol).price == 3);
  CHECK(cluster.PriceOf(0, kSol).price == 2);
}

TEST_CASE("references are changed on every node", "[client][cluster]") {
  FakeCluster cluster;
  Client client = Connected(cluster.Options(0));
  const Reference btc{"BTC", "USD", "kraken"};
  REQUIRE(client.SetReference(btc).ok());
  CHECK(cluster.references(0) == std::vector<Reference>{btc});
  CHECK(cluster.references(1) == std::vector<Reference>{btc});
  CHECK(client.References().value() == std::vector<Reference>{btc});
  CHECK(client.RemoveReference("BTC").ok());
  CHECK(client.RemoveReference("BTC").error().code == ErrorCode::kNotFound);
}

TEST_CASE("a base on two nodes has the price of its reference, else the newest",
          "[client][cluster]") {
  const Symbol eur{"BTC", "EUR", "kraken"};  // in partition 3
  FakeCluster cluster;
  cluster.Move(3, 0);
  cluster.SetPrice(0, eur, At(5, 200));
  cluster.SetPrice(1, kBtc, At(6, 100));
  Client client = Connected(cluster.Options(1));
  const auto newest = client.Bases();
  REQUIRE(newest.ok());
  REQUIRE(newest->size() == 1);
  CHECK(newest->at(0).reference == PriceEvent{eur, At(5, 200)});
  CHECK(newest->at(0).series == 2);
  REQUIRE(client.SetReference({"BTC", "USD", "kraken"}).ok());
  CHECK(client.Bases()->at(0).reference == PriceEvent{kBtc, At(6, 100)});
  CHECK(client.PricesOfBase("BTC").value() ==
        std::vector<PriceEvent>{{eur, At(5, 200)}, {kBtc, At(6, 100)}});
}

TEST_CASE("a client that does not follow asks one node", "[client][cluster]") {
  FakeCluster cluster;
  cluster.SetPrice(0, kSol, At(10));
  cluster.SetPrice(1, kBtc, At(20));
  ClientOptions options = cluster.Options(0);
  options.follow = false;
  Client client = Connected(options);
  CHECK(client.Exchanges()->size() == 1);
  const auto moved = client.Latest(Views({kBtc}));
  REQUIRE_FALSE(moved.ok());
  CHECK(moved.error().code == ErrorCode::kMoved);
  CHECK(moved.error().address == cluster.Address(1));
  CHECK(cluster.connections(1) == 0);
  const auto map = client.Cluster();
  REQUIRE(map.ok());
  CHECK(map->partitions == FakeCluster::kPartitions);
  CHECK(map->self == 0);
  REQUIRE(map->nodes.size() == 2);
  CHECK(map->nodes[1] == wire::ClusterNode{"127.0.0.1:80", cluster.Address(1), {1, 3}});
}

TEST_CASE("a map that is none is found out", "[client][cluster]") {
  const auto connects = [](const wire::ClusterReply& map) {
    FakeServer server([&](FakeSession& session) {
      session.Hello({}, 2);
      session.Reply(session.Read(), PayloadOf([&](wire::Writer writer) {
                      writer.U32(map.partitions);
                      writer.U32(map.self);
                      writer.U32(static_cast<uint32_t>(map.nodes.size()));
                      for (const wire::ClusterNode& node : map.nodes) {
                        writer.Text(node.http);
                        writer.Text(node.binary);
                        writer.U32(static_cast<uint32_t>(node.partitions.size()));
                        writer.Records(std::span<const uint32_t>(node.partitions));
                      }
                    }));
      session.WaitForEnd();
    });
    const Result<Client> client = Client::Connect(server.Options());
    return client ? ErrorCode{} : client.error().code;
  };
  CHECK(connects({2, 0, {{"a:1", "a:2", {0, 1}}}}) == ErrorCode{});
  CHECK(connects({2, 1, {{"a:1", "a:2", {0, 1}}}}) == ErrorCode::kBadReply);  // self
  CHECK(connects({2, 0, {{"a:1", "a:2", {0}}}}) == ErrorCode::kBadReply);     // of nobody
  CHECK(connects({2, 0, {{"a:1", "a:2", {0, 0}}}}) == ErrorCode::kBadReply);  // twice
  CHECK(connects({2, 0, {{"a:1", "a:2", {0, 2}}}}) == ErrorCode::kBadReply);  // no such
  CHECK(connects({2, 0, {{"a:1", "a", {0, 1}}}}) == ErrorCode::kBadReply);    // no address
  CHECK(connects({2, 0, {{"a:1", "a:0", {0, 1}}}}) == ErrorCode::kBadReply);  // no port
  CHECK(connects({UINT32_MAX, 0, {{"a:1", "a:2", {0}}}}) == ErrorCode::kBadReply);
}

TEST_CASE("an exchange on two nodes is one, with all its pairs", "[client][cluster]") {
  FakeCluster cluster;
  cluster.SetPrice(0, kSol, At(1, 7));
  cluster.SetPrice(1, kBtc, At(2, 5));
  cluster.SetPrice(1, {"ADA", "USD", "binance"}, At(3, 9));
  Client client = Connected(cluster.Options(0));
  const auto exchanges = client.Exchanges();
  REQUIRE(exchanges.ok());
  CHECK(exchanges.value() ==
        std::vector<ExchangeListing>{{"binance", 9, {{"ADA", "USD", 9}}},
                                     {"kraken", 7, {{"BTC", "USD", 5}, {"SOL", "USD", 7}}}});
}

}  // namespace wick
