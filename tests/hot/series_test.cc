// One series in memory against a fold of the same events, and read while it changes.
#include "hot/series.h"

#include <atomic>
#include <map>
#include <memory>
#include <random>
#include <thread>

#include "catch.h"
#include "sanitized.h"

using namespace wick;
using hot::Series;
using hot::SeriesMemory;
using market::Bucket;
using market::FoldedCandle;
using market::Tier;

namespace {

constexpr uint64_t kBaseMs = 1'700'000'000'000;
const auto kKeepAll = [](Tier, const FoldedCandle&) {};

/// Every candle of a series by tier, in a map instead of memory that forgets.
using Candles = std::array<std::map<Bucket, FoldedCandle>, market::kTierCount>;

void FoldInto(Candles& candles, const Price& event) {
  for (Tier tier : market::kTiers) {
    const FoldedCandle piece = market::StartCandle(tier, event);
    const auto [at, is_new] = candles[market::Index(tier)].try_emplace(piece.bucket, piece);
    if (!is_new) market::Fold(at->second, piece);
  }
}

std::vector<FoldedCandle> ReadAll(const Series& series, Tier tier) {
  std::vector<FoldedCandle> candles;
  series.Read(tier, 0, UINT32_MAX, SIZE_MAX, candles);
  return candles;
}

}  // namespace

TEST_CASE("a series without an event knows nothing", "[hot][series]") {
  const auto series = std::make_unique<Series>();
  CHECK(series->empty());
  CHECK(series->Latest().timestamp_ms == 0);
  std::vector<FoldedCandle> candles;
  const auto coverage = series->Read(Tier::k1m, 5, 50, 10, candles);
  CHECK_FALSE(coverage.complete);
  CHECK(coverage.oldest == 50);
  CHECK(candles.empty());
}

TEST_CASE("the open candle ends with the latest event", "[hot][series]") {
  const auto series = std::make_unique<Series>();
  SeriesMemory memory = {{300, 240, 1, 1}};
  series->Fold({2, 10, 20, kBaseMs + 100}, memory, kKeepAll);
  series->Fold({3, 11, 21, kBaseMs + 300}, memory, kKeepAll);
  series->Fold({1, 12, 22, kBaseMs + 700}, memory, kKeepAll);
  CHECK(series->Latest() == Price{1, 12, 22, kBaseMs + 700});
  CHECK(memory.rings.empty());
  const FoldedCandle second = series->OwnOpen(Tier::k1s);
  CHECK(second ==
        FoldedCandle{market::BucketOf(Tier::k1s, kBaseMs), 100, 700, 3, 2, 3, 1, 1, 12, 22});
  const FoldedCandle day = series->OwnOpen(Tier::k1d);
  CHECK(day.close_offset_ms - day.open_offset_ms == 600);
  CHECK(ReadAll(*series, Tier::k1s) == std::vector{second});

  SECTION("a late event changes all of it but its end") {
    const FoldedCandle late = market::StartCandle(Tier::k1s, {9, 1, 1, kBaseMs + 50});
    REQUIRE(series->FoldLate(Tier::k1s, late, memory, kKeepAll));
    CHECK(series->OwnOpen(Tier::k1s) ==
          FoldedCandle{second.bucket, 50, 700, 4, 9, 9, 1, 1, 12, 22});
    CHECK(series->OwnOpen(Tier::k1d) == day);
  }
  SECTION("what lies before all candles in memory is not known") {
    const FoldedCandle late = market::StartCandle(Tier::k1s, {9, 1, 1, kBaseMs - 50});
    CHECK_FALSE(series->FoldLate(Tier::k1s, late, memory, kKeepAll));
    CHECK(ReadAll(*series, Tier::k1s) == std::vector{second});
  }
}

TEST_CASE("the first event may be of the first second since the epoch", "[hot][series]") {
  const uint64_t ms = GENERATE(1u, 999u, 1'000u, 60'000u);
  const auto series = std::make_unique<Series>();
  SeriesMemory memory = {{300, 240, 1, 1}};
  series->Fold({2, 10, 20, ms}, memory, kKeepAll);
  for (Tier tier : market::kTiers) {
    CHECK(ReadAll(*series, tier) == std::vector{market::StartCandle(tier, {2, 10, 20, ms})});
  }
}

