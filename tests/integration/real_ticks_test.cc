// Real ticks against the candles that their source publishes for them: equal bit for bit.
#include <algorithm>
#include <map>
#include <random>

#include "catch.h"
#include "integration/wick_process.h"
#include "paths.h"

using namespace wick;
using namespace wick::test;

namespace {

// A larger set of the same form may be named by the environment.
std::string TicksDirectory() {
  const char* const named = getenv("WICK_TEST_TICKS");
  return named != nullptr ? named : std::string(wick::test::kSourceDirectory) + "/tests/data";
}

const std::vector<std::string> kKeepForever = {
    "--set", "tiers.1s.keep=forever", "--set", "tiers.1m.keep=forever",
    "--set", "tiers.1h.keep=forever", "--set", "server.workers=2"};

std::string Unpacked(const std::string& path) {
  const std::string command = "gzip -dc '" + path + "'";
  FILE* const pipe = popen(command.c_str(), "r");
  REQUIRE(pipe != nullptr);
  std::string text;
  char bytes[65'536];
  for (size_t n; (n = fread(bytes, 1, sizeof(bytes), pipe)) > 0;) text.append(bytes, n);
  REQUIRE(pclose(pipe) == 0);
  return text;
}

std::vector<std::string> Lines(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

struct Published {
  uint64_t timestamp_ms;
  double open, high, low, close;
  bool operator==(const Published&) const = default;
};

/// By base currency; every series of the sample is quoted in USD at FXCM.
std::map<std::string, std::vector<Published>> PublishedCandles(const std::string& interval) {
  std::map<std::string, std::vector<Published>> candles;
  const auto lines = Lines(Unpacked(TicksDirectory() + "/candles-" + interval + ".csv.gz"));
  for (size_t i = 1; i < lines.size(); ++i) {
    std::vector<std::string> cells;
    std::istringstream in(lines[i]);
    for (std::string cell; std::getline(in, cell, ',');) cells.push_back(cell);
    REQUIRE(cells.size() == 8);
    candles[cells[0]].push_back({std::stoull(cells[3]), std::stod(cells[4]), std::stod(cells[5]),
                                 std::stod(cells[6]), std::stod(cells[7])});
  }
  return candles;
}

void CheckAgainstPublished(const WickServer& server) {
  Client client = server.Connect();
  const std::pair<std::string, IntervalUnit> kTiers[] = {{"1s", IntervalUnit::kSecond},
                                                         {"1m", IntervalUnit::kMinute},
                                                         {"1h", IntervalUnit::kHour},
                                                         {"1d", IntervalUnit::kDay}};
  for (const auto& [name, unit] : kTiers) {
    for (const auto& [base, expected] : PublishedCandles(name)) {
      CAPTURE(name, base);
      std::vector<Published> seen;
      CandlesRequest request;
      request.interval = {1, unit};
      request.from_ms = 0;
      request.limit = 10'000;
      do {
        const auto reply = client.Candles(SymbolView{base, "USD", "FXCM"}, request);
        REQUIRE(reply.ok());
        for (const Candle& c : reply->candles)
          seen.push_back({c.timestamp_ms, c.open, c.high, c.low, c.close});
        request.from_ms = reply->next_ms;
      } while (request.from_ms);
      REQUIRE(seen.size() == expected.size());
      const auto [wrong, right] = std::mismatch(seen.begin(), seen.end(), expected.begin());
      if (wrong != seen.end()) {
        CAPTURE(wrong->timestamp_ms, wrong->open, right->open, wrong->close, right->close);
        FAIL("a candle differs from the published one");
      }
    }
  }
}

CommandResult Ingest(const WickServer& server, const std::string& file) {
  return RunWick({"ingest", file, "--server", server.binary_address()});
}

}  // namespace

TEST_CASE("the candles of real ticks in order equal the published ones", "[integration][ticks]") {
  const TemporaryDirectory directory;
  WickServer server(directory / "data", kKeepForever);
  const auto result = Ingest(server, TicksDirectory() + "/events.csv.gz");
  INFO(result.out << result.err);
  REQUIRE(result.exit_code == 0);
  CheckAgainstPublished(server);
}

TEST_CASE(
    "the candles of shuffled real ticks equal the published ones, with kill -9 and restart between",
    "[integration][ticks]") {
  // Shuffled, but ticks of one series and millisecond keep their order: it decides which of them
  // closes.
  auto lines = Lines(Unpacked(TicksDirectory() + "/events.csv.gz"));
  const std::string header = lines.front();
  lines.erase(lines.begin());
  const unsigned seed = std::random_device{}();
  CAPTURE(seed);
  std::mt19937 random(seed);
  std::map<std::string, std::vector<std::string>> same_time;  // "base...time" -> lines in order
  std::vector<std::string> keys;
  for (const std::string& line : lines) {
    const std::string key = line.substr(0, line.find(',')) + line.substr(line.rfind(','));
    same_time[key].push_back(line);
    keys.push_back(key);
  }
  std::shuffle(keys.begin(), keys.end(), random);
  std::map<std::string, size_t> taken;
  const TemporaryDirectory directory;
  {
    std::ofstream first(directory / "first.csv"), second(directory / "second.csv");
    first << header << '\n';
    second << header << '\n';
    for (size_t i = 0; i < keys.size(); ++i) {
      (i < keys.size() / 2 ? first : second) << same_time[keys[i]][taken[keys[i]]++] << '\n';
    }
  }
  {
    WickServer server(directory / "data", kKeepForever);
    REQUIRE(Ingest(server, directory / "first.csv").exit_code == 0);
    server.Kill();
  }
  {
    WickServer server(directory / "data", kKeepForever);
    REQUIRE(Ingest(server, directory / "second.csv").exit_code == 0);
    CheckAgainstPublished(server);
    CHECK(server.Terminate() == 0);
  }
  WickServer server(directory / "data", kKeepForever);
  CheckAgainstPublished(server);
}
