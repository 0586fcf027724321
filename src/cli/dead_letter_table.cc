#include "cli/dead_letter_table.h"

#include <charconv>

#include "cli/table.h"
#include "cli/time_text.h"
#include "market/validation.h"
#include "protocol/json_split.h"
#include "protocol/json_string.h"

namespace wick::cli {
namespace {

constexpr size_t kReasonBytesMax = 80;  // a line should stay one
constexpr size_t kValueBytesMax = 48;

/// A scalar as it reads: strings without quotes and escapes. Empty: there is no such field.
std::string TextOf(std::string_view object, std::string_view field) {
  const std::string_view value = protocol::FindField(object, field).value_or("");
  std::string text;
  if (value.size() >= 2 && value.front() == '"') {
    protocol::Unescape(value.substr(1, value.size() - 2), text);
  } else {
    text = value;
  }
  return text;
}

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
  for (const std::string_view letter : *letters) {
    const bool is_text = protocol::FindField(letter, "value").has_value();
    table.Add({TimeOf(TextOf(letter, "timestampInMs")), TextOf(letter, "topic"),
               TextOf(letter, "partition"), TextOf(letter, "offset"), TextOf(letter, "valueBytes"),
               market::Printable(TextOf(letter, "reason"), kReasonBytesMax),
               is_text ? market::Printable(TextOf(letter, "value"), kValueBytesMax)
                       : "(no text: see --json)"});
  }
  std::string text = table.Text();
  const std::string_view next = protocol::FindField(json, "next").value_or("null");
  if (next != "null") {
    text += "more: --topic " + TextOf(next, "topic") + " --partition " + TextOf(next, "partition") +
            " --offset " + TextOf(next, "offset") + '\n';
  }
  return text;
}

}  // namespace wick::cli
