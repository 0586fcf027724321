// Price events from a file or standard input.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "base/status.h"
#include "feed/csv_events.h"
#include "feed/file_event.h"
#include "feed/input_stream.h"
#include "feed/ndjson_events.h"

namespace wick::feed {

/// Largest file that is one JSON array: it is read as a whole. Longer ones: NDJSON.
inline constexpr uint64_t kJsonDocumentBytesMax = 64 * 1024 * 1024;

/// Reads a file of price events in one of three formats, told by its first character that is not
/// blank: '{' is NDJSON, '[' one JSON array, anything else CSV with a header. Each may be gzipped.
/// Memory: a few blocks of 1 MiB, whatever the size of the file (a JSON array: the array). A record
/// that is no event is refused, reported with its line, and costs no other record. Threads: one at
/// a time. Failure of the file as a whole (unreadable, truncated gzip, a CSV header without the
/// columns, an array that is no JSON): a status with the name of the file, after the events before
/// it.
class FileSource {
 public:
  /// "-" is standard input. The clock must outlive the source.
  static absl::StatusOr<std::unique_ptr<FileSource>> Open(const std::string& path,
                                                          const Clock& clock,
                                                          uint64_t future_skew_ms_max);

  /// Replaces `events()` by the next ones, at least one unless the file ends. False: the end.
  absl::StatusOr<bool> Next();

  /// Valid until Next().
  const std::vector<FileEvent>& events() const { return out_.events; }
  /// Of every record read so far that is no event; its indexes are lines. The caller may add to it
  /// what happens to the events later.
  protocol::IngestReport& report() { return out_.report; }

  const std::string& name() const { return stream_->name(); }
  uint64_t bytes_read() const { return stream_->bytes_read(); }                   // as stored
  std::optional<uint64_t> bytes_total() const { return stream_->bytes_total(); }  // nullopt: a pipe

 private:
  struct JsonArray {
    std::string text;
    protocol::EventParser parser;
  };

  FileSource(std::unique_ptr<InputStream> stream, const Clock& clock, uint64_t future_skew_ms_max);

  /// Reads once; the buffer has room.
  absl::Status ReadMore();
  /// False: nothing but blanks so far.
  bool DetectFormat();
  /// Hands the buffer to the reader of the format and keeps what it did not take.
  absl::Status ParseBuffer();
  absl::Status ParseArray(JsonArray& array, const TimeLimits& limits);
  absl::Status InThisFile(const absl::Status& status) const;

  const std::unique_ptr<InputStream> stream_;
  const Clock& clock_;
  const uint64_t future_skew_ms_max_;
  std::vector<char> buffer_;
  size_t begin_ = 0;  // the buffer's bytes [begin_, end_) are not yet parsed
  size_t end_ = 0;
  bool at_end_ = false;
  std::variant<std::monostate, CsvEvents, NdjsonEvents, JsonArray> format_;
  FileEvents out_;
};

}  // namespace wick::feed
