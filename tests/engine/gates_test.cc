// What is let in: room on the disk, new series, and what the two say.
#include <limits>

#include "base/clock.h"
#include "base/units.h"
#include "catch.h"
#include "engine/new_series_budget.h"
#include "engine/space_watch.h"
#include "engine/write_gate.h"

using namespace wick;
using engine::NewSeriesBudget;
using engine::SpaceWatch;
using engine::WriteGate;
using engine::WriteState;

namespace {

constexpr uint64_t kBaseMs = 1'700'000'000'000;

absl::Status Full(const char* message) { return absl::ResourceExhaustedError(message); }

uint64_t TakeAll(NewSeriesBudget& budget, uint64_t now_ms) {
  uint64_t taken = 0;
  while (budget.Take(now_ms)) ++taken;
  return taken;
}

}  // namespace

TEST_CASE("little space closes at the setting and opens at one and a half times that",
          "[engine][space]") {
  SpaceWatch watch(64_MiB);
  CHECK(watch.Look(64_MiB, 100_GiB).ok());
  const absl::Status low = watch.Look(64_MiB - 1, 100_GiB);
  CHECK(low.code() == absl::StatusCode::kResourceExhausted);
  CHECK(Message(low).find("storage.min_free") != std::string::npos);
  CHECK_FALSE(watch.Look(96_MiB - 1, 100_GiB).ok());
  CHECK(watch.Look(96_MiB, 100_GiB).ok());
  CHECK(watch.Look(64_MiB, 100_GiB).ok());
}

TEST_CASE("on a small disk a twentieth of it is enough", "[engine][space]") {
  SpaceWatch watch(64_MiB);
  CHECK(watch.Look(1_MiB, 20_MiB).ok());
  CHECK_FALSE(watch.Look(1_MiB - 1, 20_MiB).ok());
  SpaceWatch off(0);
  CHECK(off.Look(0, 20_MiB).ok());
}

TEST_CASE("a gate tells the gravest reason and when its state changed", "[engine][gate]") {
  ManualClock clock(5);
  WriteGate gate(clock);
  CHECK(gate.open());
  CHECK(gate.health() == engine::WriteHealth{});
  gate.SetLow(Full("low"));
  CHECK(gate.health() == engine::WriteHealth{WriteState::kDiskFull, "low", 5});
  clock.Set(6);
  gate.SetFull(Full("full"));
  CHECK(gate.health() == engine::WriteHealth{WriteState::kDiskFull, "full", 5});
  gate.SetLow(absl::OkStatus());
  CHECK_FALSE(gate.open());
  gate.SetFull(absl::OkStatus());
  CHECK(gate.health() == engine::WriteHealth{WriteState::kOk, "", 6});
  clock.Set(7);
  gate.Fail(absl::UnavailableError("first"));
  gate.Fail(absl::UnavailableError("second"));
  gate.SetFull(Full("full"));
  gate.SetFull(absl::OkStatus());
  CHECK(gate.health() == engine::WriteHealth{WriteState::kFailed, "first", 7});
  CHECK(gate.status().code() == absl::StatusCode::kUnavailable);
}

TEST_CASE("new series are bounded by the minute, and a minute fills the budget again",
          "[engine][series]") {
  NewSeriesBudget budget(60, kBaseMs);
  CHECK(TakeAll(budget, kBaseMs) == 60);
  CHECK(TakeAll(budget, kBaseMs + 999) == 0);
  CHECK(TakeAll(budget, kBaseMs + 1'000) == 1);
  CHECK(TakeAll(budget, kBaseMs + 31'000) == 30);
  CHECK(TakeAll(budget, kBaseMs + 10'000'000) == 60);
  budget.GiveBack();
  CHECK(TakeAll(budget, kBaseMs + 10'000'000) == 1);
}

TEST_CASE("a clock that steps fills the budget of new series once at the most",
          "[engine][series][clock]") {
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
