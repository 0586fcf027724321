// kill -9 at random moments under mixed load. Amount: WICK_KILLS.
#include <unistd.h>

#include <algorithm>

#include "catch.h"
#include "torture/run.h"

using namespace wick::torture;
using wick::test::TemporaryDirectory;

namespace {

constexpr uint64_t kKillsPerDirectory = 15;
constexpr uint64_t kReadyMsMax = 5'000;

}  // namespace

TEST_CASE("after kill -9 everything acknowledged is there once and nothing else", "[kill]") {
  Tally tally("kill", "kills");
  const uint64_t kills = Amount("WICK_KILLS", 15);
  for (uint64_t seed = Seed(); tally.cases() < kills; ++seed) {
    INFO(Again("kill", seed));
    std::mt19937_64 random(seed);
    const TemporaryDirectory directory;
    const Load load;
    auto ledgers = MakeLedgers(seed, load, kLongAgoMs);
    const uint64_t lives = std::min(kKillsPerDirectory, kills - tally.cases());
    for (uint64_t life = 0; life <= lives; ++life) {
      CAPTURE(life);
      if (random() % 4 == 0) {  // one that does not live to serve
        const Server starting({directory / "data", HarshSettings(random), {}});
        usleep(static_cast<useconds_t>(random() % 150'000));
      }
      Server server({directory / "data", HarshSettings(random), {}});
      RequireExact(server, ledgers, tally);
      if (life == lives) break;
      Senders senders(server, ledgers, load, random());
      usleep(static_cast<useconds_t>(random() % 500'000));
      server.Kill();
      senders.Stop();
      tally.Case();
      for (const Refusals& refusals : senders.refusals()) {
        CHECK(refusals.problem.empty());
        CHECK(refusals.first.empty());
      }
    }
    tally.Add(ledgers);
  }
  if (IsTorture()) CHECK(tally.slowest_start_ms() < kReadyMsMax);
}
