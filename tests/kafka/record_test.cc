// The value of a record: written, read, refused; the partition of its key.
#include "engine/fixture.h"
#include "feed/kafka/gap_watch.h"
#include "feed/kafka/kafka_options.h"
#include "feed/kafka/record_reader.h"
#include "feed/kafka/record_writer.h"
#include "wick/partition.h"
#include "wick/wire.h"

using namespace wick;
using feed::ReadRecord;
using feed::RecordFormat;
using feed::RecordReader;
using feed::RecordWriter;

namespace {

constexpr uint64_t kNowMs = 1'700'000'000'000;

struct Fixture {
  explicit Fixture(engine::EngineOptions options = {})
      : engine(directory.path(), options, clock), reader(*engine) {}
  ReadRecord Read(std::string_view value) {
    auto batch = engine->NewBatch();
    ReadRecord read = reader.Read(value, batch);
    CHECK(batch.size() == read.events);
    return read;
  }

  const test::TemporaryDirectory directory;
  const ManualClock clock{kNowMs};
  test::RunningEngine engine;
  RecordReader reader;
};

std::string Written(RecordFormat format, size_t events) {
  RecordWriter writer(format);
  for (size_t i = 0; i < events; ++i) {
    const std::string exchange = "X" + std::to_string(i % 3);
    writer.Add({"BTC", "USD", exchange}, {1.5 + static_cast<double>(i), 2, 3, kNowMs});
  }
  REQUIRE(writer.events() == events);
  std::string value = writer.Take();
  REQUIRE(writer.events() == 0);
  return value;
}

}  // namespace

TEST_CASE("a key's hash is that of Kafka's Java client", "[kafka]") {
  const auto hash = [](std::string_view key) { return static_cast<int32_t>(Murmur2(key)); };
  CHECK(hash("21") == -973932308);
  CHECK(hash("foobar") == -790332482);
  CHECK(hash("a-little-bit-long-string") == -985981536);
  CHECK(hash("a-little-bit-longer-string") == -1486304829);
  CHECK(hash("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8") == -58897971);
  CHECK(hash("abc") == 479470107);
  CHECK(PartitionOf("foobar", 12) == ((static_cast<uint32_t>(-790332482) & 0x7fffffff) % 12));
}

TEST_CASE("a pair has the partition of its key, whatever the exchange", "[kafka]") {
  CHECK(PairKey({"BTC", "USD", "kraken"}) == "BTC/USD");
  for (const char* exchange : {"kraken", "binance"}) {
    CHECK(PartitionOf({"BTC", "USD", exchange}, 64) == PartitionOf("BTC/USD", 64));
  }
}

