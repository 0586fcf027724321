#include "support/power_loss_env.h"

#include <rocksdb/file_system.h>
#include <rocksdb/system_clock.h>

#include <algorithm>
#include <cstdarg>
#include <utility>

namespace wick::test {
namespace {

using rocksdb::FileOptions;
using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;
using rocksdb::Slice;

IOStatus ToIoStatus(DiskResult result, const std::string& path) {
  switch (result) {
    case DiskResult::kOk:
      return IOStatus::OK();
    case DiskResult::kNotFound:
      return IOStatus::PathNotFound(path, "No such file or directory");
    case DiskResult::kExists:
      return IOStatus::IOError(path, "File exists");
    case DiskResult::kNoSpace: {
      IOStatus status = IOStatus::NoSpace(path, "No space left on device");
      status.SetRetryable(true);  // as RocksDB's own file system says
      return status;
    }
    case DiskResult::kIo:
      return IOStatus::IOError(path, "Input/output error");
    case DiskResult::kOff:
      break;
  }
  return IOStatus::IOError(path, "the power is off");
}

/// An open file of one boot.
struct Handle {
  std::shared_ptr<MemoryDisk> disk;
  uint64_t boot;
  std::string path;
  MemoryDisk::FilePointer file;

  IOStatus ReadAt(uint64_t at, size_t n, Slice* result, char* scratch) const {
    size_t got = 0;
    const DiskResult read = disk->Read(boot, *file, at, n, scratch, got);
    *result = Slice(scratch, got);
    return ToIoStatus(read, path);
  }
};

class SequentialFile final : public rocksdb::FSSequentialFile {
 public:
  explicit SequentialFile(Handle handle) : handle_(std::move(handle)) {}
  IOStatus Read(size_t n, const IOOptions&, Slice* result, char* scratch,
                IODebugContext*) override {
    const IOStatus status = handle_.ReadAt(at_, n, result, scratch);
    at_ += result->size();
    return status;
  }
  IOStatus Skip(uint64_t n) override {
    at_ += n;
    return IOStatus::OK();
  }

 private:
  Handle handle_;
  uint64_t at_ = 0;
};

class RandomAccessFile final : public rocksdb::FSRandomAccessFile {
 public:
  explicit RandomAccessFile(Handle handle) : handle_(std::move(handle)) {}
  IOStatus Read(uint64_t at, size_t n, const IOOptions&, Slice* result, char* scratch,
                IODebugContext*) const override {
    return handle_.ReadAt(at, n, result, scratch);
  }

 private:
  Handle handle_;
};

class WritableFile final : public rocksdb::FSWritableFile {
 public:
  WritableFile(Handle handle, const FileOptions& options)
      : rocksdb::FSWritableFile(options), handle_(std::move(handle)) {}
  using rocksdb::FSWritableFile::Append;
  IOStatus Append(const Slice& data, const IOOptions&, IODebugContext*) override {
    return ToIoStatus(handle_.disk->Append(handle_.boot, *handle_.file, {data.data(), data.size()}),
                      handle_.path);
  }
  IOStatus Truncate(uint64_t size, const IOOptions&, IODebugContext*) override {
    return ToIoStatus(handle_.disk->Truncate(handle_.boot, *handle_.file, size), handle_.path);
  }
  IOStatus Close(const IOOptions&, IODebugContext*) override { return IOStatus::OK(); }
  IOStatus Flush(const IOOptions&, IODebugContext*) override { return IOStatus::OK(); }
  IOStatus Sync(const IOOptions&, IODebugContext*) override {
    return ToIoStatus(handle_.disk->Sync(handle_.boot, *handle_.file), handle_.path);
  }
  bool IsSyncThreadSafe() const override { return true; }
  uint64_t GetFileSize(const IOOptions&, IODebugContext*) override {
    uint64_t bytes = 0;
    handle_.disk->Size(handle_.boot, handle_.path, bytes);
    return bytes;
  }

 private:
  Handle handle_;
};

class Directory final : public rocksdb::FSDirectory {
 public:
  explicit Directory(Handle handle) : handle_(std::move(handle)) {}
  IOStatus Fsync(const IOOptions&, IODebugContext*) override {
    return ToIoStatus(handle_.disk->SyncDirectory(handle_.boot, handle_.path), handle_.path);
  }
  IOStatus Close(const IOOptions&, IODebugContext*) override { return IOStatus::OK(); }

