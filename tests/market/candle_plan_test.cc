#include "market/candle_plan.h"

#include <random>

#include "catch.h"
#include "market/interval.h"

namespace wick::market {
namespace {

using Catch::Matchers::Contains;

constexpr uint64_t kSecondMs = 1'000;
constexpr uint64_t kMinuteMs = 60'000;
constexpr uint64_t kHourMs = 3'600'000;
constexpr uint64_t kDayMs = 86'400'000;
constexpr uint64_t kNowMs = 20'000 * kDayMs + 10 * kHourMs + 20 * kMinuteMs + 30'500;
constexpr uint64_t kThisMinuteMs = kNowMs / kMinuteMs * kMinuteMs;
constexpr uint32_t kLimitMax = 10'000;
constexpr uint64_t kEndMs = 4'102'444'800'000;  // 2100-01-01, where every plan ends

Horizons HorizonsOf(uint64_t s1, uint64_t m1, uint64_t h1, uint64_t d1) {
  Horizons horizons;
  horizons.ms = {s1, m1, h1, d1};
  return horizons;
}

Horizons DefaultHorizons() { return HorizonsAt(Keep{}, kNowMs, kNowMs); }

CandlesRequest Fixed(std::string_view interval, std::optional<uint64_t> from_ms,
                     std::optional<uint64_t> to_ms) {
  CandlesRequest request;
  request.interval = ParseInterval(interval).value();
  request.from_ms = from_ms;
  request.to_ms = to_ms;
  return request;
}

CandlesRequest Of(Grain grain, std::optional<uint64_t> from_ms, std::optional<uint64_t> to_ms) {
  CandlesRequest request;
  request.grain = grain;
  request.from_ms = from_ms;
  request.to_ms = to_ms;
  return request;
}

CandlePlan Plan(const CandlesRequest& request, const Horizons& horizons) {
  const auto plan = PlanCandles(request, horizons, kNowMs, kLimitMax);
  REQUIRE(plan.ok());
  return *plan;
}

Segment Stretch(Tier tier, uint64_t from_ms, uint64_t to_ms) {
  return {IntervalOf(tier), tier, from_ms, to_ms};
}

std::string ErrorOf(const CandlesRequest& request) {
  const auto plan = PlanCandles(request, Horizons{}, kNowMs, kLimitMax);
  REQUIRE(plan.status().code() == absl::StatusCode::kInvalidArgument);
  return Message(plan.status());
}

TEST_CASE("a request that makes no sense is refused with what to do", "[market][plan]") {
  CandlesRequest request = Fixed("1m", 1'000, 2'000);
  request.limit = 0;
  CHECK_THAT(ErrorOf(request), Contains("limit 0") && Contains("1 to 10000"));
  request.limit = kLimitMax + 1;
  CHECK_THAT(ErrorOf(request), Contains("limit 10001"));
  request.limit = kLimitMax;
  CHECK(PlanCandles(request, Horizons{}, kNowMs, kLimitMax).ok());

  CHECK_THAT(ErrorOf(Fixed("1m", 2'000, 2'000)), Contains("from 2000"));
  CHECK_THAT(ErrorOf(Fixed("1m", 2'001, 2'000)), Contains("to 2000"));

  request = Fixed("1m", 1'000, 2'000);
  request.interval = {0, IntervalUnit::kMinute};
  CHECK_THAT(ErrorOf(request), Contains("\"0m\""));
  request.interval = {2, IntervalUnit::kMonth};
  CHECK_THAT(ErrorOf(request), Contains("\"2M\""));
  request.interval = {1, static_cast<IntervalUnit>('\n')};
  CHECK_THAT(ErrorOf(request), Contains("\"1\\u000a\""));
  request.interval = {UINT32_MAX, IntervalUnit::kDay};
  CHECK_THAT(ErrorOf(request), Contains("366 days"));
  request.grain = Grain::kFinest;  // does not read the interval
  CHECK(PlanCandles(request, Horizons{}, kNowMs, kLimitMax).ok());
}

TEST_CASE("a candle belongs to the range if its bucket starts in it", "[market][plan]") {
  struct Row {
    uint64_t from_ms;
    uint64_t to_ms;
    uint64_t first_ms;
    uint64_t end_ms;
  };
  const Row row =
      GENERATE(Row{300'000, 600'000, 300'000, 600'000}, Row{299'999, 600'001, 300'000, 900'000},
               Row{300'001, 600'001, 600'000, 900'000}, Row{0, 1, 0, 300'000});
  const CandlePlan plan = Plan(Fixed("5m", row.from_ms, row.to_ms), Horizons{});
  CAPTURE(row.from_ms, row.to_ms);
  REQUIRE(plan.segments.size() == 1);
  CHECK(plan.segments[0].from_ms == row.first_ms);
  CHECK(plan.segments[0].to_ms == row.end_ms);
  CHECK(plan.segments[0].tier == Tier::k1m);
  CHECK_FALSE(plan.newest);
  CHECK(plan.before.empty());
}

TEST_CASE("a range without a bucket start has no segment", "[market][plan]") {
  CHECK(Plan(Fixed("5m", 300'001, 600'000), Horizons{}).segments.empty());
  CHECK(Plan(Of(Grain::kFinest, 1, 1'000), Horizons{}).segments.empty());
  CHECK(Plan(Fixed("5m", {}, 0), Horizons{}).segments.empty());
  CHECK(Plan(Fixed("5m", UINT64_MAX, {}), Horizons{}).segments.empty());
}

TEST_CASE("without from the newest are wanted", "[market][plan]") {
  const CandlePlan plan = Plan(Fixed("1h", {}, {}), DefaultHorizons());
  CHECK(plan.newest);
  REQUIRE(plan.segments.size() == 1);
  CHECK(plan.segments[0].from_ms == plan.available_from_ms);
  CHECK(plan.segments[0].to_ms == kEndMs);
}

TEST_CASE("a range is clipped to the horizon and the answer says so", "[market][plan]") {
  const Horizons horizons = HorizonsOf(0, 7 * kMinuteMs + 1, 0, 0);
  SECTION("a plain tier begins with the bucket that holds the horizon") {
    const CandlePlan plan = Plan(Fixed("1m", 0, kHourMs), horizons);
    CHECK(plan.available_from_ms == 7 * kMinuteMs);
    REQUIRE(plan.segments.size() == 1);
    CHECK(plan.segments[0].from_ms == 7 * kMinuteMs);
  }
  SECTION("a multiple begins with the first bucket that is kept whole") {
    const CandlePlan plan = Plan(Fixed("5m", 0, kHourMs), horizons);
    CHECK(plan.available_from_ms == 10 * kMinuteMs);
    REQUIRE(plan.segments.size() == 1);
    CHECK(plan.segments[0].from_ms == 10 * kMinuteMs);
  }
  SECTION("a multiple whose first tier bucket is just kept is whole") {
    CHECK(Plan(Fixed("7m", 0, kHourMs), horizons).available_from_ms == 7 * kMinuteMs);
  }
  SECTION("a range behind the horizon is empty") {
    const CandlePlan plan = Plan(Fixed("1m", 0, 7 * kMinuteMs), horizons);
    CHECK(plan.segments.empty());
    CHECK(plan.available_from_ms == 7 * kMinuteMs);
  }
  SECTION("another tier's horizon does not matter") {
    CHECK(Plan(Fixed("1h", 0, kDayMs), horizons).available_from_ms == 0);
  }
}

TEST_CASE("a week and a month are read from whole days", "[market][plan]") {
  const CandlePlan week = Plan(Fixed("1w", 5 * kDayMs, 12 * kDayMs), Horizons{});
  REQUIRE(week.segments.size() == 1);
  CHECK(week.segments[0] == Segment{{1, IntervalUnit::kWeek}, Tier::k1d, 11 * kDayMs, 18 * kDayMs});
  const CandlePlan month = Plan(Fixed("1M", 1, 40 * kDayMs), Horizons{});
  REQUIRE(month.segments.size() == 1);
  CHECK(month.segments[0].from_ms == 31 * kDayMs);
  CHECK(month.segments[0].to_ms == 59 * kDayMs);
}

TEST_CASE("auto takes the finest tier that reaches back and fits the limit", "[market][plan]") {
  struct Row {
    uint64_t from_ms;
    std::optional<uint64_t> to_ms;
    uint32_t limit;
    Tier tier;
  };
  const Row row = GENERATE(
      Row{kThisMinuteMs - 1'000 * kSecondMs, kThisMinuteMs, 1'000, Tier::k1s},
      Row{kThisMinuteMs - 1'001 * kSecondMs, kThisMinuteMs, 1'000, Tier::k1m},
      Row{kThisMinuteMs - 1'000 * kMinuteMs, kThisMinuteMs, 1'000, Tier::k1m},
      Row{kThisMinuteMs - 1'001 * kMinuteMs, kThisMinuteMs, 1'000, Tier::k1h},
      // Older than the 24 hours of seconds, the 30 days of minutes, the 730 days of hours.
      Row{kNowMs - 25 * kHourMs, kNowMs - 25 * kHourMs + kMinuteMs, 1'000, Tier::k1m},
      Row{kNowMs - 31 * kDayMs, kNowMs - 31 * kDayMs + kMinuteMs, 1'000, Tier::k1h},
      Row{kNowMs - 731 * kDayMs, kNowMs - 731 * kDayMs + kMinuteMs, 1'000, Tier::k1d},
      // Nothing fits: the coarsest, page by page.
      Row{0, {}, 10, Tier::k1d},
      // Without to, the bucket of now counts: 30 full seconds and the one that runs.
      Row{kThisMinuteMs, {}, 31, Tier::k1s}, Row{kThisMinuteMs, {}, 30, Tier::k1m},
      // What lies after now needs no candles.
      Row{kThisMinuteMs, kEndMs, 31, Tier::k1s}, Row{kThisMinuteMs, UINT64_MAX, 31, Tier::k1s},
      Row{kNowMs + kHourMs, {}, 1, Tier::k1s});
  CandlesRequest request = Of(Grain::kAuto, row.from_ms, row.to_ms);
  request.limit = row.limit;
  const CandlePlan plan = Plan(request, DefaultHorizons());
  CAPTURE(row.from_ms, row.limit);
  CHECK(plan.interval == IntervalOf(row.tier));
  CHECK(plan.grain == Grain::kFixed);
  CHECK(plan.available_from_ms == DefaultHorizons().AvailableFromMs(row.tier));
}

TEST_CASE("auto counts a tier as reaching back from its first kept bucket on", "[market][plan]") {
  const uint64_t first_ms = DefaultHorizons().AvailableFromMs(Tier::k1s);
  const auto chosen = [](uint64_t from_ms) {
    return Plan(Of(Grain::kAuto, from_ms, from_ms + kMinuteMs), DefaultHorizons()).interval;
  };
  CHECK(chosen(first_ms) == IntervalOf(Tier::k1s));
  CHECK(chosen(first_ms - 1) == IntervalOf(Tier::k1m));
}

TEST_CASE("auto without from takes seconds", "[market][plan]") {
  const CandlePlan plan = Plan(Of(Grain::kAuto, {}, {}), DefaultHorizons());
  CHECK(plan.interval == IntervalOf(Tier::k1s));
  CHECK(plan.newest);
}

TEST_CASE("finest goes from days to seconds without a gap", "[market][plan]") {
  const Horizons horizons =
      HorizonsOf(9 * kDayMs + 5 * kHourMs + 7 * kMinuteMs + 3'500,
                 8 * kDayMs + 3 * kHourMs + 2 * kMinuteMs + 1, 4 * kDayMs + kHourMs, 0);
  const CandlePlan plan = Plan(Of(Grain::kFinest, 0, 10 * kDayMs), horizons);
  CHECK(plan.grain == Grain::kFinest);
  CHECK(plan.available_from_ms == 0);
  const uint64_t hours_end_ms = 8 * kDayMs + 4 * kHourMs;
  const uint64_t minutes_end_ms = 9 * kDayMs + 5 * kHourMs + 8 * kMinuteMs;
  CHECK(plan.segments == std::vector<Segment>{Stretch(Tier::k1d, 0, 5 * kDayMs),
                                              Stretch(Tier::k1h, 5 * kDayMs, hours_end_ms),
                                              Stretch(Tier::k1m, hours_end_ms, minutes_end_ms),
                                              Stretch(Tier::k1s, minutes_end_ms, 10 * kDayMs)});
}

TEST_CASE("finest leaves out what the range does not touch", "[market][plan]") {
  const Horizons horizons = HorizonsOf(9 * kDayMs, 8 * kDayMs, 4 * kDayMs, 0);
  const auto segments = [&](uint64_t from_ms, uint64_t to_ms) {
    return Plan(Of(Grain::kFinest, from_ms, to_ms), horizons).segments;
  };
  CHECK(segments(2 * kDayMs, 3 * kDayMs) ==
        std::vector<Segment>{Stretch(Tier::k1d, 2 * kDayMs, 3 * kDayMs)});
  CHECK(segments(4 * kDayMs, 5 * kDayMs) ==
        std::vector<Segment>{Stretch(Tier::k1h, 4 * kDayMs, 5 * kDayMs)});
  CHECK(segments(9 * kDayMs, 9 * kDayMs + 1) ==
        std::vector<Segment>{Stretch(Tier::k1s, 9 * kDayMs, 9 * kDayMs + kSecondMs)});
  CHECK(segments(8 * kDayMs - 1, 9 * kDayMs) ==
        std::vector<Segment>{Stretch(Tier::k1m, 8 * kDayMs, 9 * kDayMs)});
}

TEST_CASE("finest that begins inside a coarse bucket goes on with the next one", "[market][plan]") {
  const Horizons horizons = HorizonsOf(9 * kDayMs, 9 * kDayMs, 4 * kDayMs + 2 * kHourMs, 0);
  const auto first = [&](uint64_t from_ms) {
    return Plan(Of(Grain::kFinest, from_ms, 10 * kDayMs), horizons).segments.front();
  };
  CHECK(first(kDayMs + 1) == Stretch(Tier::k1d, 2 * kDayMs, 5 * kDayMs));
  // Day 4 is the last in days; behind its start the hours that are kept begin at once.
  CHECK(first(4 * kDayMs) == Stretch(Tier::k1d, 4 * kDayMs, 5 * kDayMs));
  CHECK(first(4 * kDayMs + 1) == Stretch(Tier::k1h, 4 * kDayMs + 2 * kHourMs, 9 * kDayMs));
  CHECK(first(4 * kDayMs + 5 * kHourMs + 1) ==
        Stretch(Tier::k1h, 4 * kDayMs + 6 * kHourMs, 9 * kDayMs));
}

TEST_CASE("a coarse tier that a finer one outlives has no stretch", "[market][plan]") {
  SECTION("everything is kept in seconds") {
    const CandlePlan plan = Plan(Of(Grain::kFinest, {}, {}), Horizons{});
    CHECK(plan.newest);
    CHECK(plan.segments == std::vector<Segment>{Stretch(Tier::k1s, 0, kEndMs)});
  }
  SECTION("minutes reach further back than hours and days") {
    const CandlePlan plan = Plan(Of(Grain::kFinest, 0, 10 * kDayMs),
                                 HorizonsOf(9 * kDayMs, 2 * kDayMs, 5 * kDayMs, 3 * kDayMs));
    CHECK(plan.available_from_ms == 2 * kDayMs);
    CHECK(plan.segments == std::vector<Segment>{Stretch(Tier::k1m, 2 * kDayMs, 9 * kDayMs),
                                                Stretch(Tier::k1s, 9 * kDayMs, 10 * kDayMs)});
  }
}

TEST_CASE("a plan that fills knows where the candle before the range may lie", "[market][plan]") {
  CandlesRequest request = Fixed("5m", 20 * kMinuteMs, kHourMs);
  request.fill = Fill::kPrevious;
  // In every tier, also the coarser ones: a pair may have traded last before the asked one
  // remembers.
  const Horizons horizons = HorizonsOf(15 * kMinuteMs, 7 * kMinuteMs, 0, 0);
  CHECK(Plan(request, horizons).before ==
        std::vector<Segment>{Stretch(Tier::k1h, 0, kHourMs),
                             Stretch(Tier::k1m, 7 * kMinuteMs, 15 * kMinuteMs),
                             Stretch(Tier::k1s, 15 * kMinuteMs, 20 * kMinuteMs)});
  request.from_ms = 0;  // clipped to minute 10; minutes 7 to 9 are known all the same
  CHECK(Plan(request, horizons).before ==
        std::vector<Segment>{Stretch(Tier::k1h, 0, kHourMs),
                             Stretch(Tier::k1m, 7 * kMinuteMs, 10 * kMinuteMs)});
}

TEST_CASE("finest looks before the range in every tier up to the bucket that reaches into it",
          "[market][plan]") {
  CandlesRequest request = Of(Grain::kFinest, 4 * kDayMs + 5 * kHourMs, 10 * kDayMs);
  request.fill = Fill::kPrevious;
  const Horizons horizons = HorizonsOf(9 * kDayMs, 9 * kDayMs, 4 * kDayMs + 2 * kHourMs, 0);
  CHECK(
      Plan(request, horizons).before ==
      std::vector<Segment>{Stretch(Tier::k1d, 0, 5 * kDayMs),
                           Stretch(Tier::k1h, 4 * kDayMs + 2 * kHourMs, 4 * kDayMs + 5 * kHourMs)});
}

TEST_CASE("a close is known once its event has happened", "[market][plan]") {
  const FoldedCandle candle = StartCandle(Tier::k1m, {1, 0, 0, kMinuteMs + 500});
  CHECK_FALSE(ClosesBefore(Tier::k1m, candle, kMinuteMs + 500));
  CHECK(ClosesBefore(Tier::k1m, candle, kMinuteMs + 501));
}

TEST_CASE("the newest that are filled are the last limit buckets up to now", "[market][plan]") {
  CandlesRequest request = Fixed("1m", {}, {});
  request.fill = Fill::kPrevious;
  request.limit = 10;
  SECTION("without to, now's bucket is the last") {
    CHECK(Plan(request, Horizons{}).segments.front().from_ms == kThisMinuteMs - 9 * kMinuteMs);
  }
  SECTION("to ends them") {
    request.to_ms = kThisMinuteMs - kHourMs;
    CHECK(Plan(request, Horizons{}).segments ==
          std::vector<Segment>{Stretch(Tier::k1m, kThisMinuteMs - kHourMs - 10 * kMinuteMs,
                                       kThisMinuteMs - kHourMs)});
  }
  SECTION("the horizon may leave fewer") {
    const Horizons horizons = HorizonsOf(0, kThisMinuteMs - 3 * kMinuteMs, 0, 0);
    CHECK(Plan(request, horizons).segments.front().from_ms == kThisMinuteMs - 3 * kMinuteMs);
  }
  SECTION("finest counts over its stretches") {
    request.grain = Grain::kFinest;
    const Horizons horizons = HorizonsOf(kThisMinuteMs, 0, 0, 0);  // 31 seconds up to now
    request.limit = 33;
    CHECK(Plan(request, horizons).segments ==
          std::vector<Segment>{Stretch(Tier::k1m, kThisMinuteMs - 2 * kMinuteMs, kThisMinuteMs),
                               Stretch(Tier::k1s, kThisMinuteMs, kEndMs)});
    request.limit = 31;
    CHECK(Plan(request, horizons).segments ==
          std::vector<Segment>{Stretch(Tier::k1s, kThisMinuteMs, kEndMs)});
  }
}

TEST_CASE("finest segments are aligned, kept, and join seamlessly", "[market][plan][property]") {
  const uint64_t seed = std::random_device{}();
  CAPTURE(seed);
  std::mt19937_64 random(seed);
  const auto time = [&random] {
    const uint64_t step_ms = BucketMs(kTiers[random() % kTiers.size()]);
    const uint64_t time_ms = random() % (5 * kDayMs);
    return random() % 2 == 0 ? time_ms : time_ms / step_ms * step_ms;  // often on a border
  };
  for (int round = 0; round < 5'000; ++round) {
    const Horizons horizons = HorizonsOf(time(), time(), time(), random() % 2 == 0 ? 0 : time());
    const uint64_t from_ms = time();
    const uint64_t to_ms = from_ms + 1 + time();
    CandlesRequest request = Of(Grain::kFinest, from_ms, to_ms);
    request.fill = Fill::kPrevious;
    const CandlePlan plan = Plan(request, horizons);
    CAPTURE(from_ms, to_ms, horizons.ms[0], horizons.ms[1], horizons.ms[2], horizons.ms[3]);

    const auto finer_kept = [&](Tier tier, uint64_t at_ms) {
      for (Tier finer : kTiers) {
        if (finer < tier && horizons.AvailableFromMs(finer) <= at_ms) return true;
      }
      return false;
    };
    for (size_t i = 0; i < plan.segments.size(); ++i) {
      const Segment& segment = plan.segments[i];
      const uint64_t bucket_ms = BucketMs(segment.tier);
      REQUIRE(segment.from_ms < segment.to_ms);
      REQUIRE(segment.from_ms % bucket_ms == 0);
      REQUIRE(segment.to_ms % bucket_ms == 0);
      REQUIRE(segment.from_ms >= from_ms);
      REQUIRE(segment.to_ms - bucket_ms < to_ms);
      REQUIRE(segment.from_ms >= horizons.AvailableFromMs(segment.tier));
      REQUIRE_FALSE(finer_kept(segment.tier, segment.to_ms - bucket_ms));
      if (i > 0) {
        REQUIRE(segment.from_ms == plan.segments[i - 1].to_ms);
        REQUIRE(segment.tier < plan.segments[i - 1].tier);
      }
    }
    // Whatever a tier keeps of the range is shown, from the first bucket that can be shown on.
    if (!plan.segments.empty()) {
      REQUIRE(plan.segments.back().to_ms + kSecondMs > to_ms);
    } else {
      for (Tier tier : kTiers) {
        const uint64_t first_ms = std::max(FirstBucketAtOrAfterMs(IntervalOf(tier), from_ms),
                                           horizons.AvailableFromMs(tier));
        REQUIRE(first_ms >= to_ms);
      }
    }
    for (size_t i = 0; i < plan.before.size(); ++i) {
      const Segment& segment = plan.before[i];
      REQUIRE(segment.from_ms < segment.to_ms);
      REQUIRE(segment.to_ms - BucketMs(segment.tier) < plan.segments.front().from_ms);
      REQUIRE(segment.from_ms == horizons.AvailableFromMs(segment.tier));
      if (i > 0) REQUIRE(segment.tier < plan.before[i - 1].tier);
    }
  }
}

}  // namespace
}  // namespace wick::market
