#include "protocol/json_string.h"

#include <algorithm>
#include <cstdint>
#include <optional>

namespace wick::protocol {
namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";
constexpr char kDelete = '\x7f';
constexpr char kControlLead = '\xC2';

/// The four hexadecimal digits at the start of `text`.
std::optional<uint32_t> ReadHex4(std::string_view text) {
  if (text.size() < 4) return std::nullopt;
  uint32_t value = 0;
  for (const char c : text.substr(0, 4)) {
    const char lower = static_cast<char>(c | 0x20);
    if (c >= '0' && c <= '9') {
      value = value * 16 + static_cast<uint32_t>(c - '0');
    } else if (lower >= 'a' && lower <= 'f') {
      value = value * 16 + static_cast<uint32_t>(lower - 'a' + 10);
    } else {
      return std::nullopt;
    }
  }
  return value;
}

/// Reads what follows "\u" and takes it off `text`; a pair of surrogates is one code point, half of
/// one is itself.
std::optional<uint32_t> ReadCodePoint(std::string_view& text) {
  const auto first = ReadHex4(text);
  if (!first) return std::nullopt;
  text.remove_prefix(4);
  if (*first < 0xD800 || *first > 0xDFFF) return first;
  if (*first > 0xDBFF || !text.starts_with("\\u")) return first;
  const auto second = ReadHex4(text.substr(2));
  if (!second || *second < 0xDC00 || *second > 0xDFFF) return first;
  text.remove_prefix(6);
  return 0x10000 + ((*first - 0xD800) << 10) + (*second - 0xDC00);
}

void AppendUtf8(std::string& out, uint32_t code_point) {
  const auto byte = [&out](uint32_t value) { out += static_cast<char>(value); };
  if (code_point < 0x80) {
    byte(code_point);
  } else if (code_point < 0x800) {
    byte(0xC0 | code_point >> 6);
    byte(0x80 | (code_point & 0x3F));
  } else if (code_point < 0x10000) {
    byte(0xE0 | code_point >> 12);
    byte(0x80 | (code_point >> 6 & 0x3F));
    byte(0x80 | (code_point & 0x3F));
  } else {
    byte(0xF0 | code_point >> 18);
    byte(0x80 | (code_point >> 12 & 0x3F));
    byte(0x80 | (code_point >> 6 & 0x3F));
    byte(0x80 | (code_point & 0x3F));
  }
}

/// What `c` means after a backslash; 0: it is no escape of one character.
char SingleEscape(char c) {
  switch (c) {
    case '"':
    case '\\':
    case '/':
      return c;
    case 'b':
      return '\b';
    case 'f':
      return '\f';
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    default:
      return 0;
  }
}

void AppendEscaped(std::string& out, char c) {
  switch (c) {
    case '"':
    case '\\':
      out += '\\';
      out += c;
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      out += "\\u00";
      out += kHexDigits[static_cast<unsigned char>(c) >> 4];
      out += kHexDigits[static_cast<unsigned char>(c) & 15];
  }
}

}  // namespace

bool Unescape(std::string_view text, std::string& out) {
  out.clear();
  while (!text.empty()) {
    const size_t backslash = std::min(text.find('\\'), text.size());
    out.append(text.substr(0, backslash));
    text.remove_prefix(backslash);
    if (text.empty()) break;
    if (text.size() < 2) return false;
    const char escape = text[1];
    text.remove_prefix(2);
    if (const char c = SingleEscape(escape)) {
      out += c;
    } else if (escape == 'u') {
      const auto code_point = ReadCodePoint(text);
      if (!code_point) return false;
      AppendUtf8(out, *code_point);
    } else {
      return false;
    }
  }
  return true;
}

void AppendString(std::string& out, std::string_view text) {
  const auto is_plain = [](char c) {
    return c != '"' && c != '\\' && static_cast<unsigned char>(c) >= 0x20 && c != kDelete;
  };
  // Two bytes of UTF-8, U+0080 to U+009F: to a terminal as good as an escape.
  const auto is_control = [&](size_t i) {
    return text[i] == kControlLead && i + 1 < text.size() &&
           (static_cast<unsigned char>(text[i + 1]) & 0xE0) == 0x80;
  };
  out += '"';
  if (std::all_of(text.begin(), text.end(), is_plain) && text.find(kControlLead) == text.npos) {
    out += text;
  } else {
    for (size_t i = 0; i < text.size(); ++i) {
      if (is_control(i)) {
        AppendEscaped(out, text[++i]);
      } else if (is_plain(text[i])) {
        out += text[i];
      } else {
        AppendEscaped(out, text[i]);
      }
    }
  }
  out += '"';
}

}  // namespace wick::protocol
