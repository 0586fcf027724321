// The client library against three nodes: the answers are those of one node that has everything.
#include <set>
#include <string>
#include <vector>

#include "running_cluster.h"
#include "running_server.h"
#include "wick/partition.h"

namespace wick::server {
namespace {

constexpr uint32_t kPartitions = 12;
constexpr size_t kNodes = 3;

size_t NodeOf(const SymbolView& pair) { return PartitionOf(pair, kPartitions) % kNodes; }

/// Two exchanges, six bases, four quotes: of every node some.
std::vector<Symbol> Symbols() {
  std::vector<Symbol> symbols;
  for (const char* exchange : {"Kraken", "Binance"}) {
    for (const char* base : {"BTC", "ETH", "XRP", "ADA", "DOT", "SOL"}) {
      for (const char* quote : {"USD", "EUR", "JPY", "BTC2"}) {
        symbols.emplace_back(base, quote, exchange);
      }
    }
  }
  return symbols;
}

/// The n-th event of a series; several series have the same time.
Price PriceAt(size_t series, uint64_t round) {
  return {1.5 + static_cast<double>(series + round), 10, 20, kNowMs - 60'000 + round + series / 5};
}

ClientOptions OptionsOf(const RunningCluster& cluster, size_t node) {
  ClientOptions options;
  const std::string address = cluster.binary(node);
  options.port = static_cast<uint16_t>(std::stoi(address.substr(address.rfind(':') + 1)));
  return options;
}

struct Counts {
  uint64_t accepted = 0;
  uint64_t duplicates = 0;
  uint64_t rejected = 0;
  std::vector<std::string> errors;

  Ingestor::Report Callback() {
    return [this](const BatchReport& batch) {
      accepted += batch.accepted;
      duplicates += batch.duplicates;
      rejected += batch.rejected;
      if (batch.error) errors.push_back(batch.error->message);
    };
  }
};

Ingestor Feeder(const ClientOptions& options, Counts& counts) {
  IngestorOptions batches;
  batches.batch_events = 50;
  batches.backoff_ms = 1;
  auto ingestor = Ingestor::Connect(options, batches, counts.Callback());
  REQUIRE(ingestor.ok());
  return std::move(*ingestor);
}

/// Ten rounds of events of all symbols.
void Feed(const ClientOptions& options) {
  const std::vector<Symbol> symbols = Symbols();
  Counts counts;
  Ingestor ingestor = Feeder(options, counts);
  for (uint64_t round = 0; round < 10; ++round) {
    for (size_t i = 0; i < symbols.size(); ++i) {
      REQUIRE(ingestor.Add(symbols[i], PriceAt(i, round)).ok());
    }
  }
  REQUIRE(ingestor.Flush().ok());
  CHECK(counts.errors.empty());
  CHECK(counts.accepted == symbols.size() * 10);
  CHECK(ingestor.resent() == 0);
}

/// What a client learns of the market, with the gaps there are.
void CheckSame(Client& one, Client& other) {
  const std::vector<Symbol> symbols = Symbols();
  const std::vector<SymbolView> views(symbols.begin(), symbols.end());
  CHECK(one.Latest(views).value() == other.Latest(views).value());
  CHECK(one.Exchanges().value() == other.Exchanges().value());
  CHECK(one.Exchanges("Kraken", false).value() == other.Exchanges("Kraken", false).value());
  for (const std::vector<std::string>& only : {std::vector<std::string>{}, {"XRP", "none"}}) {
    const auto bases = one.Bases(only);
    const auto expected = other.Bases(only);
    REQUIRE(bases.ok());
    REQUIRE(bases->size() == expected->size());
    for (size_t i = 0; i < bases->size(); ++i) {
      CHECK((*bases)[i].reference == (*expected)[i].reference);
      CHECK((*bases)[i].series == (*expected)[i].series);
    }
  }
  CHECK(one.PricesOfBase("ETH").value() == other.PricesOfBase("ETH").value());
  CHECK(one.References().value() == other.References().value());
  for (const Symbol& symbol : symbols) {
    const auto candles = one.Candles(symbol, {});
    REQUIRE(candles.ok());
    const auto expected = other.Candles(symbol, {});
    REQUIRE(candles->candles.size() == expected->candles.size());
    CHECK(candles->candles.back().close == expected->candles.back().close);
    CHECK(candles->candles.back().count == expected->candles.back().count);
  }
}

}  // namespace

TEST_CASE("a client of any node gets the answers of one that has everything",
          "[server][cluster][client]") {
  RunningCluster cluster(kNodes, kPartitions);
  RunningServer single;
  ClientOptions alone;
  alone.port = single.server().binary().port;
  Feed(OptionsOf(cluster, 1));
  Feed(alone);
  Client expected = single.Connect();
  for (size_t node = 0; node < kNodes; ++node) {
    Client client = cluster.Connect(node);
    CheckSame(client, expected);
    const Reference reference{"BTC", node == 1 ? "EUR" : "JPY", "Binance"};
    REQUIRE(client.SetReference(reference).ok());
    REQUIRE(expected.SetReference(reference).ok());
    CheckSame(client, expected);
  }
}

TEST_CASE("a client's ids are good for every node, and for nodes that come back",
          "[server][cluster][client]") {
  const std::vector<Symbol> symbols = Symbols();
  const std::vector<SymbolView> views(symbols.begin(), symbols.end());
  RunningCluster cluster(kNodes, kPartitions);
  Client client = cluster.Connect(2);
  const auto registered = client.Register(views);
  REQUIRE(registered.ok());
  std::vector<SeriesId> ids;
  std::set<uint32_t> distinct;
  for (const wire::Registration& entry : registered->entries) {
    ids.push_back(entry.series);
    distinct.insert(Raw(entry.series));
  }
  CHECK(distinct.size() == symbols.size());
  const auto ingest = [&](uint64_t round) {
    std::vector<Tick> ticks;
    for (size_t i = 0; i < ids.size(); ++i) ticks.push_back(TickOf(ids[i], PriceAt(i, round)));
    return client.Ingest(ticks);
  };
  CHECK(ingest(1)->accepted == symbols.size());

  cluster.Stop(0);
  const auto partial = client.Latest(ids);
  REQUIRE(partial.ok());
  REQUIRE(partial->missing.size() == 1);
  CHECK(partial->missing[0].node == 0);
  CHECK(partial->missing[0].address == cluster.binary(0));
  for (const size_t entry : partial->missing[0].entries) CHECK(NodeOf(views[entry]) == 0);
  CHECK_FALSE(ingest(2).ok());
  cluster.Start(0);
  REQUIRE(ingest(3).ok());
  const auto prices = client.Latest(ids);
  REQUIRE(prices.ok());
  CHECK(prices->missing.empty());
  for (size_t i = 0; i < ids.size(); ++i) CHECK((*prices)[i] == PriceAt(i, 3));
}

TEST_CASE("clients follow pairs to another node while they run", "[server][cluster][client]") {
  const std::vector<Symbol> symbols = Symbols();
  const std::vector<SymbolView> views(symbols.begin(), symbols.end());
  RunningCluster cluster(kNodes, kPartitions);
  Client client = cluster.Connect(0);
  Counts counts;
  Ingestor feeder = Feeder(OptionsOf(cluster, 0), counts);
  const auto feed = [&](uint64_t round) {
    for (size_t i = 0; i < symbols.size(); ++i) {
      REQUIRE(feeder.Add(symbols[i], PriceAt(i, round)).ok());
    }
    REQUIRE(feeder.Flush().ok());
  };
  feed(1);
  REQUIRE(client.Latest(views).ok());

  // Node 1 has nothing but partition 1 from now on, node 2 what it had beside it.
  const std::vector<std::string> shares = {"cluster.shares=0+3+6+9,1,2+4+5+7-8+10-11"};
  for (size_t node = 0; node < kNodes; ++node) {
    cluster.Stop(node);
    cluster.Start(node, shares);
  }
  feed(2);
  CHECK(counts.errors.empty());
  CHECK(counts.accepted + counts.duplicates == 2 * symbols.size());
  const auto prices = client.Latest(views);
  REQUIRE(prices.ok());
  CHECK(prices->missing.empty());
  for (size_t i = 0; i < views.size(); ++i) CHECK((*prices)[i] == PriceAt(i, 2));
  const auto exchanges = client.Exchanges("Kraken");
  REQUIRE(exchanges.ok());
  CHECK(exchanges->missing.empty());
  CHECK(exchanges->at(0).pairs.size() == symbols.size() / 2);
}

TEST_CASE("a listing through the client names a node that is away", "[server][cluster][client]") {
  RunningCluster cluster(kNodes, kPartitions);
  Feed(OptionsOf(cluster, 0));
  Client client = cluster.Connect(0);
  cluster.Stop(2);
  const auto exchanges = client.Exchanges();
  REQUIRE(exchanges.ok());
  REQUIRE(exchanges->missing.size() == 1);
  CHECK(exchanges->missing[0].node == 2);
  size_t pairs = 0;
  for (const ExchangeListing& exchange : *exchanges) pairs += exchange.pairs.size();
  size_t expected = 0;
  for (const Symbol& symbol : Symbols()) expected += NodeOf(symbol) != 2;
  CHECK(pairs == expected);
}

}  // namespace wick::server
