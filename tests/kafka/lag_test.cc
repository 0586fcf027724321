// A server that is behind Kafka is not ready, and one at the head is.
#include "feed/kafka/lag_watch.h"
#include "kafka/fixture.h"
#include "server/running_server.h"

using namespace wick;
using namespace wick::test;
using feed::LagWatch;
using feed::TopicsSeen;
using protocol::KafkaLag;
using protocol::KafkaPartitionStatus;
using protocol::KafkaState;
using std::chrono::steady_clock;

namespace {

KafkaPartitionStatus Partition(uint32_t number, KafkaState state, uint64_t lag, bool known = true) {
  KafkaPartitionStatus partition;
  partition.topic = "ticks";
  partition.partition = number;
  partition.state = state;
  partition.end_offset = lag;
  partition.end_known = known;
  return partition;
}

TopicsSeen Found(std::vector<KafkaPartitionStatus> partitions) {
  TopicsSeen topics;
  topics.partitions = std::move(partitions);
  topics.all_found = true;
  return topics;
}

TopicsSeen Unfound(std::vector<KafkaPartitionStatus> partitions, std::string obstacle) {
  TopicsSeen topics = Found(std::move(partitions));
  topics.all_found = false;
  topics.obstacle = std::move(obstacle);
  return topics;
}

server::Answer Readyz(server::RunningServer& server) {
  return server::Connection(server.server().http()).Ask(server::Get("/readyz"));
}

bool Has(const std::string& text, std::string_view part) { return text.find(part) != text.npos; }

}  // namespace

