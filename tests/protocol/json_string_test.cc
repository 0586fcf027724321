#include "protocol/json_string.h"

#include <optional>
#include <string>

#include "catch.h"

namespace wick::protocol {
namespace {

std::optional<std::string> Unescaped(std::string_view text) {
  std::string out = "what was there before";
  if (!Unescape(text, out)) return std::nullopt;
  return out;
}

std::string Written(std::string_view text) {
  std::string out;
  AppendString(out, text);
  return out;
}

TEST_CASE("escapes mean what JSON says they mean", "[protocol][string]") {
  CHECK(Unescaped("") == "");
  CHECK(Unescaped("BTC") == "BTC");
  CHECK(Unescaped(R"(a\"b\\c\/d\b\f\n\r\t)") == "a\"b\\c/d\b\f\n\r\t");
  CHECK(Unescaped(R"(\u0041\u00e9\u00E9\u5e01)") == "A\xC3\xA9\xC3\xA9\xE5\xB8\x81");
  CHECK(Unescaped(R"(\ud83d\ude00)") == "\xF0\x9F\x98\x80");
  CHECK(Unescaped(R"(\u0000)") == std::string(1, '\0'));
}

TEST_CASE("an escape that is none is refused", "[protocol][string]") {
  for (const char* text :
       {R"(\x)", R"(\)", R"(\u12)", R"(\u12g4)", R"(\ud83d\)", R"(\ud83d\u12)", R"(\U0041)"}) {
    CAPTURE(text);
    CHECK(Unescaped(text) == std::nullopt);
  }
}

TEST_CASE("half of a surrogate pair is an escape that means no UTF-8", "[protocol][string]") {
  CHECK(Unescaped(R"(\ud83d)") == "\xED\xA0\xBD");
  CHECK(Unescaped(R"(\ude00x)") == "\xED\xB8\x80x");
  CHECK(Unescaped(R"(\ud83d\u0041)") ==
        "\xED\xA0\xBD"
        "A");
  CHECK(Unescaped(R"(\ud83d\ud83d\ude00)") == "\xED\xA0\xBD\xF0\x9F\x98\x80");
}

TEST_CASE("quotes, backslashes and control characters are escaped", "[protocol][string]") {
  CHECK(Written("Gate.io") == R"("Gate.io")");
  CHECK(Written("\xE5\xB8\x81") == "\"\xE5\xB8\x81\"");
  CHECK(Written("a\"b\\c\n\r\t\x01\x1f\x7f") == "\"a\\\"b\\\\c\\n\\r\\t\\u0001\\u001f\\u007f\"");
  CHECK(Written("\xC2\x80|\xC2\x9B|\xC2\xA0|\xC2"
                "A") ==
        "\"\\u0080|\\u009b|\xC2\xA0|\xC2"
        "A\"");
  CHECK(Unescaped(R"(\u0080\u009b)") == "\xC2\x80\xC2\x9B");
}

}  // namespace
}  // namespace wick::protocol
