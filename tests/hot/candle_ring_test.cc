#include "hot/candle_ring.h"

#include <atomic>
#include <map>
#include <optional>
#include <random>
#include <thread>

#include "catch.h"
#include "sanitized.h"

using namespace wick;
using hot::CandleRing;
using hot::SlotPool;
using market::Bucket;
using market::FoldedCandle;

namespace {

FoldedCandle CandleOf(Bucket bucket, double price, uint64_t count = 1) {
  return {bucket, 10, 20, count, price, price, price, price, price, price};
}

std::vector<Bucket> Buckets(const std::vector<FoldedCandle>& candles) {
  std::vector<Bucket> buckets;
  for (const auto& candle : candles) buckets.push_back(candle.bucket);
  return buckets;
}

/// Push and FoldLate as functions of what they hand over.
std::optional<FoldedCandle> Push(CandleRing& ring, SlotPool& pool, uint32_t window,
                                 const FoldedCandle& candle) {
  std::optional<FoldedCandle> unsaved;
  ring.Push(pool, window, candle, [&](const FoldedCandle& c) { unsaved = c; });
  return unsaved;
}
std::optional<FoldedCandle> FoldLate(CandleRing& ring, SlotPool& pool, uint32_t window,
                                     const FoldedCandle& piece) {
  std::optional<FoldedCandle> unsaved;
  ring.FoldLate(pool, window, piece, [&](const FoldedCandle& c) { unsaved = c; });
  return unsaved;
}

std::vector<Bucket> ReadAll(const CandleRing& ring) {
  std::vector<FoldedCandle> candles;
  ring.Read(0, UINT32_MAX, SIZE_MAX, candles);
  return Buckets(candles);
}

}  // namespace

TEST_CASE("a ring keeps its window of the newest candles", "[hot][ring]") {
  SlotPool pool;
  CandleRing ring;
  for (Bucket b = 100; b < 110; ++b) {
    const auto unsaved = Push(ring, pool, 4, CandleOf(b, 1));
    CHECK(unsaved.has_value() == (b >= 104));
    if (unsaved) CHECK(unsaved->bucket == b - 4);
  }
  CHECK(ReadAll(ring) == std::vector<Bucket>{106, 107, 108, 109});
}

