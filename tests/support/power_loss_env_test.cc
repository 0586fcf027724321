#include "support/power_loss_env.h"

#include <set>

#include "catch.h"

namespace wick::test {
namespace {

using rocksdb::EnvOptions;

std::unique_ptr<rocksdb::WritableFile> NewFile(PowerLossEnv& disk, const std::string& path) {
  std::unique_ptr<rocksdb::WritableFile> file;
  REQUIRE(disk.env()->NewWritableFile(path, &file, EnvOptions()).ok());
  return file;
}

rocksdb::Status SyncDirectory(PowerLossEnv& disk, const std::string& path) {
  std::unique_ptr<rocksdb::Directory> directory;
  REQUIRE(disk.env()->NewDirectory(path, &directory).ok());
  return directory->Fsync();
}

/// A synced directory /d.
void MakeDirectory(PowerLossEnv& disk) {
  REQUIRE(disk.env()->CreateDir("/d").ok());
  REQUIRE(SyncDirectory(disk, "/").ok());
}

std::set<std::string> NamesIn(PowerLossEnv& disk) {
  std::vector<std::string> names;
  REQUIRE(disk.env()->GetChildren("/d", &names).ok());
  return {names.begin(), names.end()};
}

constexpr uint64_t kSeeds = 200;

TEST_CASE("what was synced survives every power loss, what was not survives some",
          "[support][power]") {
  std::set<std::string> left;
  for (uint64_t seed = 0; seed < kSeeds; ++seed) {
    PowerLossEnv disk;
    MakeDirectory(disk);
    const auto file = NewFile(disk, "/d/f");
    REQUIRE(SyncDirectory(disk, "/d").ok());
    REQUIRE(file->Append("synced,").ok());
    REQUIRE(file->Sync().ok());
    REQUIRE(file->Append("not").ok());
    disk.PowerLoss(seed);
    REQUIRE_FALSE(file->Append("dead").ok());
    const std::string content = disk.Read("/d/f");
    CAPTURE(seed, content);
    REQUIRE(content.starts_with("synced,"));
    left.insert(content);
  }
  REQUIRE(left.contains("synced,"));
  REQUIRE(left.contains("synced,not"));
  REQUIRE(left.contains("synced,n"));
  REQUIRE(left.size() == 4);
}

TEST_CASE("a lost page is zeros between pages that came through", "[support][power]") {
  bool seen = false;
  for (uint64_t seed = 0; seed < 10 * kSeeds && !seen; ++seed) {
    PowerLossEnv disk;
    MakeDirectory(disk);
    const auto file = NewFile(disk, "/d/f");
    REQUIRE(SyncDirectory(disk, "/d").ok());
    REQUIRE(file->Append(std::string(3 * 4096, 'x')).ok());
    disk.PowerLoss(seed);
    seen = disk.Read("/d/f") ==
           std::string(4096, 'x') + std::string(4096, '\0') + std::string(4096, 'x');
  }
  REQUIRE(seen);
}

TEST_CASE("a new name, a rename and a deletion last from the directory's sync on",
          "[support][power]") {
  std::set<std::set<std::string>> left;
  for (uint64_t seed = 0; seed < kSeeds; ++seed) {
    PowerLossEnv disk;
    MakeDirectory(disk);
    for (const char* path : {"/d/old", "/d/gone"}) REQUIRE(NewFile(disk, path)->Sync().ok());
    REQUIRE(SyncDirectory(disk, "/d").ok());
    REQUIRE(NewFile(disk, "/d/new")->Sync().ok());
    REQUIRE(disk.env()->RenameFile("/d/new", "/d/old").ok());
    REQUIRE(disk.env()->DeleteFile("/d/gone").ok());
    const bool synced = seed % 2 == 0;
    if (synced) REQUIRE(SyncDirectory(disk, "/d").ok());
    disk.PowerLoss(seed);
    if (synced) {
      REQUIRE(NamesIn(disk) == std::set<std::string>{"old"});
    } else {
      left.insert(NamesIn(disk));
    }
  }
  REQUIRE(left.contains({"old"}));
  REQUIRE(left.contains({"old", "gone"}));
  REQUIRE(left.contains({"old", "gone", "new"}));
}

TEST_CASE("a file that replaced another one is never there without what came before it",
          "[support][power]") {
  std::set<std::set<std::string>> left;
  for (uint64_t seed = 0; seed < kSeeds; ++seed) {
    PowerLossEnv disk;
    MakeDirectory(disk);
    disk.Put("/d/current", "one");
    disk.Put("/d/next", "two");
    REQUIRE(NewFile(disk, "/d/two")->Sync().ok());
    REQUIRE(disk.env()->RenameFile("/d/next", "/d/current").ok());
    REQUIRE(NewFile(disk, "/d/after")->Sync().ok());
    disk.PowerLoss(seed);
    const std::set<std::string> names = NamesIn(disk);
    if (disk.Read("/d/current") == "two") REQUIRE(names.contains("two"));
    left.insert(names);
  }
  CHECK(left.contains({"current", "next"}));
  CHECK(left.contains({"current", "next", "two"}));
  CHECK(left.contains({"current", "next", "after"}));  // the others in any order
  CHECK(left.contains({"current", "two"}));
  CHECK(left.contains({"current", "two", "after"}));
}

TEST_CASE("a directory that was not synced into its parent may go with all its files",
          "[support][power]") {
  std::set<bool> left;
  for (uint64_t seed = 0; seed < kSeeds; ++seed) {
    PowerLossEnv disk;
    REQUIRE(disk.env()->CreateDir("/d").ok());
    REQUIRE(NewFile(disk, "/d/f")->Sync().ok());
    REQUIRE(SyncDirectory(disk, "/d").ok());
    disk.PowerLoss(seed);
    left.insert(disk.env()->FileExists("/d/f").ok());
  }
  REQUIRE(left.size() == 2);
}

TEST_CASE("a truncation that was not synced may come undone", "[support][power]") {
  std::set<std::string> left;
  for (uint64_t seed = 0; seed < kSeeds; ++seed) {
    PowerLossEnv disk;
    disk.Put("/d/f", "0123456789");
    std::unique_ptr<rocksdb::WritableFile> file;
    REQUIRE(disk.env()->ReopenWritableFile("/d/f", &file, EnvOptions()).ok());
    REQUIRE(file->Truncate(4).ok());
    disk.PowerLoss(seed);
    left.insert(disk.Read("/d/f"));
  }
  REQUIRE(left == std::set<std::string>{"0123", "0123456789"});
}

TEST_CASE("bytes whose sync failed are doubtful even after one that succeeds", "[support][power]") {
  std::set<std::string> left;
  for (uint64_t seed = 0; seed < kSeeds; ++seed) {
    PowerLossEnv disk;
    MakeDirectory(disk);
    const auto file = NewFile(disk, "/d/f");
    REQUIRE(SyncDirectory(disk, "/d").ok());
    REQUIRE(file->Append("ab").ok());
    disk.Fail(DiskCall::kSync, Fault::kIo, 0);
    REQUIRE(file->Sync().IsIOError());
    REQUIRE(file->Append("c").ok());
    REQUIRE(file->Sync().ok());
    disk.PowerLoss(seed);
    left.insert(disk.Read("/d/f"));
  }
  REQUIRE(left == std::set<std::string>{"abc", std::string("\0\0c", 3)});
}

TEST_CASE("a killed process leaves what it wrote, and the power may still take it",
          "[support][power]") {
  std::set<std::string> left;
  for (uint64_t seed = 0; seed < kSeeds; ++seed) {
    PowerLossEnv disk;
    MakeDirectory(disk);
    const auto file = NewFile(disk, "/d/f");
    REQUIRE(SyncDirectory(disk, "/d").ok());
    REQUIRE(file->Append("written").ok());
    disk.Kill();
    REQUIRE_FALSE(file->Append("dead").ok());
    REQUIRE(disk.Read("/d/f") == "written");
    disk.PowerLoss(seed);
    left.insert(disk.Read("/d/f"));
  }
  REQUIRE(left.contains("written"));
  REQUIRE(left.contains(""));
}

TEST_CASE("a disk without space takes what fits and says so", "[support][power]") {
  PowerLossEnv disk;
  MakeDirectory(disk);
  disk.SetSpace(10);
  const auto file = NewFile(disk, "/d/f");
  REQUIRE(file->Append("01234").ok());
  REQUIRE(file->Append("56789abc").IsNoSpace());
  REQUIRE(disk.Read("/d/f") == "0123456789");
  uint64_t free_bytes = 1;
  REQUIRE(disk.env()->GetFreeSpace("/d", &free_bytes).ok());
  REQUIRE(free_bytes == 0);
  REQUIRE(disk.env()->DeleteFile("/d/f").ok());
  REQUIRE(disk.used_bytes() == 0);
  REQUIRE(NewFile(disk, "/d/g")->Append("0123456789").ok());
}

TEST_CASE("a path is the same with slashes too many", "[support][power]") {
  PowerLossEnv disk;
  REQUIRE(disk.env()->CreateDir("/d/").ok());
  NewFile(disk, "/d//f");
  REQUIRE(disk.env()->FileExists("//d/f").ok());
  REQUIRE(NamesIn(disk) == std::set<std::string>{"f"});
}

TEST_CASE("the planned call fails, the ones before and after do not", "[support][power]") {
  PowerLossEnv disk;
  MakeDirectory(disk);
  const auto file = NewFile(disk, "/d/f");
  disk.Fail(DiskCall::kWrite, Fault::kNoSpace, 1, 2);
  REQUIRE(file->Append("ab").ok());
  REQUIRE(file->Append("cd").IsNoSpace());
  REQUIRE(file->Append("ef").IsNoSpace());
  REQUIRE(file->Append("gh").ok());
  REQUIRE(disk.Read("/d/f") == "abcegh");
  REQUIRE(disk.calls(DiskCall::kWrite) == 4);
  disk.Fail(DiskCall::kRename, Fault::kIo, 0);
  REQUIRE(disk.env()->RenameFile("/d/f", "/d/g").IsIOError());
  REQUIRE(disk.env()->RenameFile("/d/f", "/d/g").ok());
}

TEST_CASE("after a cut in the middle of work nothing changes any more", "[support][power]") {
  PowerLossEnv disk;
  MakeDirectory(disk);
  const auto file = NewFile(disk, "/d/f");
  disk.CutPowerAfter(2);
  REQUIRE(file->Append("a").ok());
  REQUIRE(file->Sync().ok());
  REQUIRE(disk.power_is_cut());
  REQUIRE_FALSE(file->Append("b").ok());
  REQUIRE_FALSE(disk.env()->DeleteFile("/d/f").ok());
  REQUIRE(disk.Read("/d/f") == "a");
  disk.Kill();
  REQUIRE(disk.env()->DeleteFile("/d/f").ok());
}

}  // namespace
}  // namespace wick::test
