// Whatever an engine leaves on disk stands up to a verification: every tier is the fold of the
// finer one, as far as both have taken everything.
#include "cold/verify.h"

#include <random>

#include "catch.h"
#include "engine/fixture.h"
#include "sanitized.h"

using namespace wick;
using wick::test::RunningEngine;
using wick::test::TemporaryDirectory;

namespace {

constexpr uint64_t kBaseMs = 1'700'000'000'000;

cold::VerifyCounts MustBeSound(const std::string& directory) {
  std::string findings;
  const auto counts = cold::Verify(directory, [&](const cold::Finding& finding) {
    findings += finding.what + " | " + finding.where + "\n";
  });
  INFO(counts.status().ToString());
  REQUIRE(counts.ok());
  INFO(findings);
  REQUIRE(counts->findings == 0);
  return *counts;
}

}  // namespace

TEST_CASE("the tiers agree after random events, late ones, removals, clock steps and crashes",
          "[engine][verify]") {
  const auto seed = GENERATE(range(1, 1 + test::Rounds(16)));
  CAPTURE(seed);
  std::mt19937 random(seed);
  const TemporaryDirectory directory;
  ManualClock clock(kBaseMs);
  engine::EngineOptions options;
  options.keep.ms = {600'000 + random() % 3'600'000, 4 * 3'600'000 + random() % 86'400'000,
                     10ull * 86'400'000, market::kKeepForever};
  if (seed % 4 == 0)
    std::swap(options.keep.ms[0], options.keep.ms[1]);  // a fine tier may be kept longer
  options.window_candles = {1 + static_cast<uint32_t>(random() % 30),
                            1 + static_cast<uint32_t>(random() % 8), 1, 1};
  options.checkpoint_interval_ms = 1 + random() % 20;
  options.retention_interval_ms = 1;
  uint64_t now_ms = kBaseMs;
  uint64_t compared = 0;
  for (int life = 0; life < 4; ++life) {
    options.workers = 1 + random() % 3;
    {
      RunningEngine engine(directory.path(), options, clock);
      for (int round = 0; round < 12; ++round) {
        now_ms += random() % 1'200'000;
        clock.Set(random() % 8 == 0 ? now_ms - random() % 7'200'000 : now_ms);
        std::vector<PriceEvent> events;
        for (size_t n = random() % 400; n > 0; --n) {
          uint64_t ms = now_ms - random() % 400'000;
          if (random() % 10 == 0) ms -= random() % (random() % 2 == 0 ? 6'000'000 : 200'000'000);
          const Symbol symbol{"B" + std::to_string(random() % 3), "USD",
                              "X" + std::to_string(random() % 3)};
          events.push_back({symbol,
                            {1 + static_cast<double>(random() % 1'000) / 8, 1,
                             static_cast<double>(random() % 9), ms}});
        }
        engine.Ingest(std::move(events), static_cast<unsigned>(random() % options.workers));
        if (random() % 4 == 0) engine.Checkpoint();
      }
      if (random() % 2 == 0) engine.Checkpoint();
      if (random() % 2 == 0) engine.Stop();  // otherwise: as a crash
    }
    compared += MustBeSound(directory.path()).compared;
  }
  CHECK(compared > 0);
}
