// RocksDB's Env over a disk in memory that loses its power, fills up and fails when told: what
// survives can be tested thousands of times a minute.
#pragma once

#include <rocksdb/env.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "support/memory_disk.h"

namespace wick::test {

/// A disk that keeps apart what was written and what was synced.
///
/// PowerLoss() brings back what a power cut may leave on ext4 or xfs: of each file every synced
/// byte, of the others all, none, the first few, or some 4 KiB pages and zeros for the rest; of
/// each directory every change before its last sync, of the later ones all, none, the first few, or
/// any; but where a rename over a file outlived a loss, so did all that came before it (these file
/// systems keep the order of names, and RocksDB's step to a new manifest relies on it). Bytes whose
/// sync failed stay doubtful for ever: Linux forgets that they are dirty, so that a later sync of
/// the file that succeeds says nothing of them.
///
/// Paths are absolute, without a slash at the end; "/" is there from the start.
/// Threads: any, except that PowerLoss() and Kill() have one caller at a time.
class PowerLossEnv {
 public:
  using Image = MemoryDisk::Image;  // content by path, of every file

  PowerLossEnv();
  ~PowerLossEnv();
  PowerLossEnv(const PowerLossEnv&) = delete;
  PowerLossEnv& operator=(const PowerLossEnv&) = delete;

  /// The running system's. Dead after PowerLoss() and Kill(): whoever still has it (a store that
  /// must yet be destroyed) gets an error from each call and changes nothing. Lives as long as
  /// this.
  rocksdb::Env* env() const;

  /// The power goes and comes back. The same seed after the same calls leaves the same.
  void PowerLoss(uint64_t seed);
  /// The process dies, the system does not: everything written is there, and just as unsynced.
  void Kill();
  /// Every call after the next `calls` that change something fails, until PowerLoss() or Kill(): a
  /// cut in the middle of work that is going on.
  void CutPowerAfter(uint64_t calls) { disk_->CutPowerAfter(calls); }
  bool power_is_cut() const { return disk_->power_is_cut(); }

  /// Calls of the kind fail, after the next `spared` ones, `times` times. A failing write leaves
  /// half of its bytes. One fault a kind.
  void Fail(DiskCall call, Fault fault, uint64_t spared, uint64_t times = 1) {
    disk_->Fail(call, fault, spared, times);
  }
  void ClearFaults() { disk_->ClearFaults(); }
  /// Making a file with this in its name fails from now on. RocksDB goes on without its OPTIONS
  /// files and opens more than twice as fast.
  void RefuseFiles(std::string name_part) { disk_->RefuseFiles(std::move(name_part)); }
  /// Calls so far, failed ones included.
  uint64_t calls(DiskCall call) const { return disk_->calls(call); }

  /// Of all files. A write that does not fit writes what does and fails with kNoSpace.
  void SetSpace(uint64_t bytes) { disk_->SetSpace(bytes); }
  uint64_t used_bytes() const { return disk_->used_bytes(); }

  // The disk as it is, past every fault. What is put is synced at once.
  Image Save() const { return disk_->Save(); }
  void Load(const Image& image) { disk_->Load(image); }  // in place of everything there is
  std::string Read(const std::string& path) const { return disk_->Content(path); }
  void Put(const std::string& path, std::string content) {  // makes its directories
    disk_->Put(path, std::move(content));
  }
  void Remove(const std::string& path) { disk_->Remove(path); }

 private:
  void StartBoot();

  const std::shared_ptr<MemoryDisk> disk_;
  std::vector<std::unique_ptr<rocksdb::Env>> boots_;  // the last is the running system's
};

}  // namespace wick::test
