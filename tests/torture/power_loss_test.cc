// The power goes at random moments: what was not synced is gone, cut or torn. Amount:
// WICK_POWER_LOSSES.
#include "torture/power_loss.h"

#include <unistd.h>

#include <algorithm>

#include "catch.h"
#include "torture/run.h"

using namespace wick::torture;
using wick::test::TemporaryDirectory;

namespace {

constexpr uint64_t kLossesPerDirectory = 10;

}  // namespace

TEST_CASE("after a power loss everything acknowledged is there once and nothing else", "[power]") {
  if (!CanPreload()) {
    WARN("skipped: no library can be preloaded into a server with a sanitizer");
    return;
  }
  Tally tally("power", "power losses");
  const uint64_t losses = Amount("WICK_POWER_LOSSES", 10);
  LossReport sum;
  for (uint64_t seed = Seed(); tally.cases() < losses; ++seed) {
    INFO(Again("power", seed));
    std::mt19937_64 random(seed);
    const TemporaryDirectory directory;
    Preload preload(directory / "", directory / "data");
    const Load load;
    auto ledgers = MakeLedgers(seed, load, kLongAgoMs);
    const uint64_t lives = std::min(kLossesPerDirectory, losses - tally.cases());
    std::string lost_before = "nothing";
    for (uint64_t life = 0; life <= lives; ++life) {
      const auto cut_power = [&] {
        const auto unsynced = static_cast<Unsynced>(random() % kUnsyncedCount);
        const LossReport lost = CutPower(directory / "data", preload.shadow(), unsynced, random);
        lost_before = Describe(unsynced, lost);
        sum.bytes_lost += lost.bytes_lost;
        sum.names_lost += lost.names_lost;
      };
      if (random() % 4 == 0) {  // one that does not live to serve
        {
          const Server starting(
              {directory / "data", HarshSettings(random), preload.Environment(true)});
          usleep(static_cast<useconds_t>(random() % 150'000));
        }
        cut_power();
      }
      CAPTURE(life, lost_before);
      Server server({directory / "data", HarshSettings(random), preload.Environment(true)});
      RequireExact(server, ledgers, tally);
      if (life == lives) break;
      Senders senders(server, ledgers, load, random());
      usleep(static_cast<useconds_t>(random() % 600'000));
      server.Kill();
      senders.Stop();
      cut_power();
      tally.Case();
    }
    tally.Add(ledgers);
  }
  tally.Note(std::to_string(sum.bytes_lost) + " unsynced bytes and " +
             std::to_string(sum.names_lost) + " unsynced names forgotten");
  CHECK(sum.bytes_lost + sum.names_lost > 0);
}