 private:
  Handle handle_;
};

class Lock final : public rocksdb::FileLock {
 public:
  explicit Lock(std::string path) : path_(std::move(path)) {}
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

/// RocksDB's own log, which no one reads: its file would not survive its writer's first error.
class SilentLogger final : public rocksdb::Logger {
 public:
  using rocksdb::Logger::Logv;
  void Logv(const char*, std::va_list) override {}
};

/// One slash between names, none at the end: RocksDB puts a directory and a name together as they
/// are.
std::string Normal(const std::string& path) {
  std::string normal;
  for (char c : path) {
    if (c != '/' || normal.empty() || normal.back() != '/') normal.push_back(c);
  }
  if (normal.size() > 1 && normal.back() == '/') normal.pop_back();
  return normal;
}

/// What one boot sees of the disk.
class MemoryFileSystem final : public rocksdb::FileSystem {
 public:
  explicit MemoryFileSystem(std::shared_ptr<MemoryDisk> disk)
      : disk_(std::move(disk)), boot_(disk_->boot()) {}
  const char* Name() const override { return "wick.MemoryFileSystem"; }

  IOStatus NewSequentialFile(const std::string& path, const FileOptions&,
                             std::unique_ptr<rocksdb::FSSequentialFile>* result,
                             IODebugContext*) override {
    return Make<SequentialFile>(&MemoryDisk::Open, path, result);
  }
  IOStatus NewRandomAccessFile(const std::string& path, const FileOptions&,
                               std::unique_ptr<rocksdb::FSRandomAccessFile>* result,
                               IODebugContext*) override {
    return Make<RandomAccessFile>(&MemoryDisk::Open, path, result);
  }
  IOStatus NewWritableFile(const std::string& path, const FileOptions& options,
                           std::unique_ptr<rocksdb::FSWritableFile>* result,
                           IODebugContext*) override {
    return Make<WritableFile>(&MemoryDisk::Create, path, result, options);
  }
  IOStatus ReopenWritableFile(const std::string& path, const FileOptions& options,
                              std::unique_ptr<rocksdb::FSWritableFile>* result,
                              IODebugContext*) override {
    return Make<WritableFile>(&MemoryDisk::Reopen, path, result, options);
  }
  IOStatus NewDirectory(const std::string& path, const IOOptions&,
                        std::unique_ptr<rocksdb::FSDirectory>* result, IODebugContext*) override {
    bool is_directory = false;
    DiskResult found = disk_->IsDirectory(boot_, Normal(path), is_directory);
    if (found == DiskResult::kOk && !is_directory) found = DiskResult::kNotFound;
    if (found == DiskResult::kOk) {
      *result = std::make_unique<Directory>(Handle{disk_, boot_, Normal(path), nullptr});
    }
    return ToIoStatus(found, path);
  }

