// A damaged data directory is refused with what is damaged, or it holds every batch that it held.
// WICK_TORTURE=1: forty times as many. WICK_DAMAGE_FIRST: the number of the first random damage
// (0).
#include <algorithm>
#include <array>
#include <optional>

#include "cold/directory_check.h"
#include "cold/wal_tail.h"
#include "environment.h"
#include "ledger.h"

namespace wick::cold {
namespace {

using test::PowerLossEnv;

/// The files of a store that was killed, and what it had acknowledged.
struct Victim {
  PowerLossEnv::Image files;
  uint64_t batches = 0;
  std::vector<uint64_t> ends;  // of batches in the newest log: offset of each one's end
  uint64_t before_log = 0;     // batches that are not in that log
};

std::vector<std::string> FilesLike(const PowerLossEnv::Image& image, std::string_view part) {
  std::vector<std::string> paths;
  for (const auto& [path, content] : image) {
    if (path.find(part) != std::string::npos) paths.push_back(path);
  }
  return paths;
}

/// 25 batches: in tables of several flushes, in logs, in a manifest with several changes.
Victim MakeVictim(const Ledger& ledger, uint64_t seed, bool stopped_cleanly) {
  Victim victim;
  victim.batches = 25;
  PowerLossEnv disk;
  StoreOptions options = OptionsOn(disk);
  options.candle_memtable_bytes = 64_KiB;
  options.journal_memtable_bytes = 64_KiB;
  auto store = Store::Open(options);
  REQUIRE(store.ok());
  Batch batch;
  std::string newest;
  for (uint64_t number = 1; number <= victim.batches; ++number) {
    ledger.Fill(number, batch);
    MustCommit(**store, batch);
    const auto logs = LogsIn(*disk.env(), kDataDirectory).value();
    if (logs.back() != newest) {
      newest = logs.back();
      victim.ends.clear();
      victim.before_log = number - 1;
    }
    victim.ends.push_back(disk.Read(kDataDirectory + "/" + newest).size());
    if (number % 7 == seed % 7) REQUIRE((*store)->Flush().ok());
    if (number == 12) {
      disk.Kill();
      options.env = disk.env();
      store = Store::Open(options);
      REQUIRE(store.ok());
    }
  }
  if (stopped_cleanly) {
    REQUIRE((*store)->Flush().ok());
    *store = nullptr;
  }
  disk.Kill();
  victim.files = disk.Save();
  std::erase_if(victim.files, [](const auto& file) {
    return file.first.ends_with("/LOG") || file.first.find("/LOG.old") != std::string::npos ||
           file.first.ends_with("/LOCK") || file.first.find("/OPTIONS-") != std::string::npos ||
           file.first.ends_with("/IDENTITY");
  });
  return victim;
}

/// Opens a damaged directory and reads everything in it. Nothing: refused, or a read was, with a
/// reason. Otherwise how many batches it holds, each exact.
std::optional<uint64_t> Survivors(const PowerLossEnv::Image& files, const Ledger& ledger,
                                  std::string& reason) {
  PowerLossEnv disk;
  disk.Load(files);
  std::vector<LogRepair> torn;
  const absl::Status checked = CheckDirectory(*disk.env(), kDataDirectory, torn);
  const bool has_current = disk.env()->FileExists(kDataDirectory + "/CURRENT").ok();
  const auto store = Store::Open(OptionsOn(disk));
  if (!store.ok()) {
    reason = Message(store.status());
    REQUIRE(reason.find(kDataDirectory) != std::string::npos);
    return std::nullopt;
  }
  // The check that changes nothing says what opening does.
  if (has_current) {
    REQUIRE(checked.ok());
    REQUIRE((*store)->repairs() == torn);
  }
  const auto last = (*store)->LastNumber();
  if (!last.ok()) {
    reason = Message(last.status());
    return std::nullopt;
  }
  const std::string difference = Difference(**store, ledger.After(*last));
  if (difference.empty()) return *last;
  reason = difference;
  REQUIRE((difference.find("orruption") != std::string::npos ||
           difference.find("damaged") != std::string::npos));
  return std::nullopt;
}

TEST_CASE("a log cut at any byte of its tail holds every batch before the cut", "[cold][damage]") {
  const Ledger ledger(1, 40);
  const Victim victim = MakeVictim(ledger, 1, false);
  const std::string path = FilesLike(victim.files, ".log").back();
  const std::string log = victim.files.at(path);
  REQUIRE(victim.ends.back() == log.size());
  REQUIRE(victim.ends.size() > 2);
  const uint64_t tail = std::min<uint64_t>(log.size(), CasesOf(3'000));
  const uint64_t step = std::max<uint64_t>(1, tail / CasesOf(150));
  uint64_t cases = 0;
  for (uint64_t lost = 0; lost <= tail; lost += step, ++cases) {
    const uint64_t cut = log.size() - lost;
    PowerLossEnv::Image files = victim.files;
    files[path] = log.substr(0, cut);
    uint64_t whole = victim.before_log;
    for (const uint64_t end : victim.ends) whole += end <= cut;
    std::string reason;
    const auto survivors = Survivors(files, ledger, reason);
    CAPTURE(cut, log.size(), reason);
    REQUIRE(survivors == whole);
  }
  REQUIRE(cases >= 10);
}

/// Whether several bits of the newest log's last batch were flipped, one of them in the length of a
/// record: that is not to be told from a write that was cut short (docs/reliability.md).
bool HidesItsEnd(const Victim& victim, const std::vector<uint64_t>& flipped) {
  constexpr uint64_t kBlock = 32'768, kLength = 4;  // of a record: its place, two bytes
  const uint64_t begin = victim.ends.size() > 1 ? victim.ends[victim.ends.size() - 2] : 0;
  const auto in_batch = std::ranges::count_if(flipped, [&](uint64_t at) { return at >= begin; });
  return in_batch > 1 && std::ranges::any_of(flipped, [&](uint64_t at) {
           const uint64_t record = std::max(begin, at / kBlock * kBlock);
           return at >= begin && (at - record) / 2 == kLength / 2;
         });
}

/// One damage of one file, chosen by chance; says what it was.
std::string Damage(const Victim& victim, PowerLossEnv::Image& files, std::mt19937_64& random,
                   bool& acknowledged_tail) {
  static constexpr std::array<std::string_view, 5> kKinds = {".log", ".sst", "MANIFEST-", "CURRENT",
                                                             "wick-note"};
  const std::vector<std::string> paths = FilesLike(files, kKinds[random() % kKinds.size()]);
  if (paths.empty()) return "none";
  const std::string path = paths[random() % paths.size()];
  std::string& content = files[path];
  const bool is_log = path.ends_with(".log");
  acknowledged_tail = false;
  switch (content.empty() ? 3 : random() % 4) {
    case 0: {  // one to eight bits, anywhere or near the end
      const uint64_t range =
          random() % 2 == 0 ? content.size() : std::min<size_t>(content.size(), 600);
      std::vector<uint64_t> flipped;
      for (uint64_t bits = 1 + random() % 8; bits > 0; --bits) {
        flipped.push_back(content.size() - 1 - random() % range);
        content[flipped.back()] = static_cast<char>(content[flipped.back()] ^ 1 << random() % 8);
      }
      acknowledged_tail =
          path == FilesLike(victim.files, ".log").back() && HidesItsEnd(victim, flipped);
      return "flipped " + path;
    }
    case 1: {
      const uint64_t range =
          random() % 2 == 0 ? content.size() : std::min<size_t>(content.size(), 600);
      acknowledged_tail = is_log;  // what is left is a log as a crash leaves it
      content.resize(content.size() - 1 - random() % range);
      return "cut " + path;
    }
    case 2: {
      const uint64_t begin = random() % content.size() / 512 * 512;
      const uint64_t end = std::min<uint64_t>(content.size(), begin + 512 * (1 + random() % 16));
      std::fill(content.begin() + begin, content.begin() + end, '\0');
      acknowledged_tail = is_log;  // if it is at the end: as a power cut leaves it
      return "zeros in " + path;
    }
    default:
      acknowledged_tail = is_log;  // the manifest does not know the log in use
      files.erase(path);
      return "removed " + path;
  }
}

TEST_CASE("no damaged file makes a store that misses a batch", "[cold][damage]") {
  uint64_t refused = 0;
  const uint64_t cases = CasesOf(500);
  const uint64_t first = test::NumberOr("WICK_DAMAGE_FIRST", 0);
  REQUIRE(first < cases);
  std::vector<std::pair<Ledger, std::array<Victim, 2>>> victims;
  for (uint64_t seed = 0; seed < 4; ++seed) {
    const Ledger ledger(seed, 60);
    victims.push_back({ledger, {MakeVictim(ledger, seed, false), MakeVictim(ledger, seed, true)}});
  }
  for (uint64_t seed = first; seed < cases; ++seed) {
    std::mt19937_64 random(seed);
    const auto& [ledger, pair] = victims[seed / 2 % victims.size()];
    const Victim& victim = pair[seed % 2];
    PowerLossEnv::Image files = victim.files;
    bool acknowledged_tail = false;
    const std::string what = Damage(victim, files, random, acknowledged_tail);
    INFO("damage " << seed << ": " << what);
    std::string reason;
    const auto survivors = Survivors(files, ledger, reason);
    CAPTURE(reason);
    if (!survivors.has_value()) {
      REQUIRE_FALSE(reason.empty());
      ++refused;
    } else if (acknowledged_tail) {
      REQUIRE(*survivors >= victim.before_log);
    } else {
      REQUIRE(*survivors == victim.batches);
    }
  }
  if (first == 0) REQUIRE(refused > cases / 4);
}

TEST_CASE("a manifest cut anywhere is refused or loses nothing", "[cold][damage]") {
  const Ledger ledger(3, 60);
  for (const bool stopped : {false, true}) {
    const Victim victim = MakeVictim(ledger, 3, stopped);
    const std::string path = FilesLike(victim.files, "MANIFEST-").back();
    const uint64_t size = victim.files.at(path).size();
    const uint64_t step = std::max<uint64_t>(1, size / CasesOf(100));
    for (uint64_t cut = 0; cut < size; cut += step) {
      PowerLossEnv::Image files = victim.files;
      files[path].resize(cut);
      std::string reason;
      const auto survivors = Survivors(files, ledger, reason);
      CAPTURE(stopped, cut, size, reason);
      REQUIRE((!survivors.has_value() || *survivors == victim.batches));
    }
  }
}

TEST_CASE("a log that is not the newest is whole or damaged", "[cold][damage]") {
  const Ledger ledger(4);
  PowerLossEnv disk;
  {
    const auto store = Store::Open(OptionsOn(disk)).value();
    Batch batch;
    for (uint64_t number = 1; number <= 3; ++number) {
      ledger.Fill(number, batch);
      MustCommit(*store, batch);
    }
    disk.Kill();
  }
  const std::string path = kDataDirectory + "/" + LogsIn(*disk.env(), kDataDirectory).value()[0];
  disk.Put(path, disk.Read(path).substr(0, disk.Read(path).size() - 10));
  std::vector<LogRepair> torn;
  REQUIRE(CheckDirectory(*disk.env(), kDataDirectory, torn).ok());
  REQUIRE(torn.size() == 1);
  // Begun after a write that had met a full disk.
  disk.Put(kDataDirectory + "/999998.log", "");
  torn.clear();
  REQUIRE(CheckDirectory(*disk.env(), kDataDirectory, torn).ok());
  REQUIRE(torn.size() == 1);
  disk.Put(kDataDirectory + "/999999.log", disk.Read(path));
  torn.clear();
  const absl::Status refused = CheckDirectory(*disk.env(), kDataDirectory, torn);
  CAPTURE(refused);
  REQUIRE(absl::IsDataLoss(refused));
  REQUIRE(Message(refused).find(".log at byte ") != std::string::npos);
}

}  // namespace
}  // namespace wick::cold
