// Stands in for the calls by which a data directory is written and the wall clock is read.
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <cstdarg>

#include "torture/preload/real.h"
#include "torture/preload/watch.h"

using namespace wick::torture;

namespace {

constexpr int64_t kNsPerMs = 1'000'000;
constexpr int64_t kNsPerS = 1'000'000'000;

/// Opens with the real `function`, and notes what that made, cut and may be written by.
int Open(const char* function, const char* path, int flags, mode_t mode) {
  const auto real = Real<int(const char*, int, ...)>(function);
  Watch& watch = Watch::Instance();
  const auto kind = watch.KindOf(path);
  if (!kind) return real(path, flags, mode);
  if (watch.Fails(Call::kOpen, *kind)) return -1;
  Shadow* const shadow = watch.shadow();
  std::unique_lock<std::mutex> lock;
  if (shadow != nullptr) lock = shadow->Lock();
  const bool makes = (flags & O_CREAT) != 0 && access(path, F_OK) != 0;
  const int file = real(path, flags, mode);
  if (file < 0) return file;
  struct stat status {};
  fstat(file, &status);
  if (shadow != nullptr && makes) shadow->Made(path, status.st_ino);
  if (lock) lock.unlock();
  if (shadow != nullptr && !makes && (flags & O_TRUNC) != 0) shadow->Cut(status.st_ino, 0);
  watch.Opened(file, *kind, status.st_ino);
  return file;
}

mode_t ModeOf(int flags, va_list arguments) {
  return (flags & (O_CREAT | O_TMPFILE)) != 0 ? static_cast<mode_t>(va_arg(arguments, unsigned))
                                              : 0;
}

/// A failing write leaves half of its bytes, as a disk does.
template <typename Write>
ssize_t WriteOrFail(int file, size_t size, Write real) {
  const auto watched = Watch::Instance().Find(file);
  if (!watched || !Watch::Instance().Fails(Call::kWrite, watched->kind)) return real(size);
  const int error = errno;
  real(size / 2);
  errno = error;
  return -1;
}

int Sync(const char* function, int file) {
  const auto real = Real<int(int)>(function);
  Watch& watch = Watch::Instance();
  const auto watched = watch.Find(file);
  if (!watched) return real(file);
  if (watch.Fails(Call::kSync, watched->kind)) return -1;
  Shadow* const shadow = watch.shadow();
  if (shadow == nullptr) return real(file);
  // What is there before the sync begins is safe after it.
  struct stat status {};
  fstat(file, &status);
  const long lines = shadow->Lines();
  const int result = real(file);
  if (result != 0) return result;
  if (watched->kind == FileKind::kDirectory) {
    shadow->DirectorySafe(lines);
  } else {
    shadow->Safe(watched->inode, status.st_size);
  }
  return result;
}

int Truncate(const char* function, int file, off_t bytes) {
  const int result = Real<int(int, off_t)>(function)(file, bytes);
  const auto watched = Watch::Instance().Find(file);
  Shadow* const shadow = Watch::Instance().shadow();
  if (result == 0 && watched && shadow != nullptr) shadow->Cut(watched->inode, bytes);
  return result;
}

}  // namespace

extern "C" {

int open(const char* path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = ModeOf(flags, arguments);
  va_end(arguments);
  return Open("open", path, flags, mode);
}

int open64(const char* path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = ModeOf(flags, arguments);
  va_end(arguments);
  return Open("open64", path, flags, mode);
}

int creat(const char* path, mode_t mode) {
  return Open("open", path, O_CREAT | O_WRONLY | O_TRUNC, mode);
}

int close(int file) {
  Watch::Instance().Closed(file);
  return Real<int(int)>("close")(file);
}

ssize_t write(int file, const void* bytes, size_t size) {
  static const auto real = Real<ssize_t(int, const void*, size_t)>("write");
  return WriteOrFail(file, size, [&](size_t n) { return real(file, bytes, n); });
}

ssize_t pwrite(int file, const void* bytes, size_t size, off_t at) {
  static const auto real = Real<ssize_t(int, const void*, size_t, off_t)>("pwrite");
  return WriteOrFail(file, size, [&](size_t n) { return real(file, bytes, n, at); });
}

ssize_t pwrite64(int file, const void* bytes, size_t size, off64_t at) {
  static const auto real = Real<ssize_t(int, const void*, size_t, off64_t)>("pwrite64");
  return WriteOrFail(file, size, [&](size_t n) { return real(file, bytes, n, at); });
}

int fsync(int file) { return Sync("fsync", file); }
int fdatasync(int file) { return Sync("fdatasync", file); }
int ftruncate(int file, off_t bytes) noexcept { return Truncate("ftruncate", file, bytes); }
int ftruncate64(int file, off64_t bytes) noexcept { return Truncate("ftruncate64", file, bytes); }

int rename(const char* from, const char* to) noexcept {
  static const auto real = Real<int(const char*, const char*)>("rename");
  Watch& watch = Watch::Instance();
  const auto kind = watch.KindOf(to);
  if (!kind || !watch.KindOf(from)) return real(from, to);
  if (watch.Fails(Call::kRename, *kind)) return -1;
  if (watch.shadow() == nullptr) return real(from, to);
  const auto lock = watch.shadow()->Lock();
  const int result = real(from, to);
  if (result == 0) watch.shadow()->Moved(watch.NameOf(from), watch.NameOf(to));
  return result;
}

int unlink(const char* path) noexcept {
  static const auto real = Real<int(const char*)>("unlink");
  Watch& watch = Watch::Instance();
  if (!watch.KindOf(path) || watch.shadow() == nullptr) return real(path);
  const auto lock = watch.shadow()->Lock();
  const int result = real(path);
  if (result == 0) watch.shadow()->Removed(watch.NameOf(path));
  return result;
}

int clock_gettime(clockid_t clock, timespec* time) noexcept {
  static const auto real = Real<int(clockid_t, timespec*)>("clock_gettime");
  const int result = real(clock, time);
  if (result != 0 || (clock != CLOCK_REALTIME && clock != CLOCK_REALTIME_COARSE)) return result;
  const int64_t ns = time->tv_nsec + Watch::Instance().ClockOffsetMs() * kNsPerMs;
  int64_t seconds = ns / kNsPerS;
  if (ns % kNsPerS < 0) --seconds;
  time->tv_sec += seconds;
  time->tv_nsec = ns - seconds * kNsPerS;
  return result;
}

int gettimeofday(timeval* time, void*) noexcept {
  timespec now{};
  const int result = clock_gettime(CLOCK_REALTIME, &now);
  time->tv_sec = now.tv_sec;
  time->tv_usec = now.tv_nsec / 1'000;
  return result;
}

}  // extern "C"
