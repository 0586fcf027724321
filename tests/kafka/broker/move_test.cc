// Partition 7 of 12 moves to another node of a cluster as docs/scaling.md says, while events flow:
// with its history, by a backup, and without, from the oldest record that Kafka has. It prints how
// long each step took.
//
// WICK_MOVE_EVENTS: how many events there are before (200,000). WICK_MOVE_RATE: how many a second
// come meanwhile (20,000).
#include <atomic>
#include <memory>
#include <optional>

#include "feed/kafka/producer.h"
#include "feed/kafka/record_writer.h"
#include "integration/http_client.h"
#include "kafka/broker/fixture.h"
#include "kafka/mock_cluster.h"
#include "wick/partition.h"

using namespace wick;
using namespace wick::test;

namespace {

constexpr uint32_t kMoved = 7;
constexpr uint64_t kBaseMs = 1'700'000'000'000;
constexpr int kPairs = 1'000;
constexpr uint64_t kEventsPerRecord = 20;

/// Apache Kafka where it can be had, else librdkafka's mock, which keeps 5 MB of a partition.
class Kafka {
 public:
  explicit Kafka(const std::string& data) {
    if (WhyNoKafka().empty()) {
      broker_.emplace(data);
    } else {
      mock_.emplace();
      mock_->CreateTopic("ticks", kPartitions);
    }
  }
  std::string address() const { return broker_ ? broker_->address() : mock_->brokers(); }
  std::string_view name() const { return broker_ ? "Apache Kafka" : "librdkafka's mock of Kafka"; }

 private:
  std::optional<Broker> broker_;
  std::optional<MockCluster> mock_;
};

/// Events of B0/USD to B999/USD into the topic, in binary records, and what must come of those in
/// the partition that moves. Threads: one at a time, but for the counts.
class Market {
 public:
  explicit Market(const std::string& brokers) {
    feed::KafkaOptions options;
    options.brokers = {brokers};
    auto producer = feed::KafkaProducer::Open(options, quiet_);
    REQUIRE(producer.ok());
    producer_ = std::move(*producer);
  }
  ~Market() { Stop(); }

