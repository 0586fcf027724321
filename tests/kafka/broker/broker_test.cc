// Real ticks through a real Apache Kafka of 12 partitions, with kill -9 of wick and restarts of the
// broker meanwhile: each record counts once.
//
// WICK_KAFKA_EVENTS: how many events (1,000,000). WICK_KAFKA_KILLS: how often wick is killed (10).
// WICK_KAFKA_RESTARTS: how often the broker is restarted (2).
#include <algorithm>
#include <atomic>
#include <memory>
#include <random>
#include <regex>
#include <set>
#include <thread>

#include "base/clock.h"
#include "feed/file_source.h"
#include "feed/kafka/producer.h"
#include "feed/kafka/record_writer.h"
#include "kafka/broker/fixture.h"
#include "kafka/mock_cluster.h"

using namespace wick;
using namespace wick::test;

namespace {

/// What was produced, and what must come of it.
struct Ledger {
  std::map<std::string, NaiveSeries> series;  // by base currency
  std::set<std::string> poison;
  std::atomic<uint64_t> records{0};
};

/// The bundled day of ticks under as many names as it takes, a hundredth of the records poison.
void ProduceTicks(feed::KafkaProducer& producer, uint64_t events, Ledger& ledger) {
  const SystemClock clock;
  std::mt19937_64 random(5);
  uint64_t left = events;
  for (int copy = 0; left > 0; ++copy) {
    auto source = feed::FileSource::Open(
        std::string(test::kSourceDirectory) + "/tests/data/events.csv.gz", clock, 0);
    REQUIRE(source.ok());
    std::map<std::string, std::unique_ptr<feed::RecordWriter>> writers;  // by base currency
    const auto send = [&](const std::string& base, feed::RecordWriter& writer) {
      REQUIRE(producer.Produce("ticks", base + "/USD", writer.Take()).ok());
      ++ledger.records;
    };
    for (;;) {
      const auto more = (*source)->Next();
      REQUIRE(more.ok());
      if (!*more || left == 0) break;
      for (const feed::FileEvent& event : (*source)->events()) {
        if (left == 0) break;
        --left;
        const std::string base =
            std::string(event.symbol.base_currency) + "-" + std::to_string(copy);
        auto& writer = writers[base];
        if (writer == nullptr) {
          writer = std::make_unique<feed::RecordWriter>(random() % 2 ? feed::RecordFormat::kJson
                                                                     : feed::RecordFormat::kBinary);
        }
        writer->Add({base, "USD", "FXCM"}, event.price);
        ledger.series[base].Take(event.price);
        if (writer->events() <= random() % 40) continue;
        send(base, *writer);
        writer.reset();
        if (random() % 100 != 0) continue;
        const std::string poison = "poison " + std::to_string(ledger.poison.size());
        ledger.poison.insert(poison);
        REQUIRE(producer.Produce("ticks", base + "/USD", poison).ok());
        ++ledger.records;
      }
    }
    for (auto& [base, writer] : writers) {
      if (writer != nullptr && writer->events() > 0) send(base, *writer);
    }
  }
  const absl::Status flushed = producer.Flush(120'000);
  INFO(flushed);
  REQUIRE(flushed.ok());
}

/// The poison values that the server keeps, each as often as it does.
std::multiset<std::string> KeptPoison(Client& client, size_t letters) {
  std::multiset<std::string> kept;
  std::string topic;
  uint32_t partition = 0;
  uint64_t offset = 0;
  const std::regex value("\"value\":\"(poison [0-9]+)\"");
  const std::regex next(
      "\"next\":\\{\"topic\":\"(.*)\",\"partition\":([0-9]+),\"offset\":([0-9]+)");
  for (;;) {
    const auto page = client.DeadLetters(topic, partition, offset);
    REQUIRE(page.ok());
    for (std::sregex_iterator at(page->begin(), page->end(), value); at != std::sregex_iterator();
         ++at) {
      kept.insert((*at)[1]);
    }
    std::smatch place;
    if (kept.size() > 2 * letters || !std::regex_search(*page, place, next)) return kept;
    topic = place[1];
    partition = static_cast<uint32_t>(std::stoul(place[2]));
    offset = std::stoull(place[3]);
  }
}

}  // namespace

TEST_CASE("real ticks through a real Kafka count once, wick and the broker killed meanwhile",
          "[kafka][broker]") {
  const TemporaryDirectory directory;
  if (const std::string why = WhyNoKafka(); !why.empty()) {
    std::puts(("skipped: no Apache Kafka here: " + why).c_str());
    return;
  }
  const uint64_t events = NumberOr("WICK_KAFKA_EVENTS", 1'000'000);
  const uint64_t kills = NumberOr("WICK_KAFKA_KILLS", 10);
  const uint64_t restarts = NumberOr("WICK_KAFKA_RESTARTS", 2);

  Broker broker(directory / "kafka");
  feed::KafkaOptions kafka;
  kafka.brokers = {broker.address()};
  kafka.topics = {"ticks"};
  const feed::KafkaLog quiet = [](feed::KafkaSeverity, const std::string&) {};
  auto producer = feed::KafkaProducer::Open(kafka, quiet);
  REQUIRE(producer.ok());
  Ledger ledger;
  std::thread producing([&] { ProduceTicks(**producer, events, ledger); });

  const std::vector<std::string> settings = {"--set", "tiers.1s.keep=forever",
                                             "--set", "tiers.1m.keep=forever",
                                             "--set", "tiers.1h.keep=forever",
                                             "--set", "server.workers=2",
                                             "--set", "checkpoint.interval=200ms",
                                             "--set", "kafka.brokers=" + broker.address(),
                                             "--set", "kafka.topics=ticks",
                                             "--set", "kafka.start=earliest",
                                             "--set", "kafka.dead_letter_topic=letters"};
  std::mt19937_64 random(9);
  auto server = std::make_unique<WickServer>(directory / "data", settings);
  const auto passed = [&] {
    REQUIRE(broker.Death() == "");
    const auto status = server->Connect().Status();
    return status ? SumOf(*status, "nextOffset") : 0;
  };
  uint64_t before = 0;
  for (uint64_t step = 0; step < kills + restarts; ++step) {
    // Something new is durable, then it dies.
    REQUIRE(Eventually([&] { return passed() > before || passed() == ledger.records; }));
    before = passed();
    std::this_thread::sleep_for(std::chrono::milliseconds(random() % 400));
    if (step % (kills / (restarts + 1) + 1) == kills / (restarts + 1)) {
      broker.Kill();
      broker.Start();
    } else {
      server->Kill();
      server = std::make_unique<WickServer>(directory / "data", settings);
    }
  }
  producing.join();
  const uint64_t records = ledger.records;
  REQUIRE(Eventually([&] { return passed() >= records; }));
  CHECK(passed() == records);
  Client client = server->Connect();
  CheckFold(client, ledger.series, "FXCM");

  const std::multiset<std::string> poison(ledger.poison.begin(), ledger.poison.end());
  CHECK(KeptPoison(client, poison.size()) == poison);
  std::set<std::string> published;
  REQUIRE(Eventually([&] {
    published.clear();
    for (const KafkaRecord& record : ReadTopic(broker.address(), "letters", kPartitions)) {
      published.insert(record.value);
    }
    return published.size() >= ledger.poison.size();
  }));
  CHECK(published == ledger.poison);
  CHECK(server->Terminate() == 0);
  WARN(events << " events in " << records << " records, " << ledger.poison.size()
              << " of them poison, " << kills << " kills, " << restarts
              << " restarts of the broker");
}
