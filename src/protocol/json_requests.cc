#include "protocol/json_requests.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <optional>
#include <span>
#include <string>
#include <unordered_set>
#include <utility>

#include "base/status.h"
#include "market/validation.h"
#include "protocol/http_values.h"
#include "protocol/json_reader.h"
#include "protocol/json_string.h"

namespace wick::protocol {
namespace {

constexpr std::string_view kSeriesFields[] = {"baseCurrency", "quoteCurrency", "exchange"};
constexpr std::string_view kReferenceFields[] = {"quoteCurrency", "exchange"};
constexpr std::string_view kBackupFields[] = {"directory", "keep", "bytesPerSecond"};
constexpr std::string_view kCandlesFields[] = {"series", "interval", "from", "to", "limit", "fill"};

/// Where in a body something stands: "body[3].exchange". Made into text only for a fault.
struct Place {
  static constexpr size_t kNoIndex = SIZE_MAX;

  std::string_view name;
  size_t index = kNoIndex;
  std::string_view field = {};

  std::string Text() const {
    std::string text(name);
    if (index != kNoIndex) text += fmt::format("[{}]", index);
    if (!field.empty()) text += fmt::format(".{}", field);
    return text;
  }
};

/// Reads one body. Each Read function gives false at the first fault; problem() then tells it.
/// Faults of the JSON are invalid_json, faults of what it says are invalid_body.
class BodyReader {
 public:
  BodyReader(std::string_view body, uint32_t depth_max) : body_(body), depth_max_(depth_max) {}

  /// Reads the whole body by `read`.
  template <typename Read>
  bool ReadBody(const Read& read);

  /// Reads an array of at most `elements_max` by `read_element(place)`.
  template <typename ReadElement>
  bool ReadElements(std::string_view name, size_t elements_max, const ReadElement& read_element);

  /// Reads an object by `read_field(key)`; every key must be `known` and come once.
  template <typename ReadField>
  bool ReadFields(const Place& place, std::span<const std::string_view> known,
                  const ReadField& read_field);

  /// Reads an object of names, all of `fields`, and checks the names.
  bool ReadNames(const Place& place, std::span<const std::string_view> fields, Symbol& symbol);

  /// Reads an object of names or a symbol, and checks the names.
  bool ReadSeries(const Place& place, Symbol& symbol);

  bool ReadText(const Place& place, std::string& text);

  /// Reads a value or null, which leaves `text` or `number` alone.
  bool ReadTextOrNull(const Place& place, std::optional<std::string>& text);
  template <typename Number>
  bool ReadWholeOrNull(const Place& place, Number& number);

  bool Check(const Place& place, const absl::Status& status);

  template <typename... Args>
  bool Fault(fmt::format_string<Args...> format, Args&&... args) {
    problem_ =
        MakeProblem(ProblemCode::kInvalidBody, fmt::format(format, std::forward<Args>(args)...));
    return false;
  }

  Problem&& problem() { return *std::move(problem_); }

 private:
  bool FaultOfJson(const char* error, size_t offset);
  bool TextOf(const Place& place, const JsonValue& value, std::string& text);

