#include "protocol/json_replies.h"

#include <limits>
#include <string>
#include <vector>

#include "catch.h"
#include "protocol/json_reader.h"

namespace wick::protocol {
namespace {

/// What `append` appends, which must not touch what is there before.
template <typename Append>
std::string Appended(const Append& append) {
  std::string out = "before ";
  append(out);
  REQUIRE(out.starts_with("before "));
  return out.substr(7);
}

bool IsJson(const std::string& text) {
  JsonIndex index;
  if (index.Build(text) != nullptr) return false;
  JsonReader reader(text, index);
  JsonValue value;
  return reader.ReadValue(value) && reader.ReadEnd();
}

const Symbol kSymbol("BTC", "US\"D", "Gate.io");
constexpr double kNoPrice = std::numeric_limits<double>::quiet_NaN();

CandlesReply TwoCandles() {
  CandlesReply reply;
  reply.interval = {5, IntervalUnit::kMinute};
  reply.available_from_ms = 1'000;
  reply.candles = {{.timestamp_ms = 300'000,
                    .open = 1,
                    .high = 2.5,
                    .low = 0.5,
                    .close = 2,
                    .count = 3,
                    .base_volume_last_24h = 1e22,
                    .quote_volume_last_24h = 0,
                    .interval = {5, IntervalUnit::kMinute},
                    .closed = true,
                    .filled = false},
                   {.timestamp_ms = 600'000,
                    .open = 2,
                    .high = 2,
                    .low = 2,
                    .close = 2,
                    .count = 0,
                    .base_volume_last_24h = 1,
                    .quote_volume_last_24h = 0,
                    .interval = {5, IntervalUnit::kMinute},
                    .closed = false,
                    .filled = true}};
  return reply;
}

TEST_CASE("a price event is one flat object", "[protocol][replies]") {
  const std::string text = Appended([](std::string& out) {
    AppendPriceEvent(out, kSymbol, {46450, 0.1, 1e21, 1'700'000'000'000});
  });
  CHECK(text ==
        R"({"baseCurrency":"BTC","quoteCurrency":"US\"D","exchange":"Gate.io","price":46450,)"
        R"("baseVolumeLast24h":0.1,"quoteVolumeLast24h":1000000000000000000000,)"
        R"("timestampInMs":1700000000000})");
  const std::vector<PriceEvent> two(2, {kSymbol, {46450, 0.1, 1e21, 1'700'000'000'000}});
  CHECK(Appended([&](std::string& out) { AppendPriceEvents(out, two); }) ==
        "[" + text + "," + text + "]");
  CHECK(Appended([&](std::string& out) { AppendPriceEvents(out, {}); }) == "[]");
}

TEST_CASE("an ingest reply counts and describes", "[protocol][replies]") {
  engine::IngestResult result;
  result.accepted = 5;
  result.duplicates = 2;
  IngestReport report;
  CHECK(Appended([&](std::string& out) { AppendIngestReply(out, result, report); }) ==
        R"({"accepted":5,"duplicates":2,"rejected":0,"errors":[]})");
  report.AddError(7, Refusal::kInvalidPrice, "price \"x\" must be a number");
  report.AddError(3, Refusal::kMissingField, "price is missing");
  CHECK(Appended([&](std::string& out) { AppendIngestReply(out, result, report); }) ==
        R"({"accepted":5,"duplicates":2,"rejected":2,"errors":[)"
        R"({"index":3,"code":"missing_field","message":"price is missing"},)"
        R"({"index":7,"code":"invalid_price","message":"price \"x\" must be a number"}]})");
}

TEST_CASE("candles in JSON mark what was filled", "[protocol][replies]") {
  CandlesReply reply = TwoCandles();
  CHECK(Appended([&](std::string& out) { AppendCandlesJson(out, kSymbol, reply); }) ==
        R"({"baseCurrency":"BTC","quoteCurrency":"US\"D","exchange":"Gate.io","interval":"5m",)"
        R"("availableFrom":1000,"candles":[{"timestampInMs":300000,"open":1,"high":2.5,"low":0.5,)"
        R"("close":2,"count":3,"baseVolumeLast24h":10000000000000000000000,"quoteVolumeLast24h":0,)"
        R"("closed":true},{"timestampInMs":600000,"open":2,"high":2,"low":2,"close":2,"count":0,)"
        R"("baseVolumeLast24h":1,"quoteVolumeLast24h":0,"closed":false,"filled":true}],)"
        R"("next":null})");
  reply.candles.clear();
  reply.next_ms = 900'000;
  CHECK(Appended([&](std::string& out) {
          AppendCandlesJson(out, kSymbol, reply);
        }).ends_with(R"("candles":[],"next":900000})"));
}

