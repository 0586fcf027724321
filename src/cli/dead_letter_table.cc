#include "cli/dead_letter_table.h"

#include <fmt/format.h>

#include <charconv>
#include <utility>
#include <vector>

#include "cli/table.h"
#include "cli/time_text.h"
#include "market/validation.h"
#include "protocol/json_split.h"

namespace wick::cli {
namespace {

constexpr size_t kReasonBytesMax = 80;  // a line should stay one
constexpr size_t kValueBytesMax = 48;

/// The fields of an object, read once; none of a text that is no object.
class Fields {
 public:
  explicit Fields(std::string_view object) {
    if (auto fields = protocol::SplitObject(object)) fields_ = std::move(*fields);
  }

  bool Has(std::string_view name) const { return Find(name) != nullptr; }
  /// A scalar as it reads: strings without quotes and escapes. Empty: there is no such field.
  std::string Text(std::string_view name) const {
    const std::string_view* const value = Find(name);
    if (value == nullptr) return {};
    return protocol::StringOf(*value).value_or(std::string(*value));
  }

 private:
  const std::string_view* Find(std::string_view name) const {
    for (const auto& [key, value] : fields_) {
      if (key == name) return &value;
    }
    return nullptr;
  }

  std::vector<std::pair<std::string, std::string_view>> fields_;
};

std::string TimeOf(const std::string& ms) {
  uint64_t time_ms = 0;
  const auto read = std::from_chars(ms.data(), ms.data() + ms.size(), time_ms);
  return read.ec == std::errc() ? FormatTime(time_ms) : ms;
}

}  // namespace

std::string DeadLetterTable(std::string_view json) {
  const auto letters = protocol::SplitArray(protocol::FindField(json, "deadLetters").value_or(""));
  if (!letters) return market::Printable(json, json.size()) + '\n';
  if (letters->empty()) return "no dead letters\n";
  Table table({"TIME", "TOPIC", ">PARTITION", ">OFFSET", ">BYTES", "REASON", "VALUE"});
  for (const std::string_view each : *letters) {
    const Fields letter(each);
    table.Add({TimeOf(letter.Text("timestampInMs")), letter.Text("topic"), letter.Text("partition"),
               letter.Text("offset"), letter.Text("valueBytes"),
               market::Printable(letter.Text("reason"), kReasonBytesMax),
               letter.Has("value") ? market::Printable(letter.Text("value"), kValueBytesMax)
                                   : "(no text: see --json)"});
  }
  std::string text = table.Text();
  if (const Fields next(protocol::FindField(json, "next").value_or("")); next.Has("topic")) {
    text += fmt::format("more: --topic {} --partition {} --offset {}\n", next.Text("topic"),
                        next.Text("partition"), next.Text("offset"));
  }
  return text;
}

}  // namespace wick::cli
