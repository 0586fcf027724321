#include "protocol/json_reader.h"

#include "protocol/json_string.h"

namespace wick::protocol {

void JsonReader::SkipToLimit() {
  while (!AtEnd()) ++tokens_;
  depth_ = 0;
  error_ = nullptr;
}

bool JsonReader::Fail(const char* error) {
  error_ = AtEnd() ? "it ends too early" : error;
  error_offset_ = std::min<size_t>(*tokens_, limit_);
  return false;
}

bool JsonReader::UnescapeKey(std::string_view& key) {
  if (!Unescape(key, unescaped_)) return Fail("a field name holds an escape that is none");
  key = unescaped_;
  return true;
}

bool JsonReader::CheckEscapes(std::string_view text) {
  return Unescape(text, unescaped_) || Fail("a string holds an escape that is none");
}

bool JsonReader::ReadWord(JsonValue& value) {
  if (AtEnd()) return Fail("a value was expected");
  const char* const begin = text_.data() + *tokens_;
  const char* end = text_.data() + tokens_[1];
  while (IsSpace(end[-1])) --end;
  value.text = {begin, static_cast<size_t>(end - begin)};
  if (value.text == "null") {
    value.type = JsonType::kNull;
  } else if (value.text == "true" || value.text == "false") {
    value.type = JsonType::kBool;
  } else {
    return Fail("a value was expected");
  }
  return true;
}

bool JsonReader::ReadContainer(JsonValue& value) {
  const char* const begin = text_.data() + *tokens_;
  JsonValue ignored;
  const bool is_array = Peek() == '[';
  const bool read = is_array ? ReadArray([&] { return ReadValue(ignored); })
                             : ReadObject([&](std::string_view) { return ReadValue(ignored); });
  if (!read) return false;
  const char* const end = text_.data() + tokens_[-1] + 1;
  value.type = is_array ? JsonType::kArray : JsonType::kObject;
  value.text = {begin, static_cast<size_t>(end - begin)};
  return true;
}

bool JsonReader::ReadEnd() { return AtEnd() || Fail("something follows its end"); }

}  // namespace wick::protocol
