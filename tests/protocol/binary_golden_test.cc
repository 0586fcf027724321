// The worked examples of docs/wire-format.md, read out of the page, against the codecs of both
// sides.
#include <fstream>
#include <map>
#include <sstream>

#include "catch.h"
#include "client/codec.h"
#include "paths.h"
#include "protocol/binary_replies.h"
#include "protocol/binary_requests.h"

namespace wick::protocol::binary {
namespace {

std::string Page() {
  std::ifstream file(std::string(wick::test::kSourceDirectory) + "/docs/wire-format.md");
  REQUIRE(file.good());
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

/// The bytes of every "```hex NAME" block: pairs of digits up to the bar, what follows is for
/// people.
std::map<std::string, std::string> Examples() {
  std::map<std::string, std::string> examples;
  std::istringstream page(Page());
  std::string* block = nullptr;
  for (std::string line; std::getline(page, line);) {
    if (line.rfind("```hex ", 0) == 0) {
      block = &examples[line.substr(7)];
      REQUIRE(block->empty());
    } else if (line.rfind("```", 0) == 0) {
      block = nullptr;
    } else if (block) {
      std::istringstream bytes(line.substr(0, line.find('|')));
      for (std::string byte; bytes >> byte;) {
        block->push_back(static_cast<char>(std::stoi(byte, nullptr, 16)));
      }
    }
  }
  return examples;
}

std::string Hex(std::string_view bytes) {
  std::string hex;
  for (const char byte : bytes) hex += fmt::format("{:02x} ", static_cast<unsigned char>(byte));
  return hex;
}

/// What the page says of `name`; every test names the examples it holds.
std::string Example(const std::string& name) {
  const auto examples = Examples();
  INFO(name);
  REQUIRE(examples.count(name) == 1);
  return examples.at(name);
}

template <typename Write>
std::string RequestFrame(wire::Type type, uint64_t request_id, Write write) {
  std::string bytes;
  const size_t start = wire::BeginFrame(RequestType(type), request_id, bytes);
  write(wire::Writer(bytes));
  wire::EndFrame(start, bytes);
  return bytes;
}

constexpr uint64_t kTimestampMs = 1'700'000'000'123;
constexpr uint64_t kBucketMs = 1'699'999'800'000;
const Price kPrice{46450.5, 1200.25, 0, kTimestampMs};

}  // namespace

TEST_CASE("the page's hello is what both sides say", "[protocol][binary][golden]") {
  ClientOptions options;
  options.name = "example";
  const std::string hello = RequestFrame(
      wire::Type::kHello, 1, [&](wire::Writer writer) { client::WriteHello(options, writer); });
  CHECK(Hex(hello) == Hex(Example("hello")));
  std::string reply;
  AppendHello(1, {1, "0.1.0", {}}, reply);
  CHECK(Hex(reply) == Hex(Example("hello-reply")));
}

TEST_CASE("the page's register is what both sides say", "[protocol][binary][golden]") {
  const std::vector<SymbolView> symbols = {{"BTC", "USD", "kraken"}, {"BTC", "USD", "a:b"}};
  const std::string request = RequestFrame(wire::Type::kRegister, 2, [&](wire::Writer writer) {
    client::WriteSymbols(symbols, writer);
  });
  CHECK(Hex(request) == Hex(Example("register")));
  std::string reply;
  AppendRegister(2,
                 {{{SeriesId{7}, Refusal::kNone}, {kNoSeries, Refusal::kInvalidName}},
                  {{1, Refusal::kInvalidName, "no ':' in an exchange"}}},
                 reply);
  CHECK(Hex(reply) == Hex(Example("register-reply")));
}

TEST_CASE("the page's ingest is what both sides say", "[protocol][binary][golden]") {
  const Tick tick = TickOf(SeriesId{7}, kPrice);
  const std::string request = RequestFrame(wire::Type::kIngest, 3, [&](wire::Writer writer) {
    client::WriteIngestHead(wire::Ack::kDurable, 1, writer);
    writer.Records(std::span<const Tick>(&tick, 1));
  });
  CHECK(Hex(request) == Hex(Example("ingest")));
  std::string reply;
  AppendIngest(3, {1, 0, 0, {}}, reply);
  CHECK(Hex(reply) == Hex(Example("ingest-reply")));
}

TEST_CASE("the page's latest prices are what both sides say", "[protocol][binary][golden]") {
  const std::vector<SeriesId> ids = {SeriesId{7}, SeriesId{8}};
  const std::string request = RequestFrame(
      wire::Type::kLatestByIds, 4, [&](wire::Writer writer) { client::WriteIds(ids, writer); });
  CHECK(Hex(request) == Hex(Example("latest-by-ids")));
  const std::vector<Price> prices = {kPrice, Price{}};
  std::string reply;
  AppendLatest(4, wire::Type::kLatestByIds, prices, reply);
  CHECK(Hex(reply) == Hex(Example("latest-by-ids-reply")));
}

TEST_CASE("the page's candles are what both sides say", "[protocol][binary][golden]") {
  CandlesRequest candles;
  candles.interval = {5, IntervalUnit::kMinute};
  candles.from_ms = kBucketMs;
  const std::string request = RequestFrame(wire::Type::kCandles, 5, [&](wire::Writer writer) {
    client::WriteCandles(SymbolView{"BTC", "USD", "kraken"}, candles, writer);
  });
  CHECK(Hex(request) == Hex(Example("candles")));
  CandlesReply answer;
  answer.interval = candles.interval;
  answer.candles.push_back({kBucketMs, 46450, 46460.25, 46449.5, 46450.5, 42, 1200.25, 0,
                            candles.interval, true, false});
  std::string reply;
  AppendCandles(5, answer, reply);
  CHECK(Hex(reply) == Hex(Example("candles-reply")));
}

TEST_CASE("the page's history is what both sides say", "[protocol][binary][golden]") {
  CandlesRequest asked;
  asked.interval = {1, IntervalUnit::kSecond};
  asked.from_ms = 1'658'880'010'000;
  asked.to_ms = 1'658'880'020'000;
  const std::string request = RequestFrame(wire::Type::kHistory, 11, [&](wire::Writer writer) {
    client::WriteCandles(SeriesId{7}, asked, writer);
  });
  CHECK(Hex(request) == Hex(Example("history")));
  engine::HistoryReply answer;
  answer.interval = asked.interval;
  answer.from_ms = *asked.from_ms;
  answer.end_ms = *asked.to_ms;
  constexpr codec::Chunk kChunk = 1'620'000;
  constexpr codec::Bucket kFirst = codec::FirstBucket(kChunk);
  // The chunk of disk-format.md.
  const std::vector<codec::FoldedCandle> candles = {
      {kFirst + 10, 20, 20, 1, 100.5, 100.5, 100.5, 100.5, 12, 0},
      {kFirst + 11, 500, 500, 1, 100.6, 100.6, 100.6, 100.6, 12, 0},
      {kFirst + 13, 100, 900, 3, 100.6, 101, 100.25, 100.75, 12.5, 0}};
  codec::EncodeChunk(
      candles, answer.chunks.emplace_back(engine::HistoryReply::StoredChunk{kChunk, {}}).bytes);
  std::string reply;
  AppendHistory(11, answer, reply);
  CHECK(Hex(reply) == Hex(Example("history-reply")));
}

TEST_CASE("the page's backup is what both sides say", "[protocol][binary][golden]") {
  const std::string request = RequestFrame(wire::Type::kBackup, 7, [](wire::Writer writer) {
    client::WriteBackup("/var/backups/wick/daily", 7, 0, writer);
  });
  CHECK(Hex(request) == Hex(Example("backup")));
  std::string reply;
  AppendBackup(7, {8, 9, 3'145'728, 340}, reply);
  CHECK(Hex(reply) == Hex(Example("backup-reply")));
}

TEST_CASE("the page's question for dead letters is what the client says",
          "[protocol][binary][golden]") {
  const std::string request = RequestFrame(wire::Type::kDeadLetters, 8, [](wire::Writer writer) {
    client::WriteDeadLetters("ticks", 3, 1'042, 100, writer);
  });
  CHECK(Hex(request) == Hex(Example("dead-letters")));
}

TEST_CASE("the page's map of a cluster is what both sides say", "[protocol][binary][golden]") {
  const std::string request = RequestFrame(wire::Type::kCluster, 9, [](wire::Writer) {});
  CHECK(Hex(request) == Hex(Example("cluster")));
  std::string reply;
  AppendCluster(
      9, {4, 1, {{"wick-0:8080", "wick-0:8081", {0, 2}}, {"wick-1:8080", "wick-1:8081", {1, 3}}}},
      reply);
  CHECK(Hex(reply) == Hex(Example("cluster-reply")));
}

TEST_CASE("the page's moved is what the server says", "[protocol][binary][golden]") {
  std::string error;
  AppendMoved(10, "node 1 has ETH/USD", "wick-1:8081", error);
  CHECK(Hex(error) == Hex(Example("moved")));
}

TEST_CASE("the page's error is what the server says", "[protocol][binary][golden]") {
  std::string error;
  AppendError(6, ErrorCode::kUnknownSeries, "no series kraken:BTC/EUR", error);
  CHECK(Hex(error) == Hex(Example("error")));
}

TEST_CASE("every example of the page is tested", "[protocol][binary][golden]") {
  CHECK(Examples().size() == 19);
}

TEST_CASE("the page lists every code, refusal and limit with its number",
          "[protocol][binary][golden]") {
  const std::string page = Page();
  const auto says = [&](const std::string& text) {
    INFO(text);
    CHECK(page.find(text) != std::string::npos);
  };
  for (const ErrorCodeName& known : kErrorCodeNames) {
    if (known.code >= ErrorCode::kConnectFailed) continue;  // never on the wire
    says(fmt::format("| {} | `{}`", static_cast<int>(known.code), known.name));
  }
  for (int i = 1; i < kRefusalCount; ++i) {
    says(fmt::format("{} `{}`", i, RefusalCode(static_cast<Refusal>(i))));
  }
  says("payload_bytes | 1,048,576");
  CHECK(wire::kPayloadBytesMax == 1'048'576);
  says("events_per_ingest | 16,384");
  CHECK(wire::kEventsPerIngestMax == 16'384);
  says("entries_per_request | 10,000");
  CHECK(wire::kEntriesPerRequestMax == 10'000);
  says("candles_per_request | 10,000");
  CHECK(wire::kCandlesPerRequestMax == 10'000);
}

TEST_CASE("the page names every request with its number", "[protocol][binary][golden]") {
  const std::string page = Page();
  const std::pair<wire::Type, std::string> names[] = {
      {wire::Type::kHello, "hello"},
      {wire::Type::kPing, "ping"},
      {wire::Type::kRegister, "register"},
      {wire::Type::kIngest, "ingest"},
      {wire::Type::kLatestByIds, "latest_by_ids"},
      {wire::Type::kLatestBySymbols, "latest_by_symbols"},
      {wire::Type::kCandles, "candles"},
      {wire::Type::kExchanges, "exchanges"},
      {wire::Type::kBases, "bases"},
      {wire::Type::kPricesOfBase, "prices_of_base"},
      {wire::Type::kReferences, "references"},
      {wire::Type::kSetReference, "set_reference"},
      {wire::Type::kRemoveReference, "remove_reference"},
      {wire::Type::kReplaceReferences, "replace_references"},
      {wire::Type::kStatus, "status"},
      {wire::Type::kCheckpoint, "checkpoint"},
      {wire::Type::kBackup, "backup"},
      {wire::Type::kDeadLetters, "dead_letters"},
      {wire::Type::kCluster, "cluster"},
      {wire::Type::kHistory, "history"},
  };
  for (const auto& [type, name] : names) {
    const std::string row = fmt::format("\n| {} {} |", RequestType(type), name);
    INFO(row);
    CHECK(page.find(row) != std::string::npos);
  }
}

}  // namespace wick::protocol::binary
