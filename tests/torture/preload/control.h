// What a test and the library preloaded into its server share: one page of memory, a file that both
// map.
#pragma once

#include <atomic>
#include <cstdint>

namespace wick::torture {

/// Calls that can be made to fail.
enum class Call : uint32_t { kOpen = 0, kWrite = 1, kSync = 2, kRename = 3 };
inline constexpr int kCallCount = 4;

/// Files of a data directory, by their names.
enum class FileKind : uint32_t { kLog = 0, kTable = 1, kManifest = 2, kOther = 3, kDirectory = 4 };
inline constexpr int kFileKindCount = 5;

constexpr uint32_t Bit(Call call) { return 1u << static_cast<uint32_t>(call); }
constexpr uint32_t Bit(FileKind kind) { return 1u << static_cast<uint32_t>(kind); }

/// All zero: nothing fails and the clock is right. Lock-free, so that it works between processes.
struct Control {
  // The test writes. Of the chosen calls on the chosen files the one that brings the countdown to 0
  // fails, and so do the `fault_more` after it. fault_errno is written last and arms the fault; 0:
  // none is armed.
  std::atomic<uint32_t> fault_calls;  // set of Bit(Call)
  std::atomic<uint32_t> fault_files;  // set of Bit(FileKind)
  std::atomic<int32_t> fault_errno;
  std::atomic<int64_t> fault_more;
  std::atomic<int64_t> fault_countdown;
  std::atomic<int64_t> clock_offset_ms;  // added to the wall clock

  // The library writes.
  std::atomic<uint64_t> faults_fired;
  std::atomic<uint32_t> fired_call;  // Call of the first that was fired
  std::atomic<uint32_t> fired_file;  // FileKind of it
  std::atomic<uint64_t> calls[kCallCount];
};
static_assert(std::atomic<int64_t>::is_always_lock_free && sizeof(Control) <= 4'096);

// Environment of the preloaded server.
inline constexpr const char* kControlVariable = "WICK_TORTURE_CONTROL";  // path of the Control file
inline constexpr const char* kDirectoryVariable =
    "WICK_TORTURE_DIRECTORY";  // whose files are watched
inline constexpr const char* kShadowVariable =
    "WICK_TORTURE_SHADOW";  // unset: no power loss is recorded

}  // namespace wick::torture
