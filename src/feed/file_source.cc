#include "feed/file_source.h"

#include <algorithm>
#include <cstring>
#include <numeric>
#include <string_view>
#include <utility>

#include "base/assert.h"
#include "base/units.h"

namespace wick::feed {
namespace {

constexpr size_t kBufferBytes = 1_MiB;
static_assert(kBufferBytes > 2 * kRecordBytesMax);  // what a reader leaves never fills the buffer

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

}  // namespace

FileSource::FileSource(std::unique_ptr<InputStream> stream, const Clock& clock,
                       uint64_t future_skew_ms_max)
    : stream_(std::move(stream)),
      clock_(clock),
      future_skew_ms_max_(future_skew_ms_max),
      buffer_(kBufferBytes) {}

absl::StatusOr<std::unique_ptr<FileSource>> FileSource::Open(const std::string& path,
                                                             const Clock& clock,
                                                             uint64_t future_skew_ms_max) {
  WICK_ASSIGN_OR_RETURN(std::unique_ptr<InputStream> stream, InputStream::Open(path));
  return std::unique_ptr<FileSource>(new FileSource(std::move(stream), clock, future_skew_ms_max));
}

absl::StatusOr<bool> FileSource::Next() {
  out_.events.clear();
  while (out_.events.empty() && !at_end_) {
    WICK_RETURN_IF_ERROR(ReadMore());
    if (!DetectFormat() && !at_end_) continue;
    WICK_RETURN_IF_ERROR(ParseBuffer());
  }
  return !out_.events.empty();
}

absl::Status FileSource::ReadMore() {
  std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
  end_ -= begin_;
  begin_ = 0;
  WICK_ASSERT(end_ < buffer_.size());
  WICK_ASSIGN_OR_RETURN(const size_t bytes,
                        stream_->Read(buffer_.data() + end_, buffer_.size() - end_));
  at_end_ = bytes == 0;
  end_ += bytes;
  return absl::OkStatus();
}

bool FileSource::DetectFormat() {
  if (format_.index() != 0) return true;
  const std::string_view text(buffer_.data(), end_);
  const size_t mark_bytes = text.starts_with(kByteOrderMark) ? kByteOrderMark.size() : 0;
  const size_t first = text.find_first_not_of(" \t\r\n", mark_bytes);
  if (first == text.npos && text.size() < kRecordBytesMax) return false;
  begin_ = mark_bytes;
  const char c = first == text.npos ? ' ' : text[first];
  if (c == '{') {
    format_.emplace<NdjsonEvents>();
  } else if (c == '[') {
    format_.emplace<JsonArray>();
  } else {
    format_.emplace<CsvEvents>();
  }
  return true;
}

absl::Status FileSource::ParseBuffer() {
  const TimeLimits limits = {clock_.NowMs(), future_skew_ms_max_};
  const std::span<char> text(buffer_.data() + begin_, end_ - begin_);
  if (auto* csv = std::get_if<CsvEvents>(&format_)) {
    absl::StatusOr<size_t> taken = csv->Parse(text, at_end_, limits, out_);
    if (!taken.ok()) return InThisFile(taken.status());
    begin_ += *taken;
  } else if (auto* ndjson = std::get_if<NdjsonEvents>(&format_)) {
    begin_ += ndjson->Parse(text, at_end_, limits, out_);
  } else if (auto* array = std::get_if<JsonArray>(&format_)) {
    return ParseArray(*array, limits);
  }
  return absl::OkStatus();
}

absl::Status FileSource::ParseArray(JsonArray& array, const TimeLimits& limits) {
  array.text.append(buffer_.data() + begin_, end_ - begin_);
  begin_ = end_;
  if (array.text.size() > kJsonDocumentBytesMax) {
    return InThisFile(
        InvalidArgument("a JSON array longer than {} MiB; write one event a line instead (NDJSON)",
                        kJsonDocumentBytesMax / 1_MiB));
  }
  if (!at_end_) return absl::OkStatus();
  const protocol::ParsedEvents& parsed = array.parser.Parse(
      array.text, protocol::EventsFormat::kJson, limits.now_ms, limits.future_skew_ms_max);
  if (!parsed.document_error.empty())
    return InThisFile(InvalidArgument("{}", parsed.document_error));
  const uint64_t elements = parsed.events.size() + parsed.report.rejected();
  std::vector<uint64_t> element_of(elements);
  std::iota(element_of.begin(), element_of.end(), uint64_t{1});
  AppendParsed(parsed, element_of, out_);
  return absl::OkStatus();
}

absl::Status FileSource::InThisFile(const absl::Status& status) const {
  return Error(status.code(), "{}: {}", name(), Message(status));
}

}  // namespace wick::feed
