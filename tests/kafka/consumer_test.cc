// Records of a mock cluster into an engine that crashes, and what cannot be read: against a fold
// that knows neither.
//
// WICK_KAFKA_RECORDS: how many records go through the crashes (6,000).
#include <future>

#include "environment.h"
#include "kafka/fixture.h"
#include "wick/partition.h"

using namespace wick;
using namespace wick::test;

TEST_CASE("each record counts once through crashes, power cuts and a broker that restarts",
          "[kafka]") {
  constexpr int kPartitions = 4;
  constexpr int kLives = 12;
  TicksTopic ticks(kPartitions, 2);
  MockCluster& cluster = ticks.cluster();
  cluster.CreateTopic("letters", 1);
  Ledger ledger;
  const uint64_t records = NumberOr("WICK_KAFKA_RECORDS", 6'000);

  PowerLossEnv disk;
  feed::KafkaOptions kafka = ticks.Reading();
  kafka.dead_letter_topic = "letters";
  std::mt19937_64 random(11);
  uint64_t read = 0;   // records, in lives that crashed
  uint64_t again = 0;  // those of them that were not durable then
  for (int life = 0;; ++life) {
    {
      ReadingEngine reading(StorageOn(disk), Options(1 + life % 3), ticks.clock());
      const auto durable = reading.engine()->KafkaOffsets();
      REQUIRE(durable.ok());
      again = read;
      for (const auto& offset : *durable) {
        REQUIRE(offset.next <= again);
        again -= offset.next;
      }
      // That crashes took nothing back is rare; then there are more of them.
      const bool last = life == 10 * kLives || (life >= kLives && again > 0);
      reading.Read(kafka);
      if (last) {
        REQUIRE(Eventually([&] {
          uint64_t next = 0;
          for (const auto& partition : reading.consumer().Status().partitions) {
            next += partition.next_offset;
          }
          return next == ledger.records;
        }));
        CHECK(reading.CaughtUp(kPartitions));
        ledger.CheckFold(reading.engine());
        REQUIRE(Eventually([&] {
          const auto offsets = reading.engine()->KafkaOffsets();
          REQUIRE(offsets.ok());
          uint64_t letters = 0;
          for (const auto& offset : *offsets) {
            const auto left = reading.engine()->DeadLetters(
                {offset.topic, offset.partition, offset.published}, SIZE_MAX);
            REQUIRE(left.ok());
            letters += static_cast<uint64_t>(std::ranges::count_if(*left, [&](const auto& letter) {
              return letter.place.topic == offset.topic &&
                     letter.place.partition == offset.partition;
            }));
          }
          return letters == 0;  // all of them marked as published
        }));
        const auto letters = reading.engine()->DeadLetters({}, SIZE_MAX);
        REQUIRE(letters.ok());
        std::multiset<std::string> kept;
        for (const cold::DeadLetter& letter : *letters) kept.insert(letter.value);
        REQUIRE(kept == ledger.poison);
        uint64_t next = 0;
        const auto offsets = reading.engine()->KafkaOffsets();
        REQUIRE(offsets.ok());
        for (const auto& offset : *offsets) next += offset.next;
        REQUIRE(next == ledger.records);
        break;
      }
      // It reads what comes, and dies while it does: half of the times in the middle of a write.
      REQUIRE(
          Eventually([&] { return reading.consumer().Status().partitions.size() == kPartitions; }));
      if (life >= kLives || random() % 2 == 0) disk.CutPowerAfter(random() % 12);
      if (life == 4) {
        cluster.SetDown(1);
        std::this_thread::sleep_for(std::chrono::milliseconds(200));
        cluster.SetUp(1);
      }
      ledger.Produce(ticks.producer(), records / kLives);
      const uint64_t some = random() % (records / kLives);
      const auto read_now = [&reading] {
        uint64_t count = 0;
        for (const auto& partition : reading.consumer().Status().partitions) {
          count += partition.records;
        }
        return count;
      };
      REQUIRE(Eventually([&] { return read_now() >= some || !reading.engine()->Ready().ok(); }));
      reading.consumer().Stop();
      read += read_now();
    }
    disk.PowerLoss(random());
  }
  std::set<std::string> published;
  for (const KafkaRecord& record : test::ReadTopic(cluster.brokers(), "letters", 1)) {
    published.insert(record.value);
    REQUIRE(record.headers.size() == 6);
    REQUIRE(record.headers[0] == std::pair<std::string, std::string>("wick.topic", "ticks"));
  }
  REQUIRE(published == std::set<std::string>(ledger.poison.begin(), ledger.poison.end()));
  CHECK(ledger.poison.size() > records / 300);
  CHECK(again > 0);
  WARN(ledger.records << " records, " << read << " read in lives that crashed, " << again
                      << " of them taken back");
}

TEST_CASE("the partition of a key is that of Java's clients", "[kafka]") {
  TicksTopic ticks(12);
  for (int i = 0; i < 100; ++i) ticks.Produce("B" + std::to_string(i) + "/USD", {"v"});
  REQUIRE(ticks.producer().acknowledged() == 100);
  const auto records = test::ReadTopic(ticks.cluster().brokers(), "ticks", 12);
  REQUIRE(records.size() == 100);
  for (const KafkaRecord& record : records) {
    CAPTURE(record.key);
    REQUIRE(PartitionOf(record.key, 12) == static_cast<uint32_t>(record.partition));
  }
}

TEST_CASE("a worker that stands still and a full disk hold the topic back, nothing is lost",
          "[kafka]") {
  TicksTopic ticks(2);
  Ledger ledger;
  ledger.Produce(ticks.producer(), 2'000);
  PowerLossEnv disk;
  ReadingEngine reading(StorageOn(disk), Options(2), ticks.clock());
  std::promise<void> go_on;
  reading.engine().OnWorker(1, [&] { go_on.get_future().wait(); });
  disk.SetSpace(disk.used_bytes() + 10'000);  // less than a resume asks for
  auto consumer = reading.Start(ticks.Reading());
  REQUIRE(consumer.ok());
  REQUIRE(Eventually([&] { return (*consumer)->Status().partitions.size() == 2; }));
  // Events for the worker that stands still are read and not durable: no offset passes them.
  REQUIRE(Eventually([&] { return (*consumer)->Status().partitions[0].records > 0; }));
  go_on.set_value();
  REQUIRE(Eventually([&] { return absl::IsResourceExhausted(reading.engine()->Ready()); }));
  ledger.Produce(ticks.producer(), 500);  // these are refused at the door, and kept
  REQUIRE(Eventually([&] { return (*consumer)->Status().paused; }));
  disk.SetSpace(UINT64_MAX);
  REQUIRE(Eventually([&] {
    const auto status = (*consumer)->Status();
    return status.partitions.size() == 2 &&
           std::ranges::all_of(status.partitions, [](const auto& partition) {
             return partition.end_offset > 0 && partition.lag() == 0;
           });
  }));
  ledger.CheckFold(reading.engine());
  CHECK(reading.engine()->DeadLetters({}, SIZE_MAX)->size() == ledger.poison.size());
  (*consumer)->Stop();
}

TEST_CASE("no mark passes the offset of its partition, whatever letters there are", "[kafka]") {
  TicksTopic ticks(1);
  ticks.cluster().CreateTopic("letters", 1);
  ticks.Produce("a", {"poison 0", "poison 1"});
  // As an earlier wick set an offset back: letters from another reading stand behind it.
  ticks.Store({{"ticks", 0, 0, 0}}, {{{"ticks", 0, 4'000}, kBaseMs, "no JSON", 1, 4, "a", "late"}});
  feed::KafkaOptions kafka = ticks.Reading();
  kafka.dead_letter_topic = "letters";
  ReadingEngine reading = ticks.Read(kafka);
  REQUIRE(Eventually([&] {
    const auto offsets = reading.engine()->KafkaOffsets();
    INFO(offsets.status());
    REQUIRE(offsets.ok());  // also says that no mark is behind its offset
    return offsets->front() == cold::KafkaOffset{"ticks", 0, 2, 2};
  }));
  reading.consumer().Stop();
  const auto records = test::ReadTopic(ticks.cluster().brokers(), "letters", 1);
  REQUIRE(records.size() == 2);
  CHECK(records[1].value == "poison 1");
}

TEST_CASE("dead letters are bounded, the oldest of whoever writes most go", "[kafka]") {
  TicksTopic ticks(1);
  const std::string poison(60'000, 'x');
  constexpr uint64_t kRecords = 60;
  ticks.Store({{"other", 0, 2, 0}}, {{{"other", 0, 1}, kBaseMs, "no JSON", 1, 4, "a", "kept"}});
  feed::KafkaOptions kafka = ticks.Reading();
  kafka.dead_letter_bytes_max = 1'000'000;
  uint64_t dropped = 0;
  for (uint64_t half = 1; half <= 2; ++half) {
    ReadingEngine reading = ticks.Read(kafka);
    for (uint64_t i = 0; i < kRecords / 2; ++i) {
      ticks.Produce("a", {poison});
      REQUIRE(Eventually([&] {
        const auto status = reading.consumer().Status();
        return !status.partitions.empty() &&
               status.partitions[0].next_offset == (half - 1) * kRecords / 2 + i + 1;
      }));
    }
    REQUIRE(Eventually([&] { return reading.consumer().Status().dead_letters_dropped > 0; }));
    dropped += reading.consumer().Status().dead_letters_dropped;
    const auto letters = reading.engine()->DeadLetters({}, SIZE_MAX);
    REQUIRE(letters.ok());
    CHECK(letters->size() + dropped == half * kRecords / 2 + 1);
    CHECK(letters->size() <= 18);  // 16 are a megabyte
    CHECK(letters->front().value == "kept");
    CHECK(letters->back().place.offset == half * kRecords / 2 - 1);
    reading.consumer().Stop();
  }
}

TEST_CASE("letters that were refused are published when the broker takes them", "[kafka]") {
  TicksTopic ticks(1);
  ticks.cluster().CreateTopic("letters", 1);
  ticks.Produce("a", {"poison"});
  ticks.cluster().RefuseProduced(1);
  feed::KafkaOptions kafka = ticks.Reading();
  kafka.dead_letter_topic = "letters";
  ReadingEngine reading = ticks.Read(kafka);
  REQUIRE(Eventually([&] { return reading.consumer().Status().dead_letters_failed > 0; }));
  REQUIRE(Eventually([&] { return reading.consumer().Status().dead_letters_published == 1; }));
  reading.consumer().Stop();
  CHECK(test::ReadTopic(ticks.cluster().brokers(), "letters", 1).size() == 1);
}

TEST_CASE("a stop does not wait for brokers that are gone", "[kafka]") {
  TicksTopic ticks(1);
  ticks.cluster().CreateTopic("letters", 1);
  ticks.Produce("a", {"poison"});
  feed::KafkaOptions kafka = ticks.Reading();
  kafka.dead_letter_topic = "letters";
  kafka.partition_refresh_ms = 60'000;
  // A letter that waits to be published, and nobody who takes it.
  ticks.Store({{"ticks", 0, 1, 0}}, {{{"ticks", 0, 0}, kBaseMs, "no JSON", 1, 6, "a", "poison"}});
  ticks.cluster().SetDown(1);
  ReadingEngine reading = ticks.Read(kafka);
  std::this_thread::sleep_for(std::chrono::milliseconds(1'000));  // it flushes
  const auto begun = std::chrono::steady_clock::now();
  reading.consumer().Stop();
  CHECK(std::chrono::steady_clock::now() - begun < std::chrono::milliseconds(6'000));
}
