#include "protocol/json_number.h"

#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <random>
#include <string>

#include "catch.h"
#include "sanitized.h"

namespace wick::protocol {
namespace {

std::optional<double> Read(const std::string& text) {
  JsonNumber number;
  const char* const end = text.data() + text.size();
  if (ScanNumber(text.data(), end, number) != end) return std::nullopt;
  return ToDouble(number, text);
}

std::optional<uint64_t> ReadWhole(const std::string& text) {
  JsonNumber number;
  const char* const end = text.data() + text.size();
  REQUIRE(ScanNumber(text.data(), end, number) == end);
  return ToUint64(number);
}

std::string Write(double value) {
  std::string text;
  AppendNumber(text, value);
  return text;
}

TEST_CASE("only what JSON's grammar calls a number is one", "[protocol][number]") {
  for (const char* text : {"0", "-0", "1", "10", "1.5", "0.5", "1e5", "1E+5", "1e-5", "-1.25e10"}) {
    CAPTURE(text);
    CHECK(Read(text) == std::strtod(text, nullptr));
  }
  for (const char* text : {"", "-", "+1", "01", "00", ".5", "1.", "1e", "1e+", "1.e5", "0x10",
                           "NaN", "Infinity", "1 ", " 1", "1,0", "--1", "1e1.5"}) {
    CAPTURE(text);
    CHECK(Read(text) == std::nullopt);
  }
}

TEST_CASE("any digits give the nearest float64", "[protocol][number]") {
  for (const char* text :
       {"0.1", "46450.12345678", "100000000000000000000", "123456789012345678901234567890",
        "9007199254740993", "9007199254740992.99999999999999999999999999", "1.7976931348623157e308",
        "5e-324", "3e-324", "2.2250738585072011e-308", "0.30000000000000004", "8.5e22", "1e23",
        "9223372036854775807", "18446744073709551616", "4503599627370497.5",
        "0.000000000000000000000000000000000000000000000000000000000000012345678901234567890123"}) {
    CAPTURE(text);
    CHECK(Read(text) == std::strtod(text, nullptr));
  }
}

TEST_CASE("random decimals are read as strtod reads them", "[protocol][number]") {
  std::mt19937_64 random(20240229);
  for (int i = 0; i < test::Rounds(200'000); ++i) {
    std::string text = std::to_string(random() >> (random() % 64));
    if (random() % 2 == 0) text += "." + std::to_string(random() >> (random() % 64));
    if (random() % 4 == 0) text += "e" + std::to_string(static_cast<int>(random() % 700) - 350);
    CAPTURE(text);
    const double expected = std::strtod(text.c_str(), nullptr);
    REQUIRE(std::bit_cast<uint64_t>(Read(text).value()) == std::bit_cast<uint64_t>(expected));
  }
}

TEST_CASE("too large is infinity, too small is zero, each with its sign", "[protocol][number]") {
  const double infinity = std::numeric_limits<double>::infinity();
  CHECK(Read("1e309") == infinity);
  CHECK(Read("-1e309") == -infinity);
  CHECK(Read("1.8e308") == infinity);
  CHECK(Read("1e99999999999999999999999") == infinity);
  CHECK(Read("1" + std::string(400, '0')) == infinity);
  CHECK(Read("2e-324") == 0.0);
  CHECK(Read("1e-99999999999999999999999") == 0.0);
  CHECK(Read("0e99999999999999999999999") == 0.0);
  CHECK(Read("0." + std::string(400, '0') + "1") == 0.0);
  CHECK(std::signbit(Read("-1e-400").value()));
}

TEST_CASE("whole numbers are exact in whatever form they come", "[protocol][number]") {
  CHECK(ReadWhole("1700000000000") == 1'700'000'000'000);
  CHECK(ReadWhole("1.7e12") == 1'700'000'000'000);
  CHECK(ReadWhole("1700000000000.0") == 1'700'000'000'000);
  CHECK(ReadWhole("1700000000000.00000000000000000000000000") == 1'700'000'000'000);
  CHECK(ReadWhole("17000000000001e-1") == std::nullopt);
  CHECK(ReadWhole("17000000000000e-1") == 1'700'000'000'000);
  CHECK(ReadWhole("9007199254740993") == 9'007'199'254'740'993);
  CHECK(ReadWhole("18446744073709551615") ==
        std::nullopt);  // 20 digits: no time, and not kept exactly
  CHECK(ReadWhole("9999999999999999999") == 9'999'999'999'999'999'999u);
  CHECK(ReadWhole("0") == 0);
  CHECK(ReadWhole("-0") == 0);
  CHECK(ReadWhole("-1") == std::nullopt);
  CHECK(ReadWhole("1.5") == std::nullopt);
  CHECK(ReadWhole("1700000000000.00000000000000000000000001") == std::nullopt);
  CHECK(ReadWhole("1e20") == std::nullopt);
  CHECK(ReadWhole("1e-999999999999") == std::nullopt);
}

TEST_CASE("numbers are written without exponent and read back the same", "[protocol][number]") {
  CHECK(Write(0) == "0");
  CHECK(Write(46450) == "46450");
  CHECK(Write(0.1) == "0.1");
  CHECK(Write(0.1 + 0.2) == "0.30000000000000004");
  CHECK(Write(1e22) == "10000000000000000000000");
  CHECK(Write(1e23) == "100000000000000000000000");
  CHECK(Write(-1.2345e25) == "-12345000000000000000000000");
  CHECK(Write(9007199254740994) == "9007199254740994");
  CHECK(Write(18446744073709551616.0) == "18446744073709552000");
  CHECK(Write(1e-7) == "0.0000001");
  CHECK(Write(5e-324).size() == 2 + 324);
  CHECK(Write(5e-324).ends_with("05"));
  CHECK(Write(1.7976931348623157e308).size() == 309);
  CHECK(Write(1.7976931348623157e308).starts_with("17976931348623157"));
  CHECK(Write(-std::numeric_limits<double>::denorm_min()).find_first_of("eE") == std::string::npos);
}

TEST_CASE("decimals are written with the fewest digits, as to_chars does", "[protocol][number]") {
  std::mt19937_64 random(1763);
  for (int i = 0; i < test::Rounds(200'000); ++i) {
    // Of 1 to 16 digits, up to 12 of them decimals: some are written the short way, some not.
    double value = static_cast<double>(random() % (uint64_t{1} << (1 + random() % 53)));
    value /= std::pow(10.0, static_cast<int>(random() % 13));
    if (random() % 8 == 0) value = std::nextafter(value, 1e300);
    if (random() % 16 == 0) value = -value;
    std::array<char, 400> expected;
    const auto end = std::to_chars(expected.data(), expected.data() + expected.size(), value,
                                   std::chars_format::fixed);
    REQUIRE(Write(value) == std::string_view(expected.data(), end.ptr));
  }
}

TEST_CASE("every float64 survives being written and read", "[protocol][number]") {
  std::mt19937_64 random(46450);
  for (int i = 0; i < test::Rounds(50'000); ++i) {
    const auto value = std::bit_cast<double>(random());
    if (!std::isfinite(value)) continue;
    const std::string text = Write(value);
    CAPTURE(text);
    REQUIRE(text.find_first_of("eE") == std::string::npos);
    REQUIRE(std::bit_cast<uint64_t>(Read(text).value()) == std::bit_cast<uint64_t>(value));
  }
}

}  // namespace
}  // namespace wick::protocol
