#include "feed/ndjson_events.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <string_view>

namespace wick::feed {
namespace {

bool IsBlank(std::string_view line) {
  return line.find_first_not_of(" \t\r") == std::string_view::npos;
}

}  // namespace

size_t NdjsonEvents::Parse(std::span<char> text, bool at_end, const TimeLimits& limits,
                           FileEvents& out) {
  line_of_.clear();
  size_t at = 0;
  while (at < text.size()) {
    char* const line = text.data() + at;
    const size_t rest_bytes = text.size() - at;
    const auto* const line_end = static_cast<char*>(std::memchr(line, '\n', rest_bytes));
    const size_t bytes = line_end ? static_cast<size_t>(line_end - line) : rest_bytes;
    const bool too_long = bytes > kRecordBytesMax;
    if (line_end == nullptr && !at_end && !too_long && !skipping_) break;
    if (too_long && !skipping_) {
      out.report.AddError(line_, Refusal::kInvalidJson,
                          fmt::format("the line is longer than {} bytes", kRecordBytesMax));
    }
    if (too_long || skipping_) {
      std::memset(line, ' ', bytes);
      skipping_ = line_end == nullptr;
    } else if (!IsBlank({line, bytes})) {
      line_of_.push_back(line_);
    }
    at += bytes;
    if (line_end != nullptr) {
      ++at;
      ++line_;
    }
  }
  AppendParsed(parser_.Parse({text.data(), at}, protocol::EventsFormat::kNdjson, limits.now_ms,
                             limits.future_skew_ms_max),
               line_of_, out);
  return at;
}

void AppendParsed(const protocol::ParsedEvents& parsed, std::span<const uint64_t> line_of,
                  FileEvents& out) {
  out.events.reserve(out.events.size() + parsed.events.size());
  for (const protocol::ParsedEvent& event : parsed.events) {
    out.events.push_back({event.symbol, event.price, line_of[event.index]});
  }
  std::array<uint64_t, kRefusalCount> unnamed =
      {};  // counted by the parser beyond the errors it keeps
  for (size_t i = 0; i < unnamed.size(); ++i) {
    unnamed[i] = parsed.report.rejected(static_cast<Refusal>(i));
  }
  for (const protocol::EventError& error : parsed.report.errors()) {
    out.report.AddError(line_of[error.index], error.refusal, error.message);
    --unnamed[static_cast<size_t>(error.refusal)];
  }
  // Where there are such, the report is full of earlier lines: these are counted only.
  for (size_t i = 0; i < unnamed.size(); ++i) {
    for (uint64_t n = 0; n < unnamed[i]; ++n) {
      out.report.AddError(UINT64_MAX, static_cast<Refusal>(i), std::string());
    }
  }
}

}  // namespace wick::feed
