#include "market/fill.h"

#include <cmath>
#include <map>
#include <random>

#include "catch.h"
#include "market/fold.h"
#include "market/interval.h"

namespace wick::market {
namespace {

constexpr Interval kMinute{1, IntervalUnit::kMinute};
constexpr uint64_t kMinuteMs = 60'000;
constexpr uint64_t kMuchLaterMs = 1'000 * kMinuteMs;

CandlePlan MinutesPlan(uint64_t from_minute, uint64_t to_minute) {
  CandlePlan plan;
  plan.interval = kMinute;
  plan.segments = {{kMinute, Tier::k1m, from_minute * kMinuteMs, to_minute * kMinuteMs}};
  return plan;
}

Candle At(uint64_t minute, double close) {
  Candle candle;
  candle.timestamp_ms = minute * kMinuteMs;
  candle.open = candle.high = candle.low = 1;
  candle.close = close;
  candle.count = 2;
  candle.base_volume_last_24h = close * 10;
  candle.quote_volume_last_24h = close * 100;
  candle.interval = kMinute;
  candle.closed = true;
  return candle;
}

/// A candle known before the range.
FoldedCandle Known(double close) {
  FoldedCandle candle;
  candle.count = 1;
  candle.close = close;
  candle.base_volume_last_24h = close * 10;
  candle.quote_volume_last_24h = close * 100;
  return candle;
}

std::vector<uint64_t> Minutes(const FilledCandles& filled) {
  std::vector<uint64_t> minutes;
  for (const Candle& candle : filled.candles) minutes.push_back(candle.timestamp_ms / kMinuteMs);
  return minutes;
}

using Numbers = std::vector<uint64_t>;

TEST_CASE("a gap repeats the close before it with its volumes and no events", "[market][fill]") {
  const std::vector<Candle> candles = {At(1, 5), At(4, 7)};
  const FilledCandles filled =
      FillGaps(MinutesPlan(1, 5), Fill::kPrevious, {}, candles, kMuchLaterMs, 100);
  REQUIRE(Minutes(filled) == Numbers{1, 2, 3, 4});
  CHECK_FALSE(filled.next_ms.has_value());
  CHECK_FALSE(filled.candles[0].filled);
  CHECK(filled.candles[0].open == 1);
  for (size_t i : {1u, 2u}) {
    const Candle& candle = filled.candles[i];
    CHECK(candle.open == 5);
    CHECK(candle.high == 5);
    CHECK(candle.low == 5);
    CHECK(candle.close == 5);
    CHECK(candle.count == 0);
    CHECK(candle.base_volume_last_24h == 50);
    CHECK(candle.quote_volume_last_24h == 500);
    CHECK(candle.interval == kMinute);
    CHECK(candle.filled);
    CHECK(candle.closed);
  }
  CHECK(filled.candles[3].close == 7);
  CHECK(filled.candles[3].count == 2);
}

TEST_CASE("null has no prices and no volumes", "[market][fill]") {
  const std::vector<Candle> candles = {At(1, 5)};
  const FilledCandles filled =
      FillGaps(MinutesPlan(1, 3), Fill::kNull, {}, candles, kMuchLaterMs, 100);
  REQUIRE(Minutes(filled) == Numbers{1, 2});
  const Candle& candle = filled.candles[1];
  CHECK(std::isnan(candle.open));
  CHECK(std::isnan(candle.high));
  CHECK(std::isnan(candle.low));
  CHECK(std::isnan(candle.close));
  CHECK(candle.count == 0);
  CHECK(candle.base_volume_last_24h == 0);
  CHECK(candle.quote_volume_last_24h == 0);
  CHECK(candle.filled);
}

TEST_CASE("filling starts with the first candle known before or in the range", "[market][fill]") {
  const Fill fill = GENERATE(Fill::kPrevious, Fill::kNull);
  const std::vector<Candle> candles = {At(3, 7)};
  const CandlePlan plan = MinutesPlan(1, 5);
  CHECK(Minutes(FillGaps(plan, fill, {}, candles, kMuchLaterMs, 100)) == Numbers{3, 4});
  CHECK(Minutes(FillGaps(plan, fill, Known(2), candles, kMuchLaterMs, 100)) == Numbers{1, 2, 3, 4});
  CHECK(Minutes(FillGaps(plan, fill, Known(2), {}, kMuchLaterMs, 100)) == Numbers{1, 2, 3, 4});
  CHECK(Minutes(FillGaps(plan, fill, {}, {}, kMuchLaterMs, 100)).empty());
  CHECK(Minutes(FillGaps(CandlePlan{}, fill, Known(2), {}, kMuchLaterMs, 100)).empty());
}

TEST_CASE("the candle before the range gives the first close", "[market][fill]") {
  const FilledCandles filled =
      FillGaps(MinutesPlan(5, 6), Fill::kPrevious, Known(2), {}, kMuchLaterMs, 100);
  REQUIRE(filled.candles.size() == 1);
  CHECK(filled.candles[0].close == 2);
  CHECK(filled.candles[0].base_volume_last_24h == 20);
}

TEST_CASE("filling ends with the wall clock's bucket, which is open", "[market][fill]") {
  const CandlePlan plan = MinutesPlan(1, 100);
  const std::vector<Candle> candles = {At(1, 5)};
  SECTION("in the middle of a bucket") {
    const FilledCandles filled =
        FillGaps(plan, Fill::kPrevious, {}, candles, 3 * kMinuteMs + 1, 100);
    REQUIRE(Minutes(filled) == Numbers{1, 2, 3});
    CHECK(filled.candles[1].closed);
    CHECK_FALSE(filled.candles[2].closed);
    CHECK_FALSE(filled.next_ms.has_value());
  }
  SECTION("exactly on the minute the new bucket is there and the old one is closed") {
    const FilledCandles filled = FillGaps(plan, Fill::kPrevious, {}, candles, 3 * kMinuteMs, 100);
    REQUIRE(Minutes(filled) == Numbers{1, 2, 3});
    CHECK(filled.candles[1].closed);
  }
  SECTION("a millisecond before, it is not") {
    const FilledCandles filled =
        FillGaps(plan, Fill::kPrevious, {}, candles, 3 * kMinuteMs - 1, 100);
    REQUIRE(Minutes(filled) == Numbers{1, 2});
    CHECK_FALSE(filled.candles[1].closed);
  }
}

TEST_CASE("a candle ahead of the clock stays, the gap before it is filled up to now",
          "[market][fill]") {
  const std::vector<Candle> candles = {At(1, 5), At(6, 9)};
  const FilledCandles filled =
      FillGaps(MinutesPlan(1, 100), Fill::kPrevious, {}, candles, 3 * kMinuteMs, 100);
  CHECK(Minutes(filled) == Numbers{1, 2, 3, 6});
  CHECK_FALSE(filled.next_ms.has_value());
}

TEST_CASE("a page ends with limit candles and says where the next begins", "[market][fill]") {
  struct Row {
    uint32_t limit;
    Numbers minutes;
    std::optional<uint64_t> next_minute;
  };
  const auto row = GENERATE(values<Row>({{1, {1}, 2},
                                         {2, {1, 2}, 3},
                                         {3, {1, 2, 3}, 4},
                                         {4, {1, 2, 3, 4}, 5},
                                         {5, {1, 2, 3, 4, 5}, {}},
                                         {6, {1, 2, 3, 4, 5}, {}}}));
  const std::vector<Candle> candles = {At(1, 5), At(2, 6), At(4, 7)};
  const FilledCandles filled =
      FillGaps(MinutesPlan(1, 6), Fill::kPrevious, {}, candles, kMuchLaterMs, row.limit);
  CHECK(Minutes(filled) == row.minutes);
  CHECK(filled.next_ms.has_value() == row.next_minute.has_value());
  if (row.next_minute) CHECK(filled.next_ms == *row.next_minute * kMinuteMs);
}

TEST_CASE("a page that ends before a candle ahead of the clock goes on with it", "[market][fill]") {
  const std::vector<Candle> candles = {At(1, 5), At(6, 9)};
  const FilledCandles filled =
      FillGaps(MinutesPlan(1, 100), Fill::kPrevious, {}, candles, 3 * kMinuteMs, 3);
  CHECK(Minutes(filled) == Numbers{1, 2, 3});
  CHECK(filled.next_ms == 6 * kMinuteMs);
}

TEST_CASE("the newest are the last ones and have no next page", "[market][fill]") {
  CandlePlan plan = MinutesPlan(8, 100);
  plan.newest = true;
  const std::vector<Candle> candles = {At(9, 5), At(12, 7)};  // minute 12 is ahead of the clock
  const FilledCandles filled =
      FillGaps(plan, Fill::kPrevious, Known(1), candles, 10 * kMinuteMs, 3);
  CHECK(Minutes(filled) == Numbers{9, 10, 12});
  CHECK_FALSE(filled.next_ms.has_value());
}

TEST_CASE("each stretch is filled with its own interval and carries the close over the border",
          "[market][fill]") {
  constexpr Interval kSecond{1, IntervalUnit::kSecond};
  CandlePlan plan = MinutesPlan(1, 3);
  plan.grain = Grain::kFinest;
  plan.segments.push_back({kSecond, Tier::k1s, 3 * kMinuteMs, 3 * kMinuteMs + 2'000});
  const std::vector<Candle> candles = {At(1, 5)};
  const FilledCandles filled = FillGaps(plan, Fill::kPrevious, {}, candles, kMuchLaterMs, 100);
  REQUIRE(filled.candles.size() == 4);
  CHECK(filled.candles[1].interval == kMinute);
  CHECK(filled.candles[2].interval == kSecond);
  CHECK(filled.candles[3].timestamp_ms == 3 * kMinuteMs + 1'000);
  CHECK(filled.candles[3].close == 5);
}

TEST_CASE("calendar months are filled month by month", "[market][fill]") {
  constexpr Interval kMonth{1, IntervalUnit::kMonth};
  constexpr uint64_t kDayMs = 86'400'000;
  CandlePlan plan;
  plan.segments = {{kMonth, Tier::k1d, 0, 90 * kDayMs}};
  const FilledCandles filled = FillGaps(plan, Fill::kNull, Known(2), {}, 1'000 * kDayMs, 100);
  REQUIRE(filled.candles.size() == 3);
  CHECK(filled.candles[1].timestamp_ms == 31 * kDayMs);
  CHECK(filled.candles[2].timestamp_ms == 59 * kDayMs);
}

/// All candles of one series in every tier, as an engine would read them.
class Candles {
 public:
  void Add(const Price& event) {
    for (Tier tier : kTiers) {
      const FoldedCandle one = StartCandle(tier, event);
      const auto [at, fresh] = tiers_[Index(tier)].try_emplace(StartMs(tier, one.bucket), one);
      if (!fresh) Fold(at->second, one);
    }
  }

  std::optional<FoldedCandle> ReadBefore(const CandlePlan& plan) const {
    for (auto segment = plan.before.rbegin(); segment != plan.before.rend(); ++segment) {
      const auto& tier = tiers_[Index(segment->tier)];
      for (auto at = tier.lower_bound(segment->to_ms); at != tier.lower_bound(segment->from_ms);) {
        --at;
        if (ClosesBefore(segment->tier, at->second, plan.segments.front().from_ms)) {
          return at->second;
        }
      }
    }
    return std::nullopt;
  }

  std::vector<Candle> Read(const std::vector<Segment>& segments) const {
    std::vector<Candle> candles;
    for (const Segment& segment : segments) {
      const auto& tier = tiers_[Index(segment.tier)];
      for (auto at = tier.lower_bound(segment.from_ms); at != tier.lower_bound(segment.to_ms);
           ++at) {
        const FoldedCandle& from = at->second;
        candles.push_back({at->first, from.open, from.high, from.low, from.close, from.count,
                           from.base_volume_last_24h, from.quote_volume_last_24h,
                           segment.interval});
      }
    }
    return candles;
  }

 private:
  std::array<std::map<uint64_t, FoldedCandle>, kTierCount> tiers_;
};

TEST_CASE("pages of any size join to the answer in one piece", "[market][fill][property]") {
  constexpr uint64_t kDayMs = 86'400'000;
  const uint64_t seed = std::random_device{}();
  CAPTURE(seed);
  std::mt19937_64 random(seed);
  for (int round = 0; round < 300; ++round) {
    Candles candles;
    for (int i = 0; i < 20; ++i) {
      const double price = 1 + static_cast<double>(random() % 1'000);
      candles.Add({price, price, price, random() % (3 * kDayMs)});
    }
    Horizons horizons;
    for (uint64_t& horizon_ms : horizons.ms) horizon_ms = random() % (3 * kDayMs);
    horizons.ms[Index(Tier::k1d)] = 0;
    horizons.ms[Index(Tier::k1s)] = 3 * kDayMs - random() % 600'000;
    const uint64_t now_ms = 3 * kDayMs - random() % 900'000;

    CandlesRequest request;
    request.grain = random() % 2 == 0 ? Grain::kFinest : Grain::kFixed;
    request.interval = {1, random() % 2 == 0 ? IntervalUnit::kMinute : IntervalUnit::kHour};
    request.fill = Fill::kPrevious;
    request.from_ms = random() % (3 * kDayMs);
    request.to_ms = *request.from_ms + 1 + random() % (3 * kDayMs);
    const auto answer = [&](std::optional<uint64_t> from_ms, uint32_t limit) {
      CandlesRequest page = request;
      page.from_ms = from_ms;
      page.limit = limit;
      const auto plan = PlanCandles(page, horizons, now_ms, 100'000);
      REQUIRE(plan.ok());
      return FillGaps(*plan, page.fill, candles.ReadBefore(*plan), candles.Read(plan->segments),
                      now_ms, limit);
    };

    const FilledCandles whole = answer(request.from_ms, 100'000);
    REQUIRE_FALSE(whole.next_ms.has_value());
    const auto limit = static_cast<uint32_t>(1 + whole.candles.size() / (1 + random() % 9));
    std::vector<Candle> joined;
    std::optional<uint64_t> next_ms = request.from_ms;
    while (next_ms) {
      const FilledCandles page = answer(next_ms, limit);
      REQUIRE(page.candles.size() <= limit);
      if (page.next_ms) REQUIRE(page.candles.size() == limit);
      joined.insert(joined.end(), page.candles.begin(), page.candles.end());
      next_ms = page.next_ms;
    }
    REQUIRE(joined.size() == whole.candles.size());
    for (size_t i = 0; i < joined.size(); ++i) {
      const Candle& a = joined[i];
      const Candle& b = whole.candles[i];
      if (i > 0) REQUIRE(joined[i - 1].timestamp_ms < a.timestamp_ms);
      const bool same = a.timestamp_ms == b.timestamp_ms && a.open == b.open &&
                        a.close == b.close && a.count == b.count && a.interval == b.interval &&
                        a.filled == b.filled && a.base_volume_last_24h == b.base_volume_last_24h;
      REQUIRE(same);
    }
  }
}

}  // namespace
}  // namespace wick::market
