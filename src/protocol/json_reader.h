// Walks over JSON text token by token and accepts nothing that is not JSON.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "protocol/json_index.h"
#include "protocol/json_number.h"

namespace wick::protocol {

/// Arrays and objects within each other, unless limits.max_json_depth says otherwise.
inline constexpr uint32_t kJsonDepthDefault = 32;

enum class JsonType : uint8_t { kAbsent, kNull, kBool, kNumber, kString, kArray, kObject };

/// A value by reference to the text it stands in.
struct JsonValue {
  JsonType type = JsonType::kAbsent;
  bool escaped = false;   // a string with escapes: `text` must go through Unescape()
  std::string_view text;  // a string: between its quotes; everything else: all of it
  JsonNumber number;      // if type is kNumber
};

/// Reads forward over the tokens of an index. Each call gives false at the first thing that is not
/// JSON; error() and error_offset() then say what and where, and the reader must not be used on. A
/// value that is passed over is checked like one that is looked at. Threads: one. Text and index
/// must outlive it.
class JsonReader {
 public:
  JsonReader(std::string_view text, const JsonIndex& index, uint32_t depth_max = kJsonDepthDefault)
      : text_(text),
        tokens_(index.tokens()),
        limit_(text.size()),
        has_backslash_(index.has_backslash()),
        depth_max_(depth_max) {}

  /// The text is taken to end at `offset`; a token that begins there or later is not seen.
  void SetLimit(size_t offset) { limit_ = offset; }

  /// Passes over what is left before the limit, forgets the error, and is ready for the next limit.
  void SkipToLimit();

  bool AtEnd() const { return *tokens_ >= limit_; }

  /// First byte of the next token; 0 at the end.
  char Peek() const { return AtEnd() ? '\0' : text_[*tokens_]; }

  /// Reads a value of any type; of arrays and objects only type and extent are kept.
  bool ReadValue(JsonValue& value);

  /// Reads an object: `on_field(key)` for each, which must read the field's value and say whether
  /// to go on. The key is valid until its value is read.
  template <typename OnField>
  bool ReadObject(OnField&& on_field);

  /// Reads an array: `on_element()` for each, which must read the element and say whether to go on.
  template <typename OnElement>
  bool ReadArray(OnElement&& on_element);

  /// Checks that nothing follows.
  bool ReadEnd();

  const char* error() const { return error_; }
  size_t error_offset() const { return error_offset_; }

  static bool IsSpace(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

 private:
  bool Fail(const char* error);
  bool FailDepth() { return Fail("it is nested too deep (limits.max_json_depth)"); }
  bool ReadString(JsonValue& value);
  bool ReadKey(std::string_view& key);
  bool ReadNumber(JsonValue& value);
  bool ReadWord(JsonValue& value);
  bool ReadContainer(JsonValue& value);

  /// Replaces a key by what it means.
  bool UnescapeKey(std::string_view& key);
  bool CheckEscapes(std::string_view text);

  /// Reads the comma after an element, or the bracket that closes: then it is `done`.
  bool ReadSeparator(char close, bool& done);

  std::string_view text_;
  const uint32_t* tokens_;  // the next one
  size_t limit_;
  bool has_backslash_;
  uint32_t depth_max_;
  uint32_t depth_ = 0;
  const char* error_ = nullptr;
  size_t error_offset_ = 0;
  std::string unescaped_;  // the last key or string that had escapes
};

inline bool JsonReader::ReadString(JsonValue& value) {
  const char* const begin = text_.data() + *tokens_ + 1;
  const char* end = text_.data() + tokens_[1];
  while (IsSpace(end[-1])) --end;
  --end;
  if (end < begin || *end != '"') return Fail("a string is not closed");
  value.type = JsonType::kString;
  value.text = {begin, static_cast<size_t>(end - begin)};
  value.escaped = has_backslash_ && value.text.find('\\') != std::string_view::npos;
  return true;
}

inline bool JsonReader::ReadKey(std::string_view& key) {
  if (Peek() != '"') return Fail("a field name in quotes was expected");
  JsonValue name;
  if (!ReadString(name)) return false;
  key = name.text;
  if (name.escaped && !UnescapeKey(key)) return false;
  ++tokens_;
  if (Peek() != ':') return Fail("':' was expected after a field name");
  ++tokens_;
  return true;
}

inline bool JsonReader::ReadNumber(JsonValue& value) {
  const char* const begin = text_.data() + *tokens_;
  const char* const next = text_.data() + tokens_[1];
  const char* const end = ScanNumber(begin, next, value.number);
  if (end == nullptr || !std::all_of(end, next, IsSpace)) return Fail("a value was expected");
  value.type = JsonType::kNumber;
  value.text = {begin, static_cast<size_t>(end - begin)};
  return true;
}

inline bool JsonReader::ReadValue(JsonValue& value) {
  const char first = Peek();
  if (first == '"') {
    if (!ReadString(value) || (value.escaped && !CheckEscapes(value.text))) return false;
  } else if (first == '-' || (first >= '0' && first <= '9')) {
    if (!ReadNumber(value)) return false;
  } else if (first == '{' || first == '[') {
    return ReadContainer(value);
  } else if (!ReadWord(value)) {
    return false;
  }
  ++tokens_;
  return true;
}

inline bool JsonReader::ReadSeparator(char close, bool& done) {
  const char c = Peek();
  done = c == close;
  if (c != ',' && !done) {
    return Fail(close == '}' ? "',' or '}' was expected" : "',' or ']' was expected");
  }
  ++tokens_;
  return true;
}

template <typename OnField>
bool JsonReader::ReadObject(OnField&& on_field) {
  if (Peek() != '{') return Fail("an object was expected");
  if (depth_ == depth_max_) return FailDepth();
  ++depth_;
  ++tokens_;
  bool done = Peek() == '}';
  if (done) ++tokens_;
  while (!done) {
    std::string_view key;
    if (!ReadKey(key) || !on_field(key) || !ReadSeparator('}', done)) return false;
  }
  --depth_;
  return true;
}

template <typename OnElement>
bool JsonReader::ReadArray(OnElement&& on_element) {
  if (Peek() != '[') return Fail("an array was expected");
  if (depth_ == depth_max_) return FailDepth();
  ++depth_;
  ++tokens_;
  bool done = Peek() == ']';
  if (done) ++tokens_;
  while (!done) {
    if (!on_element() || !ReadSeparator(']', done)) return false;
  }
  --depth_;
  return true;
}

}  // namespace wick::protocol
