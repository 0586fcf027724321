#include "hot/candle_slot.h"

#include "catch.h"

using namespace wick;

TEST_CASE("a candle slot gives back every field", "[hot][ring]") {
  const market::FoldedCandle candle{
      4'000'000'000, 86'399'999, 3, uint64_t{1} << 60, 1.5, 2.5, 0.5, 1.25, 7e300, 5e-324};
  hot::CandleSlot slot;
  slot.Store(candle);
  market::FoldedCandle seen;
  REQUIRE(slot.TryLoad(seen));
  CHECK(seen == candle);
  CHECK(slot.Own() == candle);
  CHECK(slot.OwnBucket() == candle.bucket);
}