TEST_CASE("candles without prices have nulls", "[protocol][replies]") {
  CandlesReply reply = TwoCandles();
  Candle& empty = reply.candles[1];
  empty.open = empty.high = empty.low = empty.close = kNoPrice;
  const std::string json =
      Appended([&](std::string& out) { AppendCandlesJson(out, kSymbol, reply); });
  CHECK(IsJson(json));
  CHECK(json.find(
            R"("open":null,"high":null,"low":null,"close":null,"count":0,)"
            R"("baseVolumeLast24h":null,"quoteVolumeLast24h":null,"closed":false,"filled":true)") !=
        std::string::npos);
  CHECK(Appended([&](std::string& out) { AppendCandlesCcxt(out, reply); }) ==
        "[[300000,1,2.5,0.5,2,3],[600000,null,null,null,null,0]]");
  CHECK(
      Appended([&](std::string& out) { AppendCandlesCsv(out, reply, Fill::kNull); }) ==
      "timestampInMs,open,high,low,close,count,baseVolumeLast24h,quoteVolumeLast24h,closed,filled\n"
      "300000,1,2.5,0.5,2,3,10000000000000000000000,0,true,false\n"
      "600000,,,,,0,,,false,true\n");
}

TEST_CASE("finest answers carry the interval of each candle", "[protocol][replies]") {
  CandlesReply reply = TwoCandles();
  reply.grain = Grain::kFinest;
  reply.candles[0].interval = {1, IntervalUnit::kHour};
  const std::string json =
      Appended([&](std::string& out) { AppendCandlesJson(out, kSymbol, reply); });
  CHECK(json.find(R"("interval":"finest","availableFrom")") != std::string::npos);
  CHECK(json.find(R"({"timestampInMs":300000,"interval":"1h","open")") != std::string::npos);
  CHECK(json.find(R"({"timestampInMs":600000,"interval":"5m","open")") != std::string::npos);
  const std::string csv =
      Appended([&](std::string& out) { AppendCandlesCsv(out, reply, Fill::kPrevious); });
  CHECK(csv.find(",closed,interval,filled\n") != std::string::npos);
  CHECK(csv.find(",true,1h,false\n") != std::string::npos);
}

TEST_CASE("csv has no column that says nothing", "[protocol][replies]") {
  CandlesReply reply = TwoCandles();
  reply.candles.pop_back();
  CHECK(Appended([&](std::string& out) { AppendCandlesCsv(out, reply, Fill::kNone); }) ==
        "timestampInMs,open,high,low,close,count,baseVolumeLast24h,quoteVolumeLast24h,closed\n"
        "300000,1,2.5,0.5,2,3,10000000000000000000000,0,true\n");
}

TEST_CASE("exchanges come with or without their pairs", "[protocol][replies]") {
  const std::vector<ExchangeListing> exchanges = {
      {"Binance", 9, {{"BTC", "USDT", 9}, {"ETH", "USDT", 8}}}, {"Kraken", 7, {}}};
  CHECK(Appended([&](std::string& out) { AppendExchanges(out, exchanges, true); }) ==
        R"([{"exchange":"Binance","lastSeenInMs":9,"pairs":[)"
        R"({"baseCurrency":"BTC","quoteCurrency":"USDT","lastSeenInMs":9},)"
        R"({"baseCurrency":"ETH","quoteCurrency":"USDT","lastSeenInMs":8}]},)"
        R"({"exchange":"Kraken","lastSeenInMs":7,"pairs":[]}])");
  CHECK(Appended([&](std::string& out) { AppendExchanges(out, exchanges, false); }) ==
        R"([{"exchange":"Binance","lastSeenInMs":9},{"exchange":"Kraken","lastSeenInMs":7}])");
}

TEST_CASE("bases and references name their series", "[protocol][replies]") {
  const std::vector<BaseListing> bases = {{{kSymbol, {1, 2, 3, 4}}, 17}};
  CHECK(Appended([&](std::string& out) { AppendBases(out, bases); }) ==
        R"([{"baseCurrency":"BTC","price":{"baseCurrency":"BTC","quoteCurrency":"US\"D",)"
        R"("exchange":"Gate.io","price":1,"baseVolumeLast24h":2,"quoteVolumeLast24h":3,)"
        R"("timestampInMs":4},"series":17}])");
  const std::vector<Reference> references = {{"BTC", "USD", "Kraken"}};
  CHECK(Appended([&](std::string& out) { AppendReferences(out, references); }) ==
        R"([{"baseCurrency":"BTC","quoteCurrency":"USD","exchange":"Kraken"}])");
}

