// A disk that fills up, and one that fails: nothing is acknowledged that is not there, and writing
// goes on where that is sound.
#include "ledger.h"

namespace wick::cold {
namespace {

using market::Tier;
using test::DiskCall;
using test::Fault;
using test::PowerLossEnv;

std::unique_ptr<Store> MustOpenOn(const PowerLossEnv& disk) {
  auto store = Store::Open(OptionsOn(disk));
  INFO(store.status());
  REQUIRE(store.ok());
  return *std::move(store);
}

absl::Status CommitNumber(Store& store, const Ledger& ledger, uint64_t number) {
  Batch batch;
  ledger.Fill(number, batch);
  return store.Commit(batch);
}

void MustCommitNumbers(Store& store, const Ledger& ledger, uint64_t first, uint64_t last) {
  for (uint64_t number = first; number <= last; ++number) {
    const absl::Status committed = CommitNumber(store, ledger, number);
    CAPTURE(number, committed);
    REQUIRE(committed.ok());
  }
}

TEST_CASE("a batch that met a full disk is given again after a resume and counts once",
          "[cold][full]") {
  const Ledger ledger(1);
  // Room for no byte, for some, for nearly all of the batch.
  for (uint64_t room : {0, 1, 7, 100, 1'000, 2'500}) {
    CAPTURE(room);
    PowerLossEnv disk;
    auto store = MustOpenOn(disk);
    MustCommitNumbers(*store, ledger, 1, 3);
    disk.SetSpace(disk.used_bytes() + room);
    Batch batch;
    ledger.Fill(4, batch);
    REQUIRE(batch.bytes() > 2'500);
    const absl::Status refused = store->Commit(batch);
    CAPTURE(refused);
    REQUIRE(absl::IsResourceExhausted(refused));
    REQUIRE(Message(refused).starts_with("the disk of the data directory /data/wick is full"));
    REQUIRE_FALSE(store->CheckWritable().ok());
    MustHold(*store, ledger, 3, 3);

    REQUIRE(absl::IsResourceExhausted(store->Commit(batch)));
    REQUIRE(absl::IsResourceExhausted(store->Resume()));
    REQUIRE(absl::IsResourceExhausted(store->Flush()));
    REQUIRE(absl::IsResourceExhausted(store->RemoveExpired({}, 1).status()));
    MustHold(*store, ledger, 3, 3);

    disk.SetSpace(UINT64_MAX);
    REQUIRE(store->FreeBytes() > 1_MiB);
    const absl::Status resumed = store->Resume();
    CAPTURE(resumed);
    REQUIRE(resumed.ok());
    REQUIRE(store->CheckWritable().ok());
    MustHold(*store, ledger, 3, 3);
    REQUIRE(store->Commit(batch).ok());
    MustCommitNumbers(*store, ledger, 5, 6);
    MustHold(*store, ledger, 6, 6);
    store.reset();
    store = MustOpenOn(disk);
    MustHold(*store, ledger, 6, 6);
  }
}

TEST_CASE("resuming a store that writes does nothing", "[cold][full]") {
  PowerLossEnv disk;
  const auto store = MustOpenOn(disk);
  REQUIRE(store->CheckWritable().ok());
  REQUIRE(store->Resume().ok());
}

TEST_CASE("no crash at any moment of a resume loses a batch or counts one twice",
          "[cold][full][power]") {
  const Ledger ledger(2, 100);
  uint64_t crashes = 0;
  const uint64_t step = CasesOf(1) == 1 ? 3 : 1;
  for (uint64_t calls = 0;; calls += step) {
    CAPTURE(calls);
    PowerLossEnv disk;
    auto store = MustOpenOn(disk);
    MustCommitNumbers(*store, ledger, 1, 3);
    const uint64_t left = std::vector<uint64_t>{0, 300, 2'000}[calls / step % 3];
    disk.SetSpace(disk.used_bytes() + left);
    uint64_t number = 4;
    while (CommitNumber(*store, ledger, number).ok()) ++number;
    disk.SetSpace(UINT64_MAX);
    disk.CutPowerAfter(calls);
    const bool again = store->Resume().ok() && CommitNumber(*store, ledger, number).ok();
    const bool crashed = disk.power_is_cut();
    if (calls / step % 2 == 0) {
      disk.Kill();
    } else {
      disk.PowerLoss(calls);
    }
    store.reset();
    store = MustOpenOn(disk);
    // A batch that was written and not acknowledged may be there.
    MustHold(*store, ledger, again ? number : number - 1, number);
    if (!crashed) {
      REQUIRE(again);
      break;
    }
    ++crashes;
  }
  REQUIRE(crashes > 60 / step);  // a resume makes about 80 calls
}

TEST_CASE("the first error that is not a full disk is final", "[cold][full]") {
  const Ledger ledger(3);
  for (const DiskCall call : {DiskCall::kWrite, DiskCall::kSync}) {
    CAPTURE(static_cast<int>(call));
    for (uint64_t seed = 0; seed < CasesOf(6); ++seed) {
      PowerLossEnv disk;
      auto store = MustOpenOn(disk);
      MustCommitNumbers(*store, ledger, 1, 3);
      disk.Fail(call, Fault::kIo, 0);
      const absl::Status failed = CommitNumber(*store, ledger, 4);
      REQUIRE(absl::IsUnavailable(failed));
      REQUIRE(store->Commit(*std::make_unique<Batch>()) == failed);
      REQUIRE(CommitNumber(*store, ledger, 4) == failed);
      REQUIRE(store->Resume() == failed);
      REQUIRE(store->Flush() == failed);
      REQUIRE(store->RemoveExpired({}, 1).status() == failed);
      REQUIRE_FALSE(store->CheckWritable().ok());
      REQUIRE(Difference(*store, ledger.After(3)).empty());
      disk.PowerLoss(seed);
      store.reset();
      store = MustOpenOn(disk);
      MustHold(*store, ledger, 3, 4);
    }
  }
}

TEST_CASE("whichever call fails, what was acknowledged is there after a restart",
          "[cold][full][power]") {
  const Ledger ledger(4, 60);
  const uint64_t step = CasesOf(1) == 1 ? 11 : 1;
  for (const DiskCall call : {DiskCall::kOpen, DiskCall::kWrite, DiskCall::kSync, DiskCall::kRename,
                              DiskCall::kDelete, DiskCall::kSyncDirectory}) {
    for (const Fault fault : {Fault::kIo, Fault::kNoSpace}) {
      for (uint64_t spared = 0;; spared += step) {
        CAPTURE(static_cast<int>(call), static_cast<int>(fault), spared);
        PowerLossEnv disk;
        auto store = MustOpenOn(disk);
        MustCommitNumbers(*store, ledger, 1, 2);
        const uint64_t before = disk.calls(call);
        disk.Fail(call, fault, spared);
        uint64_t acknowledged = 2;
        uint64_t tried = 2;
        for (uint64_t number = 3; number <= 8; ++number) {
          tried = number;
          absl::Status committed = CommitNumber(*store, ledger, number);
          if (absl::IsResourceExhausted(committed) && store->Resume().ok()) {
            committed = CommitNumber(*store, ledger, number);
          }
          if (!committed.ok()) break;
          acknowledged = number;
          if (number % 3 == 0 && !store->Flush().ok()) {
            if (!store->Resume().ok()) break;
          }
        }
        const bool struck = disk.calls(call) > before + spared;
        disk.ClearFaults();
        disk.PowerLoss(spared);
        store.reset();
        store = MustOpenOn(disk);
        MustHold(*store, ledger, acknowledged, tried);
        if (!struck) {
          REQUIRE(acknowledged == 8);
          break;
        }
      }
    }
  }
}

TEST_CASE("a store is opened to be read while the disk is full, and resumes", "[cold][full]") {
  const Ledger ledger(5);
  PowerLossEnv disk;
  {
    const auto store = MustOpenOn(disk);
    MustCommitNumbers(*store, ledger, 1, 4);
    REQUIRE(store->Flush().ok());
    MustCommitNumbers(*store, ledger, 5, 9);
    disk.Kill();
  }
  disk.SetSpace(disk.used_bytes());
  auto store = MustOpenOn(disk);
  REQUIRE_FALSE(store->CheckWritable().ok());
  MustHold(*store, ledger, 9, 9);
  REQUIRE(absl::IsResourceExhausted(CommitNumber(*store, ledger, 10)));
  REQUIRE(absl::IsResourceExhausted(store->Flush()));
  REQUIRE(absl::IsResourceExhausted(store->RemoveExpired({}, 1).status()));
  REQUIRE(absl::IsResourceExhausted(store->Resume()));
  REQUIRE(absl::IsFailedPrecondition(Store::Open(OptionsOn(disk)).status()));  // it is locked
  const test::PowerLossEnv::Image before = disk.Save();
  const auto old = store->GetSnapshot();
  REQUIRE(disk.Save() == before);

  disk.SetSpace(UINT64_MAX);
  const absl::Status resumed = store->Resume();
  CAPTURE(resumed);
  REQUIRE(resumed.ok());
  REQUIRE(store->CheckWritable().ok());
  MustHold(*store, ledger, 9, 9);
  MustCommitNumbers(*store, ledger, 10, 40);
  REQUIRE(store->Flush().ok());
  // The old snapshot still reads what it saw, from tables that are gone from the directory.
  const Contents nine = ledger.After(9);
  for (const auto& [key, wanted] : nine.candles) {
    std::vector<market::FoldedCandle> candles;
    REQUIRE(old->ReadForward(market::kTiers[key.first], SeriesId{key.second}, 0, UINT32_MAX,
                             SIZE_MAX, candles)
                .ok());
    REQUIRE(candles.size() == wanted.size());
    for (const auto& candle : candles) REQUIRE(SameBits(candle, wanted.at(candle.bucket)));
  }
  MustHold(*store, ledger, 40, 40);
}

TEST_CASE("what a reader of a full disk closes late does not harm what was written since",
          "[cold][full]") {
  const Ledger ledger(6);
  PowerLossEnv disk;
  {
    const auto store = MustOpenOn(disk);
    MustCommitNumbers(*store, ledger, 1, 5);
    disk.Kill();
  }
  disk.SetSpace(disk.used_bytes());
  auto store = MustOpenOn(disk);
  auto old = store->GetSnapshot();
  disk.SetSpace(UINT64_MAX);
  REQUIRE(store->Resume().ok());
  MustCommitNumbers(*store, ledger, 6, 20);
  REQUIRE(store->Flush().ok());
  MustCommitNumbers(*store, ledger, 21, 22);
  old.reset();
  MustHold(*store, ledger, 22, 22);
  disk.PowerLoss(1);
  store.reset();
  store = MustOpenOn(disk);
  MustHold(*store, ledger, 22, 22);
}

TEST_CASE("a snapshot that is held keeps a resume waiting, not for ever", "[cold][full]") {
  const Ledger ledger(7);
  PowerLossEnv disk;
  const auto store = MustOpenOn(disk);
  MustCommitNumbers(*store, ledger, 1, 3);
  disk.SetSpace(disk.used_bytes());
  REQUIRE(absl::IsResourceExhausted(CommitNumber(*store, ledger, 4)));
  disk.SetSpace(UINT64_MAX);
  auto held = store->GetSnapshot();
  const absl::Status busy = store->Resume();
  REQUIRE(absl::IsResourceExhausted(busy));
  REQUIRE(Message(busy).find("a long read") != std::string::npos);
  MustHold(*store, ledger, 3, 3);
  held.reset();
  REQUIRE(store->Resume().ok());
  MustCommitNumbers(*store, ledger, 4, 5);
  MustHold(*store, ledger, 5, 5);
}

TEST_CASE("a new directory on a full disk is refused, and made when there is room",
          "[cold][full]") {
  PowerLossEnv disk;
  disk.SetSpace(0);
  const absl::Status refused = Store::Open(OptionsOn(disk)).status();
  CAPTURE(refused);
  REQUIRE(absl::IsResourceExhausted(refused));
  disk.SetSpace(UINT64_MAX);
  REQUIRE(MustOpenOn(disk)->CheckWritable().ok());
}

TEST_CASE("a disk that fills up while a directory is made leaves one that is finished later",
          "[cold][full]") {
  PowerLossEnv measure;
  MustOpenOn(measure);
  const uint64_t whole = measure.used_bytes();
  for (uint64_t calls = 0; calls < 60; calls += 4) {
    CAPTURE(calls);
    PowerLossEnv disk;
    disk.SetSpace(1_MiB + 1'000);
    disk.Fail(DiskCall::kWrite, Fault::kNoSpace, calls, UINT64_MAX);
    const auto first = Store::Open(OptionsOn(disk));
    disk.ClearFaults();
    disk.SetSpace(UINT64_MAX);
    if (first.ok()) continue;
    REQUIRE(absl::IsResourceExhausted(first.status()));
    REQUIRE(MustOpenOn(disk)->CheckWritable().ok());
  }
  REQUIRE(whole > 0);
}

}  // namespace
}  // namespace wick::cold
