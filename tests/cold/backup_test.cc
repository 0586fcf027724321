// Backups: made while the store is written to, listed, restored, refused.
#include "cold/backup.h"

#include <fstream>
#include <functional>
#include <thread>

#include "fixture.h"

namespace wick::cold {
namespace {

namespace fs = std::filesystem;
using market::FoldedCandle;
using market::Tier;

bool Contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

std::vector<uint64_t> FramesOf(const Store& store) {
  std::vector<uint64_t> numbers;
  const absl::Status read =
      store.ReadFrames([&](uint64_t number, std::span<const Tick>) { numbers.push_back(number); });
  INFO(read);
  REQUIRE(read.ok());
  return numbers;
}

/// Commits a frame and a candle under the same number, in one batch.
absl::Status Commit(Store& store, uint32_t number) {
  Batch batch;
  const std::vector<Tick> ticks(100, TickOf(SeriesId{0}, {100, 1, 2, number * uint64_t{1'000}}));
  const std::span<const Tick> part = ticks;
  batch.PutFrame(number, {&part, 1});
  const FoldedCandle candle = Single(number, 100);
  batch.WriteCandles(Tier::k1s, SeriesId{0}, CandleOp::kReplace, {&candle, 1});
  return store.Commit(batch);
}

void Write(Store& store, uint32_t number) {
  const absl::Status committed = Commit(store, number);
  INFO(committed);
  REQUIRE(committed.ok());
}

BackupInfo MustBackup(Store& store, const fs::path& directory, uint32_t keep = 0) {
  const auto info = store.Backup({.directory = directory, .keep = keep});
  INFO(info.status());
  REQUIRE(info.ok());
  return *info;
}

void MustRestore(const fs::path& backups, const fs::path& data, uint32_t id = 0) {
  const auto restored = Restore({.backup_directory = backups, .data_directory = data, .id = id});
  INFO(restored.status());
  REQUIRE(restored.ok());
}

std::string ErrorOf(const absl::Status& status) {
  REQUIRE_FALSE(status.ok());
  return Message(status);
}

TEST_CASE(
    "a backup made under load holds every commit that returned before it, and nothing in part",
    "[cold][backup]") {
  const TempDirectory directory;
  StoreOptions options = OptionsFor(directory.path() / "data");
  options.journal_memtable_bytes = 1_MiB;  // flushes and new logs while the backup copies
  options.wal_bytes_max = 16_MiB;
  const auto store = *Store::Open(options);
  std::atomic<uint32_t> committed{0};
  std::atomic<bool> stop{false};
  std::atomic<bool> failed{false};  // Catch's macros are the main thread's
  std::thread writer([&] {
    for (uint32_t number = 1; !stop && !failed; ++number) {
      failed = !Commit(*store, number).ok();
      committed = number;
    }
  });
  std::vector<uint32_t> before;
  for (int i = 0; i < 8; ++i) {
    while (committed < before.size() * 300 + 200 && !failed) std::this_thread::yield();
    before.push_back(committed);
    MustBackup(*store, directory.path() / "backups");
  }
  const uint32_t during = committed;
  stop = true;
  writer.join();
  REQUIRE_FALSE(failed);
  CHECK(during > before.back());

  for (uint32_t id = 1; id <= before.size(); ++id) {
    const fs::path data = directory.path() / fmt::format("restored-{}", id);
    MustRestore(directory.path() / "backups", data, id);
    const auto restored = MustOpen(data);
    const std::vector<uint64_t> frames = FramesOf(*restored);
    REQUIRE(frames.size() >= before[id - 1]);
    CHECK(frames.front() == 1);
    CHECK(frames.back() == frames.size());  // no gap
    CHECK(ReadAll(*restored, Tier::k1s, SeriesId{0}).size() == frames.size());
  }
}

TEST_CASE("generations share their tables, are listed, and older ones go", "[cold][backup]") {
  const TempDirectory directory;
  const fs::path backups = directory.path() / "on the way" / "backups";
  const auto store = MustOpen(directory.path() / "data");
  for (uint32_t i = 1; i <= 3; ++i) {
    Write(*store, i);
    CHECK(MustBackup(*store, backups).id == i);
  }
  const auto listed = ListBackups(backups);
  REQUIRE(listed.ok());
  REQUIRE(listed->size() == 3);
  CHECK(listed->front().id == 1);
  CHECK(listed->back().bytes > 0);
  CHECK(listed->back().files > 0);
  CHECK(listed->back().created_ms > 1'600'000'000'000);
  MustRestore(backups, directory.path() / "second", 2);
  CHECK(FramesOf(*MustOpen(directory.path() / "second")).size() == 2);

  Write(*store, 4);
  MustBackup(*store, backups, 2);
  const auto left = ListBackups(backups);
  REQUIRE(left->size() == 2);
  CHECK(left->front().id == 3);
  MustRestore(backups, directory.path() / "newest");
  CHECK(FramesOf(*MustOpen(directory.path() / "newest")).size() == 4);
  const std::string gone = ErrorOf(
      Restore({.backup_directory = backups, .data_directory = directory.path() / "x", .id = 2})
          .status());
  CHECK(Contains(gone, "holds no backup 2"));
  CHECK_FALSE(fs::exists(directory.path() / "x"));
}

TEST_CASE("a restored store goes on, and its next backup lies beside the older ones",
          "[cold][backup]") {
  const TempDirectory directory;
  const fs::path backups = directory.path() / "backups";
  {
    const auto store = MustOpen(directory.path() / "data");
    Write(*store, 1);
    MustBackup(*store, backups);
    Write(*store, 2);  // of another history than what the restored one writes
    MustBackup(*store, backups);
  }
  MustRestore(backups, directory.path() / "again", 1);
  {
    const auto store = MustOpen(directory.path() / "again");
    Write(*store, 2);
    Write(*store, 3);
    CHECK(MustBackup(*store, backups).id == 3);
  }
  MustRestore(backups, directory.path() / "third");
  CHECK(FramesOf(*MustOpen(directory.path() / "third")).size() == 3);
  MustRestore(backups, directory.path() / "second", 2);
  CHECK(FramesOf(*MustOpen(directory.path() / "second")).size() == 2);
}

TEST_CASE("a place where no backup belongs is refused", "[cold][backup]") {
  const TempDirectory directory;
  const auto store = MustOpen(directory.path() / "data");
  const auto refused = [&](const fs::path& place) {
    const auto made = store->Backup({.directory = place});
    CHECK(made.status().code() == absl::StatusCode::kInvalidArgument);
    return ErrorOf(made.status());
  };
  CHECK(Contains(refused("backups"), "\"backups\" is relative"));
  CHECK(Contains(refused(directory.path() / "data"), "lies in the data directory"));
  CHECK(Contains(refused(directory.path() / "x" / ".." / "data" / "backups"),
                 "lies in the data directory"));
  fs::create_directories(directory.path() / "home");
  std::ofstream(directory.path() / "home" / "letter") << "dear";
  CHECK(Contains(refused(directory.path() / "home"), "holds letter and no backups"));
  CHECK(Contains(refused(directory.path() / "home" / "letter"), "is a file"));
}

TEST_CASE("a rate at which a backup would not end is refused", "[cold][backup]") {
  const TempDirectory directory;
  const auto store = MustOpen(directory.path() / "data");
  const auto made =
      store->Backup({.directory = directory.path() / "backups", .bytes_per_second = 1});
  CHECK(Contains(ErrorOf(made.status()), "at least 65536"));
}

TEST_CASE("one backup at a time, and none once they are stopped", "[cold][backup]") {
  const TempDirectory directory;
  const auto store = MustOpen(directory.path() / "data");
  for (uint32_t i = 1; i <= 200; ++i) Write(*store, i);  // 10 s of copying
  absl::Status first;
  std::atomic<bool> ended{false};
  std::thread slow([&] {
    first =
        store->Backup({.directory = directory.path() / "slow", .bytes_per_second = kBackupRateMin})
            .status();
    ended = true;
  });
  std::string second;
  while (second.empty() && !ended) {
    if (fs::exists(directory.path() / "slow" / "LOCK")) {
      second = Message(store->Backup({.directory = directory.path() / "other"}).status());
    }
  }
  store->StopBackups();
  slow.join();
  CHECK(Contains(ErrorOf(first), "was given up: the server is stopping"));
  CHECK(Contains(second, "a backup is under way"));
  CHECK(Contains(ErrorOf(store->Backup({.directory = directory.path() / "late"}).status()),
                 "the server is stopping"));
}

TEST_CASE("a damaged backup is not restored, and nothing of it is left behind", "[cold][backup]") {
  const TempDirectory directory;
  const fs::path backups = directory.path() / "backups";
  {
    const auto store = MustOpen(directory.path() / "data");
    for (uint32_t i = 1; i <= 20; ++i) Write(*store, i);
    MustBackup(*store, backups);
  }
  const fs::path table = fs::directory_iterator(backups / "shared_checksum")->path();
  {
    std::fstream file(table, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(40);
    file.put('\x7f');
  }
  const fs::path data = directory.path() / "restored";
  const std::string flipped =
      ErrorOf(Restore({.backup_directory = backups, .data_directory = data}).status());
  INFO(flipped);
  CHECK(Contains(flipped, "backup 1 of " + backups.string() + " is damaged"));
  CHECK(Contains(flipped, table.filename().string()));
  CHECK_FALSE(fs::exists(data));

  fs::remove(table);
  CHECK(ListBackups(backups)->front().damaged);
  CHECK(Contains(ErrorOf(Restore({.backup_directory = backups, .data_directory = data}).status()),
                 "no sound backup"));
  CHECK(Contains(
      ErrorOf(Restore({.backup_directory = backups, .data_directory = data, .id = 1}).status()),
      "backup 1 in " + backups.string() + " is damaged"));
}

TEST_CASE("a restore needs a backup and an empty place, and one that was interrupted is refused",
          "[cold][backup]") {
  const TempDirectory directory;
  const fs::path backups = directory.path() / "backups";
  const auto store = MustOpen(directory.path() / "data");
  MustBackup(*store, backups);
  const auto restore = [&](const fs::path& from, const fs::path& to) {
    return ErrorOf(Restore({.backup_directory = from, .data_directory = to}).status());
  };
  CHECK(
      Contains(restore(directory.path() / "nothing", directory.path() / "x"), "holds no backups"));
  CHECK(Contains(restore(backups, directory.path() / "data"), "is not empty"));
  CHECK(Contains(ErrorOf(ListBackups(directory.path()).status()), "holds no backups"));

  MustRestore(backups, directory.path() / "half");
  fs::create_directory(directory.path() / "half" / kRestoringName);
  CHECK(Contains(ErrorOf(Store::Open(OptionsFor(directory.path() / "half")).status()),
                 "did not end"));
}

}  // namespace
}  // namespace wick::cold
