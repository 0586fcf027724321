#include "cli/time_text.h"

#include <fmt/format.h>

#include <charconv>
#include <chrono>

namespace wick::cli {
namespace {

constexpr uint64_t kSecondMs = 1'000;
constexpr uint64_t kMinuteMs = 60 * kSecondMs;
constexpr uint64_t kHourMs = 60 * kMinuteMs;
constexpr uint64_t kDayMs = 24 * kHourMs;
constexpr uint64_t kYearMs = 365 * kDayMs;

/// Takes a number of exactly `digits` digits off the front of `text`.
bool TakeNumber(std::string_view& text, size_t digits, unsigned& value) {
  if (text.size() < digits) return false;
  const char* const end = text.data() + digits;
  const auto result = std::from_chars(text.data(), end, value);
  if (result.ec != std::errc() || result.ptr != end) return false;
  text.remove_prefix(digits);
  return true;
}

bool Take(std::string_view& text, char c) {
  if (text.empty() || text.front() != c) return false;
  text.remove_prefix(1);
  return true;
}

std::optional<uint64_t> ParseWhole(std::string_view text) {
  uint64_t value = 0;
  const char* const end = text.data() + text.size();
  const auto result = std::from_chars(text.data(), end, value);
  if (result.ec != std::errc() || result.ptr != end) return std::nullopt;
  return value;
}

std::optional<uint64_t> ParseAgo(std::string_view text, uint64_t now_ms) {
  if (text.empty()) return std::nullopt;
  uint64_t unit_ms = 0;
  switch (text.back()) {
    case 's':
      unit_ms = kSecondMs;
      break;
    case 'm':
      unit_ms = kMinuteMs;
      break;
    case 'h':
      unit_ms = kHourMs;
      break;
    case 'd':
      unit_ms = kDayMs;
      break;
    case 'w':
      unit_ms = 7 * kDayMs;
      break;
    default:
      return std::nullopt;
  }
  text.remove_suffix(1);
  const std::optional<uint64_t> count = ParseWhole(text);
  if (!count || *count > now_ms / unit_ms) return std::nullopt;
  return now_ms - *count * unit_ms;
}

/// The fraction of a second, at most milliseconds: ".5" is 500.
bool TakeFraction(std::string_view& text, unsigned& ms) {
  size_t digits = 0;
  for (unsigned place = 100; !text.empty() && text[0] >= '0' && text[0] <= '9'; place /= 10) {
    if (++digits > 3) return false;
    ms += static_cast<unsigned>(text[0] - '0') * place;
    text.remove_prefix(1);
  }
  return digits > 0;
}

std::optional<uint64_t> ParseIso(std::string_view text) {
  unsigned year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, ms = 0;
  if (!TakeNumber(text, 4, year) || !Take(text, '-') || !TakeNumber(text, 2, month) ||
      !Take(text, '-') || !TakeNumber(text, 2, day)) {
    return std::nullopt;
  }
  if (Take(text, 'T') || Take(text, ' ')) {
    if (!TakeNumber(text, 2, hour) || !Take(text, ':') || !TakeNumber(text, 2, minute))
      return std::nullopt;
    if (Take(text, ':') && !TakeNumber(text, 2, second)) return std::nullopt;
    if (Take(text, '.') && !TakeFraction(text, ms)) return std::nullopt;
    Take(text, 'Z');
  }
  const std::chrono::year_month_day date(std::chrono::year(static_cast<int>(year)),
                                         std::chrono::month(month), std::chrono::day(day));
  if (!text.empty() || !date.ok() || year < 1970 || hour > 23 || minute > 59 || second > 59) {
    return std::nullopt;
  }
  const auto days = static_cast<uint64_t>(std::chrono::sys_days(date).time_since_epoch().count());
  return days * kDayMs + hour * kHourMs + minute * kMinuteMs + second * kSecondMs + ms;
}

}  // namespace

std::optional<uint64_t> ParseTime(std::string_view text, uint64_t now_ms) {
  if (text == "now") return now_ms;
  if (text.starts_with('-')) return ParseAgo(text.substr(1), now_ms);
  if (const std::optional<uint64_t> ms = ParseWhole(text)) return ms;
  return ParseIso(text);
}

std::string FormatTime(uint64_t timestamp_ms) {
  const std::chrono::sys_days days(std::chrono::days(timestamp_ms / kDayMs));
  const std::chrono::year_month_day date(days);
  const uint64_t in_day = timestamp_ms % kDayMs;
  std::string text =
      fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", static_cast<int>(date.year()),
                  static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                  in_day / kHourMs, in_day / kMinuteMs % 60, in_day / kSecondMs % 60);
  if (const uint64_t ms = in_day % kSecondMs; ms != 0) text += fmt::format(".{:03}", ms);
  return text + "Z";
}

std::string FormatAge(uint64_t timestamp_ms, uint64_t now_ms) {
  const uint64_t age_ms = now_ms > timestamp_ms ? now_ms - timestamp_ms : 0;
  if (age_ms < kSecondMs) return fmt::format("{}ms", age_ms);
  if (age_ms < kMinuteMs) return fmt::format("{}s", age_ms / kSecondMs);
  if (age_ms < kHourMs) return fmt::format("{}m", age_ms / kMinuteMs);
  if (age_ms < 2 * kDayMs) return fmt::format("{}h", age_ms / kHourMs);
  if (age_ms < 2 * kYearMs) return fmt::format("{}d", age_ms / kDayMs);
  return fmt::format("{}y", age_ms / kYearMs);
}

}  // namespace wick::cli
