// The rooms of `wick bench` that decide, and the command against a real server.
#include <algorithm>
#include <cmath>
#include <vector>

#include "catch.h"
#include "cli/bench/histogram.h"
#include "cli/bench/market.h"
#include "cli/bench/picker.h"
#include "cli/bench/schedule.h"
#include "integration/wick_process.h"

namespace wick::cli::bench {
namespace {

constexpr double kShares[] = {0.5, 0.9, 0.99, 0.999, 0.9999, 1};

/// Values over many octaves, as latencies are.
std::vector<uint64_t> Latencies(uint64_t seed, size_t count) {
  Random random(seed);
  std::vector<uint64_t> values;
  for (size_t i = 0; i < count; ++i) values.push_back(random.Next() >> (24 + random.Below(40)));
  return values;
}

}  // namespace

TEST_CASE("percentiles are those of the sorted values, at most 1/128 above", "[bench]") {
  std::vector<uint64_t> values = Latencies(7, 100'000);
  Histogram histogram;
  for (const uint64_t value : values) histogram.Add(value);
  std::sort(values.begin(), values.end());
  CHECK(histogram.count() == values.size());
  CHECK(histogram.max() == values.back());
  for (const double share : kShares) {
    const auto rank = static_cast<size_t>(std::ceil(share * 100'000));
    const uint64_t exact = values[rank - 1];
    const uint64_t found = histogram.Percentile(share);
    CAPTURE(share, exact, found);
    CHECK(found >= exact);
    CHECK(static_cast<double>(found) <= static_cast<double>(exact) * (1 + 1.0 / 128));
  }
}

TEST_CASE("what is below 256 ns is kept exactly", "[bench]") {
  Histogram histogram;
  for (uint64_t ns = 0; ns < 256; ++ns) histogram.Add(ns);
  for (uint64_t ns = 0; ns < 256; ++ns) {
    CHECK(histogram.Percentile(static_cast<double>(ns + 1) / 256) == ns);
    CHECK(histogram.CountAbove(ns) == 255 - ns);
  }
}

TEST_CASE("two histograms added are that of all values", "[bench]") {
  Histogram all;
  Histogram parts[2];
  for (const uint64_t seed : {1, 2}) {
    for (const uint64_t value : Latencies(seed, 1'000)) {
      all.Add(value);
      parts[seed - 1].Add(value);
    }
  }
  parts[0].Add(parts[1]);
  CHECK(parts[0].count() == all.count());
  CHECK(parts[0].max() == all.max());
  CHECK(parts[0].mean() == all.mean());
  for (const double share : kShares) CHECK(parts[0].Percentile(share) == all.Percentile(share));
}

TEST_CASE("an empty histogram has no percentiles, one value has all of them", "[bench]") {
  Histogram histogram;
  CHECK(histogram.Percentile(0.99) == 0);
  histogram.Add(1'000'000);
  CHECK(histogram.Percentile(0.01) == 1'000'000);
  CHECK(histogram.Percentile(0.9999) == 1'000'000);
  histogram.Add(Histogram::kValueMax + 5);
  CHECK(histogram.max() == Histogram::kValueMax + 5);
}

TEST_CASE("ranks are drawn by Zipf's law", "[bench]") {
  constexpr uint32_t kRanks = 1'000;
  constexpr uint32_t kDraws = 1'000'000;
  for (const double exponent : {0.0, 0.5, 1.0, 1.5}) {
    const Picker picker(kRanks, exponent);
    Random random(3);
    std::vector<uint32_t> drawn(kRanks);
    for (uint32_t i = 0; i < kDraws; ++i) ++drawn[picker.Pick(random)];
    double sum = 0;
    for (uint32_t rank = 0; rank < kRanks; ++rank) sum += std::pow(rank + 1.0, -exponent);
    for (const uint32_t rank : {0u, 1u, 9u, 99u, 999u}) {
      const double expected = kDraws * std::pow(rank + 1.0, -exponent) / sum;
      CAPTURE(exponent, rank, expected);
      CHECK(std::abs(drawn[rank] - expected) < 6 * std::sqrt(expected) + 1);
    }
  }
}

TEST_CASE("a single rank is always drawn", "[bench]") {
  Random random(1);
  for (const double exponent : {0.0, 1.0}) {
    const Picker picker(1, exponent);
    for (int i = 0; i < 100; ++i) CHECK(picker.Pick(random) == 0);
  }
}

TEST_CASE("intended times do not depend on when somebody looks", "[bench]") {
  Schedule fixed(Schedule::Spacing::kFixed, 1'000, 500, 1);
  fixed.Shift(1'000);
  for (uint64_t i = 0; i < 10'000; ++i) {
    REQUIRE(fixed.next_ns() == 1'500 + i * 1'000'000);
    fixed.Advance();
  }

  constexpr int kGaps = 200'000;
  Schedule poisson(Schedule::Spacing::kPoisson, 1e6, 0, 5);
  uint64_t last_ns = 0;
  int longer = 0;  // than the mean gap
  for (int i = 0; i < kGaps; ++i) {
    REQUIRE(poisson.next_ns() >= last_ns);
    longer += poisson.next_ns() - last_ns > 1'000;
    last_ns = poisson.next_ns();
    poisson.Advance();
  }
  CHECK(std::abs(static_cast<double>(last_ns) / kGaps - 1'000) < 20);
  CHECK(std::abs(static_cast<double>(longer) / kGaps - std::exp(-1)) < 0.01);
}

TEST_CASE("no event repeats the one before, and each has its series' decimals", "[bench]") {
  Market market(8, 1);
  std::vector<Price> last(8);
  for (int i = 0; i < 10'000; ++i) {
    for (uint32_t series = 0; series < 8; ++series) {
      const Event event = market.Next(series);
      const Price price = event.At(1);
      REQUIRE(event.decimals == 2 + series % 4);
      REQUIRE(price.price > 0);
      REQUIRE(price != last[series]);
      const double units = price.price * std::pow(10, event.decimals);
      REQUIRE(std::abs(units - std::round(units)) < 1e-3);
      last[series] = price;
    }
  }
}

TEST_CASE("a server answers every kind of load, and each document counts what was asked",
          "[bench]") {
  const test::TemporaryDirectory directory;
  const test::WickServer server(directory / "data");
  const std::string http = "127.0.0.1:" + std::to_string(server.http_port());
  const struct {
    std::vector<std::string> args;
    std::vector<std::string> says;
  } kCases[] = {
      {{"ingest", "--batch", "50"}, {"\"operations\":2000,", "\"name\":\"ingest\""}},
      {{"ingest", "--batch", "50", "--zipf", "1", "--ack", "none"}, {"\"operations\":2000,"}},
      {{"ingest", "--batch", "50", "--http", http}, {"\"operations\":2000,"}},
      {{"latest"}, {"\"operations\":40,", "\"name\":\"latest\""}},
      {{"latest", "--http", http}, {"\"operations\":40,"}},
      {{"multi", "--batch", "64"}, {"\"operations\":2560,", "\"name\":\"multi\""}},
      {{"candles", "--candles", "30", "--history", "400", "--random-range"},
       {"\"operations\":1200,", "\"operation\":\"candles\""}},
      {{"candles", "--candles", "30", "--history", "400", "--random-range", "--packed"},
       {"\"operation\":\"candles\""}},
      {{"mixed", "--rate", "20000", "--threads", "2"},
       {"\"name\":\"read\"", "\"name\":\"write\"", "\"operations\":28,", "\"operations\":12,",
        "\"openLoop\":true"}},
      {{"mixed", "--rate", "0", "--write-batch", "10"},
       {"\"name\":\"write\"", "\"openLoop\":false"}},
  };
  for (const auto& c : kCases) {
    std::vector<std::string> args = {"bench",    "--json", "--requests", "40",
                                     "--series", "100",    "--server",   server.binary_address()};
    args.insert(args.end(), c.args.begin(), c.args.end());
    const test::CommandResult result = test::RunWick(args);
    CAPTURE(c.args, result.out, result.err);
    CHECK(result.exit_code == 0);
    for (const std::string& says : c.says) CHECK(result.out.find(says) != std::string::npos);
    for (const char* none : {"\"errors\":0,", "\"unanswered\":0,", "\"missing\":0,"}) {
      CHECK(result.out.find(none) != std::string::npos);
    }
    CHECK(std::count(result.out.begin(), result.out.end(), '{') ==
          std::count(result.out.begin(), result.out.end(), '}'));
  }
}

}  // namespace wick::cli::bench
