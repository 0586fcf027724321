// The binary against a cluster of which a node may be missing.
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <string>

#include "catch.h"
#include "cli/wick.h"
#include "client/fake_cluster.h"

namespace wick::cli {
namespace {

std::string At(const FakeCluster& cluster, uint32_t node) {
  return " --server " + cluster.Address(node);
}

FakeCluster& WithPrices(FakeCluster& cluster) {
  cluster.SetPrice(0, kSol, {10, 0, 0, 1'000});
  cluster.SetPrice(1, kBtc, {20, 0, 0, 2'000});
  return cluster;
}

}  // namespace

TEST_CASE("every node of a cluster answers for all", "[cli][cluster]") {
  FakeCluster cluster;
  WithPrices(cluster);
  for (const uint32_t node : {0u, 1u}) {
    const Outcome latest = Wick("latest kraken:BTC/USD kraken:SOL/USD" + At(cluster, node));
    CHECK(latest.exit_code == 0);
    CHECK(Says(latest, "kraken:BTC/USD     20"));
    CHECK(Says(latest, "kraken:SOL/USD     10"));
    const Outcome exchanges = Wick("exchanges" + At(cluster, node));
    CHECK(exchanges.exit_code == 0);
    CHECK(Says(exchanges, "BTC/USD"));
    CHECK(Says(exchanges, "SOL/USD"));
    CHECK(Wick("candles kraken:SOL/USD --json" + At(cluster, node)).exit_code == 0);
    CHECK(Wick("reference set BTC USD kraken" + At(cluster, node)).exit_code == 0);
  }
}

TEST_CASE("events of a file go to the nodes that have their pairs", "[cli][cluster]") {
  FakeCluster cluster;
  const std::string path = "/tmp/wick-cli-cluster-" + std::to_string(getpid());
  std::ofstream(path) << "baseCurrency,quoteCurrency,exchange,price,timestampInMs\n"
                         "BTC,USD,kraken,1,1000\nSOL,USD,kraken,2,1000\nXRP,USD,kraken,3,1000\n";
  const Outcome ingest = Wick("ingest --strict " + path + At(cluster, 1));
  unlink(path.c_str());
  INFO(ingest.output);
  CHECK(ingest.exit_code == 0);
  CHECK(cluster.PriceOf(1, kBtc).price == 1);
  CHECK(cluster.PriceOf(0, kSol).price == 2);
  CHECK(cluster.PriceOf(0, kXrp).price == 3);
}

TEST_CASE("what a missing node leaves open is said, and exits with 1", "[cli][cluster]") {
  FakeCluster cluster;
  WithPrices(cluster);
  cluster.Stop(1);
  const std::string without =
      "wick: the answer is without node 1: cannot connect to " + cluster.Address(1);
  for (const std::string command : {"exchanges", "exchanges kraken", "bases", "bases --all SOL",
                                    "reference list", "latest kraken:SOL/USD kraken:BTC/USD"}) {
    INFO(command);
    const Outcome outcome = Wick(command + At(cluster, 0));
    CHECK(outcome.exit_code == 1);
    CHECK(Says(outcome, without));
    CHECK_FALSE(Says(outcome, "ever seen"));
    CHECK((command == "reference list" || Says(outcome, "SOL")));
  }
  const Outcome json =
      Wick("latest --json kraken:BTC/USD kraken:SOL/USD kraken:XRP/USD" + At(cluster, 0));
  CHECK(Says(json, R"([{"code":"node_unavailable","detail":"node 1: cannot connect to )"));
  CHECK(Says(json, ",null]\n"));
  CHECK(Says(json, "no price of kraken:XRP/USD was ever seen"));
  CHECK(Wick("reference set BTC USD kraken" + At(cluster, 0)).exit_code == 1);
}

TEST_CASE("the nodes of a cluster are listed with who answers", "[cli][cluster]") {
  FakeCluster cluster;
  const Outcome all = Wick("cluster" + At(cluster, 1));
  CHECK(all.exit_code == 0);
  CHECK(Says(all, "NODE  HTTP          BINARY           PARTITIONS  REACHABLE\n"));
  CHECK(Says(all, "   0  127.0.0.1:80  " + cluster.Address(0) + "  0+2         yes\n"));
  CHECK(Says(all, "   1  127.0.0.1:80  " + cluster.Address(1) + "  1+3         yes\n"));

  cluster.SetOwner(0, 2, 1);
  const Outcome other = Wick("cluster" + At(cluster, 1));
  CHECK(other.exit_code == 1);
  CHECK(Says(other, "0+2         yes, with another map\n"));
  CHECK(Says(other, "wick: node 0: " + cluster.Address(0) + " has another map of the cluster"));

  const Outcome gaps = Wick("exchanges" + At(cluster, 1));
  CHECK(gaps.exit_code == 1);
  CHECK(Says(gaps, "wick: the answer may have gaps: node "));

  cluster.Stop(0);
  const Outcome missing = Wick("cluster --json" + At(cluster, 1));
  CHECK(missing.exit_code == 1);
  CHECK(Says(missing, R"({"partitions":4,"node":1,"nodes":[{"node":0,"http":"127.0.0.1:80",)"));
  CHECK(Says(missing, R"("partitions":[0,2],"self":false,"reachable":false},{"node":1,)"));
  CHECK(Says(missing, R"("partitions":[1,3],"self":true,"reachable":true}]})"));
  CHECK(Says(missing, "wick: node 0: cannot connect to " + cluster.Address(0)));
}

}  // namespace wick::cli
