// Events from NDJSON text.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "feed/file_event.h"
#include "protocol/json_events.h"

namespace wick::feed {

/// Reads one JSON event a line; blank lines are skipped. The rules of an event are those of
/// protocol::EventParser, a refused line costs no other.
/// Threads: one at a time.
class NdjsonEvents {
 public:
  /// Takes the whole lines of `text`, adds their events and refusals to `out` and returns the bytes
  /// taken; the rest is given again with more text behind it. `at_end`: there is no more. Events
  /// point into `text` or this object, until the next call. A line that is too long is blanked in
  /// `text`.
  size_t Parse(std::span<char> text, bool at_end, const TimeLimits& limits, FileEvents& out);

 private:
  protocol::EventParser parser_;
  bool skipping_ = false;          // inside a refused line whose end has not been seen
  uint64_t line_ = 1;              // of the next line
  std::vector<uint64_t> line_of_;  // of each line given to the parser that is not blank
};

/// Copies what `parsed` holds to `out`; `line_of` gives the line of an index.
void AppendParsed(const protocol::ParsedEvents& parsed, std::span<const uint64_t> line_of,
                  FileEvents& out);

}  // namespace wick::feed
