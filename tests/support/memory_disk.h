// The disk of PowerLossEnv: what is in its files and directories, and what of it would survive.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace wick::test {

enum class DiskCall : uint8_t {
  kOpen,  // of a file to be written: made or reopened
  kRead,  // opening for reading is one, too
  kWrite,
  kSync,  // fsync, fdatasync
  kRename,
  kDelete,
  kTruncate,
  kSyncDirectory,
};
inline constexpr size_t kDiskCallCount = 8;

enum class Fault : uint8_t { kIo, kNoSpace };  // EIO, ENOSPC

enum class DiskResult : uint8_t { kOk, kNotFound, kExists, kIo, kNoSpace, kOff };

/// Threads: any. Calls of a boot that is over get kOff and change nothing.
class MemoryDisk {
 public:
  struct File {
    std::string data;
    uint64_t synced = 0;               // bytes from the front; 0 again behind a truncation
    std::optional<std::string> uncut;  // the synced bytes before a truncation that is not synced
    std::vector<std::pair<uint64_t, uint64_t>> doubtful;  // [from, to) that a failed sync gave up
    bool linked = true;                                   // has a name
  };
  using FilePointer = std::shared_ptr<File>;
  using Image = std::map<std::string, std::string>;

  uint64_t boot() const;

  // What a system does. `boot`: the caller's.
  DiskResult Create(uint64_t boot, const std::string& path, FilePointer& file);  // empties it
  DiskResult Reopen(uint64_t boot, const std::string& path, FilePointer& file);  // keeps it
  DiskResult Open(uint64_t boot, const std::string& path, FilePointer& file);
  DiskResult Read(uint64_t boot, const File& file, uint64_t at, size_t n, char* to, size_t& got);
  DiskResult Append(uint64_t boot, File& file, std::string_view bytes);
  DiskResult Sync(uint64_t boot, File& file);
  DiskResult Truncate(uint64_t boot, File& file, uint64_t size);
  DiskResult Rename(uint64_t boot, const std::string& from, const std::string& to);
  DiskResult Link(uint64_t boot, const std::string& from, const std::string& to);
  DiskResult Delete(uint64_t boot, const std::string& path);
  DiskResult MakeDirectory(uint64_t boot, const std::string& path);
  DiskResult DeleteDirectory(uint64_t boot, const std::string& path);
  DiskResult SyncDirectory(uint64_t boot, const std::string& path);
  DiskResult Lock(uint64_t boot, const std::string& path);
  void Unlock(uint64_t boot, const std::string& path);
  DiskResult Size(uint64_t boot, const std::string& path, uint64_t& bytes) const;
  DiskResult IsDirectory(uint64_t boot, const std::string& path, bool& is) const;
  DiskResult List(uint64_t boot, const std::string& path, std::vector<std::string>& names) const;
  uint64_t free_bytes() const;

  // What a test does; PowerLossEnv says what each means.
  void PowerLoss(uint64_t seed);
  void Kill();
  void CutPowerAfter(uint64_t calls);
  bool power_is_cut() const;
  void Fail(DiskCall call, Fault fault, uint64_t spared, uint64_t times);
  void ClearFaults();
  void RefuseFiles(std::string name_part);
  uint64_t calls(DiskCall call) const;
  void SetSpace(uint64_t bytes);
  uint64_t used_bytes() const;
  Image Save() const;
  void Load(const Image& image);
  std::string Content(const std::string& path) const;
  void Put(const std::string& path, std::string content);
  void Remove(const std::string& path);

 private:
  /// A directory if there is no file.
  struct Entry {
    FilePointer file;
  };
  using Names = std::map<std::string, Entry>;
  /// Names that changed at once. Empty: the name went.
  struct Change {
    std::vector<std::pair<std::string, std::optional<Entry>>> names;
    bool replaces = false;  // a rename over a file that was there
  };
  struct Planned {
    Fault fault;
    uint64_t spared = 0;
    uint64_t times = 0;
  };

  DiskResult Admit(uint64_t boot, DiskCall call);  // counts, and says whether a fault strikes
  DiskResult CheckOn(uint64_t boot) const;
  DiskResult FindFile(const std::string& path, FilePointer& file) const;
  bool HasDirectory(const std::string& path) const;
  void Apply(Change change);
  void CutFile(File& file, uint64_t size);
  void Unlink(const FilePointer& file);
  static void Set(Names& names, const Change& change);
  void LoseChanges(std::mt19937_64& random);
  static void LoseBytes(File& file, std::mt19937_64& random);
  void CountUsed();

  mutable std::mutex mutex_;  // of everything below
  uint64_t boot_ = 0;
  Names names_;                  // as the system sees them
  Names durable_;                // as of the last syncs of the directories
  std::vector<Change> changes_;  // what is between the two, oldest first
  std::set<std::string> locks_;
  std::optional<uint64_t> calls_to_cut_;  // 0: the power is cut
  std::array<std::optional<Planned>, kDiskCallCount> faults_;
  std::array<uint64_t, kDiskCallCount> calls_ = {};
  std::string refused_;  // part of the names of files that cannot be made; empty: none
  uint64_t space_ = UINT64_MAX;
  uint64_t used_ = 0;
};

}  // namespace wick::test
