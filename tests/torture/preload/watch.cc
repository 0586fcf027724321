#include "torture/preload/watch.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdlib>

#include "torture/preload/real.h"

namespace wick::torture {
namespace {

constexpr int kDescriptorsMax = 65'536;

/// By descriptor: 0 not watched, else kind + 1; and the inode.
std::array<std::atomic<uint32_t>, kDescriptorsMax> kinds;
std::array<std::atomic<ino_t>, kDescriptorsMax> inodes;

Control* MapControl(const char* path) {
  const int file = Real<int(const char*, int, ...)>("open")(path, O_RDWR | O_CLOEXEC);
  if (file < 0) return nullptr;
  void* const page = mmap(nullptr, sizeof(Control), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  Real<int(int)>("close")(file);
  return page == MAP_FAILED ? nullptr : static_cast<Control*>(page);
}

}  // namespace

Watch& Watch::Instance() {
  static Watch* const watch = new Watch;
  return *watch;
}

Watch::Watch() {
  if (const char* const path = std::getenv(kControlVariable)) control_ = MapControl(path);
  if (const char* const path = std::getenv(kDirectoryVariable)) directory_ = path;
  if (const char* const path = std::getenv(kShadowVariable)) shadow_ = new Shadow(path);
}

std::optional<FileKind> Watch::KindOf(std::string_view path) const {
  if (directory_.empty() || !path.starts_with(directory_)) return std::nullopt;
  std::string_view name = path.substr(directory_.size());
  while (name.starts_with('/')) name.remove_prefix(1);
  if (name.empty())
    return path.size() == directory_.size() || path[directory_.size()] == '/'
               ? std::optional(FileKind::kDirectory)
               : std::nullopt;
  if (path[directory_.size()] != '/' || name.find('/') != std::string_view::npos)
    return std::nullopt;
  if (name.ends_with(".log")) return FileKind::kLog;
  if (name.ends_with(".sst")) return FileKind::kTable;
  return name.starts_with("MANIFEST") ? FileKind::kManifest : FileKind::kOther;
}

void Watch::Opened(int descriptor, FileKind kind, ino_t inode) {
  if (descriptor < 0 || descriptor >= kDescriptorsMax) return;
  inodes[static_cast<size_t>(descriptor)].store(inode, std::memory_order_relaxed);
  // Release; pairs with the acquire in Find(): who sees the kind sees its inode.
  kinds[static_cast<size_t>(descriptor)].store(static_cast<uint32_t>(kind) + 1,
                                               std::memory_order_release);
}

void Watch::Closed(int descriptor) {
  if (descriptor < 0 || descriptor >= kDescriptorsMax) return;
  kinds[static_cast<size_t>(descriptor)].store(0, std::memory_order_relaxed);
}

std::optional<WatchedFile> Watch::Find(int descriptor) const {
  if (descriptor < 0 || descriptor >= kDescriptorsMax) return std::nullopt;
  const uint32_t kind = kinds[static_cast<size_t>(descriptor)].load(std::memory_order_acquire);
  if (kind == 0) return std::nullopt;
  return WatchedFile{static_cast<FileKind>(kind - 1),
                     inodes[static_cast<size_t>(descriptor)].load(std::memory_order_relaxed)};
}

bool Watch::Fails(Call call, FileKind kind) {
  if (control_ == nullptr) return false;
  ++control_->calls[static_cast<size_t>(call)];
  const int error = control_->fault_errno.load();
  if (error == 0) return false;
  if (!(control_->fault_calls.load() & Bit(call)) || !(control_->fault_files.load() & Bit(kind)))
    return false;
  const int64_t left = --control_->fault_countdown;
  if (left > 0 || left < -control_->fault_more.load()) return false;
  if (control_->faults_fired.load() == 0) {
    control_->fired_call = static_cast<uint32_t>(call);
    control_->fired_file = static_cast<uint32_t>(kind);
  }
  ++control_->faults_fired;
  errno = error;
  return true;
}

int64_t Watch::ClockOffsetMs() const {
  return control_ == nullptr ? 0 : control_->clock_offset_ms.load();
}

}  // namespace wick::torture