  std::string_view body_;
  const uint32_t depth_max_;
  JsonIndex index_;
  std::optional<JsonReader> reader_;
  std::optional<Problem> problem_;
};

template <typename Read>
bool BodyReader::ReadBody(const Read& read) {
  if (const char* error = index_.Build(body_)) return FaultOfJson(error, 0);
  reader_.emplace(body_, index_, depth_max_);
  if (read() && reader_->ReadEnd()) return true;
  // A body that is no JSON is told so, whatever else it does not say.
  JsonReader whole(body_, index_, depth_max_);
  JsonValue ignored;
  if (!whole.ReadValue(ignored) || !whole.ReadEnd()) {
    return FaultOfJson(whole.error(), whole.error_offset());
  }
  return false;
}

template <typename ReadElement>
bool BodyReader::ReadElements(std::string_view name, size_t elements_max,
                              const ReadElement& read_element) {
  if (reader_->Peek() != '[') return Fault("{} must be an array", name);
  Place place = {.name = name, .index = 0};
  return reader_->ReadArray([&] {
    if (place.index == elements_max)
      return Fault("{} has more than {} elements", name, elements_max);
    if (!read_element(place)) return false;
    ++place.index;
    return true;
  });
}

template <typename ReadField>
bool BodyReader::ReadFields(const Place& place, std::span<const std::string_view> known,
                            const ReadField& read_field) {
  if (reader_->Peek() != '{') {
    return Fault("{} must be an object with {}", place.Text(), fmt::join(known, ", "));
  }
  uint64_t seen = 0;  // a bit for each known field
  return reader_->ReadObject([&](std::string_view key) {
    const auto field = std::find(known.begin(), known.end(), key);
    if (field == known.end()) {
      return Fault("{} has the unknown field \"{}\"; known are {}", place.Text(),
                   market::Printable(key), fmt::join(known, ", "));
    }
    const uint64_t bit = uint64_t{1} << (field - known.begin());
    if ((seen & bit) != 0) return Fault("{} has the field {} twice", place.Text(), *field);
    seen |= bit;
    return read_field(*field);
  });
}

bool BodyReader::FaultOfJson(const char* error, size_t offset) {
  problem_ = MakeProblem(ProblemCode::kInvalidJson,
                         fmt::format("the body is no JSON: {} at byte {}: \"{}\"", error, offset,
                                     market::Printable(body_.substr(offset))));
  return false;
}

bool BodyReader::Check(const Place& place, const absl::Status& status) {
  return status.ok() || Fault("{}: {}", place.Text(), Message(status));
}

bool BodyReader::ReadNames(const Place& place, std::span<const std::string_view> fields,
                           Symbol& symbol) {
  const auto name_of = [&symbol](std::string_view field) -> std::string& {
    if (field == "baseCurrency") return symbol.base_currency;
    return field == "quoteCurrency" ? symbol.quote_currency : symbol.exchange;
  };
  const bool read = ReadFields(place, fields, [&](std::string_view field) {
    return ReadText({place.name, place.index, field}, name_of(field));
  });
  if (!read) return false;
  for (const std::string_view field : fields) {
    if (name_of(field).empty()) return Fault("{}.{} is missing or empty", place.Text(), field);
  }
  return Check(place, CheckNames(symbol));
}

bool BodyReader::ReadSeries(const Place& place, Symbol& symbol) {
  if (reader_->Peek() == '{') return ReadNames(place, kSeriesFields, symbol);
  std::string text;
  if (!ReadText(place, text)) return false;
  auto named = ReadSymbol(text);
  if (!named.ok()) return Check(place, named.status());
  symbol = *std::move(named);
  return true;
}

bool BodyReader::TextOf(const Place& place, const JsonValue& value, std::string& text) {
  if (value.type != JsonType::kString) {
    return Fault("{} {} must be a string", place.Text(), market::Printable(value.text));
  }
  return Unescape(value.text, text);  // ReadValue() has checked the escapes
}

bool BodyReader::ReadText(const Place& place, std::string& text) {
  JsonValue value;
  return reader_->ReadValue(value) && TextOf(place, value, text);
}

bool BodyReader::ReadTextOrNull(const Place& place, std::optional<std::string>& text) {
  JsonValue value;
  if (!reader_->ReadValue(value)) return false;
  return value.type == JsonType::kNull || TextOf(place, value, text.emplace());
}

template <typename Number>
bool BodyReader::ReadWholeOrNull(const Place& place, Number& number) {
  JsonValue value;
  if (!reader_->ReadValue(value)) return false;
  if (value.type == JsonType::kNull) return true;
  const auto whole = value.type == JsonType::kNumber ? ToUint64(value.number) : std::nullopt;
  if (!whole) {
    return Fault("{} {} must be a whole number of at least 0", place.Text(),
                 market::Printable(value.text));
  }
  number = *whole;
  return true;
}

}  // namespace

OrProblem<std::vector<Symbol>> ParseLatestBody(std::string_view body, uint32_t depth_max) {
  BodyReader reader(body, depth_max);
  std::vector<Symbol> symbols;
  const bool read = reader.ReadBody([&] {
    return reader.ReadElements("body", kSymbolsPerLatestMax, [&](const Place& place) {
      return reader.ReadSeries(place, symbols.emplace_back());
    });
  });
  if (!read) return reader.problem();
  return symbols;
}

OrProblem<CandlesBody> ParseCandlesBody(std::string_view body, uint32_t candles_per_request_max,
                                        uint32_t depth_max) {
  BodyReader reader(body, depth_max);
  CandlesBody candles;
  CandlesRequest& request = candles.request;
  std::optional<std::string> interval;
  std::optional<std::string> fill;
  uint64_t limit = std::min(kCandlesPerRequestDefault, candles_per_request_max);
  const bool read = reader.ReadBody([&] {
    return reader.ReadFields({"body"}, kCandlesFields, [&](std::string_view field) {
      if (field == "series") {
        return reader.ReadElements("series", kSeriesPerCandlesMax, [&](const Place& place) {
          return reader.ReadSeries(place, candles.series.emplace_back());
        });
      }
      const Place place = {field};
      if (field == "interval") return reader.ReadTextOrNull(place, interval);
      if (field == "from") return reader.ReadWholeOrNull(place, request.from_ms);
      if (field == "to") return reader.ReadWholeOrNull(place, request.to_ms);
      if (field == "limit") return reader.ReadWholeOrNull(place, limit);
      return reader.ReadTextOrNull(place, fill);
    });
  });
  if (!read) return reader.problem();
  if (candles.series.empty()) {
    reader.Fault("series is missing or empty; 1 to {} are allowed", kSeriesPerCandlesMax);
    return reader.problem();
  }
  request.limit = static_cast<uint32_t>(std::min<uint64_t>(limit, UINT32_MAX));
  if (interval && !reader.Check({"body"}, ReadInterval(*interval, request)))
    return reader.problem();
  if (fill) {
    const auto read_fill = ReadFill(*fill);
    if (!reader.Check({"body"}, read_fill.status())) return reader.problem();
    request.fill = *read_fill;
  }
  if (!reader.Check({"body"}, CheckCandlesRequest(request, candles_per_request_max))) {
    return reader.problem();
  }
  return candles;
}

OrProblem<BackupBody> ParseBackupBody(std::string_view body, uint32_t depth_max) {
  BodyReader reader(body, depth_max);
  BackupBody backup;
  uint64_t keep = 0;
  const bool read = reader.ReadBody([&] {
    return reader.ReadFields({"body"}, kBackupFields, [&](std::string_view field) {
      const Place place = {"body", Place::kNoIndex, field};
      if (field == "directory") return reader.ReadText(place, backup.directory);
      if (field == "keep") return reader.ReadWholeOrNull(place, keep);
      return reader.ReadWholeOrNull(place, backup.bytes_per_second);
    });
  });
  if (!read) return reader.problem();
  if (backup.directory.empty()) {
    reader.Fault("body.directory is missing or empty");
    return reader.problem();
  }
  backup.keep = static_cast<uint32_t>(std::min<uint64_t>(keep, UINT32_MAX));
  return backup;
}

OrProblem<Reference> ParseReferenceBody(std::string_view body, std::string_view base_currency,
                                        uint32_t depth_max) {
  BodyReader reader(body, depth_max);
  Symbol symbol;
  symbol.base_currency = base_currency;
  if (!reader.ReadBody([&] { return reader.ReadNames({"body"}, kReferenceFields, symbol); })) {
    return reader.problem();
  }
  return Reference{std::move(symbol.base_currency), std::move(symbol.quote_currency),
                   std::move(symbol.exchange)};
}

OrProblem<std::vector<Reference>> ParseReferencesBody(std::string_view body, uint32_t depth_max) {
  BodyReader reader(body, depth_max);
  std::vector<Reference> references;
  std::unordered_set<std::string> bases;
  const bool read = reader.ReadBody([&] {
    return reader.ReadElements("body", SIZE_MAX, [&](const Place& place) {
      Symbol symbol;
      if (!reader.ReadNames(place, kSeriesFields, symbol)) return false;
      if (!bases.insert(symbol.base_currency).second) {
        return reader.Fault("{}.baseCurrency \"{}\" has a reference already", place.Text(),
                            market::Printable(symbol.base_currency));
      }
      references.push_back({std::move(symbol.base_currency), std::move(symbol.quote_currency),
                            std::move(symbol.exchange)});
      return true;
    });
  });
  if (!read) return reader.problem();
  return references;
}

}  // namespace wick::protocol