TEST_CASE("a server is behind until all it reads has caught up, whatever is stopped",
          "[kafka][lag]") {
  LagWatch watch(100);
  const steady_clock::time_point now;
  KafkaLag lag = watch.Look(Unfound({}, "no broker answers"), now);
  CHECK_FALSE(lag.known);
  CHECK(lag.behind ==
        "how far it is behind Kafka is not known yet: no broker answers; ask again in a second");

  lag = watch.Look(Unfound({Partition(0, KafkaState::kReading, 101)}, ""), now);
  CHECK(lag.records == 101);
  CHECK_FALSE(lag.known);
  CHECK(Has(lag.behind,
            "topic ticks, partition 0: 101 records behind Kafka, more than "
            "kafka.ready_lag = 100;"));

  lag = watch.Look(Found({Partition(0, KafkaState::kReading, 100),
                          Partition(1, KafkaState::kStarting, 0, false)}),
                   now);
  CHECK(lag.records == 100);
  CHECK_FALSE(lag.known);
  CHECK(Has(lag.behind, "topic ticks, partition 1: how far it is behind Kafka is not known yet;"));

  lag = watch.Look(
      Found({Partition(0, KafkaState::kReading, 100), Partition(1, KafkaState::kFailing, 102)}),
      now);
  CHECK(lag.records == 102);
  CHECK(lag.known);
  CHECK(Has(lag.behind, "partition 1: 102 records"));

  lag = watch.Look(
      Found({Partition(0, KafkaState::kReading, 100), Partition(1, KafkaState::kOffsetLost, 9'000),
             Partition(2, KafkaState::kStopped, 9'000),
             Partition(3, KafkaState::kStopped, 0, false)}),
      now);
  CHECK(lag.records == 100);
  CHECK(lag.known);
  CHECK(lag.behind.empty());
}

TEST_CASE("a burst that a server at the head takes in does not make it lag", "[kafka][lag]") {
  LagWatch watch(100);
  const auto look = [&](uint64_t lag, steady_clock::duration at) {
    const steady_clock::time_point now(at);
    return watch.Look(Found({Partition(0, KafkaState::kReading, lag)}), now).behind;
  };
  using std::chrono::milliseconds;
  constexpr milliseconds kShort = LagWatch::kPatience - milliseconds(1);
  CHECK(look(0, milliseconds(0)).empty());
  CHECK(look(500, milliseconds(1)).empty());
  CHECK(look(500, milliseconds(1) + kShort).empty());
  CHECK(look(100, milliseconds(1) + kShort).empty());  // it has caught up in time
  CHECK(look(500, milliseconds(10'000)).empty());
  CHECK(look(500, milliseconds(10'000) + kShort).empty());
  CHECK(look(500, milliseconds(10'000) + LagWatch::kPatience) != "");
  CHECK(look(101, milliseconds(20'000)) != "");
  CHECK(look(100, milliseconds(20'001)).empty());
}

TEST_CASE("a server whose brokers are silent is ready after a while, as one that lost them later",
          "[kafka][lag]") {
  LagWatch watch(100);
  const steady_clock::time_point start;
  const auto late = start + LagWatch::kSilence;
  const auto just_before = [](steady_clock::time_point time) {
    return time - std::chrono::milliseconds(1);
  };
  const TopicsSeen silent = Unfound({}, "no broker answers");
  CHECK(watch.Look(silent, start).behind != "");
  CHECK(watch.Look(silent, just_before(late)).behind != "");
  KafkaLag lag = watch.Look(silent, late);
  CHECK(lag.behind.empty());
  CHECK_FALSE(lag.known);
  // They are back: a lag within the bound sends nobody away, whatever is still unknown; a larger
  // one does, after the patience that it has at any time.
  const auto back = late + std::chrono::hours(1);
  CHECK(watch.Look(Unfound({Partition(0, KafkaState::kReading, 100)}, ""), back).behind.empty());
  CHECK(watch
            .Look(Unfound({Partition(0, KafkaState::kReading, 100)}, ""),
                  back + LagWatch::kPatience + LagWatch::kPatience)
            .behind.empty());
  const TopicsSeen behind = Found({Partition(0, KafkaState::kReading, 101)});
  CHECK(watch.Look(behind, back + std::chrono::minutes(1)).behind.empty());
  CHECK(watch.Look(behind, back + std::chrono::minutes(1) + LagWatch::kPatience).behind != "");
}

TEST_CASE("a server waits as long as it learns how far behind it is", "[kafka][lag]") {
  LagWatch watch(100);
  const steady_clock::time_point start;
  std::vector<KafkaPartitionStatus> partitions;
  steady_clock::time_point now = start;
  for (uint32_t number = 0; number < 4; ++number) {
    partitions.push_back(Partition(number, KafkaState::kReading, 0));
    CHECK(watch.Look(Unfound(partitions, "slow"), now).behind != "");
    now += LagWatch::kSilence - std::chrono::milliseconds(1);
    CHECK(watch.Look(Unfound(partitions, "slow"), now).behind != "");
  }
  now += std::chrono::milliseconds(1);
  CHECK(watch.Look(Unfound(partitions, "slow"), now).behind.empty());
}

TEST_CASE("a server whose topic Kafka refuses stays behind, and so does one that is far behind",
          "[kafka][lag]") {
  const steady_clock::time_point start;
  const auto late = start + 2 * LagWatch::kSilence;
  TopicsSeen refused = Unfound({}, "topic ticks: Broker: Unknown topic or partition");
  refused.refused = true;
  LagWatch watch(100);
  CHECK(watch.Look(refused, start).behind != "");
  CHECK(Has(watch.Look(refused, late).behind, "not known yet: topic ticks: Broker: Unknown topic"));
  const TopicsSeen far = Found({Partition(0, KafkaState::kReading, 101)});
  CHECK(watch.Look(far, late).behind != "");
  CHECK(watch.Look(far, late + 2 * LagWatch::kSilence).behind != "");
}

TEST_CASE("a topic with another number of partitions is behind, whatever the lag and its bound",
          "[kafka][lag]") {
  for (const uint64_t lag_max : {uint64_t{0}, uint64_t{100}}) {
    LagWatch watch(lag_max);
    TopicsSeen topics = Found({Partition(0, KafkaState::kReading, 0)});
    CHECK(watch.Look(topics, {}).behind.empty());
    topics.mismatch = "topic ticks has 3 partitions, but cluster.partitions is 2";
    CHECK(watch.Look(topics, {}).behind == topics.mismatch);
    topics.mismatch.clear();
    CHECK(watch.Look(topics, {}).behind.empty());
  }
}

TEST_CASE("no lag is too large where none is looked at", "[kafka][lag]") {
  LagWatch watch(0);
  CHECK(watch.Look(Unfound({}, ""), {}).behind.empty());
  const KafkaLag lag = watch.Look(Found({Partition(0, KafkaState::kReading, 1'000'000)}), {});
  CHECK(lag.records == 1'000'000);
  CHECK(lag.behind.empty());
}

TEST_CASE("a server behind Kafka is not ready, and is when it has caught up", "[kafka][lag]") {
  TicksTopic ticks(2);
  ticks.ProduceBases(0, 300);
  ticks.cluster().RefuseFetches();
  server::RunningServer server({"kafka.brokers=" + ticks.cluster().brokers(), "kafka.topics=ticks",
                                "kafka.start=earliest", "kafka.ready_lag=100"});
  const server::Answer first = Readyz(server);  // before or after it has looked
  CHECK(first.status == 503);
  CHECK(Has(first.body, R"("code":"lagging")"));
  server::Answer behind;
  REQUIRE(Eventually([&] {
    behind = Readyz(server);
    return Has(behind.body, "records behind Kafka");
  }));
  CAPTURE(behind.body);
  CHECK(behind.status == 503);
  CHECK(Has(behind.body, R"("code":"lagging")"));
  CHECK(Has(behind.body, R"("detail":"topic ticks, partition )"));
  CHECK(Has(behind.body, "more than kafka.ready_lag = 100;"));
  CHECK(Has(behind.head, "Retry-After: 1\r\n"));
  const auto status = [&] { return *server.Connect().Status(); };
  CHECK(Has(status(), R"("state":"lagging")"));
  CHECK(Has(status(), R"("lagging":"topic ticks, partition )"));

  ticks.cluster().GrantFetches();
  REQUIRE(Eventually([&] { return Readyz(server).status == 200; }));
  CHECK(Has(status(), R"("state":"ready")"));
  CHECK(Has(status(), R"("lagKnown":true,"lagging":"")"));
}

TEST_CASE("a server that does not know how far behind it is is not ready", "[kafka][lag]") {
  TicksTopic ticks(2);
  ticks.ProduceBases(0, 10);
  ticks.cluster().SetLeader("ticks", 1, -1);
  server::RunningServer server(
      {"kafka.brokers=" + ticks.cluster().brokers(), "kafka.topics=ticks", "kafka.start=earliest"});
  REQUIRE(Eventually(
      [&] { return Has(*server.Connect().Status(), R"("partition":0,"state":"reading")"); }));
  const server::Answer answer = Readyz(server);
  CAPTURE(answer.body);
  CHECK(answer.status == 503);
  CHECK(Has(answer.body, "how far it is behind Kafka is not known yet: "));
  CHECK(Has(answer.body, "topic ticks, partition 1: it has no leader; ask again in a second"));
  ticks.cluster().SetLeader("ticks", 1, 1);
  REQUIRE(Eventually([&] { return Readyz(server).status == 200; }));
  // Its leader gone again, what was known stays known: it is at the head as far as anybody can say.
  ticks.cluster().SetLeader("ticks", 1, -1);
  std::this_thread::sleep_for(std::chrono::seconds(1));
  CHECK(Readyz(server).status == 200);
}
