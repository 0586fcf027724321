// Dead letters as JSON: GET /v1/admin/dead-letters.
#include <absl/strings/escaping.h>

#include "market/validation.h"
#include "protocol/json_number.h"
#include "protocol/json_replies.h"
#include "protocol/json_string.h"

namespace wick::protocol {
namespace {

/// ,"key":"text"; bytes that are no text: ,"keyBase64":"…"
void AppendBytes(std::string& out, std::string_view name, std::string_view bytes) {
  const bool is_text = market::IsValidUtf8(bytes);
  out += ",\"";
  out += name;
  out += is_text ? "\":" : "Base64\":";
  AppendString(out,
               is_text ? std::string(bytes) : absl::Base64Escape({bytes.data(), bytes.size()}));
}

void AppendPlace(std::string& out, const cold::KafkaPlace& place) {
  out += "\"topic\":";
  AppendString(out, place.topic);
  out += ",\"partition\":";
  AppendNumber(out, uint64_t{place.partition});
  out += ",\"offset\":";
  AppendNumber(out, place.offset);
}

}  // namespace

void AppendDeadLetters(std::string& out, std::span<const cold::DeadLetter> letters,
                       const std::optional<cold::KafkaPlace>& next) {
  out += "{\"deadLetters\":[";
  for (const cold::DeadLetter& letter : letters) {
    if (out.back() == '}') out += ',';
    out += '{';
    AppendPlace(out, letter.place);
    out += ",\"timestampInMs\":";
    AppendNumber(out, letter.time_ms);
    out += ",\"reason\":";
    AppendString(out, letter.reason);
    out += ",\"keyBytes\":";
    AppendNumber(out, uint64_t{letter.key_bytes});
    out += ",\"valueBytes\":";
    AppendNumber(out, uint64_t{letter.value_bytes});
    AppendBytes(out, "key", letter.key);
    AppendBytes(out, "value", letter.value);
    out += '}';
  }
  out += "],\"next\":";
  if (next) {
    out += '{';
    AppendPlace(out, *next);
    out += "}}";
  } else {
    out += "null}";
  }
}

}  // namespace wick::protocol
