#include "server/http_ingest.h"

#include <fmt/format.h>

#include <utility>

#include "market/validation.h"

namespace wick::server {

std::string DescribeRefusal(const engine::Engine& engine, Refusal refusal,
                            const SymbolView& symbol) {
  if (refusal == Refusal::kTooManySeries) {
    return fmt::format("the server already holds {} series, its limit (series.max)",
                       engine.options().series_max);
  }
  return market::DescribeSymbol(symbol);
}

ResolvedEvents ResolveEvents(engine::Engine& engine, protocol::EventParser& parser,
                             const HttpMessage& message) {
  protocol::ParsedEvents& parsed =
      parser.Parse(message.body, protocol::EventsFormatOf(message.content_type),
                   engine.clock().NowMs(), engine.options().future_skew_ms_max);
  ResolvedEvents resolved{engine.NewBatch(), {}, {}};
  if (!parsed.document_error.empty()) {
    resolved.document_error = std::move(parsed.document_error);
    engine.CountRejected(Refusal::kInvalidJson);
    return resolved;
  }
  for (const protocol::ParsedEvent& event : parsed.events) {
    SeriesId series = kNoSeries;
    const Refusal refusal = engine.Resolve(event.symbol, series);
    if (refusal == Refusal::kNone) {
      resolved.batch.Add(series, event.price);
    } else {
      parsed.report.AddError(event.index, refusal,
                             parsed.report.Keeps(event.index)
                                 ? DescribeRefusal(engine, refusal, event.symbol)
                                 : std::string());
    }
  }
  resolved.report = std::move(parsed.report);
  for (int i = 1; i < kRefusalCount; ++i) {
    const auto refusal = static_cast<Refusal>(i);
    if (const uint64_t events = resolved.report.rejected(refusal)) {
      engine.CountRejected(refusal, events);
    }
  }
  return resolved;
}

}  // namespace wick::server
