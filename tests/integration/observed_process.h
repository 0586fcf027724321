// What the system says of a running process.
#pragma once

#include <dirent.h>
#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>

#include "catch.h"

namespace wick::test {

/// Resident memory, bytes.
inline uint64_t ResidentBytes(pid_t pid) {
  std::ifstream status("/proc/" + std::to_string(pid) + "/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmRSS:")) return std::stoull(line.substr(6)) * 1024;
  }
  FAIL("process " << pid << " has no VmRSS");
  return 0;
}

inline size_t OpenDescriptors(pid_t pid) {
  size_t descriptors = 0;
  for ([[maybe_unused]] const auto& entry :
       std::filesystem::directory_iterator("/proc/" + std::to_string(pid) + "/fd")) {
    ++descriptors;
  }
  return descriptors;
}

/// Waits until at most so many are open; a server closes what it no longer needs within seconds, so
/// a wait without end is a leak.
inline void AwaitDescriptors(pid_t pid, size_t descriptors_max) {
  size_t open = OpenDescriptors(pid);
  for (int i = 0; i < 1'200 && open > descriptors_max; ++i) {
    usleep(50'000);
    open = OpenDescriptors(pid);
  }
  CHECK(open <= descriptors_max);
}

}  // namespace wick::test
