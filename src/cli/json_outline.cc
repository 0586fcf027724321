#include "cli/json_outline.h"

#include <algorithm>
#include <charconv>
#include <vector>

#include "cli/table.h"
#include "cli/time_text.h"

namespace wick::cli {
namespace {

/// Milliseconds below this are a duration (three years at most), above it a time since the Unix
/// epoch.
constexpr uint64_t kTimeMsMin = 100'000'000'000;

/// Where the reading is: an object or array and what names its current value.
struct Level {
  bool is_array = false;
  size_t element = 0;
  std::string key;
};

std::string PathOf(const std::vector<Level>& levels) {
  std::string path;
  for (const Level& level : levels) {
    if (!path.empty()) path += '.';
    path += level.is_array ? std::to_string(level.element) : level.key;
  }
  return path;
}

/// The string that begins at `at` (a quote), without quotes, escapes as they stand; moves behind
/// it.
std::string_view TakeString(std::string_view json, size_t& at) {
  const size_t begin = ++at;
  while (at < json.size() && json[at] != '"') at += json[at] == '\\' ? 2 : 1;
  const size_t end = std::min(at, json.size());
  at = end + 1;
  return json.substr(begin, end - begin);
}

std::string Shown(std::string_view scalar, const std::string& path) {
  uint64_t number = 0;
  const char* const end = scalar.data() + scalar.size();
  const auto result = std::from_chars(scalar.data(), end, number);
  if (result.ec != std::errc() || result.ptr != end) return std::string(scalar);
  const bool is_time = path.ends_with("InMs") && number >= kTimeMsMin;
  return is_time ? FormatTime(number) : Grouped(number);
}

}  // namespace

std::string JsonOutline(std::string_view json) {
  Table table({"NAME", ">VALUE"});
  std::vector<Level> levels;
  for (size_t at = 0; at < json.size();) {
    const char c = json[at];
    if (c == '{' || c == '[') {
      levels.push_back({c == '[', 0, {}});
      ++at;
    } else if (c == '}' || c == ']') {
      if (!levels.empty()) levels.pop_back();
      ++at;
    } else if (c == ',') {
      if (!levels.empty()) ++levels.back().element;
      ++at;
    } else if (c == '"') {
      const std::string_view text = TakeString(json, at);
      const size_t next = std::min(json.find_first_not_of(" \n\r\t", at), json.size());
      if (next < json.size() && json[next] == ':' && !levels.empty()) {
        levels.back().key = text;
        at = next + 1;
      } else {
        table.Add({PathOf(levels), std::string(text)});
      }
    } else if (c == ' ' || c == '\n' || c == '\r' || c == '\t' || c == ':') {
      ++at;
    } else {
      const size_t end = std::min(json.find_first_of(",]} \n\r\t", at), json.size());
      const std::string path = PathOf(levels);
      table.Add({path, Shown(json.substr(at, end - at), path)});
      at = end;
    }
  }
  return table.Text();
}

}  // namespace wick::cli
