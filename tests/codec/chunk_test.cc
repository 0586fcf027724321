#include "codec/chunk.h"

#include <algorithm>
#include <limits>

#include "candles.h"
#include "catch.h"
#include "codec/scale.h"

namespace wick::codec {
namespace {

constexpr Chunk kChunk = 1'620'000;
constexpr Bucket kFirst = FirstBucket(kChunk);

std::string Encoded(std::span<const FoldedCandle> candles) {
  std::string bytes;
  EncodeChunk(candles, bytes);
  return bytes;
}

void CheckRoundTrip(std::span<const FoldedCandle> candles) {
  std::vector<FoldedCandle> read;
  REQUIRE(DecodeChunk(Encoded(candles), kChunk, read) == "");
  REQUIRE(CandlesOf(Encoded(candles)) == candles.size());
  REQUIRE(SameBits(read, candles));
}

/// Every field anything at all, prices and volumes from `values`.
FoldedCandle AnyCandle(std::mt19937_64& random, Bucket bucket, std::span<const double> values) {
  const auto value = [&] { return values[random() % values.size()]; };
  const auto number = [&] { return random() >> (random() % 64); };
  return {bucket,
          static_cast<uint32_t>(number()),
          static_cast<uint32_t>(number()),
          std::max<uint64_t>(1, number()),
          value(),
          value(),
          value(),
          value(),
          value(),
          value()};
}

std::vector<FoldedCandle> RandomChunk(std::mt19937_64& random, unsigned per_mille) {
  std::vector<FoldedCandle> candles;
  for (Bucket i = 0; i < kBucketsPerChunk; ++i) {
    if (random() % 1'000 < per_mille) candles.push_back(RandomCandle(random, kFirst + i));
  }
  if (candles.empty()) candles.push_back(RandomCandle(random, kFirst + 1'023));
  return candles;
}

TEST_CASE("chunks of prices from full to sparse come back bit for bit", "[codec][chunk]") {
  std::mt19937_64 random(1);
  for (unsigned per_mille : {1'000u, 999u, 500u, 100u, 10u, 1u, 0u}) {
    for (int round = 0; round < 20; ++round) {
      CAPTURE(per_mille, round);
      CheckRoundTrip(RandomChunk(random, per_mille));
    }
  }
}

TEST_CASE("one candle comes back from any bucket of its chunk", "[codec][chunk]") {
  for (Bucket i : {0u, 1u, 511u, 1'022u, 1'023u}) {
    CAPTURE(i);
    CheckRoundTrip({{Single(kFirst + i, 1.5, 999)}});
  }
}

TEST_CASE("every float64 and every whole number comes back bit for bit", "[codec][chunk]") {
  using Limits = std::numeric_limits<double>;
  const std::vector<double> values = {0.0,
                                      -0.0,
                                      Limits::denorm_min(),
                                      3 * Limits::denorm_min(),
                                      Limits::min(),
                                      Limits::max(),
                                      1e308,
                                      1e-308,
                                      1e22,
                                      1e23,
                                      9'007'199'254'740'992.0,
                                      9'007'199'254'740'994.0,
                                      0.1,
                                      0.1 + 0.2,
                                      1.0 / 3,
                                      46'450,
                                      1e-9,
                                      123'456'789.123456,
                                      -1.5,
                                      Limits::infinity(),
                                      Limits::quiet_NaN()};
  std::mt19937_64 random(2);
  for (int round = 0; round < 300; ++round) {
    // A few values a chunk, so that some chunks are all decimals and others are not.
    std::vector<double> few;
    for (uint64_t n = 1 + random() % 3; n > 0; --n) few.push_back(values[random() % values.size()]);
    std::vector<FoldedCandle> candles;
    for (Bucket i = 0; i < kBucketsPerChunk; i += 1 + static_cast<uint32_t>(random() % 40)) {
      candles.push_back(AnyCandle(random, kFirst + i, few));
    }
    CAPTURE(round, few);
    CheckRoundTrip(candles);
  }
}

TEST_CASE("random bits as prices and volumes come back", "[codec][chunk]") {
  std::mt19937_64 random(3);
  std::vector<double> values(5'000);
  for (double& value : values) value = std::bit_cast<double>(random());
  std::vector<FoldedCandle> candles;
  for (Bucket i = 0; i < kBucketsPerChunk; ++i) {
    candles.push_back(AnyCandle(random, kFirst + i, values));
  }
  CheckRoundTrip(candles);
}

TEST_CASE("the greatest count and offsets come back", "[codec][chunk]") {
  FoldedCandle first = Single(kFirst, 10);
  first.count = uint64_t{1} << 40;
  first.close_offset_ms = 86'399'999;
  FoldedCandle second = Single(kFirst + 1, 10, UINT32_MAX);
  second.count = UINT64_MAX;
  FoldedCandle third = Single(kFirst + 2, 10);  // one event, yet with two offsets
  third.close_offset_ms = 1;
  FoldedCandle fourth = Single(kFirst + 3, 10, 5);
  fourth.count = 2;
  fourth.close_offset_ms = 4;  // closed before it opened
  CheckRoundTrip({{first, second, third, fourth}});
}

TEST_CASE("decoding appends, and an error leaves what was there", "[codec][chunk]") {
  std::mt19937_64 random(4);
  const std::vector<FoldedCandle> candles = RandomChunk(random, 300);
  const std::string bytes = Encoded(candles);
  std::vector<FoldedCandle> read = {Single(7, 1)};
  REQUIRE(DecodeChunk(bytes, kChunk, read) == "");
  REQUIRE(read.size() == 1 + candles.size());
  REQUIRE(read.front() == Single(7, 1));

  const std::vector<FoldedCandle> before = read;
  REQUIRE(DecodeChunk(bytes.substr(0, bytes.size() - 1), kChunk, read) != "");
  REQUIRE(read == before);
}

TEST_CASE("no truncated chunk decodes, nor one with bytes behind it", "[codec][chunk]") {
  std::mt19937_64 random(5);
  for (unsigned per_mille : {1u, 100u, 1'000u}) {
    const std::string bytes = Encoded(RandomChunk(random, per_mille));
    std::vector<FoldedCandle> read;
    for (size_t size = 0; size < bytes.size(); ++size) {
      // A copy of the exact size, so that a sanitizer sees a read behind it.
      const std::vector<char> cut(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
      CAPTURE(per_mille, size);
      REQUIRE(DecodeChunk({cut.data(), cut.size()}, kChunk, read) != "");
    }
    REQUIRE(DecodeChunk(bytes + '\0', kChunk, read) != "");
    REQUIRE(read.empty());
  }
}

TEST_CASE("flipped and random bytes give candles of the chunk in order, or an error",
          "[codec][chunk]") {
  std::mt19937_64 random(6);
  for (int round = 0; round < 20'000; ++round) {
    std::string bytes;
    if (round % 2 == 0) {
      bytes = Encoded(RandomChunk(random, round % 100 == 0 ? 500 : 20));
      for (uint64_t flips = 1 + random() % 4; flips > 0; --flips) {
        bytes[random() % bytes.size()] ^= static_cast<char>(1u << random() % 8);
      }
    } else {
      bytes.resize(random() % 200);
      for (char& byte : bytes) byte = static_cast<char>(random());
      if (!bytes.empty()) bytes[0] = static_cast<char>(ChunkVersion::kV1);
    }
    const std::vector<char> exact(bytes.begin(), bytes.end());
    std::vector<FoldedCandle> read;
    CAPTURE(round);
    if (!DecodeChunk({exact.data(), exact.size()}, kChunk, read).empty()) {
      REQUIRE(read.empty());
      continue;
    }
    REQUIRE(!read.empty());
    REQUIRE(std::ranges::adjacent_find(read, std::ranges::greater_equal{}, &FoldedCandle::bucket) ==
            read.end());
    REQUIRE(ChunkOf(read.front().bucket) == kChunk);
    REQUIRE(ChunkOf(read.back().bucket) == kChunk);
  }
}

TEST_CASE("a chunk of a newer version is refused by its number", "[codec][chunk]") {
  std::string bytes = Encoded({{Single(kFirst, 1)}});
  bytes[0] = 2;
  std::vector<FoldedCandle> read;
  REQUIRE(DecodeChunk(bytes, kChunk, read) == "its version is 2, this wick reads 1");
  REQUIRE(CandlesOf(bytes) == 0);
}

TEST_CASE("a chunk's bytes are those of docs/disk-format.md", "[codec][chunk]") {
  // One event at 100.5, one at 100.6 a second later, then an empty second, then three events.
  FoldedCandle third = {kFirst + 13, 100, 900, 3, 100.6, 101, 100.25, 100.75, 12.5, 0};
  FoldedCandle second = Single(kFirst + 11, 100.6, 500);
  FoldedCandle first = Single(kFirst + 10, 100.5, 20);
  first.base_volume_last_24h = second.base_volume_last_24h = 12;
  const std::vector<FoldedCandle> candles = {first, second, third};
  REQUIRE(ToHex(Encoded(candles)) ==
          "01010200020100"        // header
          "df03"                  // columns: all but the quote volume
          "040a01"                // skipped buckets 10, 0, 1
          "0220"                  // counts less one 0, 0, 2
          "0914e89301"            // open offsets 20, 500, 100
          "0f844e0a000000"        // opens 10050, +10, +0
          "08f0000a"              // base volumes 120, +0, +5
          "0a2003051e05190623");  // third candle: span 800, close +15, high +25, low -35
  CheckRoundTrip(candles);
}

TEST_CASE("full chunks of two-decimal prices take few bytes a candle", "[codec][chunk]") {
  // A walk of single ticks: what a liquid market looks like at one second.
  std::mt19937_64 random(7);
  std::vector<FoldedCandle> candles;
  int64_t cents = 10'000;
  for (Bucket i = 0; i < kBucketsPerChunk; ++i) {
    const auto step = [&] { return (cents += static_cast<int64_t>(random() % 5) - 2); };
    FoldedCandle candle = Single(kFirst + i, static_cast<double>(step()) / 100,
                                 static_cast<uint32_t>(random() % 500));
    market::Fold(candle, Single(kFirst + i, static_cast<double>(step()) / 100,
                                500 + static_cast<uint32_t>(random() % 500)));
    candles.push_back(candle);
  }
  REQUIRE(Encoded(candles).size() < 5 * candles.size());
}

TEST_CASE("an exponent that a later value asks for does not spoil an earlier one",
          "[codec][chunk]") {
  const std::vector<double> values = {9'007'199'254'740'991.0,
                                      0.5};  // 2^53 - 1 times 10 is too much
  CHECK(Scale::Fit(values).exponent() == Scale::kRawBits);
  CheckRoundTrip({{Single(kFirst, values[0]), Single(kFirst + 1, values[1])}});
}

}  // namespace
}  // namespace wick::codec
