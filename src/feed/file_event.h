// What the readers of files have in common.
#pragma once

#include <cstdint>
#include <vector>

#include "protocol/json_report.h"
#include "wick/event.h"

namespace wick::feed {

/// An event whose numbers passed market::CheckPrice; the names are as they stand in the file.
struct FileEvent {
  SymbolView symbol;  // valid until more is read
  Price price;
  uint64_t line = 0;  // from 1; in a JSON array the element, from 1
};

/// Where a reader puts what it finds.
struct FileEvents {
  std::vector<FileEvent> events;  // in the order of the file
  protocol::IngestReport report;  // of the records that are no events; its indexes are lines
};

/// When an event is from the future.
struct TimeLimits {
  uint64_t now_ms = 0;  // since the Unix epoch
  uint64_t future_skew_ms_max = 0;
};

/// Longest record. An event needs some 700 bytes at most; one that is longer is refused and
/// skipped, so that a file without line ends cannot fill the memory.
inline constexpr size_t kRecordBytesMax = 64 * 1024;

}  // namespace wick::feed
