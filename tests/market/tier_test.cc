#include "market/tier.h"

#include "catch.h"
#include "market/interval.h"

namespace wick::market {
namespace {

TEST_CASE("each tier's bucket divides the next one's", "[market][tier]") {
  CHECK(BucketMs(Tier::k1s) == 1'000);
  for (int i = 1; i < kTierCount; ++i) {
    CHECK(BucketMs(kTiers[i]) % BucketMs(kTiers[i - 1]) == 0);
    CHECK(BucketMs(kTiers[i]) > BucketMs(kTiers[i - 1]));
  }
}

TEST_CASE("a tier's name is its interval and its interval is computed from it", "[market][tier]") {
  for (Tier tier : kTiers) {
    CAPTURE(Name(tier));
    CHECK(ToString(IntervalOf(tier)) == Name(tier));
    CHECK(SourceTier(IntervalOf(tier)) == tier);
  }
}

TEST_CASE("a tier's buckets are its interval's buckets", "[market][tier]") {
  const uint64_t time_ms = GENERATE(0u, 1u, 999u, 1'000u, 1'700'000'039'999u, 1'709'510'400'000u);
  for (Tier tier : kTiers) {
    const Bucket bucket = BucketOf(tier, time_ms);
    CAPTURE(Name(tier), time_ms);
    CHECK(StartMs(tier, bucket) == BucketStartMs(IntervalOf(tier), time_ms));
    CHECK(EndMs(tier, bucket) == NextBucketMs(IntervalOf(tier), StartMs(tier, bucket)));
  }
}

TEST_CASE("the last bucket of seconds ends without wrapping", "[market][tier]") {
  CHECK(EndMs(Tier::k1s, UINT32_MAX) == 4'294'967'296'000);
}

}  // namespace
}  // namespace wick::market
