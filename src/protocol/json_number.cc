#include "protocol/json_number.h"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>
#include <system_error>

#include "base/assert.h"

namespace wick::protocol {
namespace {

constexpr int kExactDigits = 19;                         // any 19 digits fit 64 bits
constexpr int64_t kExponentMax = 1'000'000'000'000'000;  // no body has digits enough to undo it
constexpr uint64_t kExactDoubleMax = uint64_t{1} << 53;

constexpr std::array<double, 23> kPowersOfTen = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                                 1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                                 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

uint64_t EightBytes(const char* p) {
  uint64_t bytes;
  std::memcpy(&bytes, p, sizeof(bytes));
  return bytes;
}
bool AreEightDigits(const char* p) {
  // A byte is a digit if its upper half is 3 and stays so when 6 is added.
  const uint64_t bytes = EightBytes(p);
  constexpr uint64_t kUpperHalves = 0xF0F0F0F0F0F0F0F0;
  return ((bytes & kUpperHalves) | ((bytes + 0x0606060606060606) & kUpperHalves) >> 4) ==
         0x3333333333333333;
}
/// Joins neighbours: eight digits to four numbers below 100, to two below 10,000, to one. The first
/// digit is in the lowest byte: little endian only, as the machines are that wick is built for.
uint64_t EightDigits(const char* p) {
  uint64_t value = EightBytes(p) & 0x0F0F0F0F0F0F0F0F;
  value = (value * (1 + (uint64_t{10} << 8)) >> 8) & 0x00FF00FF00FF00FF;
  value = (value * (1 + (uint64_t{100} << 16)) >> 16) & 0x0000FFFF0000FFFF;
  return value * (1 + (uint64_t{10'000} << 32)) >> 32;
}
static_assert(std::endian::native == std::endian::little);

/// Reads what follows an 'e' and adds it to `exponent`; returns its end, nullptr if it is none.
const char* ScanExponent(const char* p, const char* end, int64_t& exponent) {
  bool negative = false;
  if (p != end && (*p == '-' || *p == '+')) negative = *p++ == '-';
  if (p == end || !IsDigit(*p)) return nullptr;
  int64_t value = 0;
  for (; p != end && IsDigit(*p); ++p) value = std::min(value * 10 + (*p - '0'), kExponentMax);
  exponent += negative ? -value : value;
  return p;
}

int CountDigits(uint64_t value) {
  int digits = 0;
  for (; value != 0; value /= 10) ++digits;
  return digits;
}

/// Appends a value that has at most 15 digits, 9 of them decimals, as prices and volumes have.
/// False: it has more. Any two decimals of up to 15 digits are different float64 (DBL_DIG), so the
/// first one found, with the fewest decimals, is the shortest.
bool AppendPlain(std::string& out, double value) {
  constexpr size_t kDecimalsMax = 9;
  constexpr double kDigitsEnd = 1e15;
  if (std::signbit(value)) return false;
  for (size_t decimals = 0; decimals <= kDecimalsMax; ++decimals) {
    const double scaled = value * kPowersOfTen[decimals];
    if (!(scaled < kDigitsEnd)) return false;
    auto digits = static_cast<uint64_t>(scaled);
    if (scaled - static_cast<double>(digits) >= 0.5) ++digits;
    // The product is rounded, so it only tells what cannot be; the quotient is what a reader gets.
    if (std::abs(scaled - static_cast<double>(digits)) > scaled * 1e-15) continue;
    if (static_cast<double>(digits) / kPowersOfTen[decimals] != value) continue;
    std::array<char, 20> text;
    char* const end = text.data() + text.size();
    char* begin = end;
    uint64_t left = digits;
    for (size_t i = 0; i < decimals; ++i, left /= 10) *--begin = static_cast<char>('0' + left % 10);
    if (decimals > 0) *--begin = '.';
    do *--begin = static_cast<char>('0' + left % 10);
    while ((left /= 10) != 0);
    out.append(begin, end);
    return true;
  }
  return false;
}

/// Reads any number; ScanNumber() reads the usual ones itself.
const char* ScanUnusual(const char* begin, const char* end, JsonNumber& number) {
  const char* p = begin;
  const bool negative = p != end && *p == '-';
  if (negative) ++p;
  if (p == end || !IsDigit(*p)) return nullptr;

  uint64_t digits = 0;
  int64_t exponent = 0;
  bool inexact = false;
  // Adds the digits up to `room` of them; returns how many it added.
  const auto add = [&](int room) {
    const char* const first = p;
    const char* const last = p + std::min<ptrdiff_t>(room, end - p);
    for (; p != last && IsDigit(*p); ++p) digits = digits * 10 + static_cast<uint64_t>(*p - '0');
    return static_cast<int>(p - first);
  };
  // Passes over the digits that have no room any more; returns how many there were.
  const auto drop = [&] {
    const char* const first = p;
    for (; p != end && IsDigit(*p); ++p) inexact |= *p != '0';
    return p - first;
  };

  int significant = 0;
  if (*p == '0') {
    ++p;
    if (p != end && IsDigit(*p)) return nullptr;
  } else {
    significant = add(kExactDigits);
    exponent = drop();
  }
  if (p != end && *p == '.') {
    const char* const fraction = ++p;
    if (significant == 0) {
      while (p != end && *p == '0') ++p;
    }
    add(kExactDigits - significant);
    exponent -= p - fraction;
    drop();
    if (p == fraction) return nullptr;
  }
  if (p != end && (*p | 0x20) == 'e') p = ScanExponent(p + 1, end, exponent);
  number = {digits, exponent, negative, inexact};
  return p;
}

}  // namespace

const char* ScanNumber(const char* begin, const char* end, JsonNumber& number) {
  const char* p = begin;
  const bool negative = p != end && *p == '-';
  if (negative) ++p;
  uint64_t digits = 0;
  const char* const first = p;
  if (end - p >= 8 && AreEightDigits(p)) {
    digits = EightDigits(p);
    p += 8;
  }
  for (; p != end && IsDigit(*p); ++p) digits = digits * 10 + static_cast<uint64_t>(*p - '0');
  const ptrdiff_t whole = p - first;
  if (whole == 0 || (whole > 1 && *first == '0')) return nullptr;
  ptrdiff_t decimals = 0;
  if (p != end && *p == '.') {
    const char* const point = p++;
    for (; p != end && IsDigit(*p); ++p) digits = digits * 10 + static_cast<uint64_t>(*p - '0');
    decimals = p - point - 1;
    if (decimals == 0) return nullptr;
  }
  const bool has_exponent = p != end && (*p | 0x20) == 'e';
  if (has_exponent || whole + decimals > kExactDigits) return ScanUnusual(begin, end, number);
  number = {digits, -decimals, negative, false};
  return p;
}

double ToDouble(const JsonNumber& number, std::string_view text) {
  // Both factors are exact, so the one rounding of their product or quotient is right (Clinger).
  constexpr auto kPowerMax = static_cast<int64_t>(kPowersOfTen.size()) - 1;
  const double sign = number.negative ? -1.0 : 1.0;
  if (number.digits == 0) return sign * 0.0;
  if (!number.inexact && number.digits <= kExactDoubleMax && number.exponent >= -kPowerMax &&
      number.exponent <= kPowerMax) {
    const double digits = sign * static_cast<double>(number.digits);
    return number.exponent < 0 ? digits / kPowersOfTen[static_cast<size_t>(-number.exponent)]
                               : digits * kPowersOfTen[static_cast<size_t>(number.exponent)];
  }
  double value = 0;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
  if (result.ec == std::errc()) return value;
  WICK_ASSERT(result.ec == std::errc::result_out_of_range);  // ScanNumber() accepted the text
  const bool too_large = CountDigits(number.digits) + number.exponent > 0;
  return too_large ? sign * std::numeric_limits<double>::infinity() : sign * 0.0;
}

std::optional<uint64_t> ToUint64(const JsonNumber& number) {
  uint64_t value = number.digits;
  if (value == 0) return 0;
  if (number.negative || number.inexact) return std::nullopt;
  int64_t exponent = number.exponent;
  for (; exponent < 0; ++exponent) {
    if (value % 10 != 0) return std::nullopt;
    value /= 10;
  }
  for (; exponent > 0; --exponent) {
    if (__builtin_mul_overflow(value, uint64_t{10}, &value)) return std::nullopt;
  }
  return value;
}

void AppendNumber(std::string& out, double value) {
  if (AppendPlain(out, value)) return;
  // Above this not every whole number is a float64: the fixed form would show digits nobody sent,
  // so the shortest ones are written out from the scientific form: "1.5e+22".
  constexpr double kWholeMax = 9'007'199'254'740'992;
  if (std::abs(value) > kWholeMax) {
    std::array<char, 32> scientific;
    const auto end = std::to_chars(scientific.data(), scientific.data() + scientific.size(), value,
                                   std::chars_format::scientific);
    const std::string_view text(scientific.data(),
                                static_cast<size_t>(end.ptr - scientific.data()));
    const size_t e = text.find('e');
    int exponent = 0;
    std::from_chars(text.data() + e + 2, end.ptr, exponent);  // behind "e+"
    const size_t point = text.substr(0, e).find('.');
    const size_t decimals = point == std::string_view::npos ? 0 : e - point - 1;
    out.append(text.substr(0, std::min(point, e)));
    if (decimals > 0) out.append(text.substr(point + 1, decimals));
    out.append(static_cast<size_t>(exponent) - decimals, '0');
    return;
  }
  std::array<char, 1100> text;  // "-0." and 1,074 decimals are the longest
  const auto result =
      std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
  WICK_ASSERT(result.ec == std::errc());
  out.append(text.data(), result.ptr);
}

void AppendNumber(std::string& out, uint64_t value) {
  std::array<char, 20> text;
  const auto result = std::to_chars(text.data(), text.data() + text.size(), value);
  out.append(text.data(), result.ptr);
}

}  // namespace wick::protocol