TEST_CASE("a candle that closes is in its ring, or handed over where the window is one",
          "[hot][series]") {
  const auto series = std::make_unique<Series>();
  SeriesMemory memory = {{3, 3, 1, 1}};
  std::vector<std::pair<Tier, Bucket>> left;
  const auto hand_over = [&](Tier tier, const FoldedCandle& c) {
    left.emplace_back(tier, c.bucket);
  };
  for (uint64_t second = 0; second < 4; ++second) {
    series->Fold({1, 1, 1, kBaseMs + second * 1'000}, memory, hand_over);
  }
  const Bucket first = market::BucketOf(Tier::k1s, kBaseMs);
  CHECK(left == std::vector<std::pair<Tier, Bucket>>{{Tier::k1s, first}});
  const auto held = ReadAll(*series, Tier::k1s);
  REQUIRE(held.size() == 3);
  CHECK(held.front().bucket == first + 1);
  left.clear();
  series->Fold({1, 1, 1, kBaseMs + 86'400'000}, memory, hand_over);
  CHECK(left ==
        std::vector<std::pair<Tier, Bucket>>{{Tier::k1s, first + 1},
                                             {Tier::k1h, market::BucketOf(Tier::k1h, kBaseMs)},
                                             {Tier::k1d, market::BucketOf(Tier::k1d, kBaseMs)}});
}

TEST_CASE("a read says from where on memory knows everything", "[hot][series]") {
  const auto series = std::make_unique<Series>();
  SeriesMemory memory = {{8, 8, 1, 1}};
  for (uint64_t second : {10, 12, 14}) series->Fold({1, 1, 1, second * 1'000}, memory, kKeepAll);
  struct Case {
    Bucket from, to;
    size_t limit;
    bool complete;
    Bucket oldest;
    std::vector<Bucket> buckets;
  };
  const auto c = GENERATE(values<Case>({{9, 100, SIZE_MAX, false, 10, {10, 12, 14}},
                                        {10, 100, SIZE_MAX, true, 10, {10, 12, 14}},
                                        {11, 14, SIZE_MAX, true, 12, {12}},
                                        {14, 15, SIZE_MAX, true, 14, {14}},
                                        {15, 20, SIZE_MAX, true, 20, {}},
                                        {1, 9, SIZE_MAX, false, 9, {}},
                                        {0, 100, 2, true, 12, {12, 14}},
                                        {0, 100, 1, true, 14, {14}}}));
  CAPTURE(c.from, c.to, c.limit);
  std::vector<FoldedCandle> candles;
  const auto coverage = series->Read(Tier::k1s, c.from, c.to, c.limit, candles);
  CHECK(coverage.complete == c.complete);
  CHECK(coverage.oldest == c.oldest);
  std::vector<Bucket> buckets;
  for (const FoldedCandle& candle : candles) buckets.push_back(candle.bucket);
  CHECK(buckets == c.buckets);
}

TEST_CASE("a series equals a fold of its events, late ones too", "[hot][series][model]") {
  const auto seed = GENERATE(1u, 2u, 3u, 4u, 5u, 6u, 7u, 8u);
  CAPTURE(seed);
  std::mt19937_64 random(seed);
  const auto series = std::make_unique<Series>();
  SeriesMemory memory = {
      {static_cast<uint32_t>(1 + random() % 9), static_cast<uint32_t>(1 + random() % 4), 1, 2}};
  Candles all;
  Candles gone;  // handed over, and every late piece since
  const auto hand_over = [&](Tier tier, const FoldedCandle& candle) {
    REQUIRE(gone[market::Index(tier)].emplace(candle.bucket, candle).second);
  };
  uint64_t now = kBaseMs;
  for (int step = 0; step < 3'000; ++step) {
    const bool late = step > 0 && random() % 3 == 0;
    if (!late) now += random() % 4 == 0 ? 0 : random() % (step % 50 == 0 ? 7'000'000 : 1'500);
    const auto number = static_cast<double>(random() % 50 + 1);
    const Price event = {number, number + 1, number + 2, late ? now - 1 - random() % 20'000 : now};
    FoldInto(all, event);
    if (!late) {
      series->Fold(event, memory, hand_over);
      REQUIRE(series->OwnLatest() == event);
    } else {
      for (Tier tier : market::kTiers) {
        const FoldedCandle piece = market::StartCandle(tier, event);
        if (series->FoldLate(tier, piece, memory, hand_over)) continue;
        const auto [at, is_new] = gone[market::Index(tier)].try_emplace(piece.bucket, piece);
        if (!is_new) market::Fold(at->second, piece);
      }
    }
    for (Tier tier : market::kTiers) {
      const auto& expected = all[market::Index(tier)];
      const std::vector<FoldedCandle> held = ReadAll(*series, tier);
      REQUIRE(held.size() <= memory.window_candles[market::Index(tier)]);
      REQUIRE(held.back() == series->OwnOpen(tier));
      auto in_memory = expected.lower_bound(held.front().bucket);
      for (const FoldedCandle& candle : held) REQUIRE(candle == (in_memory++)->second);
      REQUIRE(in_memory == expected.end());
    }
  }
  // Each candle was whole when it left, and only once: what is older is just what was handed over.
  for (Tier tier : market::kTiers) {
    auto left = gone[market::Index(tier)].begin();
    const Bucket oldest = ReadAll(*series, tier).front().bucket;
    for (const auto& [bucket, candle] : all[market::Index(tier)]) {
      if (bucket >= oldest) break;
      REQUIRE(left != gone[market::Index(tier)].end());
      REQUIRE((left++)->second == candle);
    }
    REQUIRE(left == gone[market::Index(tier)].end());
  }
}

TEST_CASE("a series that comes back is the one that was captured", "[hot][series]") {
  const auto series = std::make_unique<Series>();
  SeriesMemory memory = {{300, 240, 1, 1}};
  for (uint64_t i = 0; i < 50; ++i) {
    const auto x = static_cast<double>(i % 7 + 1);
    series->Fold({x, x, x, kBaseMs + i * 777}, memory, kKeepAll);
  }
  std::array<FoldedCandle, market::kTierCount> open;
  for (Tier tier : market::kTiers) open[market::Index(tier)] = series->OwnOpen(tier);
  const auto again = std::make_unique<Series>();
  again->Restore(series->OwnLatest(), open);
  CHECK(again->Latest() == series->Latest());
  for (Tier tier : market::kTiers) CHECK(ReadAll(*again, tier).back() == open[market::Index(tier)]);
}

TEST_CASE("a reader beside late events gets whole candles in order", "[hot][series][threads]") {
  const auto series = std::make_unique<Series>();
  SeriesMemory memory = {{16, 1, 1, 1}};
  std::atomic<bool> stop{false};
  // The price is the number of the second.
  const auto event_at = [](uint64_t ms) {
    const auto x = static_cast<double>(ms / 1'000);
    return Price{x, x, x, ms};
  };
  series->Fold(event_at(kBaseMs), memory, kKeepAll);
  std::thread writer([&] {
    std::mt19937_64 random(5);
    for (uint64_t now = kBaseMs; !stop.load();) {
      if (random() % 2 == 0) {
        now += random() % 2'500;
        series->Fold(event_at(now), memory, kKeepAll);
        continue;
      }
      const Price late = event_at(now - 1 - random() % 20'000);
      (void)series->FoldLate(Tier::k1s, market::StartCandle(Tier::k1s, late), memory, kKeepAll);
    }
  });
  for (int i = 0; i < test::Rounds(20'000); ++i) {
    const std::vector<FoldedCandle> candles = ReadAll(*series, Tier::k1s);
    bool sound = !candles.empty();
    for (size_t k = 0; k < candles.size(); ++k) {
      const FoldedCandle& c = candles[k];
      sound = sound && c.count > 0 && c.open_offset_ms <= c.close_offset_ms &&
              c.open == static_cast<double>(c.bucket) && c.high == c.open && c.low == c.open &&
              c.close == c.open && (k == 0 || candles[k - 1].bucket < c.bucket);
    }
    REQUIRE(sound);
  }
  stop = true;
  writer.join();
}

TEST_CASE("a reader beside a busy writer gets whole prices, and candles without a gap",
          "[hot][series][threads]") {
  const auto series = std::make_unique<Series>();
  SeriesMemory memory = {{64, 64, 1, 1}};
  std::atomic<bool> stop{false};
  // An event a quarter of a second; each candle of a second opens with a multiple of four.
  const auto event_of = [](uint64_t i) {
    const auto x = static_cast<double>(i);
    return Price{x, x, x, kBaseMs + i * 250};
  };
  series->Fold(event_of(4), memory, kKeepAll);
  std::thread writer([&] {
    for (uint64_t i = 5; !stop.load(); ++i) series->Fold(event_of(i), memory, kKeepAll);
  });
  uint64_t newest_ms = 0;
  Bucket newest_bucket = 0;
  for (int i = 0; i < test::Rounds(20'000); ++i) {
    const Price latest = series->Latest();
    REQUIRE(latest.price == static_cast<double>((latest.timestamp_ms - kBaseMs) / 250));
    REQUIRE(latest.base_volume_last_24h == latest.price);
    REQUIRE(latest.quote_volume_last_24h == latest.price);
    REQUIRE(latest.timestamp_ms >= newest_ms);
    newest_ms = latest.timestamp_ms;
    const std::vector<FoldedCandle> candles = ReadAll(*series, Tier::k1s);
    REQUIRE_FALSE(candles.empty());
    for (size_t k = 0; k < candles.size(); ++k) {
      const FoldedCandle& c = candles[k];
      const double first = static_cast<double>(c.bucket - kBaseMs / 1'000) * 4;
      REQUIRE(c.open == first);
      REQUIRE(c.low == first);
      REQUIRE(c.close == c.high);
      REQUIRE(c.close == first + static_cast<double>(c.count - 1));
      REQUIRE(c.close_offset_ms == (c.count - 1) * 250);
      if (k > 0) REQUIRE(candles[k - 1].bucket + 1 == c.bucket);
      if (k + 1 < candles.size()) REQUIRE(c.count == 4);
    }
    REQUIRE(candles.back().bucket >= newest_bucket);
    newest_bucket = candles.back().bucket;
  }
  stop = true;
  writer.join();
}