TEST_CASE("a record gives its events back, in JSON and in binary", "[kafka]") {
  Fixture fixture;
  for (const RecordFormat format : {RecordFormat::kJson, RecordFormat::kBinary}) {
    for (const size_t events : {1, 2, 1'000}) {
      CAPTURE(static_cast<int>(format), events);
      const ReadRecord read = fixture.Read(Written(format, events));
      CHECK(read.events == events);
      CHECK(read.reason.empty());
    }
  }
  // More than a frame holds.
  CHECK(fixture.Read(Written(RecordFormat::kBinary, wire::kEventsPerIngestMax + 1)).events ==
        wire::kEventsPerIngestMax + 1);
  CHECK(fixture.Read("[]").reason.empty());
}

TEST_CASE("a record that cannot be read says why, its good events count", "[kafka]") {
  Fixture fixture;
  const auto reason = [&](std::string_view value) {
    const ReadRecord read = fixture.Read(value);
    CHECK(read.events == 0);
    return read.reason;
  };
  CHECK_FALSE(reason("").empty());
  CHECK_FALSE(reason("no JSON").empty());
  CHECK_FALSE(reason("{\"price\":1").empty());
  CHECK_FALSE(reason(std::string(100, '\0')).empty());

  const std::string binary = Written(RecordFormat::kBinary, 3);
  for (size_t bytes = 0; bytes < binary.size(); ++bytes) {
    CAPTURE(bytes);
    const bool names_alone = fixture.Read(binary.substr(0, bytes)).reason.empty();
    // Cut behind the frame that registers symbols it is whole, and without events.
    CHECK(names_alone == (bytes == wire::ReadHeader(binary).payload_bytes + wire::kHeaderBytes));
  }
  CHECK(reason(binary.substr(wire::ReadHeader(binary).payload_bytes + wire::kHeaderBytes)) ==
        "its frames are not one that registers symbols, then ingests");

  RecordWriter some(RecordFormat::kBinary);
  some.Add({"BTC", "USD", "X"}, {1, 0, 0, kNowMs});
  some.Add({"BTC", "USD", "X"}, {-1, 0, 0, kNowMs});
  some.Add({"BTC", "USD", "bad:name"}, {1, 0, 0, kNowMs});
  const ReadRecord read = fixture.Read(some.Take());
  CHECK(read.events == 1);
  CAPTURE(read.reason);
  CHECK(read.reason.find("2 of 3 events refused; ") == 0);

  const ReadRecord json = fixture.Read(
      R"([{"baseCurrency":"A","quoteCurrency":"B","exchange":"C","price":1,"timestampInMs":1},)"
      R"({"baseCurrency":"A","quoteCurrency":"B","exchange":"C","price":-1,"timestampInMs":1}])");
  CHECK(json.events == 1);
  CAPTURE(json.reason);
  CHECK(json.reason.find("1 of 2 events refused; event 1: invalid_price: ") == 0);
}

TEST_CASE("a record with more new series than a minute may bring waits as a whole", "[kafka]") {
  engine::EngineOptions options;
  options.new_series_per_minute_max = 2;
  Fixture fixture(options);
  const ReadRecord read = fixture.Read(Written(RecordFormat::kBinary, 3));
  CHECK(read.not_yet);
  CHECK(read.events == 0);
  CHECK(read.reason.empty());
  // Offered again and again, its refused events count when it is read.
  const auto rejected = [&] {
    const auto status = fixture.engine->Status();
    return status.events_rejected[static_cast<size_t>(Refusal::kInvalidPrice)];
  };
  const std::string waits =
      R"([{"baseCurrency":"A","quoteCurrency":"B","exchange":"C","price":-1,"timestampInMs":1},)"
      R"({"baseCurrency":"N","quoteCurrency":"B","exchange":"C","price":1,"timestampInMs":1}])";
  for (int i = 0; i < 3; ++i) CHECK(fixture.Read(waits).not_yet);
  CHECK(rejected() == 0);
}

TEST_CASE("a gap behind an error is asked for again, three times at one place", "[kafka]") {
  using Step = feed::GapWatch::Step;
  feed::GapWatch gaps;
  CHECK(gaps.Meet(5, 9) == Step::kTake);  // compacted
  gaps.MeetError();
  CHECK(gaps.Meet(10, 10) == Step::kTake);  // nothing is missing
  CHECK(gaps.Meet(11, 14) == Step::kTake);
  gaps.MeetError();
  CHECK(gaps.Meet(15, 17) == Step::kAskAgain);
  CHECK(gaps.Meet(15, 17) == Step::kTake);  // without an error: it is not there
  for (int i = 0; i < feed::GapWatch::kTriesMax; ++i) {
    gaps.MeetError();
    CHECK(gaps.Meet(18, 20) == Step::kAskAgain);
  }
  gaps.MeetError();
  CHECK(gaps.Meet(18, 20) == Step::kGiveUp);
}

TEST_CASE("options that contradict each other are refused", "[kafka]") {
  const auto why = [](const std::function<void(feed::KafkaOptions&)>& change) {
    feed::KafkaOptions options;
    options.brokers = {"localhost:9092"};
    options.topics = {"ticks"};
    change(options);
    return Message(feed::CheckKafkaOptions(options));
  };
  CHECK(why([](auto&) {}).empty());
  CHECK(why([](auto& o) { o.topics.clear(); }).find("go together") != std::string::npos);
  CHECK(why([](auto& o) { o.topics = {"a/b"}; }).find("'a/b' is no topic") != std::string::npos);
  CHECK(why([](auto& o) { o.topics = {"a", "a"}; }).find("twice") != std::string::npos);
  CHECK(why([](auto& o) { o.partitions = {"1", "-1"}; }).find("'-1'") != std::string::npos);
  CHECK(why([](auto& o) { o.dead_letter_topic = "ticks"; }).find("for ever") != std::string::npos);
  CHECK(why([](auto& o) { o.properties["auto.offset.reset"] = "latest"; }).find("wick sets it") !=
        std::string::npos);
  CHECK(why([](auto& o) { o.properties["no.such.property"] = "1"; }).find("no.such.property") !=
        std::string::npos);
  CHECK(why([](auto& o) { o.properties["fetch.wait.max.ms"] = "x"; }).find("fetch.wait.max.ms") !=
        std::string::npos);
  CHECK(why([](auto& o) { o.properties["client.id"] = "me"; }).empty());
}
