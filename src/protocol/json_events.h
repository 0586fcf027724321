// Price events out of JSON and NDJSON.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/json_reader.h"
#include "protocol/json_report.h"
#include "wick/event.h"
#include "wick/series.h"

namespace wick::protocol {

enum class EventsFormat : uint8_t {
  kJson,    // one event object or an array of them
  kNdjson,  // one event object a line
};

/// kNdjson for the content types that mean it ("application/x-ndjson", "application/jsonl", …),
/// else kJson.
EventsFormat EventsFormatOf(std::string_view content_type);

/// An event whose price passed market::CheckPrice. Engine::Resolve checks its names.
struct ParsedEvent {
  SymbolView symbol;  // points into the body or the parser
  Price price;
  uint64_t index = 0;  // in the array, or among the lines that are not blank; from 0
};

struct ParsedEvents {
  std::vector<ParsedEvent> events;
  IngestReport report;         // of the events that were refused
  std::string document_error;  // not empty: the body is no JSON, nothing of it may be applied
};

/// Reads the body of POST /v1/events by the rules of docs/candles.md. A bad event never costs its
/// neighbours; a body that is no JSON gives no events at all, except in NDJSON, where each line
/// stands for itself. Threads: one at a time; reuse it, it keeps its buffers.
class EventParser {
 public:
  explicit EventParser(uint32_t depth_max = kJsonDepthDefault);
  ~EventParser();
  EventParser(EventParser&&) noexcept;
  EventParser& operator=(EventParser&&) noexcept;

  /// The answer is valid until the next Parse() and as long as `body`, which needs no padding.
  /// The caller may add to its report and move it out.
  ParsedEvents& Parse(std::string_view body, EventsFormat format, uint64_t now_ms,
                      uint64_t future_skew_ms_max);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace wick::protocol
