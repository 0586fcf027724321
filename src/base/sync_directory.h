// Makes the names in a directory durable: files created, renamed and removed there.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

namespace wick {

/// False: it could not be; errno says why.
inline bool SyncDirectory(const std::filesystem::path& directory) {
  const int descriptor = open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return false;
  const bool synced = fsync(descriptor) == 0;
  const int cause = errno;
  close(descriptor);
  errno = cause;
  return synced;
}

}  // namespace wick
