// Real ticks through a real Apache Kafka of 12 partitions, with kill -9 of wick and restarts of the
// broker meanwhile: each record counts once.
//
// WICK_KAFKA_EVENTS: how many events (60,000). WICK_KAFKA_KILLS: how often wick is killed (3).
// WICK_KAFKA_RESTARTS: how often the broker is restarted (1).
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <map>
#include <memory>
#include <random>
#include <regex>
#include <set>
#include <thread>

#include "base/clock.h"
#include "engine/naive_market.h"
#include "feed/file_source.h"
#include "feed/kafka/producer.h"
#include "feed/kafka/record_writer.h"
#include "integration/wick_process.h"
#include "kafka/mock_cluster.h"

using namespace wick;
using namespace wick::test;

namespace {

constexpr int kPartitions = 12;
const std::string kBroker = std::string(test::kSourceDirectory) + "/tests/kafka/broker/broker";

uint64_t NumberOr(const char* variable, uint64_t otherwise) {
  const char* const text = std::getenv(variable);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

bool Eventually(const std::function<bool()>& so) {
  for (int i = 0; i < 12'000; ++i) {
    if (so()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(25));
  }
  return false;
}

/// A port that is free, and the next one, too; none that the system gives to outgoing connections.
uint16_t FreePort() {
  const auto is_free = [](uint16_t port) {
    const int listener = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const bool bound = bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0;
    close(listener);
    return bound;
  };
  std::random_device random;
  for (;;) {
    const auto port = static_cast<uint16_t>(12'000 + random() % 20'000);
    if (is_free(port) && is_free(static_cast<uint16_t>(port + 1))) return port;
  }
}

/// The broker's process.
class Broker {
 public:
  explicit Broker(std::string data) : data_(std::move(data)), port_(FreePort()) { Start(); }
  ~Broker() { Kill(); }
  /// Its log, if it ended by itself; empty: it runs.
  std::string Death() const {
    int status = 0;
    if (waitpid(pid_, &status, WNOHANG) == 0) return {};
    return "the broker ended: " + ReadFile(data_ + ".log");
  }
  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }

  void Start() {
    pid_ = fork();
    REQUIRE(pid_ >= 0);
    if (pid_ > 0) return;
    const int log = open((data_ + ".log").c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    dup2(log, STDOUT_FILENO);
    dup2(log, STDERR_FILENO);
    const std::string port = std::to_string(port_);
    execl(kBroker.c_str(), kBroker.c_str(), "run", WICK_KAFKA_JARS, data_.c_str(), port.c_str(),
          nullptr);
    _exit(127);
  }
  void Kill() {
    ::kill(pid_, SIGKILL);
    int status = 0;
    waitpid(pid_, &status, 0);
  }

 private:
  const std::string data_;
  const uint16_t port_;
  pid_t pid_ = -1;
};

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

/// The sum of a number over all partitions of the status.
uint64_t SumOf(const std::string& status, const std::string& name) {
  const std::regex number('"' + name + "\":([0-9]+)");
  const size_t partitions = status.find("\"partitions\":");
  if (partitions == status.npos) return 0;
  uint64_t sum = 0;
  for (std::sregex_iterator at(status.begin() + static_cast<ptrdiff_t>(partitions), status.end(),
                               number);
       at != std::sregex_iterator(); ++at) {
    sum += std::stoull((*at)[1]);
  }
  return sum;
}

void CheckFold(Client& client, const Ledger& ledger) {
  for (const auto& [base, expected] : ledger.series) {
    for (size_t tier = 0; tier < kTierUnits.size(); ++tier) {
      CAPTURE(base, tier);
      CandlesRequest request;
      request.interval = {1, kTierUnits[tier]};
      request.from_ms = 0;
      request.limit = 10'000;
      std::vector<NaiveCandle> seen;
      do {
        const auto reply = client.Candles(SymbolView{base, "USD", "FXCM"}, request);
        REQUIRE(reply.ok());
        for (const Candle& c : reply->candles) {
          seen.push_back({c.timestamp_ms, c.open, c.high, c.low, c.close, c.count,
                          c.base_volume_last_24h, c.quote_volume_last_24h, true});
        }
        request.from_ms = reply->next_ms;
      } while (request.from_ms);
      REQUIRE(seen == expected.Candles(tier, 0, UINT64_MAX));
    }
  }
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
  if (std::system(
          (kBroker + " fetch " WICK_KAFKA_JARS " > '" + (directory / "why") + "' 2>&1").c_str()) !=
      0) {
    std::puts(("skipped: no Apache Kafka here: " + ReadFile(directory / "why")).c_str());
    return;
  }
  const uint64_t events = NumberOr("WICK_KAFKA_EVENTS", 60'000);
  const uint64_t kills = NumberOr("WICK_KAFKA_KILLS", 3);
  const uint64_t restarts = NumberOr("WICK_KAFKA_RESTARTS", 1);

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
  CheckFold(client, ledger);

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
