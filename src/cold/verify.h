// A data directory under the magnifying glass: every record, every checksum, every sum, nothing
// changed.
#pragma once

#include <absl/functional/function_ref.h>

#include <cstdint>
#include <string>

#include "base/status.h"

namespace wick::cold {

/// One thing that is not as it must be. Both parts are one line.
struct Finding {
  std::string what;
  std::string where;  // column family, series, time, file: as far as known
};

/// What was looked at.
struct VerifyCounts {
  uint64_t series = 0;
  uint64_t states = 0;
  uint64_t references = 0;
  uint64_t frames = 0;  // of the journal
  uint64_t events = 0;  // in those frames
  uint64_t chunks = 0;
  uint64_t candles = 0;   // in those chunks and in the states
  uint64_t compared = 0;  // candles held against the fold of the next finer tier's
  uint64_t kafka_offsets = 0;
  uint64_t dead_letters = 0;
  uint64_t tables = 0;  // SST files, every block of them
  uint64_t table_bytes = 0;
  uint64_t log_bytes = 0;   // of the write-ahead log
  uint64_t torn_bytes = 0;  // of a last write that was cut short, so never acknowledged: no finding
  uint64_t findings = 0;
};

/// Checks a directory that no server uses, and calls back with each finding. Changes no byte of it.
/// Keeps the write-ahead log (bounded by storage.max_wal) and the names of all series in memory,
/// everything else passes through. An error says why the directory cannot be checked: none there,
/// in use, of a newer wick, no right to read it.
absl::StatusOr<VerifyCounts> Verify(const std::string& directory,
                                    absl::FunctionRef<void(const Finding&)> each);

}  // namespace wick::cold
