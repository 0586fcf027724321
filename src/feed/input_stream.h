// The bytes of a file or of standard input, gunzipped on the way.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/status.h"

namespace wick::feed {

/// A file, or standard input where the path is "-". Content that begins with gzip's magic bytes is
/// decompressed whatever the file is called; several gzip members in a row are one stream.
/// Threads: one at a time. Memory: one input buffer, whatever the size of the file.
/// Failure: NotFound, PermissionDenied or Unavailable with the path; DataLoss for damaged or
/// truncated gzip data, after everything before the damage has been read.
class InputStream {
 public:
  static absl::StatusOr<std::unique_ptr<InputStream>> Open(const std::string& path);
  ~InputStream();
  InputStream(const InputStream&) = delete;
  InputStream& operator=(const InputStream&) = delete;

  /// Reads at most `bytes_max` (> 0) bytes of content, fewer only if fewer are there now. 0: the
  /// end.
  absl::StatusOr<size_t> Read(char* to, size_t bytes_max);

  /// The path, or "standard input": for messages.
  const std::string& name() const { return name_; }
  /// Taken from the file so far, as stored: before decompression.
  uint64_t bytes_read() const { return bytes_read_; }
  /// Size of a regular file as stored; nullopt for a pipe.
  std::optional<uint64_t> bytes_total() const { return bytes_total_; }

 private:
  struct Inflater;
  InputStream(int fd, std::string name, std::optional<uint64_t> bytes_total);

  absl::Status Refill();
  absl::Status DetectFormat();
  absl::StatusOr<size_t> ReadPlain(char* to, size_t bytes_max);
  absl::StatusOr<size_t> ReadGzip(char* to, size_t bytes_max);

  const int fd_;
  const std::string name_;
  const std::optional<uint64_t> bytes_total_;
  uint64_t bytes_read_ = 0;
  std::unique_ptr<unsigned char[]> buffer_;  // stored bytes [begin_, end_) are not yet consumed
  size_t begin_ = 0;
  size_t end_ = 0;
  bool at_end_ = false;  // the file has no more bytes
  bool detected_ = false;
  std::unique_ptr<Inflater> inflater_;  // null: the content is stored plain
};

}  // namespace wick::feed
