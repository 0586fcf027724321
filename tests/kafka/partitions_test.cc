// Which partitions of a mock cluster's topics are read, and from where.
#include "kafka/fixture.h"
#include "wick/partition.h"

using namespace wick;
using namespace wick::test;

TEST_CASE("where a topic begins is said once, and kept", "[kafka]") {
  TicksTopic ticks(2);
  ticks.Produce("a", {TicksTopic::EventOf("OLD")});
  {
    ReadingEngine reading(ticks.storage(), Options(2), ticks.clock());
    const auto refused = reading.Start(ticks.Reading("refuse"));
    CHECK(absl::IsFailedPrecondition(refused.status()));
    CHECK(Message(refused.status()).find("set kafka.start to earliest") != std::string::npos);
  }
  {
    ReadingEngine reading = ticks.Read(ticks.Reading("latest"), 2);
    REQUIRE(Eventually([&] { return reading.engine()->KafkaOffsets()->size() == 2; }));
    reading.consumer().Stop();
  }
  // What came while nobody read is not skipped, whatever the setting says now.
  ticks.Produce("a", {TicksTopic::EventOf("NEW")});
  for (const char* start : {"refuse", "latest", "earliest"}) {
    CAPTURE(start);
    ReadingEngine reading = ticks.Read(ticks.Reading(start));
    REQUIRE(Eventually([&] {
      return reading.engine()->FindSeen({"NEW", "USD", "X"}).has_value();
    }));
    CHECK_FALSE(reading.engine()->FindSeen({"OLD", "USD", "X"}).has_value());
    reading.consumer().Stop();
  }
}

TEST_CASE("an offset that Kafka does not have stops its partition, loudly, and no other",
          "[kafka]") {
  TicksTopic ticks(2);
  ticks.ProduceBases(0, 20);
  ticks.Store({{"ticks", 0, 1'000, 0}, {"ticks", 1, 0, 0}});
  ReadingEngine reading = ticks.Read(ticks.Reading(), 2);
  REQUIRE(
      Eventually([&] { return reading.Partition(0).state == protocol::KafkaState::kOffsetLost; }));
  CHECK(reading.Partition(0).reason.find("does not have offset 1000 any more") !=
        std::string::npos);
  REQUIRE(Eventually([&] { return reading.Partition(1).records > 0; }));
  CHECK(reading.Partition(0).records == 0);
  CHECK(reading.Partition(1).state == protocol::KafkaState::kReading);
  // It stays stopped, the other goes on.
  const uint64_t before = reading.Partition(1).records;
  ticks.ProduceBases(100, 120);
  REQUIRE(Eventually([&] { return reading.Partition(1).records > before; }));
  CHECK(reading.Partition(0).state == protocol::KafkaState::kOffsetLost);
  reading.consumer().Stop();
}

TEST_CASE("a partition that was added to a topic is read from its beginning", "[kafka]") {
  TicksTopic ticks(3);
  ticks.ProduceBases(0, 30);
  std::vector<std::string> bases;
  for (int i = 0; i < 30; ++i) bases.push_back("B" + std::to_string(i));
  feed::KafkaOptions kafka = ticks.Reading("latest");
  const auto seen = [&](ReadingEngine& reading) {
    size_t count = 0;
    for (const std::string& base : bases) {
      count += reading.engine()->FindSeen({base, "USD", "X"}).has_value();
    }
    return count;
  };
  {
    kafka.partitions = {"0"};
    ReadingEngine reading = ticks.Read(kafka);
    REQUIRE(Eventually([&] { return reading.engine()->KafkaOffsets()->size() == 1; }));
    CHECK(seen(reading) == 0);
    reading.consumer().Stop();
  }
  kafka.partitions = {};
  const auto elsewhere = static_cast<size_t>(
      std::ranges::count_if(bases, [](const auto& base) { return PartitionOf(base, 3) != 0; }));
  ReadingEngine reading = ticks.Read(kafka);
  REQUIRE(Eventually([&] { return seen(reading) == elsewhere; }));
  REQUIRE(Eventually([&] { return reading.engine()->KafkaOffsets()->size() == 3; }));
  reading.consumer().Stop();
}

TEST_CASE("a new partition without a leader holds back no other", "[kafka]") {
  TicksTopic ticks(3);
  ticks.ProduceBases(0, 60);
  ticks.cluster().SetLeader("ticks", 1, -1);
  ticks.Store({{"ticks", 0, 0, 0}});
  ReadingEngine reading = ticks.Read(ticks.Reading("refuse"));
  const auto begun = std::chrono::steady_clock::now();
  REQUIRE(Eventually([&] {  // the one that is stored, and the new one with a leader
    const auto status = reading.consumer().Status();
    return status.partitions.size() == 2 && status.partitions[0].records > 0 &&
           status.partitions[1].records > 0;
  }));
  CHECK(std::chrono::steady_clock::now() - begun < std::chrono::seconds(20));
  CHECK(reading.Partition(1).partition == 2);
  CHECK(reading.consumer().Status().error.find("partition 1: it has no leader") !=
        std::string::npos);
  ticks.cluster().SetLeader("ticks", 1, 1);
  REQUIRE(Eventually([&] {
    const auto status = reading.consumer().Status();
    return status.partitions.size() == 3 && status.partitions[1].records > 0 &&
           status.error.empty();
  }));
  reading.consumer().Stop();
}

TEST_CASE("a topic without a beginning stands as stopped beside one that is read", "[kafka]") {
  TicksTopic ticks(1);
  ticks.cluster().CreateTopic("new", 2);
  ticks.Produce("a", {TicksTopic::EventOf("SEEN")});
  ticks.Store({{"ticks", 0, 0, 0}});
  feed::KafkaOptions kafka = ticks.Reading("refuse");
  kafka.topics = {"new", "ticks"};
  ReadingEngine reading = ticks.Read(kafka);
  REQUIRE(Eventually([&] {
    return reading.engine()->FindSeen({"SEEN", "USD", "X"}).has_value() &&
           reading.consumer().Status().partitions.size() == 3;
  }));
  for (size_t i : {0, 1}) {
    CHECK(reading.Partition(i).topic == "new");
    CHECK(reading.Partition(i).state == protocol::KafkaState::kStopped);
    CHECK(reading.Partition(i).reason.find("set kafka.start to earliest") != std::string::npos);
  }
  reading.consumer().Stop();
  CHECK(reading.engine()->KafkaOffsets()->size() == 1);
}

TEST_CASE("a partition that is newly named of a known topic is read from its beginning",
          "[kafka]") {
  for (const char* start : {"refuse", "latest"}) {
    CAPTURE(start);
    TicksTopic ticks(2);
    ticks.ProduceBases(0, 20);
    ticks.Store({{"ticks", 0, 0, 0}});
    feed::KafkaOptions kafka = ticks.Reading(start);
    kafka.partitions = {"7", "0", "1"};  // of which one is not there
    ReadingEngine reading = ticks.Read(kafka);
    REQUIRE(Eventually([&] {
      const auto status = reading.consumer().Status();
      return status.partitions.size() == 2 && status.partitions[0].records > 0 &&
             status.partitions[1].records > 0 &&
             status.partitions[0].records + status.partitions[1].records == 20;
    }));
    CHECK(reading.consumer().Status().error.find("partition 7: the topic has only 2") !=
          std::string::npos);
    reading.consumer().Stop();
  }
}