  IOStatus FileExists(const std::string& path, const IOOptions&, IODebugContext*) override {
    bool is_directory = false;
    const DiskResult found = disk_->IsDirectory(boot_, Normal(path), is_directory);
    return found == DiskResult::kNotFound ? IOStatus::NotFound(path) : ToIoStatus(found, path);
  }
  IOStatus GetChildren(const std::string& path, const IOOptions&, std::vector<std::string>* result,
                       IODebugContext*) override {
    const DiskResult listed = disk_->List(boot_, Normal(path), *result);
    return listed == DiskResult::kNotFound ? IOStatus::NotFound(path) : ToIoStatus(listed, path);
  }
  IOStatus DeleteFile(const std::string& path, const IOOptions&, IODebugContext*) override {
    return ToIoStatus(disk_->Delete(boot_, Normal(path)), path);
  }
  IOStatus Truncate(const std::string& path, size_t size, const IOOptions&,
                    IODebugContext*) override {
    MemoryDisk::FilePointer file;
    const DiskResult opened = disk_->Open(boot_, Normal(path), file);
    if (opened != DiskResult::kOk) return ToIoStatus(opened, path);
    return ToIoStatus(disk_->Truncate(boot_, *file, size), path);
  }
  IOStatus CreateDir(const std::string& path, const IOOptions&, IODebugContext*) override {
    return ToIoStatus(disk_->MakeDirectory(boot_, Normal(path)), path);
  }
  IOStatus CreateDirIfMissing(const std::string& path, const IOOptions&, IODebugContext*) override {
    bool is_directory = false;
    if (disk_->IsDirectory(boot_, Normal(path), is_directory) == DiskResult::kOk && is_directory) {
      return IOStatus::OK();
    }
    return ToIoStatus(disk_->MakeDirectory(boot_, Normal(path)), path);
  }
  IOStatus DeleteDir(const std::string& path, const IOOptions&, IODebugContext*) override {
    return ToIoStatus(disk_->DeleteDirectory(boot_, Normal(path)), path);
  }
  IOStatus GetFileSize(const std::string& path, const IOOptions&, uint64_t* bytes,
                       IODebugContext*) override {
    return ToIoStatus(disk_->Size(boot_, Normal(path), *bytes), path);
  }
  IOStatus GetFileModificationTime(const std::string& path, const IOOptions&, uint64_t* time,
                                   IODebugContext*) override {
    *time = 0;
    uint64_t bytes = 0;
    return ToIoStatus(disk_->Size(boot_, Normal(path), bytes), path);
  }
  IOStatus RenameFile(const std::string& from, const std::string& to, const IOOptions&,
                      IODebugContext*) override {
    return ToIoStatus(disk_->Rename(boot_, Normal(from), Normal(to)), from);
  }
  IOStatus LinkFile(const std::string& from, const std::string& to, const IOOptions&,
                    IODebugContext*) override {
    return ToIoStatus(disk_->Link(boot_, Normal(from), Normal(to)), from);
  }
  IOStatus LockFile(const std::string& path, const IOOptions&, rocksdb::FileLock** lock,
                    IODebugContext*) override {
    *lock = nullptr;
    const DiskResult locked = disk_->Lock(boot_, Normal(path));
    if (locked == DiskResult::kExists) {
      return IOStatus::IOError("lock " + path, "already held by process");
    }
    if (locked == DiskResult::kOk) *lock = new Lock(Normal(path));
    return ToIoStatus(locked, path);
  }
  IOStatus UnlockFile(rocksdb::FileLock* lock, const IOOptions&, IODebugContext*) override {
    const std::unique_ptr<Lock> held(static_cast<Lock*>(lock));
    disk_->Unlock(boot_, held->path());
    return IOStatus::OK();
  }
  IOStatus NewLogger(const std::string&, const IOOptions&, std::shared_ptr<rocksdb::Logger>* result,
                     IODebugContext*) override {
    *result = std::make_shared<SilentLogger>();
    return IOStatus::OK();
  }
  IOStatus GetTestDirectory(const IOOptions&, std::string* path, IODebugContext*) override {
    *path = "/test";
    return IOStatus::OK();
  }
  IOStatus GetAbsolutePath(const std::string& path, const IOOptions&, std::string* result,
                           IODebugContext*) override {
    *result = path;
    return IOStatus::OK();
  }
  IOStatus GetFreeSpace(const std::string&, const IOOptions&, uint64_t* bytes,
                        IODebugContext*) override {
    *bytes = disk_->free_bytes();
    return IOStatus::OK();
  }
  IOStatus IsDirectory(const std::string& path, const IOOptions&, bool* is_directory,
                       IODebugContext*) override {
    return ToIoStatus(disk_->IsDirectory(boot_, Normal(path), *is_directory), path);
  }

 private:
  using Opener = DiskResult (MemoryDisk::*)(uint64_t, const std::string&, MemoryDisk::FilePointer&);

  template <typename Opened, typename Result, typename... More>
  IOStatus Make(Opener open, const std::string& path, Result* result, const More&... more) {
    Handle handle{disk_, boot_, Normal(path), nullptr};
    const DiskResult opened = ((*disk_).*open)(boot_, handle.path, handle.file);
    if (opened == DiskResult::kOk) *result = std::make_unique<Opened>(std::move(handle), more...);
    return ToIoStatus(opened, path);
  }

  const std::shared_ptr<MemoryDisk> disk_;
  const uint64_t boot_;
};

/// RocksDB sleeps a second after each failed flush; a test need not.
class ImpatientClock final : public rocksdb::SystemClockWrapper {
 public:
  ImpatientClock() : rocksdb::SystemClockWrapper(rocksdb::SystemClock::Default()) {}
  const char* Name() const override { return "wick.ImpatientClock"; }
  void SleepForMicroseconds(int microseconds) override {
    rocksdb::SystemClockWrapper::SleepForMicroseconds(std::min(microseconds, 1'000));
  }
};

/// RocksDB takes file system and clock out of its Env.
class BootEnv final : public rocksdb::EnvWrapper {
 public:
  explicit BootEnv(const std::shared_ptr<MemoryDisk>& disk)
      : rocksdb::EnvWrapper(rocksdb::NewCompositeEnv(std::make_shared<MemoryFileSystem>(disk))) {
    file_system_ = target()->GetFileSystem();
    system_clock_ = std::make_shared<ImpatientClock>();
  }
};

}  // namespace

PowerLossEnv::PowerLossEnv() : disk_(std::make_shared<MemoryDisk>()) { StartBoot(); }
PowerLossEnv::~PowerLossEnv() = default;

void PowerLossEnv::StartBoot() { boots_.push_back(std::make_unique<BootEnv>(disk_)); }

rocksdb::Env* PowerLossEnv::env() const { return boots_.back().get(); }

void PowerLossEnv::PowerLoss(uint64_t seed) {
  disk_->PowerLoss(seed);
  StartBoot();
}

void PowerLossEnv::Kill() {
  disk_->Kill();
  StartBoot();
}

}  // namespace wick::test
