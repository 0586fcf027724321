// The N-th open, write, sync or rename of the data directory fails, wherever the server is by then.
// Amount: WICK_FAULTS.
#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <map>
#include <thread>

#include "catch.h"
#include "torture/power_loss.h"
#include "torture/run.h"

using namespace wick::torture;
using wick::test::TemporaryDirectory;

namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr uint64_t kFaultsPerDirectory = 5;
constexpr milliseconds kFaultIsAwaited{2'000};
constexpr milliseconds kAfterFault{300};

/// What fails, and when.
struct Fault {
  Call call;
  uint32_t files;
  int error;
  bool at_start;
  int64_t countdown;
  int64_t more;  // further calls that fail

  static Fault Choose(std::mt19937_64& random);

  void Arm(Control& control) const {
    control.fault_calls = Bit(call);
    control.fault_files = files;
    control.fault_more = more;
    control.fault_countdown = countdown;
    control.fault_errno = error;
  }
};

/// How many calls of a kind may pass before one fails, so that it fails within a life; 0: there are
/// none but at a start.
constexpr int64_t kCallsOfALife[kCallCount][kFileKindCount] = {
    // log, table, manifest, other, directory
    {2, 5, 0, 0, 3},   // open
    {60, 6, 5, 0, 0},  // write
    {60, 4, 5, 0, 4},  // sync
    {0, 0, 0, 0, 0}};  // rename
constexpr int64_t kCallsOfAStart = 8;

Fault Fault::Choose(std::mt19937_64& random) {
  Fault fault{};
  fault.call = static_cast<Call>(random() % kCallCount);
  const uint64_t file = random() % kFileKindCount;
  const int64_t calls = kCallsOfALife[static_cast<size_t>(fault.call)][file];
  fault.at_start = calls == 0 || random() % 5 == 0;
  fault.files = fault.at_start ? (1u << kFileKindCount) - 1 : 1u << file;
  fault.countdown =
      1 + static_cast<int64_t>(random() %
                               static_cast<uint64_t>(fault.at_start ? kCallsOfAStart : calls));
  fault.error = random() % 2 == 0 ? EIO : ENOSPC;
  fault.more = random() % 2 == 0 ? 0 : static_cast<int64_t>(random() % 5);
  return fault;
}

void Disarm(Control& control) {
  control.fault_errno = 0;
  control.faults_fired = 0;
}

/// The fault hit a write of the log, which is what acknowledgements rest on.
bool HitTheLog(const Control& control) {
  const auto call = static_cast<Call>(control.fired_call.load());
  return static_cast<FileKind>(control.fired_file.load()) == FileKind::kLog &&
         (call == Call::kWrite || call == Call::kSync);
}

std::string Name(const Control& control) {
  constexpr const char* kCalls[kCallCount] = {"open", "write", "sync", "rename"};
  constexpr const char* kFiles[kFileKindCount] = {"log", "table", "manifest", "other file",
                                                  "directory"};
  return fmt::format("{} of {}", kCalls[control.fired_call.load()],
                     kFiles[control.fired_file.load()]);
}

bool Says(const Server& server, const std::string& text) {
  return server.log().find(text) != std::string::npos;
}

/// The log names what the disk answered.
bool Explains(const Server& server, int error) {
  return Says(server, std::strerror(error)) ||
         (error == ENOSPC && (Says(server, "the disk is full") || Says(server, "is full (")));
}

/// Debian builds RocksDB with its assertions, and some of its paths go on writing to a file whose
/// write failed. That ends the process: nothing is acknowledged, but the reason is RocksDB's and
/// not wick's.
bool EndedByRocksDb(const Server& server) {
  return server.exit_code() == 128 + SIGABRT && Says(server, "AssertFalseAndGetStatusForPrevError");
}

void CheckRefusals(const Senders& senders, const Fault& fault, bool hit_the_log) {
  for (const Refusals& refusals : senders.refusals()) {
    CAPTURE(refusals.first);
    CHECK(refusals.problem.empty());
    if (!hit_the_log) continue;
    // An error of the disk is final; space may come back.
    if (fault.error == EIO) CHECK(refusals.acknowledged_after == 0);
    if (refusals.first.starts_with("HTTP")) {
      CHECK(refusals.first.starts_with(fault.error == EIO ? "HTTP 503" : "HTTP 507"));
    }
  }
}

}  // namespace

