#include "protocol/json_events.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <deque>
#include <limits>
#include <optional>
#include <utility>

#include "base/units.h"
#include "market/validation.h"
#include "protocol/json_fields.h"
#include "protocol/json_index.h"
#include "protocol/json_plain_event.h"
#include "protocol/json_reader.h"
#include "protocol/json_string.h"

namespace wick::protocol {
namespace {

/// Of an event with all its fields and short numbers; longer ones leave some room unused.
constexpr size_t kEventTextBytes = 128;

/// Lines are indexed a stretch at a time, so that text and index stay in the processor's cache.
constexpr size_t kStretchBytes = 128_KiB;

using Fields = std::array<JsonValue, kFieldCount>;

void Clear(Fields& fields) {
  for (JsonValue& field : fields) field.type = JsonType::kAbsent;
}

/// A value as messages show it.
std::string Shown(const JsonValue& value) {
  const std::string text = market::Printable(value.text);
  return value.type == JsonType::kString ? fmt::format("\"{}\"", text) : text;
}

}  // namespace

EventsFormat EventsFormatOf(std::string_view content_type) {
  constexpr std::array<std::string_view, 6> kLines = {
      "application/x-ndjson",    "application/ndjson",    "application/jsonl",
      "application/x-jsonlines", "application/jsonlines", "text/x-ndjson"};
  std::string type(content_type.substr(0, content_type.find(';')));
  type.erase(type.find_last_not_of(" \t") + 1);
  std::transform(type.begin(), type.end(), type.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  const bool lines = std::find(kLines.begin(), kLines.end(), type) != kLines.end();
  return lines ? EventsFormat::kNdjson : EventsFormat::kJson;
}

class EventParser::Impl {
 public:
  explicit Impl(uint32_t depth_max) : depth_max_(depth_max) {}

  ParsedEvents& Parse(std::string_view body, EventsFormat format, uint64_t now_ms,
                      uint64_t future_skew_ms_max) {
    now_ms_ = now_ms;
    future_skew_ms_max_ = future_skew_ms_max;
    event_ = 0;
    names_.clear();
    parsed_.events.clear();
    parsed_.events.reserve(body.size() / kEventTextBytes);
    parsed_.report.Clear();
    parsed_.document_error.clear();
    if (format == EventsFormat::kJson) {
      if (!TakePlainDocument(body)) ParseDocument(body);
    } else {
      ParseLines(body);
    }
    index_.Shrink();
    return parsed_;
  }

 private:
  bool TakePlainDocument(std::string_view body);
  void ParseDocument(std::string_view body);
  size_t TakePlainLines(std::string_view body);
  const char* TakePlainEvent(const char* begin, const char* end);
  void ParseLines(std::string_view body);
  void ParseStretch(std::string_view lines);
  void ParseBadLine(std::string_view line);

  bool ReadElement(JsonReader& reader);
  bool ReadEvent(JsonReader& reader);
  bool ReadEnvelope(JsonReader& reader);

  void TakeElement();
  bool TakeEvent();
  bool TakeNames(const Fields& fields, SymbolView& symbol);
  bool TakePrice(const Fields& fields, Price& price);
  std::string DescribePrice(Refusal refusal, const Fields& fields, const Price& price) const;
  double NumberOf(const JsonValue& value);
  uint64_t WholeNumberOf(const JsonValue& value);
  bool ReadNumber(const JsonValue& value, JsonNumber& number, std::string_view& text);

  template <typename Describe>
  bool Refuse(Refusal refusal, const Describe& describe);
  void RefuseLine(std::string_view line, const char* error, size_t offset);
  void RefuseDocument(std::string error);

  const uint32_t depth_max_;
  JsonIndex index_;
  ParsedEvents parsed_;
  uint64_t now_ms_ = 0;
  uint64_t future_skew_ms_max_ = 0;
  uint64_t event_ = 0;             // index of the one being read
  std::deque<std::string> names_;  // those that had escapes
  std::string unescaped_;          // the last number that was a string with escapes

  // What was read and not yet taken.
  JsonValue element_;  // type kObject: `fields_` holds its fields
  Fields fields_;
  JsonValue envelope_;  // what "priceEvent" holds; type kObject: `enveloped_` holds its fields
  Fields enveloped_;
  JsonValue ignored_;
};

/// Takes the event at `begin` and returns its end; nullptr if it is not plain, or would be refused.
const char* EventParser::Impl::TakePlainEvent(const char* begin, const char* end) {
  ParsedEvent event;
  const char* const behind = ReadPlainEvent(begin, end, event.symbol, event.price);
  if (behind == nullptr ||
      market::CheckPrice(event.price, now_ms_, future_skew_ms_max_) != Refusal::kNone) {
    return nullptr;
  }
  event.index = event_++;
  parsed_.events.push_back(event);
  return behind;
}

/// Takes a body that is a plain event or an array of them. False: it is not, and nothing was taken.
bool EventParser::Impl::TakePlainDocument(std::string_view body) {
  const char* const end = body.data() + body.size();
  const auto skip_spaces = [end](const char* p) {
    while (p != end && JsonReader::IsSpace(*p)) ++p;
    return p;
  };
  const char* p = skip_spaces(body.data());
  const bool is_array = p != end && *p == '[';
  if (is_array && depth_max_ < 2) return false;
  for (bool more = true; more && p != nullptr;) {
    p = TakePlainEvent(is_array ? skip_spaces(p + 1) : p, end);
    if (p != nullptr) p = skip_spaces(p);
    more = is_array && p != nullptr && p != end && *p == ',';
  }
  if (is_array && p != nullptr) p = p != end && *p == ']' ? skip_spaces(p + 1) : nullptr;
  if (p != nullptr && p == end) return true;
  parsed_.events.clear();
  event_ = 0;
  return false;
}

void EventParser::Impl::ParseDocument(std::string_view body) {
  if (const char* error = index_.Build(body)) {
    return RefuseDocument(fmt::format("the body is no JSON: {}", error));
  }
  JsonReader reader(body, index_, depth_max_);
  const char first = reader.Peek();
  const auto read_element = [&] {
    if (!ReadElement(reader)) return false;
    TakeElement();
    return true;
  };
  if (!(first == '[' ? reader.ReadArray(read_element) : read_element()) || !reader.ReadEnd()) {
    return RefuseDocument(fmt::format(
        "the body is no JSON: {} at byte {}: \"{}\"; events one a line need the content "
        "type application/x-ndjson",
        reader.error(), reader.error_offset(),
        market::Printable(body.substr(reader.error_offset()))));
  }
  if (first != '[' && first != '{') {
    RefuseDocument(fmt::format("the body must be an event object or an array of them, it is {}",
                               Shown(element_)));
  }
}

/// Takes plain lines from the front of a body; returns how many bytes they have.
size_t EventParser::Impl::TakePlainLines(std::string_view body) {
  const char* const end = body.data() + body.size();
  const char* line = body.data();
  while (line != end) {
    const char* behind = TakePlainEvent(line, end);
    if (behind == nullptr) break;
    if (behind != end && *behind == '\r') ++behind;
    if (behind != end && *behind++ != '\n') {  // something follows it
      parsed_.events.pop_back();
      --event_;
      break;
    }
    line = behind;
  }
  return static_cast<size_t>(line - body.data());
}

void EventParser::Impl::ParseLines(std::string_view body) {
  // Where one line is not plain the next may be; where many are not, few are.
  for (size_t stretch_bytes = 1;; stretch_bytes = std::min(2 * stretch_bytes, kStretchBytes)) {
    if (const size_t plain_bytes = TakePlainLines(body); plain_bytes > 0) {
      body.remove_prefix(plain_bytes);
      stretch_bytes = 1;
    }
    if (body.empty()) return;
    size_t bytes = body.size();
    if (bytes > stretch_bytes) {
      size_t newline = body.rfind('\n', stretch_bytes - 1);
      if (newline == std::string_view::npos) newline = body.find('\n', stretch_bytes);
      if (newline != std::string_view::npos) bytes = newline + 1;
    }
    ParseStretch(body.substr(0, bytes));
    body.remove_prefix(bytes);
  }
}

/// Takes whole lines. If the index finds no fault then no string runs across the end of a line, and
/// one index serves them all; else each line gets its own, and the fault stays in its line.
void EventParser::Impl::ParseStretch(std::string_view lines) {
  const bool shared_index = index_.Build(lines) == nullptr;
  std::optional<JsonReader> reader;
  if (shared_index) reader.emplace(lines, index_, depth_max_);
  for (size_t begin = 0, end = 0; begin < lines.size(); begin = end + 1) {
    end = std::min(lines.find('\n', begin), lines.size());
    const std::string_view line = lines.substr(begin, end - begin);
    if (!shared_index) {
      ParseBadLine(line);
      continue;
    }
    reader->SetLimit(end);
    if (reader->AtEnd()) continue;
    if (ReadElement(*reader) && reader->ReadEnd()) {
      TakeElement();
    } else {
      RefuseLine(line, reader->error(), reader->error_offset() - begin);
      reader->SkipToLimit();
    }
  }
}

/// Takes a line that need not be bad: one of its neighbours is.
void EventParser::Impl::ParseBadLine(std::string_view line) {
  if (line.find_first_not_of(" \t\r") == std::string_view::npos) return;
  if (const char* error = index_.Build(line)) return RefuseLine(line, error, 0);
  JsonReader reader(line, index_, depth_max_);
  if (ReadElement(reader) && reader.ReadEnd()) {
    TakeElement();
  } else {
    RefuseLine(line, reader.error(), reader.error_offset());
  }
}

bool EventParser::Impl::ReadElement(JsonReader& reader) {
  if (reader.Peek() != '{') return reader.ReadValue(element_);
  element_.type = JsonType::kObject;
  return ReadEvent(reader);
}

bool EventParser::Impl::ReadEvent(JsonReader& reader) {
  Clear(fields_);
  envelope_.type = JsonType::kAbsent;
  return reader.ReadObject([&](std::string_view key) {
    const Field field = FieldOf(key);
    if (field == kEnvelope) return ReadEnvelope(reader);
    return reader.ReadValue(field == kUnknown ? ignored_ : fields_[field]);
  });
}

bool EventParser::Impl::ReadEnvelope(JsonReader& reader) {
  if (reader.Peek() != '{') return reader.ReadValue(envelope_);
  envelope_.type = JsonType::kObject;
  Clear(enveloped_);
  return reader.ReadObject([&](std::string_view key) {
    const Field field = FieldOf(key);
    return reader.ReadValue(field < kFieldCount ? enveloped_[field] : ignored_);
  });
}

/// Counts the event as refused; the message is made only if it will be shown.
template <typename Describe>
bool EventParser::Impl::Refuse(Refusal refusal, const Describe& describe) {
  IngestReport& report = parsed_.report;
  report.AddError(event_, refusal, report.Keeps(event_) ? describe() : std::string());
  return false;
}

void EventParser::Impl::RefuseLine(std::string_view line, const char* error, size_t offset) {
  Refuse(Refusal::kInvalidJson, [&] {
    return fmt::format("the line is no JSON: {} at byte {}: \"{}\"", error, offset,
                       market::Printable(line.substr(offset)));
  });
  ++event_;
}

void EventParser::Impl::RefuseDocument(std::string error) {
  parsed_.events.clear();
  parsed_.report.Clear();
  parsed_.document_error = std::move(error);
}

void EventParser::Impl::TakeElement() {
  if (element_.type == JsonType::kObject) {
    TakeEvent();
  } else {
    Refuse(Refusal::kInvalidJson,
           [&] { return fmt::format("an event must be an object, this is {}", Shown(element_)); });
  }
  ++event_;
}

bool EventParser::Impl::TakeEvent() {
  if (envelope_.type != JsonType::kAbsent && envelope_.type != JsonType::kObject) {
    return Refuse(Refusal::kInvalidJson,
                  [&] { return fmt::format("priceEvent {} must be an object", Shown(envelope_)); });
  }
  Fields& fields = envelope_.type == JsonType::kObject ? enveloped_ : fields_;
  if (JsonValue& inner = fields[kTimestamp];
      inner.type <= JsonType::kNull && fields_[kTimestamp].type != JsonType::kAbsent) {
    inner = fields_[kTimestamp];
  }
  ParsedEvent event;
  if (!TakeNames(fields, event.symbol) || !TakePrice(fields, event.price)) return false;
  event.index = event_;
  parsed_.events.push_back(event);
  return true;
}

bool EventParser::Impl::TakeNames(const Fields& fields, SymbolView& symbol) {
  for (const Field field : {kBase, kQuote, kExchange, kPrice, kTimestamp}) {
    if (fields[field].type != JsonType::kAbsent) continue;
    return Refuse(Refusal::kMissingField,
                  [&] { return fmt::format("{} is missing", kFieldNames[field]); });
  }
  const std::array<std::string_view*, 3> names = {&symbol.base_currency, &symbol.quote_currency,
                                                  &symbol.exchange};
  for (size_t field = kBase; field <= kExchange; ++field) {
    const JsonValue& value = fields[field];
    if (value.type != JsonType::kString) {
      return Refuse(Refusal::kInvalidName, [&] {
        return fmt::format("{} {} must be a string", kFieldNames[field], Shown(value));
      });
    }
    *names[field] = value.text;
    if (value.escaped) {
      Unescape(value.text, names_.emplace_back());
      *names[field] = names_.back();
    }
  }
  return true;
}

/// What is no number at all becomes a value that market::CheckPrice refuses, so that the order of
/// its checks is the order of the refusals.
bool EventParser::Impl::TakePrice(const Fields& fields, Price& price) {
  const auto volume = [&](Field field) {
    return fields[field].type <= JsonType::kNull ? 0.0 : NumberOf(fields[field]);
  };
  price.price = NumberOf(fields[kPrice]);
  price.base_volume_last_24h = volume(kBaseVolume);
  price.quote_volume_last_24h = volume(kQuoteVolume);
  price.timestamp_ms = WholeNumberOf(fields[kTimestamp]);
  const Refusal refusal = market::CheckPrice(price, now_ms_, future_skew_ms_max_);
  if (refusal == Refusal::kNone) return true;
  return Refuse(refusal, [&] { return DescribePrice(refusal, fields, price); });
}

std::string EventParser::Impl::DescribePrice(Refusal refusal, const Fields& fields,
                                             const Price& price) const {
  const auto describe = [&](Field field, std::string_view fault) {
    return fmt::format("{} {} {}", kFieldNames[field], Shown(fields[field]), fault);
  };
  const auto describe_number = [&](Field field, double number) {
    return describe(field, std::isnan(number) ? "must be a number" : "is too large for a float64");
  };
  if (refusal == Refusal::kInvalidPrice && !std::isfinite(price.price)) {
    return describe_number(kPrice, price.price);
  }
  if (refusal == Refusal::kInvalidVolume && !std::isfinite(price.base_volume_last_24h)) {
    return describe_number(kBaseVolume, price.base_volume_last_24h);
  }
  if (refusal == Refusal::kInvalidVolume && !std::isfinite(price.quote_volume_last_24h) &&
      price.base_volume_last_24h >= 0) {
    return describe_number(kQuoteVolume, price.quote_volume_last_24h);
  }
  if (refusal == Refusal::kInvalidTimestamp && price.timestamp_ms == 0) {
    return describe(kTimestamp, "must be a whole number of milliseconds since 1970-01-01, above 0");
  }
  return market::DescribePrice(refusal, price, now_ms_, future_skew_ms_max_);
}

/// The nearest float64 of a number or a string that holds one; NaN if the value is neither.
double EventParser::Impl::NumberOf(const JsonValue& value) {
  JsonNumber number;
  std::string_view text;
  return ReadNumber(value, number, text) ? ToDouble(number, text)
                                         : std::numeric_limits<double>::quiet_NaN();
}

/// 0 if the value is no whole number of 64 bits.
uint64_t EventParser::Impl::WholeNumberOf(const JsonValue& value) {
  JsonNumber number;
  std::string_view text;
  return ReadNumber(value, number, text) ? ToUint64(number).value_or(0) : 0;
}

/// Takes the number of a value that is one, or is a string that holds one.
bool EventParser::Impl::ReadNumber(const JsonValue& value, JsonNumber& number,
                                   std::string_view& text) {
  text = value.text;
  if (value.type == JsonType::kNumber) {
    number = value.number;
    return true;
  }
  if (value.type != JsonType::kString) return false;
  if (value.escaped) {
    Unescape(value.text, unescaped_);
    text = unescaped_;
  }
  const char* const end = text.data() + text.size();
  return ScanNumber(text.data(), end, number) == end;
}

EventParser::EventParser(uint32_t depth_max) : impl_(std::make_unique<Impl>(depth_max)) {}
EventParser::~EventParser() = default;
EventParser::EventParser(EventParser&&) noexcept = default;
EventParser& EventParser::operator=(EventParser&&) noexcept = default;

ParsedEvents& EventParser::Parse(std::string_view body, EventsFormat format, uint64_t now_ms,
                                 uint64_t future_skew_ms_max) {
  return impl_->Parse(body, format, now_ms, future_skew_ms_max);
}

}  // namespace wick::protocol
