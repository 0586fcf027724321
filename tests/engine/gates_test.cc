// What is let in, and what is not.
#include <limits>

#include "catch.h"
#include "engine/new_series_budget.h"

using namespace wick;
using engine::NewSeriesBudget;

namespace {

constexpr uint64_t kBaseMs = 1'700'000'000'000;

uint64_t TakeAll(NewSeriesBudget& budget, uint64_t now_ms) {
  uint64_t taken = 0;
  while (budget.Take(now_ms)) ++taken;
  return taken;
}

}  // namespace

TEST_CASE("new series are bounded by the minute, and a minute fills the budget again", "[engine][series]") {
  NewSeriesBudget budget(60, kBaseMs);
  CHECK(TakeAll(budget, kBaseMs) == 60);
  CHECK(TakeAll(budget, kBaseMs + 999) == 0);
  CHECK(TakeAll(budget, kBaseMs + 1'000) == 1);
  CHECK(TakeAll(budget, kBaseMs + 31'000) == 30);
  CHECK(TakeAll(budget, kBaseMs + 10'000'000) == 60);
  budget.GiveBack();
  CHECK(TakeAll(budget, kBaseMs + 10'000'000) == 1);
}

TEST_CASE("a clock that steps fills the budget of new series once at the most", "[engine][series][clock]") {
  NewSeriesBudget budget(60, kBaseMs);
  CHECK(TakeAll(budget, kBaseMs) == 60);
  CHECK(TakeAll(budget, kBaseMs - 3'600'000) == 0);          // back: nothing
  CHECK(TakeAll(budget, kBaseMs - 3'600'000 + 2'000) == 2);  // and from there it goes on
  CHECK(TakeAll(budget, std::numeric_limits<uint64_t>::max()) == 60);
  CHECK(TakeAll(budget, 0) == 0);
  CHECK(TakeAll(budget, 1'000) == 1);
}

TEST_CASE("a budget of 0 is no bound", "[engine][series]") {
  NewSeriesBudget budget(0, kBaseMs);
  for (int i = 0; i < 1'000; ++i) REQUIRE(budget.Take(kBaseMs));
}

TEST_CASE("the largest budget does not overflow", "[engine][series]") {
  NewSeriesBudget budget(UINT32_MAX, kBaseMs);
  CHECK(budget.Take(kBaseMs + 60'000));
  budget.GiveBack();
  CHECK(budget.Take(std::numeric_limits<uint64_t>::max()));
}
