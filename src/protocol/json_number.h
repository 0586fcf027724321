// Numbers of JSON text to and from binary, exactly.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace wick::protocol {

/// A number of JSON text, taken apart: (-1)^negative * digits * 10^exponent.
struct JsonNumber {
  uint64_t digits = 0;   // the first 19 significant ones
  int64_t exponent = 0;  // of ten
  bool negative = false;
  bool inexact = false;  // there were more digits, and not all of them zeros
};

/// Reads the number at the start of [begin, end) by JSON's grammar; returns its end, nullptr if
/// there is none.
const char* ScanNumber(const char* begin, const char* end, JsonNumber& number);

/// The nearest float64 of a number read from `text`. Too large gives infinity, too small 0.
double ToDouble(const JsonNumber& number, std::string_view text);

/// Its value, if that is a whole number within 64 bits: "1.7e12" and "5.0" are.
std::optional<uint64_t> ToUint64(const JsonNumber& number);

/// Appends the shortest decimal without exponent that reads back to the same float64, a finite one.
void AppendNumber(std::string& out, double value);
void AppendNumber(std::string& out, uint64_t value);

}  // namespace wick::protocol
