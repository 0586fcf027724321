// Three nodes that read their shares of a topic are together what one is that reads all of it.
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "feed/kafka/producer.h"
#include "kafka/mock_cluster.h"
#include "server/running_cluster.h"

namespace wick::server {
namespace {

using test::MockCluster;

constexpr int kPartitions = 12;
constexpr size_t kNodes = 3;
constexpr int kPairs = 40;

bool Eventually(const std::function<bool()>& so) {
  for (int i = 0; i < 12'000; ++i) {
    if (so()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return false;
}

std::string BaseOf(int pair) { return "B" + std::to_string(pair); }

/// Writes events of all pairs, one a record, with the key of its pair.
class Feeder {
 public:
  explicit Feeder(const MockCluster& kafka) {
    feed::KafkaOptions options;
    options.brokers = {kafka.brokers()};
    auto opened = feed::KafkaProducer::Open(options, log_);
    REQUIRE(opened.ok());
    producer_ = std::move(*opened);
  }

  void Send(int events) {
    for (int i = 0; i < events; ++i, ++sent_) {
      const std::string base = BaseOf(sent_ * 7 % kPairs);
      Send(base + "/USD", EventJson(base, 1 + 0.25 * sent_, kNowMs - 500'000 + 100ull * sent_));
    }
    REQUIRE(producer_->Flush(60'000).ok());
  }
  void Send(const std::string& key, const std::string& event) {
    REQUIRE(producer_->Produce("ticks", key, event).ok());
  }
  void Flush() { REQUIRE(producer_->Flush(60'000).ok()); }

 private:
  const feed::KafkaLog log_ = [](feed::KafkaSeverity, const std::string&) {};
  std::unique_ptr<feed::KafkaProducer> producer_;
  int sent_ = 0;
};

std::vector<std::string> Reading(const MockCluster& kafka) {
  return {"kafka.brokers=" + kafka.brokers(), "kafka.topics=ticks", "kafka.start=earliest",
          "kafka.partition_refresh=1s"};
}

std::string Candles() {
  std::string series;
  for (int pair = 0; pair < kPairs; ++pair) {
    series += fmt::format("{}\"Kraken:{}/USD\"", pair > 0 ? "," : "", BaseOf(pair));
  }
  return fmt::format(R"({{"series":[{}],"interval":"1s","limit":1000}})", series);
}

struct Picture {
  std::string exchanges, bases, candles;
  bool operator==(const Picture&) const = default;
};

Picture PictureOf(const std::function<Answer(const std::string& request)>& ask) {
  return {ask(Get("/v1/exchanges")).body, ask(Get("/v1/bases")).body,
          ask(WithBody("POST", "/v1/candles", Candles())).body};
}
Picture PictureOf(RunningServer& single) {
  return PictureOf(
      [&](const std::string& request) { return Connection(single.server().http()).Ask(request); });
}
Picture PictureOf(RunningCluster& cluster, size_t node) {
  return PictureOf([&](const std::string& request) { return cluster.Ask(node, request); });
}

std::string Number(const std::string& metrics, const std::string& name) {
  const size_t found = metrics.find("\n" + name + " ");
  if (found == std::string::npos) return "";
  const size_t begin = found + name.size() + 2;
  return metrics.substr(begin, metrics.find('\n', begin) - begin);
}

uint64_t Accepted(const Endpoint& http) {
  const std::string text =
      Number(Connection(http).Ask(Get("/metrics")).body, "wick_events_accepted_total");
  return text.empty() ? 0 : std::stoull(text);
}

TEST_CASE("nodes that read their shares are together what one is that reads all",
          "[kafka][cluster]") {
  MockCluster kafka;
  kafka.CreateTopic("ticks", kPartitions);
  Feeder feeder(kafka);
  feeder.Send(1'000);
  RunningServer single(Reading(kafka));
  RunningCluster cluster(kNodes, kPartitions, Reading(kafka));

  const auto caught_up = [&](uint64_t events) {
    uint64_t sum = 0;
    for (size_t node = 0; node < kNodes; ++node) sum += Accepted(cluster.server(node).http());
    return sum == events && Accepted(single.server().http()) == events;
  };
  REQUIRE(Eventually([&] { return caught_up(1'000); }));
  const Picture before = PictureOf(single);
  for (size_t node = 0; node < kNodes; ++node) {
    CAPTURE(node);
    CHECK(PictureOf(cluster, node) == before);
    // Ready is who knows how far each of its partitions is, though no pair may be in it.
    REQUIRE(Eventually([&] { return cluster.Ask(node, Get("/readyz")).status == 200; }));
    // It reads its share, all of it and nothing else.
    const std::string metrics = cluster.Ask(node, Get("/metrics")).body;
    for (int partition = 0; partition < kPartitions; ++partition) {
      const std::string reading =
          fmt::format("wick_kafka_reading{{topic=\"ticks\",partition=\"{}\"}}", partition);
      CHECK(Number(metrics, reading) == (partition % kNodes == node ? "1" : ""));
    }
  }

  // One is away while events come. The others have theirs, and say who is missing.
  cluster.Stop(1);
  feeder.Send(500);
  REQUIRE(Eventually([&] { return Accepted(single.server().http()) == 1'500; }));
  const Answer bases = cluster.Ask(0, Get("/v1/bases"));
  CHECK(bases.status == 200);
  CHECK(FieldOf(bases, "Wick-Nodes") == "0,2");
  CHECK(FieldOf(bases, "Wick-Nodes-Missing") == "1");
  for (int pair = 0; pair < kPairs; ++pair) {
    const bool away = PartitionOf(BaseOf(pair) + "/USD", kPartitions) % kNodes == 1;
    const std::string listed = "\"baseCurrency\":\"" + BaseOf(pair) + "\"";
    CHECK((bases.body.find(listed) == std::string::npos) == away);
  }

  // Back again it goes on where it was; nothing is missing or counted twice.
  cluster.Start(1);
  const Picture after = PictureOf(single);
  CHECK_FALSE(after == before);
  REQUIRE(Eventually([&] { return PictureOf(cluster, 0) == after; }));
  for (size_t node = 0; node < kNodes; ++node) CHECK(PictureOf(cluster, node) == after);
}

TEST_CASE("an event in a partition that is not its pair's is a dead letter", "[kafka][cluster]") {
  MockCluster kafka;
  kafka.CreateTopic("ticks", 2);
  RunningCluster cluster(2, 2, Reading(kafka));
  std::string here, there;  // keys of partition 0 and 1
  for (int pair = 0; pair < kPairs; ++pair) {
    (PartitionOf(BaseOf(pair) + "/USD", 2) == 0 ? here : there) = BaseOf(pair);
  }
  Feeder feeder(kafka);
  feeder.Send(here + "/USD", EventJson(there, 1, kNowMs));
  feeder.Send(here + "/USD", EventJson(here, 1, kNowMs));
  feeder.Flush();
  REQUIRE(Eventually([&] { return Accepted(cluster.server(0).http()) == 1; }));
  REQUIRE(Eventually([&] {  // an event is seen before it is durable, a letter after
    const std::string letters = cluster.Ask(0, Get("/v1/admin/dead-letters")).body;
    return letters.find("1 of 1 events refused; event 0: moved: " + there +
                        "/USD is a pair of another partition") != std::string::npos;
  }));
  CHECK(cluster.Ask(0, Get("/v1/bases/" + there)).body == "[]");
}

TEST_CASE("a topic with another number of partitions is not read, and both numbers are said",
          "[kafka][cluster]") {
  MockCluster kafka;
  kafka.CreateTopic("ticks", 6);
  RunningCluster cluster(2, kPartitions, Reading(kafka));
  REQUIRE(Eventually([&] {
    return cluster.Ask(1, Get("/v1/status"))
               .body.find("topic ticks has 6 partitions, but cluster.partitions is 12") !=
           std::string::npos;
  }));
  CHECK(cluster.Ask(1, Get("/metrics")).body.find("\nwick_kafka_connected 0\n") !=
        std::string::npos);
}

TEST_CASE("a node whose topic gets another number of partitions is not ready until it has its own",
          "[kafka][cluster]") {
  // The topic as it was, as it grew, and as it was again: one after the other is there to answer.
  MockCluster before, grown, again;
  before.CreateTopic("ticks", 2);
  grown.CreateTopic("ticks", 3);
  again.CreateTopic("ticks", 2);
  grown.SetDown(1);
  again.SetDown(1);
  RunningCluster cluster(
      2, 2,
      {"kafka.brokers=" + before.brokers() + "," + grown.brokers() + "," + again.brokers(),
       "kafka.topics=ticks", "kafka.start=earliest", "kafka.partition_refresh=1s",
       "kafka.ready_lag=0"});  // it is no matter of lag
  const auto reading = [&] {
    return cluster.Ask(0, Get("/v1/status")).body.find(R"("state":"reading")") != std::string::npos;
  };
  REQUIRE(Eventually(reading));
  CHECK(cluster.Ask(0, Get("/readyz")).status == 200);
  before.SetDown(1);
  grown.SetUp(1);
  Answer readyz;
  REQUIRE(Eventually([&] {
    readyz = cluster.Ask(0, Get("/readyz"));
    return readyz.status == 503;
  }));
  CHECK(readyz.body.find(R"("code":"lagging")") != std::string::npos);
  CHECK(readyz.body.find("topic ticks has 3 partitions, but cluster.partitions is 2") !=
        std::string::npos);
  CHECK(reading());  // what it has goes on
  grown.SetDown(1);
  again.SetUp(1);
  CHECK(Eventually([&] { return cluster.Ask(0, Get("/readyz")).status == 200; }));
}

}  // namespace
}  // namespace wick::server
