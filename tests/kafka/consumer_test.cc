// Topics of a mock cluster read into an engine that crashes: against a fold that knows neither.
//
// WICK_KAFKA_RECORDS: how many records go through the crashes (6,000).
#include <atomic>
#include <cstdlib>
#include <map>
#include <random>
#include <set>

#include "engine/naive_market.h"
#include "feed/kafka/producer.h"
#include "feed/kafka/record_writer.h"
#include "kafka/mock_cluster.h"
#include "kafka/reading_engine.h"
#include "support/power_loss_env.h"
#include "wick/partition.h"

using namespace wick;
using feed::RecordFormat;
using test::Eventually;
using test::KafkaRecord;
using test::kTierUnits;
using test::MockCluster;
using test::NaiveSeries;
using test::PowerLossEnv;
using test::ReadingEngine;

namespace {

constexpr uint64_t kBaseMs = 1'700'000'000'000;
const feed::KafkaLog kQuiet = [](feed::KafkaSeverity, const std::string&) {};

cold::StoreOptions StorageOn(const PowerLossEnv& disk) {
  cold::StoreOptions storage;
  storage.directory = "/data";
  storage.resume_room_bytes = 16_KiB;
  storage.env = disk.env();
  return storage;
}

engine::EngineOptions Options(unsigned workers) {
  engine::EngineOptions options;
  options.workers = workers;
  options.keep.ms.fill(market::kKeepForever);
  options.min_free_bytes = 0;
  options.checkpoint_interval_ms = 20;
  return options;
}

feed::KafkaOptions Reading(const MockCluster& cluster, std::string start = "earliest") {
  feed::KafkaOptions options;
  options.brokers = {cluster.brokers()};
  options.topics = {"ticks"};
  options.start = std::move(start);
  options.group = "wick";
  options.partition_refresh_ms = 1'000;
  return options;
}

std::unique_ptr<feed::KafkaProducer> ProducerTo(const MockCluster& cluster) {
  auto producer = feed::KafkaProducer::Open(Reading(cluster), kQuiet);
  INFO(producer.status());
  REQUIRE(producer.ok());
  return std::move(*producer);
}

/// One event of a series as JSON.
std::string Event(const SymbolView& symbol, double price, uint64_t ms) {
  feed::RecordWriter writer(RecordFormat::kJson);
  writer.Add(symbol, {price, 0, 0, ms});
  return writer.Take();
}

/// What was produced, and what must come of it: records of 40 pairs in both formats, one in a
/// hundred poison; each says who it is.
struct Ledger {
  std::map<std::string, NaiveSeries> series;  // by base currency
  std::multiset<std::string> poison;          // values that cannot be read
  uint64_t records = 0;
  std::mt19937_64 random{7};
  std::map<std::string, uint64_t> ms;  // newest event, by base currency

