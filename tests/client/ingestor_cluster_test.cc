// Batches whose events belong to several nodes.
#include <thread>

#include "client/fake_cluster.h"
#include "client/ingestor_fixture.h"

namespace wick {
namespace {

Ingestor Connected(const ClientOptions& client, const IngestorOptions& options, Reports& reports) {
  Result<Ingestor> ingestor = Ingestor::Connect(client, options, reports.Callback());
  INFO((ingestor ? "" : ingestor.error().message));
  REQUIRE(ingestor.ok());
  return std::move(*ingestor);
}

Price At(double price) { return {price, 0, 0, 1}; }

}  // namespace

TEST_CASE("events go to the node that has their pair, a batch is reported once",
          "[client][ingestor][cluster]") {
  FakeCluster cluster;
  Reports reports;
  Ingestor ingestor = Connected(cluster.Options(0), Batches(3, 2), reports);
  for (const Symbol& symbol : {kBtc, kSol, kXrp, kSol, kBtc, kSol}) {
    REQUIRE(ingestor.Add(symbol, At(static_cast<double>(ingestor.events() + 1))).ok());
  }
  REQUIRE(ingestor.Flush().ok());
  REQUIRE(reports.all.size() == 2);
  for (const BatchReport& report : reports.all) {
    CHECK(report.events == 3);
    CHECK(report.accepted == 3);
    CHECK_FALSE(report.error);
  }
  CHECK(cluster.PriceOf(1, kBtc).price == 5);
  CHECK(cluster.PriceOf(0, kSol).price == 6);
  CHECK(cluster.PriceOf(0, kXrp).price == 3);
  CHECK(ingestor.reconnects() == 0);
  CHECK(ingestor.resent() == 0);
}

TEST_CASE("a node without events of the feed is not connected to", "[client][ingestor][cluster]") {
  FakeCluster cluster;
  Reports reports;
  Ingestor ingestor = Connected(cluster.Options(0), Batches(3, 2), reports);
  REQUIRE(ingestor.Add(kSol, At(1)).ok());
  REQUIRE(ingestor.Flush().ok());
  CHECK(cluster.connections(1) == 0);
}

TEST_CASE("rejections of all nodes have the index in the batch", "[client][ingestor][cluster]") {
  FakeCluster cluster;
  Reports reports;
  Ingestor ingestor = Connected(cluster.Options(1), Batches(10, 2), reports);
  REQUIRE(ingestor.Add(kBtc, At(1)).ok());
  REQUIRE(ingestor.Add(kSol, At(-1)).ok());
  REQUIRE(ingestor.Add(kBtc, At(-1)).ok());
  REQUIRE(ingestor.Add(kSol, At(1)).ok());
  REQUIRE(ingestor.Add(kSol, At(-1)).ok());
  REQUIRE(ingestor.Flush().ok());
  REQUIRE(reports.all.size() == 1);
  CHECK(reports.all[0].accepted == 2);
  CHECK(reports.all[0].rejected == 3);
  std::vector<uint32_t> indexes;
  for (const wire::Rejection& rejection : reports.all[0].rejections) {
    indexes.push_back(rejection.index);
  }
  CHECK(indexes == std::vector<uint32_t>{1, 2, 4});
}

TEST_CASE("a part that one node refuses is an error beside the counts of the others",
          "[client][ingestor][cluster]") {
  FakeCluster cluster;
  cluster.SetFull(1);
  Reports reports;
  Ingestor ingestor = Connected(cluster.Options(0), Batches(10, 2), reports);
  REQUIRE(ingestor.Add(kBtc, At(1)).ok());
  REQUIRE(ingestor.Add(kSol, At(1)).ok());
  REQUIRE(ingestor.Flush().ok());
  REQUIRE(reports.all.size() == 1);
  REQUIRE(reports.all[0].error);
  CHECK(reports.all[0].error->code == ErrorCode::kStorageFull);
  CHECK(reports.all[0].events == 2);
  CHECK(reports.all[0].accepted == 1);
}

TEST_CASE("new names of a pair that moved go to its new node", "[client][ingestor][cluster]") {
  FakeCluster cluster;
  Reports reports;
  Ingestor ingestor = Connected(cluster.Options(0), Batches(10, 2), reports);
  REQUIRE(ingestor.Add(kSol, At(1)).ok());
  REQUIRE(ingestor.Flush().ok());
  cluster.Move(0, 1);
  REQUIRE(ingestor.Add(kXrp, At(2)).ok());
  REQUIRE(ingestor.Add(kSol, At(3)).ok());
  REQUIRE(ingestor.Flush().ok());
  CHECK(cluster.PriceOf(1, kXrp).price == 2);
  CHECK(cluster.PriceOf(1, kSol).price == 3);
  CHECK(cluster.PriceOf(0, kSol).price == 1);
  REQUIRE(reports.all.size() == 2);
  CHECK(reports.all[1].accepted == 2);
  CHECK_FALSE(reports.all[1].error);
}

TEST_CASE("events that nodes send on to each other are kept, and no other is held back",
          "[client][ingestor][cluster]") {
  FakeCluster cluster;
  cluster.SetOwner(0, 0, 1);
  cluster.SetOwner(1, 0, 0);
  IngestorOptions options = Batches(10, 2);
  options.reconnects = 5;
  Reports reports;
  Ingestor ingestor = Connected(cluster.Options(0), options, reports);
  REQUIRE(ingestor.Add(kSol, At(1)).ok());  // nobody's
  REQUIRE(ingestor.Add(kBtc, At(2)).ok());  // of node 1
  for (int call = 0; call < 2; ++call) {
    const Result<void> failed = ingestor.Flush();
    REQUIRE_FALSE(failed.ok());
    CHECK(failed.error().code == ErrorCode::kMoved);
    CHECK(failed.error().message.find("the nodes do not agree on who has it") != std::string::npos);
    CHECK(failed.error().message.find("; gave up after 5 tries") != std::string::npos);
    CHECK(reports.all.empty());
  }
  const auto taken = [&] { return cluster.PriceOf(1, kBtc).price == 2; };
  for (int i = 0; i < 10'000 && !taken(); ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  CHECK(taken());
  cluster.SetOwner(1, 0, 1);
  REQUIRE(ingestor.Flush().ok());
  REQUIRE(reports.all.size() == 1);
  CHECK_FALSE(reports.all[0].error);
  CHECK(reports.all[0].accepted == 2);
  CHECK(cluster.PriceOf(1, kSol).price == 1);
  CHECK(cluster.PriceOf(1, kBtc).price == 2);
  CHECK(ingestor.resent() == 0);
}

TEST_CASE("events wait for nodes that come to agree", "[client][ingestor][cluster]") {
  FakeCluster cluster;
  cluster.SetOwner(0, 0, 1);
  cluster.SetOwner(1, 0, 0);
  IngestorOptions options = Batches(10, 2);
  options.reconnects = 1'000;
  options.backoff_ms_max = 1;
  Reports reports;
  Ingestor ingestor = Connected(cluster.Options(0), options, reports);
  REQUIRE(ingestor.Add(kSol, At(1)).ok());
  std::thread restart([&] {
    for (size_t asked = 0; asked < 10; asked += cluster.TakeLog(0).size()) {
      std::this_thread::yield();
    }
    cluster.SetOwner(1, 0, 1);
  });
  const Result<void> flushed = ingestor.Flush();
  restart.join();
  REQUIRE(flushed.ok());
  REQUIRE(reports.all.size() == 1);
  CHECK_FALSE(reports.all[0].error);
  CHECK(cluster.PriceOf(1, kSol).price == 1);
}

TEST_CASE("after a lost connection what the node had is sent again, and only that",
          "[client][ingestor][cluster]") {
  FakeCluster cluster;
  Reports reports;
  Ingestor ingestor = Connected(cluster.Options(0), Batches(10, 2), reports);
  REQUIRE(ingestor.Add(kBtc, At(1)).ok());
  REQUIRE(ingestor.Add(kSol, At(1)).ok());
  REQUIRE(ingestor.Flush().ok());
  cluster.Drop(1);
  REQUIRE(ingestor.Add(kBtc, At(2)).ok());
  REQUIRE(ingestor.Add(kSol, At(2)).ok());
  REQUIRE(ingestor.Flush().ok());
  CHECK(ingestor.reconnects() == 1);
  CHECK(ingestor.resent() <= 1);  // the loss may be seen before anything is sent
  CHECK(cluster.PriceOf(1, kBtc).price == 2);
  CHECK(cluster.PriceOf(0, kSol).price == 2);
  CHECK(reports.all.size() == 2);
}

TEST_CASE("pairs of a node that is gone are sent to where they moved",
          "[client][ingestor][cluster]") {
  FakeCluster cluster;
  Reports reports;
  Ingestor ingestor = Connected(cluster.Options(0), Batches(10, 2), reports);
  REQUIRE(ingestor.Add(kBtc, At(1)).ok());
  REQUIRE(ingestor.Add(kSol, At(1)).ok());
  REQUIRE(ingestor.Flush().ok());
  cluster.Move(0, 1);
  cluster.Stop(0);
  REQUIRE(ingestor.Add(kSol, At(2)).ok());
  REQUIRE(ingestor.Flush().ok());
  CHECK(cluster.PriceOf(1, kSol).price == 2);
}

TEST_CASE("what a removed node did not answer is sent to others, without waiting for it",
          "[client][ingestor][cluster]") {
  FakeCluster cluster;
  cluster.SetSilent(1);
  IngestorOptions options = Batches(10, 2);
  options.reconnects = 2;
  Reports reports;
  Ingestor ingestor = Connected(cluster.Options(0), options, reports);
  REQUIRE(ingestor.Add(kBtc, At(1)).ok());
  REQUIRE(ingestor.Send().ok());
  cluster.RemoveNode1();
  cluster.Drop(0);
  SECTION("the map is known before it is lost") {
    REQUIRE(ingestor.Add(kSol, At(2)).ok());
    REQUIRE(ingestor.Send().ok());
    CHECK(ingestor.reconnects() == 1);
    cluster.Stop(1);
  }
  SECTION("the map is learnt from a node that was restarted with it") { cluster.Stop(1); }
  REQUIRE(ingestor.Flush().ok());
  CHECK(cluster.PriceOf(0, kBtc).price == 1);
  CHECK(ingestor.reconnects() == 1);
  CHECK(ingestor.resent() == 1);
  for (const BatchReport& report : reports.all) CHECK(report.accepted == 1);
}

TEST_CASE("while a node cannot be reached its batches are kept", "[client][ingestor][cluster]") {
  FakeCluster cluster;
  IngestorOptions options = Batches(10, 2);
  options.reconnects = 2;
  Reports reports;
  Ingestor ingestor = Connected(cluster.Options(0), options, reports);
  cluster.Stop(1);
  REQUIRE(ingestor.Add(kBtc, At(1)).ok());
  REQUIRE(ingestor.Add(kSol, At(1)).ok());
  const Result<void> failed = ingestor.Flush();
  REQUIRE_FALSE(failed.ok());
  CHECK(failed.error().code == ErrorCode::kConnectFailed);
  CHECK(failed.error().message.find(cluster.Address(1)) != std::string::npos);
  CHECK(reports.all.empty());
  cluster.Move(1, 0);
  REQUIRE(ingestor.Flush().ok());
  REQUIRE(reports.all.size() == 1);
  CHECK(reports.all[0].accepted == 2);
  CHECK(cluster.PriceOf(0, kBtc).price == 1);
}

}  // namespace wick
