#include "market/fold.h"

#include <algorithm>
#include <random>
#include <vector>

#include "catch.h"

namespace wick::market {
namespace {

constexpr uint64_t kMinuteMs = 1'700'000'040'000;  // a full minute

Price At(uint64_t timestamp_ms, double price, double volume = 0) {
  return {price, volume, volume * 2, timestamp_ms};
}

FoldedCandle FoldAll(Tier tier, const std::vector<Price>& events) {
  REQUIRE_FALSE(events.empty());
  FoldedCandle candle = StartCandle(tier, events.front());
  for (size_t i = 1; i < events.size(); ++i) Fold(candle, StartCandle(tier, events[i]));
  return candle;
}

TEST_CASE("one event is open, high, low and close", "[market][fold]") {
  const FoldedCandle candle = StartCandle(Tier::k1m, At(kMinuteMs + 7, 5, 3));
  CHECK(candle == FoldedCandle{28'333'334, 7, 7, 1, 5, 5, 5, 5, 3, 6});
}

TEST_CASE("an event exactly on the minute opens the new candle", "[market][fold]") {
  CHECK(StartCandle(Tier::k1m, At(kMinuteMs - 1, 1)).bucket == 28'333'333);
  CHECK(StartCandle(Tier::k1m, At(kMinuteMs - 1, 1)).close_offset_ms == 59'999);
  CHECK(StartCandle(Tier::k1m, At(kMinuteMs, 1)).bucket == 28'333'334);
  CHECK(StartCandle(Tier::k1m, At(kMinuteMs, 1)).open_offset_ms == 0);
}

TEST_CASE("the last millisecond of a day fits the offset", "[market][fold]") {
  CHECK(StartCandle(Tier::k1d, At(86'399'999, 1)).close_offset_ms == 86'399'999);
}

TEST_CASE("on equal timestamps the first to arrive opens and the last to arrive closes",
          "[market][fold]") {
  const FoldedCandle candle = FoldAll(Tier::k1s, {At(kMinuteMs, 10, 1), At(kMinuteMs, 30, 2),
                                                  At(kMinuteMs, 5, 3), At(kMinuteMs, 20, 4)});
  CHECK(candle.open == 10);
  CHECK(candle.close == 20);
  CHECK(candle.high == 30);
  CHECK(candle.low == 5);
  CHECK(candle.count == 4);
  CHECK(candle.base_volume_last_24h == 4);
  CHECK(candle.quote_volume_last_24h == 8);
}

TEST_CASE("a late event corrects open, high and count but neither close nor volumes",
          "[market][fold]") {
  const FoldedCandle candle =
      FoldAll(Tier::k1m,
              {At(kMinuteMs + 500, 10, 1), At(kMinuteMs + 900, 11, 2), At(kMinuteMs + 100, 50, 9)});
  CHECK(candle.open == 50);
  CHECK(candle.high == 50);
  CHECK(candle.low == 10);
  CHECK(candle.close == 11);
  CHECK(candle.count == 3);
  CHECK(candle.base_volume_last_24h == 2);
}

TEST_CASE("a closing event with smaller volumes still gives its own", "[market][fold]") {
  const FoldedCandle candle = FoldAll(Tier::k1m, {At(kMinuteMs, 10, 7), At(kMinuteMs + 1, 10, 0)});
  CHECK(candle.base_volume_last_24h == 0);
  CHECK(candle.quote_volume_last_24h == 0);
}

/// Events of one day with many equal timestamps; every price is different, so that a mix-up shows.
std::vector<Price> RandomEvents(std::mt19937_64& random) {
  std::vector<Price> events(2 + random() % 40);
  const uint64_t times = 1 + random() % 20;
  double price = 1;
  for (Price& event : events) {
    event = At(1'700'006'400'000 + random() % times, price, static_cast<double>(random() % 1'000));
    price += 1 + static_cast<double>(random() % 100) / 8;
  }
  std::shuffle(events.begin(), events.end(), random);
  return events;
}

TEST_CASE("arrival order of events with different timestamps never changes a candle",
          "[market][fold][property]") {
  const uint64_t seed = std::random_device{}();
  CAPTURE(seed);
  std::mt19937_64 random(seed);
  for (int round = 0; round < 500; ++round) {
    const std::vector<Price> events = RandomEvents(random);
    const FoldedCandle expected = FoldAll(Tier::k1d, events);

    // A random order of the timestamps' positions; equal timestamps take theirs in order of
    // arrival.
    std::vector<Price> permuted = events;
    std::shuffle(permuted.begin(), permuted.end(), random);
    std::vector<uint64_t> slots;
    for (const Price& event : permuted) slots.push_back(event.timestamp_ms);
    std::vector<bool> used(events.size());
    for (size_t i = 0; i < slots.size(); ++i) {
      size_t next = 0;
      while (used[next] || events[next].timestamp_ms != slots[i]) ++next;
      used[next] = true;
      permuted[i] = events[next];
    }
    REQUIRE(FoldAll(Tier::k1d, permuted) == expected);
  }
}

TEST_CASE("a candle may be folded in pieces that keep their order", "[market][fold][property]") {
  const uint64_t seed = std::random_device{}();
  CAPTURE(seed);
  std::mt19937_64 random(seed);
  for (int round = 0; round < 500; ++round) {
    const std::vector<Price> events = RandomEvents(random);
    std::vector<FoldedCandle> pieces;
    for (const Price& event : events) pieces.push_back(StartCandle(Tier::k1d, event));
    // Neighbours are joined at random until one is left: any bracketing comes up.
    while (pieces.size() > 1) {
      const size_t i = random() % (pieces.size() - 1);
      Fold(pieces[i], pieces[i + 1]);
      pieces.erase(pieces.begin() + static_cast<ptrdiff_t>(i) + 1);
    }
    REQUIRE(pieces.front() == FoldAll(Tier::k1d, events));
  }
}

TEST_CASE("appending keeps the open and takes the later close and volumes", "[market][fold]") {
  Candle candle;
  candle.timestamp_ms = kMinuteMs;
  candle.open = 10;
  candle.high = 12;
  candle.low = 9;
  candle.close = 11;
  candle.count = 3;
  candle.base_volume_last_24h = 100;
  Append(candle, {28'333'335, 0, 5, 4, 20, 25, 8, 15, 50, 60});
  CHECK(candle.timestamp_ms == kMinuteMs);
  CHECK(candle.open == 10);
  CHECK(candle.high == 25);
  CHECK(candle.low == 8);
  CHECK(candle.close == 15);
  CHECK(candle.count == 7);
  CHECK(candle.base_volume_last_24h == 50);
  CHECK(candle.quote_volume_last_24h == 60);
}

}  // namespace
}  // namespace wick::market
