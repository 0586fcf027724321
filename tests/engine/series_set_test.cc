#include "engine/series_set.h"

#include <random>
#include <set>

#include "catch.h"

namespace wick::engine {
namespace {

TEST_CASE("series come out of a set in ascending order, whatever goes in meanwhile",
          "[series_set]") {
  std::mt19937_64 random(20'261'122);
  SeriesSet set;
  std::set<uint32_t> expected;
  size_t taken = 0;
  for (int step = 0; step < 20'000; ++step) {
    // Few, then many: it runs empty in between.
    const bool add = random() % 8 < (step / 1'000 % 2 == 0 ? 5u : 3u);
    if (add) {
      const auto id = static_cast<uint32_t>(random() % 5'000);
      if (expected.insert(id).second) set.Add(SeriesId{id});
    } else if (!expected.empty()) {
      REQUIRE(Raw(set.TakeFirst()) == *expected.begin());
      expected.erase(expected.begin());
      ++taken;
    }
    REQUIRE(set.size() == expected.size());
    REQUIRE(set.empty() == expected.empty());
  }
  CHECK(taken > 5'000);
}

TEST_CASE("the greatest series of a set may be the only one", "[series_set]") {
  SeriesSet set;
  set.Add(SeriesId{(1u << 26) - 1});
  CHECK(set.TakeFirst() == SeriesId{(1u << 26) - 1});
  CHECK(set.empty());
  set.Add(SeriesId{0});
  CHECK(set.TakeFirst() == SeriesId{0});
  CHECK(set.empty());
}

}  // namespace
}  // namespace wick::engine
