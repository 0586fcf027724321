#include "torture/run.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <new>
#include <random>
#include <stdexcept>

#include "torture/power_loss.h"

namespace wick::torture {

uint64_t Amount(const char* variable, uint64_t by_default) {
  const char* const value = std::getenv(variable);
  return value == nullptr ? by_default : std::strtoull(value, nullptr, 10);
}

uint64_t Seed() {
  static const uint64_t seed = Amount("WICK_SEED", std::random_device{}() % 1'000'000);
  return seed;
}

bool IsTorture() { return std::getenv("WICK_TORTURE") != nullptr; }

std::vector<std::string> HarshSettings(std::mt19937_64& random) {
  return {"tiers.1s.keep=forever",
          "tiers.1m.keep=forever",
          "tiers.1h.keep=forever",
          fmt::format("tiers.1s.window={}s", 1 + random() % 300),
          fmt::format("tiers.1m.window={}m", 1 + random() % 60),
          fmt::format("server.workers={}", 1 + random() % 3),
          "server.pin_workers=false",
          fmt::format("checkpoint.interval={}ms", 20 + random() % 300),
          "storage.journal_memory=1MiB",
          "storage.candle_memory=1MiB",
          "storage.block_cache=1MiB",
          "storage.max_wal=16MiB"};
}

Tally::~Tally() {
  std::string line = fmt::format(
      "torture: {}: {} {}, seed {}: {} events sent, {} acknowledged, {} lost, {} doubled or "
      "invented, "
      "{} candles compared in {} checks, {} of them wrong",
      test_, cases_, what_, Seed(), sent_, acknowledged_, lost_, surplus_, candles_, checks_,
      wrong_);
  if (slowest_start_ms_ > 0) line += fmt::format("; slowest start {} ms", slowest_start_ms_);
  std::puts((line + notes_).c_str());
  std::fflush(stdout);
}

void Tally::Add(const std::vector<ConnectionLedger>& ledgers) {
  for (const ConnectionLedger& ledger : ledgers) {
    sent_ += ledger.events_sent();
    acknowledged_ += ledger.events_acknowledged();
  }
}

void Tally::Add(const CheckResult& result) {
  ++checks_;
  lost_ += result.lost;
  surplus_ += result.surplus;
  candles_ += result.candles;
  if (!result.problems.empty()) ++wrong_;
}

void Tally::Started(const Server& server) {
  slowest_start_ms_ =
      std::max(slowest_start_ms_, static_cast<uint64_t>(server.start_duration().count()));
}

CheckResult RequireExact(Server& server, std::vector<ConnectionLedger>& ledgers, Tally& tally) {
  const bool ready = server.Await();
  INFO("the server's log:\n" << server.log());
  REQUIRE(ready);
  tally.Started(server);
  auto client = server.Connect();
  REQUIRE(client.has_value());
  CheckResult result = Check(*client, ledgers);
  tally.Add(result);
  INFO("what is wrong:\n" << result.Text());
  REQUIRE(result.problems.empty());
  return result;
}

std::string Again(const char* test, uint64_t seed) {
  return fmt::format("run it again: scripts/torture --only {} --seed {}", test, seed);
}

Preload::Preload(const std::string& directory, std::string data)
    : data_(std::move(data)),
      control_path_(directory + "/control"),
      shadow_(directory + "/shadow") {
  const int file = open(control_path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (file < 0 || ftruncate(file, sizeof(Control)) != 0)
    throw std::runtime_error("cannot make " + control_path_);
  void* const page = mmap(nullptr, sizeof(Control), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  close(file);
  if (page == MAP_FAILED) throw std::runtime_error("cannot map " + control_path_);
  control_ = static_cast<Control*>(page);
}

Preload::~Preload() { munmap(control_, sizeof(Control)); }

std::vector<std::string> Preload::Environment(bool power_loss) {
  std::vector<std::string> environment = {"LD_PRELOAD=" WICK_TORTURE_PRELOAD,
                                          fmt::format("{}={}", kControlVariable, control_path_),
                                          fmt::format("{}={}", kDirectoryVariable, data_)};
  if (power_loss) {
    BeginRecord(data_, shadow_);
    environment.push_back(fmt::format("{}={}", kShadowVariable, shadow_));
  }
  return environment;
}

bool CanPreload() {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  return false;
#else
  return true;
#endif
}

}  // namespace wick::torture