TEST_CASE("the status is JSON and holds every count", "[protocol][replies]") {
  engine::EngineStatus status;
  status.events_accepted = 101;
  status.events_rejected[static_cast<size_t>(Refusal::kInvalidPrice)] = 102;
  status.events_rejected[static_cast<size_t>(Refusal::kInvalidName)] = 3;
  status.last_number = 104;
  status.checkpoint_number = 105;
  status.tier_memory_bytes[2] = 106;
  status.store.tier_disk_bytes[3] = 107;
  status.late_beyond_horizon[0] = 108;
  status.shards = {{.queued_events = 109}, {.dirty_series = 110}};
  status.write = {engine::WriteState::kDiskFull, "no \"space\"", 111};
  status.disk_free_bytes = 112;
  const std::string text =
      Appended([&](std::string& out) { AppendStatus(out, status, "1.2.3", 42, "failed"); });
  CAPTURE(text);
  CHECK(IsJson(text));
  for (
      const char* part :
      {R"({"version":"1.2.3","uptimeInMs":42,"state":"failed","writable":false,"writeError":"no \"space\"","writeErrorSinceInMs":111)",
       R"("freeBytes":112)", R"("accepted":101)", R"("rejected":105)", R"("invalid_price":102)",
       R"("lastNumber":104)", R"("checkpoint":{"number":105)", R"("memoryBytes":106)",
       R"("diskBytes":107)", R"("lateBeyondHorizon":108)", R"("shards":[{"queuedEvents":109,)",
       R"("dirtySeries":110)"}) {
    CAPTURE(part);
    CHECK(text.find(part) != std::string::npos);
  }
  CHECK(IsJson(Appended([](std::string& out) { AppendStatus(out, {}, "", 0, ""); })));
}

TEST_CASE("the status names the partitions that are read, if there are any",
          "[protocol][replies][kafka]") {
  const auto text_of = [](const std::optional<KafkaStatus>& kafka) {
    return Appended([&](std::string& out) { AppendStatus(out, {}, "", 0, "", kafka); });
  };
  CHECK(text_of(std::nullopt).find("kafka") == std::string::npos);
  KafkaStatus kafka;
  kafka.paused = true;
  kafka.lag = {7, true, "behind"};
  kafka.dead_letters_dropped = 3;
  kafka.partitions = {{.topic = "ticks",
                       .partition = 3,
                       .state = KafkaState::kOffsetLost,
                       .reason = "gone",
                       .next_offset = 5,
                       .end_offset = 12}};
  const std::string text = text_of(kafka);
  CAPTURE(text);
  CHECK(IsJson(text));
  CHECK(text.find(R"("paused":true,"largestLag":7,"lagKnown":true,"lagging":"behind")") !=
        std::string::npos);
  CHECK(text.find(R"("deadLettersDropped":3)") != std::string::npos);
  CHECK(text.find(R"({"topic":"ticks","partition":3,"state":"offset_lost","reason":"gone",)"
                  R"("nextOffset":5,"endOffset":12,"lag":7,)") != std::string::npos);
}

TEST_CASE("dead letters show text as text and bytes as base64", "[protocol][replies][kafka]") {
  const std::vector<cold::DeadLetter> letters = {
      {{"ticks", 3, 7}, 9, "no \"JSON\"", 1, 100, "k", "v"},
      {{"ticks", 4, 0}, 9, "cut", 0, 2, "", "\xff\x01"}};
  const auto page = [&](const std::optional<cold::KafkaPlace>& next) {
    return Appended([&](std::string& out) { AppendDeadLetters(out, letters, next); });
  };
  const std::string two =
      R"({"deadLetters":[{"topic":"ticks","partition":3,"offset":7,"timestampInMs":9,)"
      R"("reason":"no \"JSON\"","keyBytes":1,"valueBytes":100,"key":"k","value":"v"},)"
      R"({"topic":"ticks","partition":4,"offset":0,"timestampInMs":9,"reason":"cut",)"
      R"("keyBytes":0,"valueBytes":2,"key":"","valueBase64":"/wE="}],"next":)";
  CHECK(page(std::nullopt) == two + "null}");
  CHECK(page(cold::KafkaPlace{"u", 1, 2}) == two + R"({"topic":"u","partition":1,"offset":2}})");
  CHECK(Appended([](std::string& out) { AppendDeadLetters(out, {}, std::nullopt); }) ==
        R"({"deadLetters":[],"next":null})");
}

TEST_CASE("an admin action tells how long it took", "[protocol][replies]") {
  CHECK(Appended([](std::string& out) { AppendAdminReply(out, "checkpoint", 12); }) ==
        R"({"action":"checkpoint","durationInMs":12})");
  CHECK(Appended([](std::string& out) {
          AppendBackupReply(out, "/a\"b", {1, 2, 3, 4});
        }) ==
        R"({"action":"backup","directory":"/a\"b","id":1,"files":2,"bytes":3,"durationInMs":4})");
}

}  // namespace
}  // namespace wick::protocol
