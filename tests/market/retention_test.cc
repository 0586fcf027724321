#include "market/retention.h"

#include "catch.h"

namespace wick::market {
namespace {

constexpr uint64_t kHourMs = 3'600'000;
constexpr uint64_t kNowMs = 1'700'000'000'000;

TEST_CASE("the default horizons are a day, a month, two years and never", "[market][retention]") {
  const Horizons horizons = HorizonsAt(Keep{}, kNowMs, kNowMs);
  CHECK(horizons[Tier::k1s] == kNowMs - 24 * kHourMs);
  CHECK(horizons[Tier::k1m] == kNowMs - 30 * 24 * kHourMs);
  CHECK(horizons[Tier::k1h] == kNowMs - 730 * 24 * kHourMs);
  CHECK(horizons[Tier::k1d] == 0);
}

TEST_CASE("replayed history ages by its own clock", "[market][retention]") {
  const uint64_t replayed_ms = 1'500'000'000'000;
  CHECK(HorizonsAt(Keep{}, kNowMs, replayed_ms)[Tier::k1s] == replayed_ms - 24 * kHourMs);
}

TEST_CASE("an event ahead of the clock does not move the horizon ahead of the clock",
          "[market][retention]") {
  CHECK(HorizonsAt(Keep{}, kNowMs, kNowMs + 9'000)[Tier::k1s] == kNowMs - 24 * kHourMs);
}

TEST_CASE("a server younger than a tier's keep has no horizon", "[market][retention]") {
  const uint64_t keep_ms = Keep{}[Tier::k1s];
  CHECK(HorizonsAt(Keep{}, kNowMs, 0)[Tier::k1s] == 0);  // no event yet
  CHECK(HorizonsAt(Keep{}, kNowMs, keep_ms - 1)[Tier::k1s] == 0);
  CHECK(HorizonsAt(Keep{}, kNowMs, keep_ms)[Tier::k1s] == 0);
  CHECK(HorizonsAt(Keep{}, kNowMs, keep_ms + 1)[Tier::k1s] == 1);
}

TEST_CASE("a candle that ends at the horizon is behind it, one that ends later is not",
          "[market][retention]") {
  Horizons horizons;
  horizons.ms[Index(Tier::k1m)] = 120'000;
  CHECK(horizons.Behind(Tier::k1m, 0));
  CHECK(horizons.Behind(Tier::k1m, 1));
  CHECK_FALSE(horizons.Behind(Tier::k1m, 2));
  CHECK(horizons.AvailableFromMs(Tier::k1m) == 120'000);

  horizons.ms[Index(Tier::k1m)] = 119'999;
  CHECK_FALSE(horizons.Behind(Tier::k1m, 1));
  CHECK(horizons.AvailableFromMs(Tier::k1m) == 60'000);
}

TEST_CASE("the first available bucket is the first that is not behind", "[market][retention]") {
  const uint64_t horizon_ms = GENERATE(0u, 1u, 86'399'999u, 86'400'000u, 86'400'001u, kNowMs);
  Horizons horizons;
  horizons.ms.fill(horizon_ms);
  for (Tier tier : kTiers) {
    CAPTURE(Name(tier), horizon_ms);
    const Bucket first = BucketOf(tier, horizons.AvailableFromMs(tier));
    CHECK_FALSE(horizons.Behind(tier, first));
    if (first > 0) CHECK(horizons.Behind(tier, first - 1));
  }
}

}  // namespace
}  // namespace wick::market
