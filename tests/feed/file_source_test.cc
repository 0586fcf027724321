#include "feed/file_source.h"

#include <random>
#include <string>
#include <vector>

#include "catch.h"
#include "temp_file.h"

namespace wick::feed {
namespace {

constexpr uint64_t kNowMs = 1'700'000'000'000;
constexpr std::string_view kHeader =
    "baseCurrency,quoteCurrency,exchange,price,baseVolumeLast24h,quoteVolumeLast24h,"
    "timestampInMs\n";

struct Line {
  PriceEvent event;
  uint64_t line = 0;

  friend bool operator==(const Line&, const Line&) = default;
};

/// Everything a file gives.
struct Contents {
  std::vector<Line> lines;
  protocol::IngestReport report;
  absl::Status status;

  uint64_t Refused(Refusal refusal) const { return report.rejected(refusal); }
};

Contents ReadPath(const std::string& path) {
  const ManualClock clock(kNowMs);
  Contents contents;
  auto source = FileSource::Open(path, clock, 10'000);
  contents.status = source.status();
  while (contents.status.ok()) {
    const absl::StatusOr<bool> more = (*source)->Next();
    contents.status = more.status();
    for (const FileEvent& e : (*source)->events()) {
      contents.lines.push_back({{Symbol(e.symbol), e.price}, e.line});
    }
    contents.report = (*source)->report();
    if (!more.ok() || !*more) break;
  }
  return contents;
}

Contents Read(std::string_view content) { return ReadPath(TempFile(content).path()); }

Contents ReadCsv(const std::string& rows) { return Read(std::string(kHeader) + rows); }

std::string Row(int i) {
  return fmt::format("BTC,USDT,Binance,{}.5,1,2,{}\n", i + 1,
                     kNowMs - 1'000'000 + static_cast<uint64_t>(i));
}

std::string Rows(int count) {
  std::string rows;
  for (int i = 0; i < count; ++i) rows += Row(i);
  return rows;
}

}  // namespace

TEST_CASE("a CSV row is an event with the names and numbers of its columns", "[feed][csv]") {
  const Contents c = ReadCsv("BTC,USDT,Binance,46450.25,12.5,580000,1699999999999\n");
  REQUIRE(c.status.ok());
  REQUIRE(c.lines.size() == 1);
  CHECK(c.lines[0] ==
        Line{{{"BTC", "USDT", "Binance"}, {46450.25, 12.5, 580000, 1'699'999'999'999}}, 2});
  CHECK(c.report.rejected() == 0);
}

TEST_CASE("columns may come in any order beside unknown ones, and volumes may be missing",
          "[feed][csv]") {
  const Contents c = Read(
      "note,timestampInMs,exchange,price,quoteCurrency,baseCurrency\r\n"
      "\"a, \"\"b\"\"\",1699999999999,币安,0.5,USD,ETH\r\n");
  REQUIRE(c.lines.size() == 1);
  CHECK(c.lines[0].event == PriceEvent{{"ETH", "USD", "币安"}, {0.5, 0, 0, 1'699'999'999'999}});
}

TEST_CASE("an empty volume is 0", "[feed][csv]") {
  const Contents c =
      ReadCsv("CP,USDT,probit,0.0045,,,1617733676305\nCP,USDT,probit,0.0045,7,,1617733676306");
  REQUIRE(c.lines.size() == 2);
  CHECK(c.lines[0].event.price == Price{0.0045, 0, 0, 1'617'733'676'305});
  CHECK(c.lines[1].event.price == Price{0.0045, 7, 0, 1'617'733'676'306});
}

TEST_CASE("a bad row is refused with its code and costs no other row", "[feed][csv]") {
  const struct {
    std::string row;
    Refusal refusal;
  } kCases[] = {
      {"BTC,USDT,Binance,abc,1,2,1699999999999", Refusal::kInvalidPrice},
      {"BTC,USDT,Binance,0,1,2,1699999999999", Refusal::kInvalidPrice},
      {"BTC,USDT,Binance,-5,1,2,1699999999999", Refusal::kInvalidPrice},
      {"BTC,USDT,Binance,1e999,1,2,1699999999999", Refusal::kInvalidPrice},
      {"BTC,USDT,Binance,,1,2,1699999999999", Refusal::kMissingField},
      {"BTC,USDT,,5,1,2,1699999999999", Refusal::kMissingField},
      {"BTC,USDT,Binance,5,x,2,1699999999999", Refusal::kInvalidVolume},
      {"BTC,USDT,Binance,5,1,-2,1699999999999", Refusal::kInvalidVolume},
      {"BTC,USDT,Binance,5,1,2,soon", Refusal::kInvalidTimestamp},
      {"BTC,USDT,Binance,5,1,2,1699999999", Refusal::kInvalidTimestamp},
      {"BTC,USDT,Binance,5,1,2,1700000010001", Refusal::kFutureTimestamp},
      {"BTC,USDT,Binance,5,1,2", Refusal::kMissingField},
      {"BTC,USDT,Binance,5,1,2,1699999999999,x", Refusal::kMissingField},
      {"\"BTC,USDT,Binance,5,1,2,1699999999999", Refusal::kMissingField},
      {"\"BTC\"x,USDT,Binance,5,1,2,1699999999999", Refusal::kMissingField},
  };
  for (const auto& bad : kCases) {
    INFO(bad.row);
    const Contents c = ReadCsv(Row(0) + bad.row + "\n" + Row(1));
    REQUIRE(c.status.ok());
    CHECK(c.lines.size() == 2);
    CHECK(c.report.rejected() == 1);
    CHECK(c.Refused(bad.refusal) == 1);
    REQUIRE(c.report.errors().size() == 1);
    CHECK(c.report.errors()[0].index == 3);
    CHECK_FALSE(c.report.errors()[0].message.empty());
  }
}

TEST_CASE("an unclosed quote before fully quoted rows costs its own row only", "[feed][csv]") {
  const std::string quoted = "\"BTC\",\"USDT\",\"Binance\",\"5\",\"\",\"\",\"1699999999999\"\n";
  const Contents c = ReadCsv(quoted + "\"BTC,USDT,Binance,5,,,1699999999999\n" + quoted + quoted);
  CHECK(c.lines.size() == 3);
  CHECK(c.Refused(Refusal::kMissingField) == 1);
  CHECK(c.report.errors()[0].index == 3);
}

TEST_CASE("lines are counted through blank lines and quoted line ends", "[feed][csv]") {
  const Contents c = Read(
      "baseCurrency,quoteCurrency,exchange,price,timestampInMs,note\n\n \r\n"
      "BTC,USD,X,1,1699999999999,\"two\nlines\"\nBTC,USD,X,2,1699999999999,\n");
  REQUIRE(c.lines.size() == 2);
  CHECK(c.lines[0].line == 4);
  CHECK(c.lines[1].line == 6);
}

TEST_CASE("a CSV header without the columns is an error that names file, line and column",
          "[feed][csv]") {
  const TempFile file(
      "baseCurrency,quoteCurrency,exchange,timestampInMs\nBTC,USD,X,1699999999999\n");
  const Contents missing = ReadPath(file.path());
  CHECK(missing.status.code() == absl::StatusCode::kInvalidArgument);
  CHECK(Message(missing.status).find(file.path() + ": line 1: the header has no column price") ==
        0);

  const Contents twice = Read("price,price,baseCurrency,quoteCurrency,exchange,timestampInMs\n");
  CHECK(Message(twice.status).find("names column price twice") != std::string::npos);
}

TEST_CASE("NDJSON lines are events, blank ones are skipped but counted", "[feed][ndjson]") {
  const Contents c = Read(
      "\n{\"baseCurrency\":\"BTC\",\"quoteCurrency\":\"USDT\",\"exchange\":\"Binance\",\"price\":"
      "\"46450\","
      "\"timestampInMs\":1699999999999}\r\n"
      " \t\r\n"
      "{\"price\":1}\n"
      "no json\n"
      "{\"timestampInMs\":1699999999998,\"priceEvent\":{\"baseCurrency\":\"BTC\",\"quoteCurrency\":"
      "\"USDT\","
      "\"exchange\":\"Binance\",\"price\":2}}");
  REQUIRE(c.status.ok());
  REQUIRE(c.lines.size() == 2);
  CHECK(c.lines[0] == Line{{{"BTC", "USDT", "Binance"}, {46450, 0, 0, 1'699'999'999'999}}, 2});
  CHECK(c.lines[1] == Line{{{"BTC", "USDT", "Binance"}, {2, 0, 0, 1'699'999'999'998}}, 6});
  REQUIRE(c.report.errors().size() == 2);
  CHECK(c.report.errors()[0].index == 4);
  CHECK(c.report.errors()[0].refusal == Refusal::kMissingField);
  CHECK(c.report.errors()[1].index == 5);
  CHECK(c.report.errors()[1].refusal == Refusal::kInvalidJson);
}

TEST_CASE("more bad lines than a report keeps are all counted", "[feed][ndjson]") {
  std::string text = "{}\n";
  for (int i = 0; i < 999; ++i) text += "{\"price\":\n";
  const Contents c = Read(text);
  CHECK(c.report.rejected() == 1'000);
  CHECK(c.Refused(Refusal::kInvalidJson) == 999);
  CHECK(c.report.errors().size() == protocol::kReportedErrorsMax);
  CHECK(c.report.errors().back().index == protocol::kReportedErrorsMax);
}

TEST_CASE("a file may be one JSON array, whose elements are counted", "[feed][json]") {
  const Contents c = Read(
      "\xEF\xBB\xBF "
      "[{\"baseCurrency\":\"BTC\",\"quoteCurrency\":\"USDT\",\"exchange\":\"Binance\",\n"
      "\"price\":1,\"timestampInMs\":1699999999999},\n 5]\n");
  REQUIRE(c.status.ok());
  REQUIRE(c.lines.size() == 1);
  CHECK(c.lines[0].line == 1);
  REQUIRE(c.report.errors().size() == 1);
  CHECK(c.report.errors()[0].index == 2);
}

TEST_CASE("a JSON array that is cut off gives an error and no event", "[feed][json]") {
  const Contents c = Read(
      "[{\"baseCurrency\":\"BTC\",\"quoteCurrency\":\"USDT\",\"exchange\":\"Binance\",\"price\":1,"
      "\"timestampInMs\":1699999999999},");
  CHECK(c.status.code() == absl::StatusCode::kInvalidArgument);
  CHECK(c.lines.empty());
}

TEST_CASE("gzip is told by its content, and several members are one file", "[feed][gzip]") {
  const std::string rows = Rows(50'000);
  const std::string plain = std::string(kHeader) + rows;
  const Contents expected = Read(plain);
  REQUIRE(expected.lines.size() == 50'000);
  CHECK(Read(Gzip(plain)).lines == expected.lines);
  // The border falls into a row; an empty member is none.
  const std::string members =
      Gzip(plain.substr(0, 1'234'567)) + Gzip("") + Gzip(plain.substr(1'234'567));
  const Contents c = Read(members);
  CHECK(c.status.ok());
  CHECK(c.lines == expected.lines);
}

TEST_CASE("truncated gzip gives the events before the cut and then says what happened",
          "[feed][gzip]") {
  const std::string whole = Gzip(std::string(kHeader) + Rows(50'000));
  const TempFile file(whole.substr(0, whole.size() / 2));
  const Contents c = ReadPath(file.path());
  CHECK(c.lines.size() > 10'000);
  CHECK(c.lines.size() < 50'000);
  CHECK(c.report.rejected() == 0);
  CHECK(c.status.code() == absl::StatusCode::kDataLoss);
  CHECK(Message(c.status).find(file.path()) == 0);
  CHECK(Message(c.status).find("truncated") != std::string::npos);

  CHECK(Read(whole.substr(0, whole.size() - 1)).status.code() == absl::StatusCode::kDataLoss);
  CHECK(Read(whole.substr(0, 5)).status.code() == absl::StatusCode::kDataLoss);
}

TEST_CASE("damaged gzip and bytes behind gzip are errors", "[feed][gzip]") {
  std::string damaged = Gzip(std::string(kHeader) + Rows(50'000));
  damaged[damaged.size() / 2] ^= 0x55;
  CHECK(Read(damaged).status.code() == absl::StatusCode::kDataLoss);

  const Contents c = Read(Gzip(std::string(kHeader) + Rows(3)) + "trailing");
  CHECK(c.lines.size() == 3);
  CHECK(c.status.code() == absl::StatusCode::kDataLoss);
}

TEST_CASE("a line without end is refused once and skipped in bounded memory", "[feed][bounds]") {
  const std::string huge(5'000'000, 'x');
  const Contents csv = ReadCsv(Row(0) + huge + "\n" + Row(1));
  CHECK(csv.lines.size() == 2);
  CHECK(csv.report.rejected() == 1);
  CHECK(csv.report.errors()[0].index == 3);
  CHECK(csv.lines[1].line == 4);

  const std::string event =
      "{\"baseCurrency\":\"BTC\",\"quoteCurrency\":\"USDT\",\"exchange\":\"Binance\",\"price\":1,"
      "\"timestampInMs\":1699999999999}";
  const Contents ndjson = Read(event + "\n{\"x\":\"" + huge + "\"}\n" + event);
  CHECK(ndjson.lines.size() == 2);
  CHECK(ndjson.Refused(Refusal::kInvalidJson) == 1);
  CHECK(ndjson.lines[1].line == 3);

  CHECK(Read(huge).status.code() == absl::StatusCode::kInvalidArgument);
  CHECK(Read(std::string(200'000, '\n')).status.ok());
}

TEST_CASE("an unclosed quote near the end of a large file does not swallow the rest",
          "[feed][bounds]") {
  const Contents c = ReadCsv("\"BTC,USDT\n" + Rows(50'000));
  CHECK(c.lines.size() == 50'000);
  CHECK(c.report.rejected() == 1);
}

TEST_CASE("an empty file, alone or gzipped, holds no events and is no error", "[feed][bounds]") {
  for (const std::string& content :
       {std::string(), Gzip(""), std::string("\n"), std::string(kHeader)}) {
    const Contents c = Read(content);
    CHECK(c.status.ok());
    CHECK(c.lines.empty());
    CHECK(c.report.rejected() == 0);
  }
}

TEST_CASE("a file that cannot be read is an error with its name", "[feed][bounds]") {
  const Contents missing = ReadPath("/no/such/file.csv");
  CHECK(missing.status.code() == absl::StatusCode::kNotFound);
  CHECK(Message(missing.status) == "cannot open /no/such/file.csv: No such file or directory");
  CHECK(ReadPath("/").status.code() == absl::StatusCode::kInvalidArgument);
}

TEST_CASE("progress counts the bytes as they are stored", "[feed][progress]") {
  const std::string stored = Gzip(std::string(kHeader) + Rows(50'000));
  const TempFile file(stored);
  const ManualClock clock(kNowMs);
  auto source = FileSource::Open(file.path(), clock, 10'000);
  REQUIRE(source.ok());
  CHECK((*source)->bytes_total() == stored.size());
  uint64_t before = 0;
  while (*(*source)->Next()) {
    CHECK((*source)->bytes_read() >= before);
    before = (*source)->bytes_read();
  }
  CHECK((*source)->bytes_read() == stored.size());
}

TEST_CASE("CSV and NDJSON of the same events give the same events", "[feed][property]") {
  const uint64_t seed = std::random_device{}();
  INFO("seed " << seed);
  std::mt19937_64 random(seed);
  const auto below = [&random](uint64_t n) { return random() % n; };
  const std::vector<std::string> names = {"BTC",   "币安", "A B", "x\"y",
                                          "1INCH", "a,b",  "-",   "Ünï.code"};
  const std::vector<std::string> numbers = {"1",
                                            "0.00000001",
                                            "46450.5",
                                            "1e-7",
                                            "123456789012345678901234",
                                            "0.1",
                                            "3.0000000000000000001",
                                            "5e-324",
                                            "1.5E+3"};
  std::string csv(kHeader);
  std::string ndjson;
  for (int i = 0; i < 20'000; ++i) {
    const std::string base = names[below(names.size())];
    const std::string quote = names[below(names.size())];
    const std::string exchange = names[below(names.size())];
    const std::string price = numbers[below(numbers.size())];
    const std::string volume = below(3) == 0 ? "" : numbers[below(numbers.size())];
    const uint64_t timestamp_ms = kNowMs - below(1'000'000'000);
    const auto cell = [](std::string text) {
      for (size_t at = 0; (at = text.find('"', at)) != text.npos; at += 2) text.insert(at, 1, '"');
      return "\"" + text + "\"";
    };
    const auto json = [](std::string text) {
      for (size_t at = 0; (at = text.find('"', at)) != text.npos; at += 2) text.insert(at, 1, '\\');
      return "\"" + text + "\"";
    };
    csv += fmt::format("{},{},{},{},{},,{}\n", cell(base), cell(quote), cell(exchange), price,
                       volume, timestamp_ms);
    ndjson += fmt::format(
        R"({{"exchange":{},"baseCurrency":{},"quoteCurrency":{},"price":{},"baseVolumeLast24h":{},"timestampInMs":"{}"}})"
        "\n",
        json(exchange), json(base), json(quote), price, volume.empty() ? "null" : volume,
        timestamp_ms);
  }
  Contents from_csv = Read(csv);
  const Contents from_ndjson = Read(Gzip(ndjson));
  REQUIRE(from_csv.lines.size() == 20'000);
  for (Line& line : from_csv.lines) --line.line;  // the header
  CHECK(from_csv.lines == from_ndjson.lines);
}

}  // namespace wick::feed
