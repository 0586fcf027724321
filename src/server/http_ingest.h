// Bodies of events as batches for the engine.
#pragma once

#include <string>

#include "engine/engine.h"
#include "protocol/json_events.h"
#include "server/http_reader.h"

namespace wick::server {

/// The events of one body, resolved, and what was wrong with the others.
struct ResolvedEvents {
  engine::EventBatch batch;
  protocol::IngestReport report;
  std::string document_error;  // not empty: the body is no JSON; the batch is empty
};

/// Reads the body and registers new series. Every refused event is counted with the engine.
/// Threads: any, one at a time for a parser.
ResolvedEvents ResolveEvents(engine::Engine& engine, protocol::EventParser& parser,
                             const HttpMessage& message);

/// What was wrong with a symbol that Engine::Resolve() refused.
std::string DescribeRefusal(const engine::Engine& engine, Refusal refusal,
                            const SymbolView& symbol);

}  // namespace wick::server
