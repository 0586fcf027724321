#include "hot/seqlock.h"

#include <atomic>
#include <thread>

#include "catch.h"
#include "hot/candle_slot.h"
#include "sanitized.h"
#include "wick/event.h"

using namespace wick;

TEST_CASE("a reader never sees halves of two prices", "[hot][seqlock]") {
  hot::Seqlock<Price> slot;
  std::atomic<bool> stop{false};
  std::thread writer([&] {
    for (uint64_t i = 1; !stop.load(); ++i) {
      const auto x = static_cast<double>(i);
      slot.Store({x, x, x, i});
    }
  });
  uint64_t last = 0;
  for (int i = 0; i < test::Rounds(200'000); ++i) {
    const Price seen = slot.Load();
    REQUIRE(seen.price == static_cast<double>(seen.timestamp_ms));
    REQUIRE(seen.base_volume_last_24h == seen.price);
    REQUIRE(seen.quote_volume_last_24h == seen.price);
    REQUIRE(seen.timestamp_ms >= last);
    last = seen.timestamp_ms;
  }
  stop = true;
  writer.join();
}

TEST_CASE("a candle slot gives back every field", "[hot][seqlock]") {
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
