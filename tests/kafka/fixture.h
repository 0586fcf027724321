// A mock cluster with a topic "ticks", who produces to it, and engines that read it.
#pragma once

#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "engine/naive_market.h"
#include "feed/kafka/producer.h"
#include "feed/kafka/record_writer.h"
#include "kafka/mock_cluster.h"
#include "kafka/reading_engine.h"
#include "support/power_loss_env.h"

namespace wick::test {

inline constexpr uint64_t kBaseMs = 1'700'000'000'000;
inline const feed::KafkaLog kQuiet = [](feed::KafkaSeverity, const std::string&) {};

inline engine::EngineOptions Options(unsigned workers) {
  engine::EngineOptions options;
  options.workers = workers;
  options.keep.ms.fill(market::kKeepForever);
  options.min_free_bytes = 0;
  options.checkpoint_interval_ms = 20;
  return options;
}

inline cold::StoreOptions StorageOn(const PowerLossEnv& disk) {
  cold::StoreOptions storage;
  storage.directory = "/data";
  storage.resume_room_bytes = 16_KiB;
  storage.env = disk.env();
  return storage;
}

/// Threads: one at a time.
class TicksTopic {
 public:
  explicit TicksTopic(int partitions, int brokers = 1) : cluster_(brokers) {
    cluster_.CreateTopic("ticks", partitions);
    auto producer = feed::KafkaProducer::Open(Reading(), kQuiet);
    INFO(producer.status());
    REQUIRE(producer.ok());
    producer_ = std::move(*producer);
  }

  MockCluster& cluster() { return cluster_; }
  feed::KafkaProducer& producer() { return *producer_; }
  const ManualClock& clock() const { return clock_; }
  cold::StoreOptions storage() const { return StorageIn(directory_.path()); }

  feed::KafkaOptions Reading(std::string start = "earliest") const {
    feed::KafkaOptions options;
    options.brokers = {cluster_.brokers()};
    options.topics = {"ticks"};
    options.start = std::move(start);
    options.group = "wick";
    options.partition_refresh_ms = 1'000;
    return options;
  }

  /// Records of a key, acknowledged.
  void Produce(std::string_view key, const std::vector<std::string>& values) {
    for (const std::string& value : values) REQUIRE(producer_->Produce("ticks", key, value).ok());
    Flush();
  }
  /// A record with one event of each of B<first>/USD to B<last - 1>/USD on X.
  void ProduceBases(int first, int last) {
    for (; first < last; ++first) {
      const std::string base = "B" + std::to_string(first);
      REQUIRE(producer_->Produce("ticks", base, EventOf(base)).ok());
    }
    Flush();
  }
  static std::string EventOf(std::string_view base) {
    feed::RecordWriter writer(feed::RecordFormat::kJson);
    writer.Add({base, "USD", "X"}, {1, 0, 0, kBaseMs});
    return writer.Take();
  }

  /// What an earlier wick left in the data directory.
  void Store(const std::vector<cold::KafkaOffset>& offsets,
             const std::vector<cold::DeadLetter>& letters = {}) {
    const auto store = cold::Store::Open(storage());
    REQUIRE(store.ok());
    cold::Batch batch;
    for (const auto& offset : offsets) batch.PutKafkaOffset(offset);
    for (const auto& letter : letters) batch.PutDeadLetter(letter);
    REQUIRE((*store)->Commit(batch).ok());
  }

  ReadingEngine Read(const feed::KafkaOptions& kafka, unsigned workers = 1) const {
    return {storage(), Options(workers), clock_, kafka};
  }

 private:
  void Flush() {
    const absl::Status flushed = producer_->Flush(60'000);
    INFO(flushed);
    REQUIRE(flushed.ok());
  }

  MockCluster cluster_;
  std::unique_ptr<feed::KafkaProducer> producer_;
  const ManualClock clock_{2 * kBaseMs};
  const TemporaryDirectory directory_;
};

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
      feed::RecordWriter writer(random() % 2 ? feed::RecordFormat::kJson
                                             : feed::RecordFormat::kBinary);
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

  void CheckFold(RunningEngine& engine) const {
    for (const auto& [base, expected] : series) {
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
        std::vector<NaiveCandle> seen;
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
};

}  // namespace wick::test
