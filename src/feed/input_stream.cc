#include "feed/input_stream.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "base/assert.h"
#include "base/units.h"

namespace wick::feed {
namespace {

constexpr size_t kBufferBytes = 256_KiB;
constexpr int kGzipOnly = 15 + 16;  // zlib: 32 KiB window, gzip wrapper
constexpr unsigned char kGzipMagic[2] = {0x1f, 0x8b};

absl::Status ErrnoStatus(int error, const std::string& doing, const std::string& name) {
  const absl::StatusCode code = error == ENOENT   ? absl::StatusCode::kNotFound
                                : error == EACCES ? absl::StatusCode::kPermissionDenied
                                                  : absl::StatusCode::kUnavailable;
  return Error(code, "cannot {} {}: {}", doing, name, std::strerror(error));
}

}  // namespace

struct InputStream::Inflater {
  z_stream z = {};
  bool in_member = true;  // false: between two members, or behind the last
  absl::Status damage;    // the first, and then for ever

  Inflater() { WICK_ASSERT(inflateInit2(&z, kGzipOnly) == Z_OK); }
  ~Inflater() { inflateEnd(&z); }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;
};

InputStream::InputStream(int fd, std::string name, std::optional<uint64_t> bytes_total)
    : fd_(fd),
      name_(std::move(name)),
      bytes_total_(bytes_total),
      buffer_(std::make_unique<unsigned char[]>(kBufferBytes)) {}

InputStream::~InputStream() {
  if (fd_ != STDIN_FILENO) close(fd_);
}

absl::StatusOr<std::unique_ptr<InputStream>> InputStream::Open(const std::string& path) {
  int fd = STDIN_FILENO;
  std::string name = "standard input";
  if (path != "-") {
    name = path;
    fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) return ErrnoStatus(errno, "open", name);
  }
  struct stat info = {};
  std::optional<uint64_t> bytes_total;
  if (fstat(fd, &info) == 0) {
    if (S_ISREG(info.st_mode)) bytes_total = static_cast<uint64_t>(info.st_size);
    if (S_ISDIR(info.st_mode)) {
      if (fd != STDIN_FILENO) close(fd);
      return InvalidArgument("cannot read {}: it is a directory; name a file", name);
    }
  }
  return std::unique_ptr<InputStream>(new InputStream(fd, std::move(name), bytes_total));
}

absl::StatusOr<size_t> InputStream::Read(char* to, size_t bytes_max) {
  WICK_ASSERT(bytes_max > 0);
  if (!detected_) WICK_RETURN_IF_ERROR(DetectFormat());
  return inflater_ ? ReadGzip(to, bytes_max) : ReadPlain(to, bytes_max);
}

/// Reads once behind what is buffered, which moves to the front.
absl::Status InputStream::Refill() {
  if (begin_ > 0) {
    std::memmove(buffer_.get(), buffer_.get() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  WICK_ASSERT(end_ < kBufferBytes);
  ssize_t n = 0;
  do {
    n = read(fd_, buffer_.get() + end_, kBufferBytes - end_);
  } while (n < 0 && errno == EINTR);
  if (n < 0) return ErrnoStatus(errno, "read", name_);
  at_end_ = n == 0;
  end_ += static_cast<size_t>(n);
  bytes_read_ += static_cast<uint64_t>(n);
  return absl::OkStatus();
}

absl::Status InputStream::DetectFormat() {
  while (end_ - begin_ < sizeof kGzipMagic && !at_end_) WICK_RETURN_IF_ERROR(Refill());
  if (end_ - begin_ >= sizeof kGzipMagic &&
      std::memcmp(buffer_.get() + begin_, kGzipMagic, sizeof kGzipMagic) == 0) {
    inflater_ = std::make_unique<Inflater>();
  }
  detected_ = true;
  return absl::OkStatus();
}

absl::StatusOr<size_t> InputStream::ReadPlain(char* to, size_t bytes_max) {
  if (begin_ == end_ && !at_end_) WICK_RETURN_IF_ERROR(Refill());
  const size_t n = std::min(bytes_max, end_ - begin_);
  std::memcpy(to, buffer_.get() + begin_, n);
  begin_ += n;
  return n;
}

absl::StatusOr<size_t> InputStream::ReadGzip(char* to, size_t bytes_max) {
  WICK_RETURN_IF_ERROR(inflater_->damage);
  z_stream& z = inflater_->z;
  z.next_out = reinterpret_cast<Bytef*>(to);
  z.avail_out = static_cast<uInt>(std::min<size_t>(bytes_max, UINT32_MAX));
  const uInt room = z.avail_out;
  while (z.avail_out == room) {
    if (begin_ == end_ && !at_end_) WICK_RETURN_IF_ERROR(Refill());
    if (begin_ == end_) {
      if (!inflater_->in_member) return size_t{0};
      return Error(absl::StatusCode::kDataLoss,
                   "{}: the gzip data ends in the middle, after {} bytes: the file is truncated; "
                   "copy it again",
                   name_, bytes_read_);
    }
    if (!inflater_->in_member) {
      WICK_ASSERT(inflateReset(&z) == Z_OK);
      inflater_->in_member = true;
    }
    z.next_in = buffer_.get() + begin_;
    z.avail_in = static_cast<uInt>(end_ - begin_);
    const int result = inflate(&z, Z_NO_FLUSH);
    begin_ = end_ - z.avail_in;
    if (result == Z_STREAM_END) {
      inflater_->in_member = false;
    } else if (result != Z_OK && result != Z_BUF_ERROR) {
      inflater_->damage = Error(absl::StatusCode::kDataLoss,
                                "{}: damaged gzip data near byte {}: {}; copy the file again",
                                name_, bytes_read_ - (end_ - begin_), z.msg ? z.msg : "not gzip");
      if (z.avail_out < room) break;  // what was inflated before the damage is given out first
      return inflater_->damage;
    }
  }
  return size_t{room - z.avail_out};
}

}  // namespace wick::feed