TEST_CASE("a failing disk is said, nothing is acknowledged on it, and the next start is clean",
          "[fault]") {
  if (!CanPreload()) {
    WARN("skipped: no library can be preloaded into a server with a sanitizer");
    return;
  }
  Tally tally("fault", "faults");
  const uint64_t faults = Amount("WICK_FAULTS", 20);
  std::map<std::string, int> hits;
  uint64_t not_reached = 0, ended = 0, refused = 0, asserted = 0;
  for (uint64_t seed = Seed(); tally.cases() < faults; ++seed) {
    INFO(Again("fault", seed));
    std::mt19937_64 random(seed);
    const TemporaryDirectory directory;
    Preload preload(directory / "", directory / "data");
    Control& control = preload.control();
    Load load;
    auto ledgers = MakeLedgers(seed, load, kLongAgoMs);
    const uint64_t lives = std::min(kFaultsPerDirectory, faults - tally.cases());
    for (uint64_t life = 0; life < lives; ++life) {
      const Fault fault = Fault::Choose(random);
      // What several batches in flight became cannot be told once space is back within one life.
      load.connections[1] = fault.error == ENOSPC ? How::kBinary : How::kPipelined;
      CAPTURE(life, static_cast<int>(fault.call), fault.files, fault.error, fault.at_start,
              fault.countdown, fault.more);
      Disarm(control);
      if (fault.at_start) fault.Arm(control);
      {
        Server server({directory / "data", HarshSettings(random), preload.Environment(true)});
        const auto end = steady_clock::now() + kFaultIsAwaited;
        const bool ready =
            server.Await([&] { return control.faults_fired > 0 && steady_clock::now() > end; });
        if (ready) {
          Senders senders(server, ledgers, load, random());
          std::this_thread::sleep_for(milliseconds(random() % 300));
          if (!fault.at_start) fault.Arm(control);
          while (control.faults_fired == 0 && server.Running() && steady_clock::now() < end)
            usleep(1'000);
          const bool hit_the_log = control.faults_fired > 0 && HitTheLog(control);
          while (hit_the_log && server.Running() && senders.refused() == 0) usleep(1'000);
          std::this_thread::sleep_for(kAfterFault);
          if (senders.refused() > 0) {
            while (server.Running() && !Says(server, "events are refused")) usleep(1'000);
            INFO(server.log());
            CHECK(Explains(server, fault.error));
            ++refused;
          }
          server.Signal(random() % 3 == 0 ? SIGTERM : SIGKILL);
          senders.Stop();
          CheckRefusals(senders, fault, hit_the_log);
        } else if (!server.Running()) {
          INFO(server.log());
          CHECK(server.exit_code() > 0);
          CHECK((Explains(server, fault.error) || EndedByRocksDb(server)));
          ++ended;
        }
        if (server.Running()) server.Kill();
        INFO(server.log());
        CHECK((server.exit_code() < 126 || server.exit_code() == 128 + SIGKILL ||
               EndedByRocksDb(server)));
        if (EndedByRocksDb(server)) ++asserted;
      }
      tally.Case();
      if (control.faults_fired == 0) {
        ++not_reached;
      } else {
        ++hits[Name(control)];
      }
      Disarm(control);
      // The next start is clean, with or without what the disk never got.
      std::string lost_before = "nothing";
      if (random() % 2 == 0) {
        const auto unsynced = static_cast<Unsynced>(random() % kUnsyncedCount);
        lost_before =
            Describe(unsynced, CutPower(directory / "data", preload.shadow(), unsynced, random));
      }
      CAPTURE(lost_before);
      Server server({directory / "data", HarshSettings(random), {}});
      RequireExact(server, ledgers, tally);
      CHECK(server.Terminate() == 0);
    }
    tally.Add(ledgers);
  }
  std::string note;
  for (const auto& [name, count] : hits)
    note += fmt::format("{}{} {}", note.empty() ? "" : ", ", name, count);
  tally.Note(
      fmt::format("hit {}; not reached {}; servers that refused events {}, that did not start {}, "
                  "that an assertion inside RocksDB ended {}",
                  note, not_reached, refused, ended, asserted));
  CHECK(not_reached < faults);
}
