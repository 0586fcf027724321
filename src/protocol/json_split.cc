#include "protocol/json_split.h"

#include "protocol/json_string.h"

namespace wick::protocol {
namespace {

/// Reads a value as it is written. A string's text lies between its quotes.
bool ReadPart(JsonReader& reader, std::string_view& part) {
  JsonValue value;
  if (!reader.ReadValue(value)) return false;
  part = value.text;
  if (value.type == JsonType::kString) part = {part.data() - 1, part.size() + 2};
  return true;
}

}  // namespace

std::optional<std::vector<std::string_view>> SplitArray(std::string_view json, uint32_t depth_max) {
  JsonIndex index;
  if (index.Build(json) != nullptr) return std::nullopt;
  JsonReader reader(json, index, depth_max);
  std::vector<std::string_view> elements;
  const bool read = reader.ReadArray([&] { return ReadPart(reader, elements.emplace_back()); });
  if (!read || !reader.ReadEnd()) return std::nullopt;
  return elements;
}

std::optional<std::vector<std::pair<std::string, std::string_view>>> SplitObject(
    std::string_view json, uint32_t depth_max) {
  JsonIndex index;
  if (index.Build(json) != nullptr) return std::nullopt;
  JsonReader reader(json, index, depth_max);
  std::vector<std::pair<std::string, std::string_view>> fields;
  const bool read = reader.ReadObject([&](std::string_view key) {
    auto& field = fields.emplace_back(std::string(key), std::string_view());
    return ReadPart(reader, field.second);
  });
  if (!read || !reader.ReadEnd()) return std::nullopt;
  return fields;
}

std::optional<std::string_view> FindField(std::string_view json, std::string_view name) {
  const auto fields = SplitObject(json);
  if (!fields) return std::nullopt;
  for (const auto& [key, value] : *fields) {
    if (key == name) return value;
  }
  return std::nullopt;
}

std::optional<std::string> StringOf(std::string_view part) {
  std::string text;
  if (part.size() < 2 || part.front() != '"' || !Unescape(part.substr(1, part.size() - 2), text)) {
    return std::nullopt;
  }
  return text;
}

void AppendArrayOf(std::string& out, const std::vector<std::string_view>& elements) {
  out += '[';
  for (size_t i = 0; i < elements.size(); ++i) {
    if (i > 0) out += ',';
    out += elements[i];
  }
  out += ']';
}

}  // namespace wick::protocol
