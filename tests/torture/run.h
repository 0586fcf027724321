// How much each test does, from which seed, and what it says at its end.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "integration/wick_process.h"
#include "torture/check.h"
#include "torture/preload/control.h"
#include "torture/senders.h"
#include "torture/server.h"

namespace wick::torture {

/// The value of an environment variable, a whole number; `by_default` without it.
uint64_t Amount(const char* variable, uint64_t by_default);

/// WICK_SEED, or one from chance. Case i of a test has the seed `Seed() + i`.
uint64_t Seed();
/// True if WICK_TORTURE is set: limits of time are asserted.
bool IsTorture();

/// Settings that keep every candle and make checkpoints, flushes and compactions frequent; varied
/// by chance.
std::vector<std::string> HarshSettings(std::mt19937_64& random);

/// Sums of what a test did; prints one line when it goes.
class Tally {
 public:
  /// `what`: of one case, as in "15 kills".
  Tally(std::string test, std::string what) : test_(std::move(test)), what_(std::move(what)) {}
  ~Tally();

  void Add(const std::vector<ConnectionLedger>& ledgers);
  void Add(const CheckResult& result);
  void Started(const Server& server);
  void Case() { ++cases_; }
  void Note(const std::string& note) { notes_ += "; " + note; }

  uint64_t cases() const { return cases_; }
  uint64_t slowest_start_ms() const { return slowest_start_ms_; }

 private:
  const std::string test_;
  const std::string what_;
  uint64_t cases_ = 0, sent_ = 0, acknowledged_ = 0, lost_ = 0, surplus_ = 0, candles_ = 0,
           checks_ = 0, wrong_ = 0;
  uint64_t slowest_start_ms_ = 0;
  std::string notes_;
};

/// Waits until the server is ready and fails the test if anything in it is not as the ledgers say.
CheckResult RequireExact(Server& server, std::vector<ConnectionLedger>& ledgers, Tally& tally);

/// How to run a failed case again.
std::string Again(const char* test, uint64_t seed);

/// The preloaded library of one server: faults, clock and power loss.
class Preload {
 public:
  /// Files in `directory`/control and `directory`/shadow; `data` is watched.
  Preload(const std::string& directory, std::string data);
  ~Preload();
  Preload(const Preload&) = delete;
  Preload& operator=(const Preload&) = delete;

  /// Begins a record of what is synced if `power_loss`; the server's environment.
  std::vector<std::string> Environment(bool power_loss);
  Control& control() { return *control_; }
  const std::string& shadow() const { return shadow_; }

 private:
  const std::string data_, control_path_, shadow_;
  Control* control_;
};

/// True if a library can be preloaded into the server: not with a sanitizer, whose own comes first.
bool CanPreload();

}  // namespace wick::torture