  void Produce(feed::KafkaProducer& producer, uint64_t more) {
    for (; more > 0; --more) {
      ++records;
      const std::string base = "B" + std::to_string(random() % 40);
      const std::string key = base + "/USD";
      if (random() % 100 == 0) {
        const std::string value = "poison " + std::to_string(records);
        poison.insert(value);
        REQUIRE(producer.Produce("ticks", key, value).ok());
        continue;
      }
      feed::RecordWriter writer(random() % 2 ? RecordFormat::kJson : RecordFormat::kBinary);
      for (uint64_t n = random() % 20 + 1; n > 0; --n) {
        uint64_t& now = ms.try_emplace(base, kBaseMs).first->second;
        now += random() % 700;
        const uint64_t late = random() % 8 == 0 ? random() % 100'000 : 0;
        const Price price{1 + static_cast<double>(random() % 1'000) / 8, 0, 0, now - late};
        writer.Add({base, "USD", "X"}, price);
        series[base].Take(price);
      }
      REQUIRE(producer.Produce("ticks", key, writer.Take()).ok());
    }
    const absl::Status flushed = producer.Flush(60'000);
    INFO(flushed);
    REQUIRE(flushed.ok());
  }
};

void CheckFold(test::RunningEngine& engine, const Ledger& ledger) {
  for (const auto& [base, expected] : ledger.series) {
    CAPTURE(base);
    const SymbolView symbol{base, "USD", "X"};
    const auto id = engine->FindSeen(symbol);
    REQUIRE(id.has_value());
    REQUIRE(engine->Latest(*id) == expected.latest());
    for (size_t tier = 0; tier < kTierUnits.size(); ++tier) {
      CandlesRequest request;
      request.interval = {1, kTierUnits[tier]};
      request.from_ms = 1;
      request.to_ms = 2 * kBaseMs;
      request.limit = 10'000;
      std::vector<test::NaiveCandle> seen;
      for (const Candle& c : engine.Candles(symbol, request).candles) {
        seen.push_back({c.timestamp_ms, c.open, c.high, c.low, c.close, c.count,
                        c.base_volume_last_24h, c.quote_volume_last_24h, true});
      }
      auto wanted = expected.Candles(tier, 0, UINT64_MAX);
      if (wanted.size() > request.limit) wanted.resize(request.limit);
      REQUIRE(seen == wanted);
    }
  }
}

uint64_t NumberOr(const char* variable, uint64_t otherwise) {
  const char* const text = std::getenv(variable);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

}  // namespace

TEST_CASE("each record counts once through crashes, power cuts and a broker that restarts",
          "[kafka]") {
  constexpr int kPartitions = 4;
  constexpr int kLives = 12;
  MockCluster cluster(2);
  cluster.CreateTopic("ticks", kPartitions);
  cluster.CreateTopic("letters", 1);
  Ledger ledger;
  const auto producer = ProducerTo(cluster);
  const uint64_t records = NumberOr("WICK_KAFKA_RECORDS", 6'000);

  PowerLossEnv disk;
  const ManualClock clock(2 * kBaseMs);
  feed::KafkaOptions kafka = Reading(cluster);
  kafka.dead_letter_topic = "letters";
  std::mt19937_64 random(11);
  uint64_t read = 0;
  for (int life = 0;; ++life) {
    const bool last = life == kLives;
    {
      ReadingEngine reading(StorageOn(disk), Options(1 + life % 3), clock, kafka);
      if (last) {
        REQUIRE(Eventually([&] {
          uint64_t next = 0;
          for (const auto& partition : reading.consumer().Status().partitions) {
            next += partition.next_offset;
          }
          return next == ledger.records;
        }));
        CHECK(reading.CaughtUp(kPartitions));
        CheckFold(reading.engine(), ledger);
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
      if (random() % 2 == 0) disk.CutPowerAfter(random() % 12);
      if (life == 4) {
        cluster.SetDown(1);
        std::this_thread::sleep_for(std::chrono::milliseconds(200));
        cluster.SetUp(1);
      }
      ledger.Produce(*producer, records / kLives);
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
  CHECK(read > ledger.records);  // some came again
  WARN(ledger.records << " records, " << read << " read in lives that crashed");
}

TEST_CASE("the partition of a key is that of Java's clients", "[kafka]") {
  MockCluster cluster;
  cluster.CreateTopic("ticks", 12);
  const auto producer = ProducerTo(cluster);
  for (int i = 0; i < 100; ++i) {
    REQUIRE(producer->Produce("ticks", "B" + std::to_string(i) + "/USD", "v").ok());
  }
  REQUIRE(producer->Flush(60'000).ok());
  REQUIRE(producer->acknowledged() == 100);
  const auto records = test::ReadTopic(cluster.brokers(), "ticks", 12);
  REQUIRE(records.size() == 100);
  for (const KafkaRecord& record : records) {
    CAPTURE(record.key);
    REQUIRE(PartitionOf(record.key, 12) == static_cast<uint32_t>(record.partition));
  }
}

TEST_CASE("where a topic begins is said once, and kept", "[kafka]") {
  MockCluster cluster;
  cluster.CreateTopic("ticks", 2);
  const auto producer = ProducerTo(cluster);
  REQUIRE(producer->Produce("ticks", "a", Event({"OLD", "USD", "X"}, 1, kBaseMs)).ok());
  REQUIRE(producer->Flush(60'000).ok());
  const ManualClock clock(2 * kBaseMs);
  const test::TemporaryDirectory directory;
  const auto storage = test::StorageIn(directory.path());
  {
    ReadingEngine reading(storage, Options(2), clock);
    const auto refused = reading.Start(Reading(cluster, "refuse"));
    CHECK(absl::IsFailedPrecondition(refused.status()));
    CHECK(Message(refused.status()).find("set kafka.start to earliest") != std::string::npos);
  }
  {
    ReadingEngine reading(storage, Options(2), clock, Reading(cluster, "latest"));
    REQUIRE(Eventually([&] { return reading.engine()->KafkaOffsets()->size() == 2; }));
    reading.consumer().Stop();
  }
  // What came while nobody read is not skipped, whatever the setting says now.
  REQUIRE(producer->Produce("ticks", "a", Event({"NEW", "USD", "X"}, 1, kBaseMs)).ok());
  REQUIRE(producer->Flush(60'000).ok());
  for (const char* start : {"refuse", "latest", "earliest"}) {
    CAPTURE(start);
    ReadingEngine reading(storage, Options(1), clock, Reading(cluster, start));
    REQUIRE(Eventually([&] {
      return reading.engine()->FindSeen({"NEW", "USD", "X"}).has_value();
    }));
    CHECK_FALSE(reading.engine()->FindSeen({"OLD", "USD", "X"}).has_value());
    reading.consumer().Stop();
  }
}

TEST_CASE("an offset that Kafka does not have stops its partition, loudly, and no other",
          "[kafka]") {
  MockCluster cluster;
  cluster.CreateTopic("ticks", 2);
  const auto producer = ProducerTo(cluster);
  for (int i = 0; i < 20; ++i) {
    const std::string base = "B" + std::to_string(i);
    REQUIRE(producer->Produce("ticks", base, Event({base, "USD", "X"}, 1, kBaseMs)).ok());
  }
  REQUIRE(producer->Flush(60'000).ok());
  const ManualClock clock(2 * kBaseMs);
  const test::TemporaryDirectory directory;
  {
    const auto store = cold::Store::Open(test::StorageIn(directory.path()));
    REQUIRE(store.ok());
    cold::Batch batch;
    batch.PutKafkaOffset({"ticks", 0, 1'000, 0});
    batch.PutKafkaOffset({"ticks", 1, 0, 0});
    REQUIRE((*store)->Commit(batch).ok());
  }
  ReadingEngine reading(test::StorageIn(directory.path()), Options(2), clock,
                        Reading(cluster, "earliest"));
  REQUIRE(
      Eventually([&] { return reading.Partition(0).state == protocol::KafkaState::kOffsetLost; }));
  CHECK(reading.Partition(0).reason.find("does not have offset 1000 any more") !=
        std::string::npos);
  REQUIRE(Eventually([&] { return reading.Partition(1).records > 0; }));
  CHECK(reading.Partition(0).records == 0);
  CHECK(reading.Partition(1).state == protocol::KafkaState::kReading);
  // It stays stopped, the other goes on.
  const uint64_t before = reading.Partition(1).records;
  for (int i = 100; i < 120; ++i) {
    const std::string base = "B" + std::to_string(i);
    REQUIRE(producer->Produce("ticks", base, Event({base, "USD", "X"}, 1, kBaseMs)).ok());
  }
  REQUIRE(producer->Flush(60'000).ok());
  REQUIRE(Eventually([&] { return reading.Partition(1).records > before; }));
  CHECK(reading.Partition(0).state == protocol::KafkaState::kOffsetLost);
  reading.consumer().Stop();
}

TEST_CASE("a partition that was added to a topic is read from its beginning", "[kafka]") {
  MockCluster cluster;
  cluster.CreateTopic("ticks", 3);
  const auto producer = ProducerTo(cluster);
  std::vector<std::string> bases;
  for (int i = 0; i < 30; ++i) bases.push_back("B" + std::to_string(i));
  for (const std::string& base : bases) {
    REQUIRE(producer->Produce("ticks", base, Event({base, "USD", "X"}, 1, kBaseMs)).ok());
  }
  REQUIRE(producer->Flush(60'000).ok());
  const ManualClock clock(2 * kBaseMs);
  const test::TemporaryDirectory directory;
  feed::KafkaOptions kafka = Reading(cluster, "latest");
  const auto seen = [&](ReadingEngine& reading) {
    size_t count = 0;
    for (const std::string& base : bases) {
      count += reading.engine()->FindSeen({base, "USD", "X"}).has_value();
    }
    return count;
  };
  {
    kafka.partitions = {"0"};
    ReadingEngine reading(test::StorageIn(directory.path()), Options(1), clock, kafka);
    REQUIRE(Eventually([&] { return reading.engine()->KafkaOffsets()->size() == 1; }));
    CHECK(seen(reading) == 0);
    reading.consumer().Stop();
  }
  kafka.partitions = {};
  const auto elsewhere = static_cast<size_t>(
      std::ranges::count_if(bases, [](const auto& base) { return PartitionOf(base, 3) != 0; }));
  ReadingEngine reading(test::StorageIn(directory.path()), Options(1), clock, kafka);
  REQUIRE(Eventually([&] { return seen(reading) == elsewhere; }));
  REQUIRE(Eventually([&] { return reading.engine()->KafkaOffsets()->size() == 3; }));
  reading.consumer().Stop();
}

TEST_CASE("a worker that stands still and a full disk hold the topic back, nothing is lost",
          "[kafka]") {
  MockCluster cluster;
  cluster.CreateTopic("ticks", 2);
  Ledger ledger;
  const auto producer = ProducerTo(cluster);
  ledger.Produce(*producer, 2'000);
  const ManualClock clock(2 * kBaseMs);
  PowerLossEnv disk;
  ReadingEngine reading(StorageOn(disk), Options(2), clock);
  std::promise<void> go_on;
  reading.engine().OnWorker(1, [&] { go_on.get_future().wait(); });
  disk.SetSpace(disk.used_bytes() + 10'000);  // less than a resume asks for
  feed::KafkaOptions kafka = Reading(cluster);
  auto consumer = reading.Start(kafka);
  REQUIRE(consumer.ok());
  REQUIRE(Eventually([&] { return (*consumer)->Status().partitions.size() == 2; }));
  // Events for the worker that stands still are read and not durable: no offset passes them.
  REQUIRE(Eventually([&] { return (*consumer)->Status().partitions[0].records > 0; }));
  go_on.set_value();
  REQUIRE(Eventually([&] { return absl::IsResourceExhausted(reading.engine()->Ready()); }));
  ledger.Produce(*producer, 500);  // these are refused at the door, and kept
  REQUIRE(Eventually([&] { return (*consumer)->Status().paused; }));
  disk.SetSpace(UINT64_MAX);
  REQUIRE(Eventually([&] {
    const auto status = (*consumer)->Status();
    return status.partitions.size() == 2 &&
           std::ranges::all_of(status.partitions, [](const auto& partition) {
             return partition.end_offset > 0 && partition.lag() == 0;
           });
  }));
  CheckFold(reading.engine(), ledger);
  CHECK(reading.engine()->DeadLetters({}, SIZE_MAX)->size() == ledger.poison.size());
  (*consumer)->Stop();
}

TEST_CASE("no mark passes the offset of its partition, whatever letters there are", "[kafka]") {
  MockCluster cluster;
  cluster.CreateTopic("ticks", 1);
  cluster.CreateTopic("letters", 1);
  const auto producer = ProducerTo(cluster);
  for (const char* value : {"poison 0", "poison 1"}) {
    REQUIRE(producer->Produce("ticks", "a", value).ok());
  }
  REQUIRE(producer->Flush(60'000).ok());
  const ManualClock clock(2 * kBaseMs);
  const test::TemporaryDirectory directory;
  {
    // As an earlier wick set an offset back: letters from another reading stand behind it.
    const auto store = cold::Store::Open(test::StorageIn(directory.path()));
    REQUIRE(store.ok());
    cold::Batch batch;
    batch.PutKafkaOffset({"ticks", 0, 0, 0});
    batch.PutDeadLetter({{"ticks", 0, 4'000}, kBaseMs, "no JSON", 1, 4, "a", "late"});
    REQUIRE((*store)->Commit(batch).ok());
  }
  feed::KafkaOptions kafka = Reading(cluster);
  kafka.dead_letter_topic = "letters";
  ReadingEngine reading(test::StorageIn(directory.path()), Options(1), clock, kafka);
  REQUIRE(Eventually([&] {
    const auto offsets = reading.engine()->KafkaOffsets();
    INFO(offsets.status());
    REQUIRE(offsets.ok());  // also says that no mark is behind its offset
    return offsets->front() == cold::KafkaOffset{"ticks", 0, 2, 2};
  }));
  reading.consumer().Stop();
  const auto records = test::ReadTopic(cluster.brokers(), "letters", 1);
  REQUIRE(records.size() == 2);
  CHECK(records[1].value == "poison 1");
}

TEST_CASE("dead letters are bounded, the oldest of whoever writes most go", "[kafka]") {
  MockCluster cluster;
  cluster.CreateTopic("ticks", 1);
  const auto producer = ProducerTo(cluster);
  const std::string poison(60'000, 'x');
  constexpr uint64_t kRecords = 60;
  const ManualClock clock(2 * kBaseMs);
  const test::TemporaryDirectory directory;
  {
    const auto store = cold::Store::Open(test::StorageIn(directory.path()));
    REQUIRE(store.ok());
    cold::Batch batch;
    batch.PutKafkaOffset({"other", 0, 2, 0});
    batch.PutDeadLetter({{"other", 0, 1}, kBaseMs, "no JSON", 1, 4, "a", "kept"});
    REQUIRE((*store)->Commit(batch).ok());
  }
  feed::KafkaOptions kafka = Reading(cluster);
  kafka.dead_letter_bytes_max = 1'000'000;
  uint64_t dropped = 0;
  for (uint64_t half = 1; half <= 2; ++half) {
    ReadingEngine reading(test::StorageIn(directory.path()), Options(1), clock, kafka);
    for (uint64_t i = 0; i < kRecords / 2; ++i) {
      REQUIRE(producer->Produce("ticks", "a", poison).ok());
      REQUIRE(producer->Flush(60'000).ok());
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

TEST_CASE("a new partition without a leader holds back no other", "[kafka]") {
  MockCluster cluster;
  cluster.CreateTopic("ticks", 3);
  const auto producer = ProducerTo(cluster);
  for (int i = 0; i < 60; ++i) {
    const std::string base = "B" + std::to_string(i);
    REQUIRE(producer->Produce("ticks", base, Event({base, "USD", "X"}, 1, kBaseMs)).ok());
  }
  REQUIRE(producer->Flush(60'000).ok());
  cluster.SetLeader("ticks", 1, -1);
  const ManualClock clock(2 * kBaseMs);
  const test::TemporaryDirectory directory;
  {
    const auto store = cold::Store::Open(test::StorageIn(directory.path()));
    REQUIRE(store.ok());
    cold::Batch batch;
    batch.PutKafkaOffset({"ticks", 0, 0, 0});
    REQUIRE((*store)->Commit(batch).ok());
  }
  ReadingEngine reading(test::StorageIn(directory.path()), Options(1), clock,
                        Reading(cluster, "refuse"));
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
  cluster.SetLeader("ticks", 1, 1);
  REQUIRE(Eventually([&] {
    const auto status = reading.consumer().Status();
    return status.partitions.size() == 3 && status.partitions[1].records > 0 &&
           status.error.empty();
  }));
  reading.consumer().Stop();
}

TEST_CASE("a topic without a beginning stands as stopped beside one that is read", "[kafka]") {
  MockCluster cluster;
  cluster.CreateTopic("ticks", 1);
  cluster.CreateTopic("new", 2);
  const auto producer = ProducerTo(cluster);
  REQUIRE(producer->Produce("ticks", "a", Event({"SEEN", "USD", "X"}, 1, kBaseMs)).ok());
  REQUIRE(producer->Flush(60'000).ok());
  const ManualClock clock(2 * kBaseMs);
  const test::TemporaryDirectory directory;
  {
    const auto store = cold::Store::Open(test::StorageIn(directory.path()));
    REQUIRE(store.ok());
    cold::Batch batch;
    batch.PutKafkaOffset({"ticks", 0, 0, 0});
    REQUIRE((*store)->Commit(batch).ok());
  }
  feed::KafkaOptions kafka = Reading(cluster, "refuse");
  kafka.topics = {"new", "ticks"};
  ReadingEngine reading(test::StorageIn(directory.path()), Options(1), clock, kafka);
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
  MockCluster cluster;
  cluster.CreateTopic("ticks", 2);
  const auto producer = ProducerTo(cluster);
  for (int i = 0; i < 20; ++i) {
    const std::string base = "B" + std::to_string(i);
    REQUIRE(producer->Produce("ticks", base, Event({base, "USD", "X"}, 1, kBaseMs)).ok());
  }
  REQUIRE(producer->Flush(60'000).ok());
  const ManualClock clock(2 * kBaseMs);
  for (const char* start : {"refuse", "latest"}) {
    CAPTURE(start);
    const test::TemporaryDirectory directory;
    {
      const auto store = cold::Store::Open(test::StorageIn(directory.path()));
      REQUIRE(store.ok());
      cold::Batch batch;
      batch.PutKafkaOffset({"ticks", 0, 0, 0});
      REQUIRE((*store)->Commit(batch).ok());
    }
    feed::KafkaOptions kafka = Reading(cluster, start);
    kafka.partitions = {"7", "0", "1"};  // of which one is not there
    ReadingEngine reading(test::StorageIn(directory.path()), Options(1), clock, kafka);
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

TEST_CASE("letters that were refused are published when the broker takes them", "[kafka]") {
  MockCluster cluster;
  cluster.CreateTopic("ticks", 1);
  cluster.CreateTopic("letters", 1);
  const auto producer = ProducerTo(cluster);
  REQUIRE(producer->Produce("ticks", "a", "poison").ok());
  REQUIRE(producer->Flush(60'000).ok());
  cluster.RefuseProduced(1);
  const ManualClock clock(2 * kBaseMs);
  const test::TemporaryDirectory directory;
  feed::KafkaOptions kafka = Reading(cluster);
  kafka.dead_letter_topic = "letters";
  ReadingEngine reading(test::StorageIn(directory.path()), Options(1), clock, kafka);
  REQUIRE(Eventually([&] { return reading.consumer().Status().dead_letters_failed > 0; }));
  REQUIRE(Eventually([&] { return reading.consumer().Status().dead_letters_published == 1; }));
  reading.consumer().Stop();
  CHECK(test::ReadTopic(cluster.brokers(), "letters", 1).size() == 1);
}

TEST_CASE("a stop does not wait for brokers that are gone", "[kafka]") {
  MockCluster cluster;
  cluster.CreateTopic("ticks", 1);
  cluster.CreateTopic("letters", 1);
  const auto producer = ProducerTo(cluster);
  REQUIRE(producer->Produce("ticks", "a", "poison").ok());
  REQUIRE(producer->Flush(60'000).ok());
  const ManualClock clock(2 * kBaseMs);
  const test::TemporaryDirectory directory;
  feed::KafkaOptions kafka = Reading(cluster);
  kafka.dead_letter_topic = "letters";
  kafka.partition_refresh_ms = 60'000;
  {
    // A letter that waits to be published, and nobody who takes it.
    const auto store = cold::Store::Open(test::StorageIn(directory.path()));
    REQUIRE(store.ok());
    cold::Batch batch;
    batch.PutKafkaOffset({"ticks", 0, 1, 0});
    batch.PutDeadLetter({{"ticks", 0, 0}, kBaseMs, "no JSON", 1, 6, "a", "poison"});
    REQUIRE((*store)->Commit(batch).ok());
  }
  cluster.SetDown(1);
  ReadingEngine reading(test::StorageIn(directory.path()), Options(1), clock, kafka);
  std::this_thread::sleep_for(std::chrono::milliseconds(1'000));  // it flushes
  const auto begun = std::chrono::steady_clock::now();
  reading.consumer().Stop();
  CHECK(std::chrono::steady_clock::now() - begun < std::chrono::milliseconds(6'000));
}