TEST_CASE("a ring does not grow for candles that are further apart than its window",
          "[hot][ring]") {
  SlotPool pool;
  CandleRing ring;
  for (Bucket b = 1'000; b < 10'000; b += 1'000) Push(ring, pool, 300, CandleOf(b, 1));
  CHECK(ReadAll(ring) == std::vector<Bucket>{9'000});
}

TEST_CASE("a candle is handed over only if what is on disk differs", "[hot][ring]") {
  SlotPool pool;
  CandleRing ring;
  std::vector<FoldedCandle> captured;
  for (Bucket b = 1; b <= 4; ++b) Push(ring, pool, 4, CandleOf(b, 1));
  ring.Capture(captured);
  CHECK(Buckets(captured) == std::vector<Bucket>{1, 2, 3, 4});

  SECTION("captured is not yet durable, so it is handed over again") {
    CHECK(Push(ring, pool, 4, CandleOf(5, 1))->bucket == 1);
  }
  SECTION("a second capture means that the first is durable") {
    captured.clear();
    ring.Capture(captured);
    CHECK(captured.empty());
    CHECK_FALSE(Push(ring, pool, 4, CandleOf(5, 1)).has_value());
  }
  SECTION("a late correction makes a saved candle unsaved again, and what follows it") {
    captured.clear();
    ring.Capture(captured);
    CHECK_FALSE(FoldLate(ring, pool, 4, CandleOf(2, 7)).has_value());
    captured.clear();
    ring.Capture(captured);
    REQUIRE(Buckets(captured) == std::vector<Bucket>{2, 3, 4});
    CHECK(captured.front().high == 7);
    CHECK(captured.front().count == 2);
  }
}

TEST_CASE("a late event between two candles makes a new one in its place", "[hot][ring]") {
  SlotPool pool;
  CandleRing ring;
  Push(ring, pool, 3, CandleOf(10, 1));
  Push(ring, pool, 3, CandleOf(12, 1));
  CHECK_FALSE(FoldLate(ring, pool, 3, CandleOf(11, 1)).has_value());
  CHECK(ReadAll(ring) == std::vector<Bucket>{10, 11, 12});

  SECTION("in a full ring the oldest makes room") {
    Push(ring, pool, 3, CandleOf(20, 1));
    const auto unsaved = FoldLate(ring, pool, 3, CandleOf(15, 1));
    CHECK(unsaved->bucket == 11);
    CHECK(ReadAll(ring) == std::vector<Bucket>{12, 15, 20});
  }
  SECTION("behind the newest it becomes that") {
    CHECK(FoldLate(ring, pool, 3, CandleOf(13, 1))->bucket == 10);
    CHECK(ReadAll(ring) == std::vector<Bucket>{11, 12, 13});
  }
}

TEST_CASE("a read says from where on the ring knows everything", "[hot][ring]") {
  SlotPool pool;
  CandleRing ring;
  std::vector<FoldedCandle> candles;
  SECTION("an empty ring knows nothing") {
    const auto coverage = ring.Read(5, 50, 10, candles);
    CHECK_FALSE(coverage.complete);
    CHECK(coverage.oldest == 50);
  }
  Push(ring, pool, 8, CandleOf(10, 1));
  Push(ring, pool, 8, CandleOf(12, 1));
  Push(ring, pool, 8, CandleOf(14, 1));
  SECTION("a range that begins before its oldest candle") {
    const auto coverage = ring.Read(9, 100, SIZE_MAX, candles);
    CHECK_FALSE(coverage.complete);
    CHECK(coverage.oldest == 10);
    CHECK(Buckets(candles) == std::vector<Bucket>{10, 12, 14});
  }
  SECTION("a range between its candles") {
    CHECK(ring.Read(11, 14, SIZE_MAX, candles).complete);
    CHECK(Buckets(candles) == std::vector<Bucket>{12});
  }
  SECTION("a range that begins with its oldest candle") {
    CHECK(ring.Read(10, 13, SIZE_MAX, candles).complete);
    CHECK(Buckets(candles) == std::vector<Bucket>{10, 12});
  }
  SECTION("a range before its oldest candle") {
    const auto coverage = ring.Read(1, 9, SIZE_MAX, candles);
    CHECK_FALSE(coverage.complete);
    CHECK(coverage.oldest == 9);
    CHECK(candles.empty());
  }
  SECTION("as many as asked for") {
    CHECK(ring.Read(0, 100, 2, candles).complete);
    CHECK(Buckets(candles) == std::vector<Bucket>{12, 14});
  }
}

TEST_CASE("a ring equals a map under random pushes, late events and captures",
          "[hot][ring][model]") {
  const auto seed = GENERATE(1u, 2u, 3u, 4u, 5u, 6u, 7u, 8u);
  CAPTURE(seed);
  std::mt19937 random(seed);
  const uint32_t window = 1 + random() % 12;
  SlotPool pool;
  CandleRing ring;
  std::map<Bucket, FoldedCandle> all;   // every candle as it should be
  std::map<Bucket, FoldedCandle> disk;  // what was handed over or captured
  std::map<Bucket, FoldedCandle> in_flight;
  Bucket newest = 1'000;
  all[newest] = CandleOf(newest, 1);
  Push(ring, pool, window, all[newest]);
  for (int step = 0; step < 2'000; ++step) {
    const FoldedCandle piece = CandleOf(0, 1 + random() % 100);
    std::optional<FoldedCandle> unsaved;
    FoldedCandle at = piece;
    switch (random() % 3) {
      case 0:
        newest += 1 + random() % 3;
        at.bucket = newest;
        unsaved = Push(ring, pool, window, at);
        all[newest] = at;
        break;
      case 1: {
        at.bucket = ring.OldestBucket() + random() % (newest - ring.OldestBucket() + 2);
        newest = std::max(newest, at.bucket);
        unsaved = FoldLate(ring, pool, window, at);
        const auto [slot, is_new] = all.try_emplace(at.bucket, at);
        if (!is_new) market::Fold(slot->second, at);
        break;
      }
      case 2: {
        for (const auto& [bucket, candle] : in_flight) disk[bucket] = candle;
        in_flight.clear();
        std::vector<FoldedCandle> captured;
        ring.Capture(captured);
        for (const auto& candle : captured) in_flight[candle.bucket] = candle;
        break;
      }
    }
    if (unsaved) {  // written after what is in flight
      in_flight.erase(unsaved->bucket);
      disk[unsaved->bucket] = *unsaved;
    }
    std::vector<FoldedCandle> held;
    ring.Read(0, UINT32_MAX, SIZE_MAX, held);
    REQUIRE(held.size() <= window);
    // In memory from its oldest on, on disk (or on the way there) before.
    for (const auto& [bucket, candle] : all) {
      if (bucket >= held.front().bucket) continue;
      const auto& where = in_flight.contains(bucket) ? in_flight : disk;
      REQUIRE(where.contains(bucket));
      REQUIRE(where.at(bucket) == candle);
    }
    auto expected = all.lower_bound(held.front().bucket);
    for (const auto& candle : held) {
      REQUIRE(expected != all.end());
      REQUIRE(candle == expected->second);
      ++expected;
    }
    REQUIRE(expected == all.end());
  }
}

TEST_CASE("a reader beside a busy writer gets whole candles in order", "[hot][ring][threads]") {
  SlotPool pool;
  CandleRing ring;
  std::atomic<bool> stop{false};
  Push(ring, pool, 64, CandleOf(1, 1));
  std::thread writer([&] {
    std::mt19937 random(7);
    Bucket newest = 1;
    for (uint64_t i = 2; !stop.load(); ++i) {
      if (i % 3 == 0 && newest > ring.OldestBucket()) {
        const Bucket late = ring.OldestBucket() + random() % (newest - ring.OldestBucket());
        FoldLate(ring, pool, 64, CandleOf(late, static_cast<double>(late)));
      } else {
        newest += 1 + random() % 2;
        Push(ring, pool, 64, CandleOf(newest, static_cast<double>(newest)));
      }
    }
  });
  Bucket newest_seen = 0;
  for (int i = 0; i < test::Rounds(20'000); ++i) {
    std::vector<FoldedCandle> candles;
    ring.Read(0, UINT32_MAX, SIZE_MAX, candles);
    REQUIRE_FALSE(candles.empty());
    for (size_t k = 0; k < candles.size(); ++k) {
      REQUIRE(candles[k].open == static_cast<double>(candles[k].bucket));
      if (k > 0) REQUIRE(candles[k - 1].bucket < candles[k].bucket);
    }
    REQUIRE(candles.back().bucket >= newest_seen);
    newest_seen = candles.back().bucket;
  }
  stop = true;
  writer.join();
}
