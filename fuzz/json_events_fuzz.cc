// Events in JSON: an event means the same alone, in NDJSON and in an array.
#include <algorithm>
#include <string>
#include <tuple>
#include <vector>

#include "base/assert.h"
#include "input.h"
#include "market/validation.h"
#include "protocol/json_events.h"

namespace {

using namespace wick;

constexpr uint64_t kNowMs = 1'700'000'000'000;
constexpr uint64_t kFutureSkewMsMax = 10'000;

/// One element's fate. Prices by their bits, so that -0 is not 0.
struct Element {
  Symbol symbol;
  std::string price_bits;
  Refusal refusal = Refusal::kNone;
  std::string message;

  friend bool operator==(const Element&, const Element&) = default;
};

struct Outcome {
  std::vector<Element> elements;  // by index
  std::string document_error;
  bool complete = true;  // false: so many errors that not all were kept
};

Outcome Parse(std::string_view body, protocol::EventsFormat format) {
  static protocol::EventParser parser;  // reused, as the server does
  protocol::ParsedEvents& parsed = parser.Parse(body, format, kNowMs, kFutureSkewMsMax);
  Outcome outcome;
  outcome.document_error = parsed.document_error;
  outcome.complete = parsed.report.rejected() == parsed.report.errors().size();
  WICK_ASSERT(outcome.document_error.empty() ||
              (parsed.events.empty() && parsed.report.rejected() == 0));
  if (!outcome.complete) return outcome;

  outcome.elements.resize(parsed.events.size() + parsed.report.errors().size());
  std::vector<bool> seen(outcome.elements.size());
  const auto place = [&](uint64_t index) -> Element& {
    WICK_ASSERT(index < seen.size());
    WICK_ASSERT(!seen[index]);
    seen[index] = true;
    return outcome.elements[index];
  };
  for (const protocol::ParsedEvent& event : parsed.events) {
    WICK_ASSERT(market::CheckPrice(event.price, kNowMs, kFutureSkewMsMax) == Refusal::kNone);
    Element& element = place(event.index);
    element.symbol = Symbol(event.symbol);
    element.price_bits.assign(reinterpret_cast<const char*>(&event.price), sizeof(Price));
  }
  for (const protocol::EventError& error : parsed.report.errors()) {
    WICK_ASSERT(error.refusal != Refusal::kNone);
    WICK_ASSERT(!error.message.empty());
    Element& element = place(error.index);
    element.refusal = error.refusal;
    element.message = error.message;
  }
  return outcome;
}

bool IsBlank(std::string_view line) {
  return line.find_first_not_of(" \t\r") == std::string_view::npos;
}

}  // namespace

/// Every line is parsed four times.
constexpr size_t kBytesMax = 2'048;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t bytes) {
  const std::string_view body = fuzz::View(data, std::min(bytes, kBytesMax));
  Parse(body, protocol::EventsFormat::kJson);
  const Outcome lines = Parse(body, protocol::EventsFormat::kNdjson);
  WICK_ASSERT(lines.document_error.empty());
  if (!lines.complete) return 0;

  // Each line alone, as NDJSON and, where it is a document with an object, as JSON.
  std::vector<Element> alone;
  std::vector<Element> of_documents;
  std::string array;
  for (size_t begin = 0, end = 0; begin < body.size(); begin = end + 1) {
    end = std::min(body.find('\n', begin), body.size());
    const std::string_view line = body.substr(begin, end - begin);
    if (IsBlank(line)) continue;
    const Outcome by_line = Parse(line, protocol::EventsFormat::kNdjson);
    WICK_ASSERT(by_line.elements.size() == 1);
    alone.push_back(by_line.elements[0]);
    // A tab before it keeps the parser from its short way.
    const Outcome the_long_way = Parse("\t" + std::string(line), protocol::EventsFormat::kNdjson);
    WICK_ASSERT(the_long_way.elements.size() == 1);
    WICK_ASSERT(the_long_way.elements[0].refusal == alone.back().refusal);
    WICK_ASSERT(the_long_way.elements[0].symbol == alone.back().symbol);
    WICK_ASSERT(the_long_way.elements[0].price_bits == alone.back().price_bits);

    const Outcome document = Parse(line, protocol::EventsFormat::kJson);
    if (!document.document_error.empty() || line[line.find_first_not_of(" \t\r")] != '{') continue;
    WICK_ASSERT(document.elements == by_line.elements);
    of_documents.push_back(document.elements[0]);
    array += array.empty() ? "[" : ",";
    array += line;
  }
  WICK_ASSERT(alone == lines.elements);

  if (of_documents.empty()) return 0;
  const Outcome together = Parse(array + "]", protocol::EventsFormat::kJson);
  WICK_ASSERT(together.document_error.empty());
  WICK_ASSERT(together.elements == of_documents);
  return 0;
}
