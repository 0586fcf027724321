// Another number of workers at each start: the same series, spread anew. Amount:
// WICK_WORKER_CHANGES.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "catch.h"
#include "torture/run.h"

using namespace wick::torture;
using wick::test::TemporaryDirectory;

namespace {

constexpr uint64_t kChangesPerDirectory = 5;
constexpr unsigned kWorkers[] = {1, 2, 3, 7};

}  // namespace

TEST_CASE("the number of workers changes nothing that was stored", "[workers]") {
  Tally tally("workers", "changes of the number of workers");
  const uint64_t changes = Amount("WICK_WORKER_CHANGES", 5);
  for (uint64_t seed = Seed(); tally.cases() < changes; ++seed) {
    INFO(Again("workers", seed));
    std::mt19937_64 random(seed);
    const TemporaryDirectory directory;
    const Load load;
    auto ledgers = MakeLedgers(seed, load, kLongAgoMs);
    uint64_t digest = 0;
    const uint64_t lives = std::min(kChangesPerDirectory, changes - tally.cases());
    size_t workers = random() % std::size(kWorkers);
    for (uint64_t life = 0; life <= lives; ++life) {
      workers = (workers + 1 + random() % (std::size(kWorkers) - 1)) % std::size(kWorkers);
      auto settings = HarshSettings(random);
      settings.push_back(
          fmt::format("server.workers={}", kWorkers[workers]));  // the last one counts
      CAPTURE(life, kWorkers[workers]);
      Server server({directory / "data", settings, {}});
      const CheckResult result = RequireExact(server, ledgers, tally);
      if (life == 0) {
        Senders senders(server, ledgers, load, random());
        usleep(static_cast<useconds_t>(200'000 + random() % 500'000));
        server.Kill();
        senders.Stop();
        continue;
      }
      // The first start after the load decides what was in flight; from then on nothing may change.
      if (life > 1) REQUIRE(result.digest == digest);
      digest = result.digest;
      tally.Case();
      if (random() % 2 == 0) {
        server.Kill();
      } else {
        CHECK(server.Terminate() == 0);
      }
    }
    tally.Add(ledgers);
  }
}