  void Produce(uint64_t events) {
    for (uint64_t made = 0; made < events; made += kEventsPerRecord) Record();
    const absl::Status flushed = producer_->Flush(120'000);
    INFO(flushed);
    REQUIRE(flushed.ok());
  }

  /// So many a second by a thread of its own, until Stop().
  void KeepProducing(uint64_t rate) {
    producing_ = std::thread([this, rate] {
      constexpr uint64_t kTurnsPerSecond = 50;
      auto next = std::chrono::steady_clock::now();
      while (!stopping_.load()) {
        Produce(rate / kTurnsPerSecond);
        next += std::chrono::milliseconds(1'000 / kTurnsPerSecond);
        std::this_thread::sleep_until(next);
      }
    });
  }
  void Stop() {
    stopping_ = true;
    if (producing_.joinable()) producing_.join();
  }

  size_t pairs() const { return newest_ms_.size(); }  // after Stop()
  uint64_t records() const { return records_; }
  uint64_t moved_records() const { return moved_records_; }
  const std::map<std::string, NaiveSeries>& moved() const { return moved_; }  // after Stop()

 private:
  void Record() {
    const std::string base = "B" + std::to_string(random_() % kPairs);
    const std::string key = base + "/USD";
    const bool moves = PartitionOf(key, kPartitions) == kMoved;
    feed::RecordWriter writer(feed::RecordFormat::kBinary);
    uint64_t& now = newest_ms_.try_emplace(base, kBaseMs).first->second;
    for (uint64_t i = 0; i < kEventsPerRecord; ++i) {
      now += random_() % 700;
      const uint64_t late = random_() % 8 == 0 ? random_() % 100'000 : 0;
      const Price price{1 + static_cast<double>(random_() % 1'000) / 8, 0, 0, now - late};
      writer.Add({base, "USD", "X"}, price);
      if (moves) moved_[base].Take(price);
    }
    REQUIRE(producer_->Produce("ticks", key, writer.Take()).ok());
    ++records_;
    if (moves) ++moved_records_;
  }

  const feed::KafkaLog quiet_ = [](feed::KafkaSeverity, const std::string&) {};
  std::unique_ptr<feed::KafkaProducer> producer_;
  std::mt19937_64 random_{3};
  std::map<std::string, uint64_t> newest_ms_;
  std::map<std::string, NaiveSeries> moved_;
  std::atomic<uint64_t> records_{0};
  std::atomic<uint64_t> moved_records_{0};
  std::atomic<bool> stopping_{false};
  std::thread producing_;
};

uint64_t MsOf(const std::function<void()>& work) {
  const auto begun = std::chrono::steady_clock::now();
  work();
  return static_cast<uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(
                                   std::chrono::steady_clock::now() - begun)
                                   .count());
}

bool IsReady(const WickServer& server) {
  return HttpClient(server.http_port()).Get("/readyz").status == 200;
}

/// Where a node listens: HTTP, and one more for the binary protocol.
struct Place {
  uint16_t port = FreePort();

  std::string http() const { return "127.0.0.1:" + std::to_string(port); }
  std::string binary() const { return "127.0.0.1:" + std::to_string(port + 1); }
  std::string node() const { return http() + ":" + std::to_string(port + 1); }
};

/// Of the cluster before and after the move.
struct Map {
  std::string nodes;
  std::string shares;
};
Map Before(const Place& old) { return {old.node(), ""}; }
Map After(const Place& old, const Place& moved) {
  return {old.node() + "," + moved.node(), "0-6+8-11,7"};
}

/// Of all partitions that the server reads.
uint64_t RecordsDurable(const WickServer& server) {
  const auto status = server.Connect().Status();
  REQUIRE(status.ok());
  return SumOf(*status, "nextOffset");
}

std::string MustRun(const std::vector<std::string>& args) {
  const CommandResult result = RunWick(args);
  INFO(result.err);
  REQUIRE(result.exit_code == 0);
  return result.out;
}

}  // namespace

TEST_CASE("a partition moves with its history and without while events flow, each record once",
          "[kafka][move]") {
  const uint64_t events = NumberOr("WICK_MOVE_EVENTS", 200'000);
  const uint64_t rate = NumberOr("WICK_MOVE_RATE", 20'000);
  const TemporaryDirectory directory;
  const Kafka kafka(directory / "kafka");
  Market market(kafka.address());
  const Place old_place, moved_place, fresh_place;
  const auto settings = [&](const Place& place, int number, const Map& map, std::string start) {
    return std::vector<std::string>{"--http",   place.http(),
                                    "--binary", place.binary(),
                                    "--set",    "tiers.1s.keep=forever",
                                    "--set",    "tiers.1m.keep=forever",
                                    "--set",    "tiers.1h.keep=forever",
                                    "--set",    "server.workers=2",
                                    "--set",    "kafka.brokers=" + kafka.address(),
                                    "--set",    "kafka.topics=ticks",
                                    "--set",    "kafka.start=" + start,
                                    "--set",    "kafka.ready_lag=100",
                                    "--set",    "cluster.partitions=" + std::to_string(kPartitions),
                                    "--set",    "cluster.nodes=" + map.nodes,
                                    "--set",    "cluster.shares=" + map.shares,
                                    "--set",    "cluster.node=" + std::to_string(number)};
  };
  market.Produce(events);
  std::optional<WickServer> old;
  old.emplace(directory / "old", settings(old_place, 0, Before(old_place), "earliest"));
  REQUIRE(Eventually([&] { return IsReady(*old); }));
  market.KeepProducing(rate);
  const auto flowing_since = std::chrono::steady_clock::now();

  // With its history: backup, copy, restore, and on from the offset in the backup.
  std::string made;
  const uint64_t backup_ms = MsOf([&] {
    made = MustRun({"backup", directory / "move", "--server", old->binary_address(), "--json"});
  });
  const uint64_t records_then = market.records();
  std::smatch bytes;
  REQUIRE(std::regex_search(made, bytes, std::regex("\"bytes\":([0-9]+)")));
  std::filesystem::rename(directory / "move", directory / "copied");
  const uint64_t restore_ms = MsOf([&] {
    MustRun({"restore", directory / "copied", "--data", directory / "new"});
  });
  std::this_thread::sleep_for(std::chrono::seconds(2));  // as a copy over a network takes longer
  std::optional<WickServer> moved;
  const uint64_t caught_up_ms = MsOf([&] {
    const Map after = After(old_place, moved_place);
    moved.emplace(directory / "new", settings(moved_place, 1, after, "refuse"));
    REQUIRE(Eventually([&] { return IsReady(*moved); }));
  });
  const uint64_t records_meanwhile = market.records() - records_then;

  // The old one gives it up, and sends on who asks.
  const uint64_t given_up_ms = MsOf([&] {
    CHECK(old->Terminate() == 0);
    const Map after = After(old_place, moved_place);
    old.emplace(directory / "old", settings(old_place, 0, after, "refuse"));
    REQUIRE(Eventually([&] { return IsReady(*old); }));
  });

  // Without: to a node that has nothing of it.
  std::optional<WickServer> fresh;
  const uint64_t from_earliest_ms = MsOf([&] {
    const Map after = After(old_place, fresh_place);
    fresh.emplace(directory / "fresh", settings(fresh_place, 1, after, "earliest"));
    REQUIRE(Eventually([&] { return IsReady(*fresh); }));
  });
  const uint64_t from_earliest_records = market.moved_records();

  market.Stop();
  const std::chrono::duration<double> flowed = std::chrono::steady_clock::now() - flowing_since;
  const uint64_t all = market.records();
  const auto flow =
      static_cast<uint64_t>(static_cast<double>(all * kEventsPerRecord - events) / flowed.count());
  const uint64_t of_moved = market.moved_records();
  REQUIRE(Eventually([&] { return RecordsDurable(*old) >= all - of_moved; }));
  for (const WickServer* server : {&*moved, &*fresh}) {
    REQUIRE(Eventually([&] { return RecordsDurable(*server) >= of_moved; }));
    CHECK(RecordsDurable(*server) == of_moved);
  }
  CHECK(market.moved().size() > kPairs / kPartitions / 2);
  // The one that has it, the other one, and the old one, which sends the client on.
  for (const WickServer* server : {&*moved, &*fresh, &*old}) {
    CAPTURE(server->http_port());
    Client client = server->Connect();
    CheckFold(client, market.moved(), "X");
    for (const auto& [base, expected] : market.moved()) {
      const SymbolView symbol{base, "USD", "X"};
      const auto latest = client.Latest(std::span(&symbol, 1));
      REQUIRE(latest.ok());
      CHECK(latest->front() == expected.latest());
    }
  }
  CHECK(RecordsDurable(*old) == all - of_moved);  // nothing of the one it gave up
  HttpClient http(old->http_port());
  for (const auto& [base, expected] : market.moved()) {
    const std::string target = "/v1/latest?symbol=X:" + base + "/USD";
    const HttpAnswer answer = http.Get(target);
    CAPTURE(answer.head);
    CHECK(answer.status == 307);
    CHECK(answer.head.find("Location: http://" + moved_place.http() + target + "&moved=1\r\n") !=
          std::string::npos);
  }
  const HttpAnswer listed = http.Get("/v1/exchanges");
  CHECK(listed.head.find("Wick-Nodes: 0,1\r\n") != std::string::npos);
  size_t pairs = 0;  // of both nodes, each once
  for (size_t at = 0; (at = listed.body.find("baseCurrency", at)) != std::string::npos; ++at) {
    ++pairs;
  }
  CHECK(pairs == market.pairs());
  CHECK(moved->Terminate() == 0);
  CHECK(MustRun({"verify", "--data", directory / "new"}).find("is sound") != std::string::npos);

  WARN("partition " << kMoved << " of " << kPartitions << " moved, " << kafka.name() << ", "
                    << kPairs << " series, " << flow << " events/s meanwhile:\n  backup of "
                    << records_then * kEventsPerRecord << " events, " << bytes[1]
                    << " bytes: " << backup_ms << " ms\n  restore: " << restore_ms
                    << " ms\n  the new server, from its start to /readyz 200, behind by "
                    << records_meanwhile * kEventsPerRecord
                    << " events of all partitions: " << caught_up_ms
                    << " ms\n  the old one gives it up, from SIGTERM to /readyz 200: "
                    << given_up_ms << " ms\n  from the earliest offset, without a backup, "
                    << from_earliest_records * kEventsPerRecord
                    << " events of the partition: " << from_earliest_ms << " ms");
}
