// How far a long run is, on a terminal.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace wick::cli {

/// One line on stderr that is written over a few times a second; nothing where stderr is no
/// terminal. Threads: one at a time.
class Progress {
 public:
  Progress();
  /// Wipes the line.
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// `total`: bytes of the whole run; nullopt: not known.
  void Show(uint64_t bytes, std::optional<uint64_t> total, uint64_t events);

 private:
  const bool on_terminal_;
  const std::chrono::steady_clock::time_point begin_;
  std::chrono::steady_clock::time_point next_;
};

/// "[#####     ]  50%  12.5 of 25.0 MiB  1,234,567 events/s  ETA 12 s"; without a total only what
/// is known.
std::string ProgressLine(uint64_t bytes, std::optional<uint64_t> total, uint64_t events,
                         double seconds);

}  // namespace wick::cli
