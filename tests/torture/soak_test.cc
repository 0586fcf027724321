// Half load for a long time with a kill now and then: memory, descriptors and disk stay bounded.
// Amounts: WICK_SOAK_SECONDS, WICK_SOAK_KILL_SECONDS.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <thread>

#include "catch.h"
#include "torture/run.h"

using namespace wick::torture;
using wick::test::TemporaryDirectory;

namespace {

using std::chrono::seconds;
using std::chrono::steady_clock;

constexpr uint64_t kMiB = 1 << 20;
constexpr uint64_t kBytesPerCandleMax =
    128;  // packed it is less than half of that; compaction needs room, too
constexpr uint64_t kDiskBytesOfAnyState =
    700 * kMiB;  // storage.max_wal and what compaction has not yet merged

uint64_t BytesOf(const std::string& directory) {
  uint64_t bytes = 0;
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    std::error_code gone;  // files come and go
    const uint64_t size = entry.file_size(gone);
    if (!gone) bytes += size;
  }
  return bytes;
}

/// What a life of the server needed at its end.
struct Needs {
  uint64_t resident_bytes = 0;
  uint64_t descriptors = 0;
  uint64_t disk_bytes = 0;
};

Needs NeedsOf(const Server& server, const std::string& data) {
  return {server.ResidentBytes(), server.Descriptors(), BytesOf(data)};
}

/// Events per second of each connection when they are as fast as they can.
uint64_t MeasureFullLoad(uint64_t seed, const Load& load, const Server::Options& options,
                         seconds duration) {
  auto ledgers = MakeLedgers(seed, load, kLongAgoMs);
  Server server(options);
  REQUIRE(server.Await());
  Senders senders(server, ledgers, load, seed);
  std::this_thread::sleep_for(duration);
  server.Kill();
  senders.Stop();
  uint64_t events = 0;
  for (const ConnectionLedger& ledger : ledgers) events += ledger.events_acknowledged();
  return std::max<uint64_t>(1, events / static_cast<uint64_t>(duration.count()) / ledgers.size());
}

}  // namespace

TEST_CASE("at half load with kills nothing grows but what is stored", "[soak]") {
  const seconds duration(Amount("WICK_SOAK_SECONDS", 6));
  const seconds between_kills(Amount("WICK_SOAK_KILL_SECONDS", 2));
  const uint64_t seed = Seed();
  INFO(Again("soak", seed));
  Tally tally("soak", "kills");
  const TemporaryDirectory directory;
  Load load;
  load.pause_max = std::chrono::microseconds(0);
  const std::vector<std::string> settings = {"tiers.1s.keep=forever", "tiers.1m.keep=forever",
                                             "tiers.1h.keep=forever", "server.workers=2",
                                             "storage.max_wal=64MiB"};
  const uint64_t full = MeasureFullLoad(seed, load, {directory / "full", settings, {}},
                                        std::min(between_kills, seconds(5)));
  load.events_per_second_max = std::max<uint64_t>(1, full / 2);
  auto ledgers = MakeLedgers(seed, load, kLongAgoMs);
  std::vector<Needs> needs;
  uint64_t candles = 0;
  const auto end = steady_clock::now() + duration;
  while (steady_clock::now() < end) {
    Server server({directory / "data", settings, {}});
    candles = RequireExact(server, ledgers, tally).candles;
    Senders senders(server, ledgers, load, seed + needs.size());
    std::this_thread::sleep_until(std::min(end, steady_clock::now() + between_kills));
    needs.push_back(NeedsOf(server, directory / "data"));
    server.Kill();
    senders.Stop();
    tally.Case();
    std::printf("soak: %zu kills, %lu MiB resident, %lu descriptors, %lu MiB on disk\n",
                needs.size(), needs.back().resident_bytes / kMiB, needs.back().descriptors,
                needs.back().disk_bytes / kMiB);
    std::fflush(stdout);
  }
  {
    Server server({directory / "data", settings, {}});
    candles = RequireExact(server, ledgers, tally).candles;
    CHECK(server.Terminate() == 0);
  }
  tally.Add(ledgers);
  const Needs& first = needs[std::min<size_t>(1, needs.size() - 1)];  // warmed up
  const Needs& last = needs.back();
  tally.Note(
      fmt::format("{} events/s of {} at full load; resident {} -> {} MiB, descriptors {} -> {}, "
                  "disk {} MiB for {} candles",
                  load.events_per_second_max * ledgers.size(), full * ledgers.size(),
                  first.resident_bytes / kMiB, last.resident_bytes / kMiB, first.descriptors,
                  last.descriptors, last.disk_bytes / kMiB, candles));
  CHECK(last.disk_bytes < kDiskBytesOfAnyState + candles * kBytesPerCandleMax);
  // Block cache and memtables fill up at first, so short runs say nothing of memory.
  if (IsTorture()) {
    CHECK(last.resident_bytes < first.resident_bytes + first.resident_bytes / 4 + 64 * kMiB);
    CHECK(last.descriptors < first.descriptors + 32);
  }
}
