// Bodies of events on their way into the engine.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/engine.h"
#include "protocol/json_events.h"
#include "server/http_answer.h"
#include "server/http_reader.h"
#include "server/services.h"

namespace wick::server {

/// The events of one body, resolved, and what was wrong with the others.
struct ResolvedEvents {
  std::vector<engine::EventBatch> batches;  // in order; each takes a worker about a millisecond
  protocol::IngestReport report;
  std::string document_error;       // not empty: the body is no JSON; there are no batches
  std::optional<HttpAnswer> moved;  // all events are of one other node: it is to be asked instead
};

/// Reads the body and registers new series. Events of pairs that other nodes have are refused, each
/// with the address of its node; if they are all that there are, of one node, nothing is. Every
/// refused event is counted with the engine. Threads: any, one at a time for a parser.
ResolvedEvents ResolveEvents(Services& services, protocol::EventParser& parser,
                             const HttpMessage& message);

/// Submits the batches one after the other, letting the worker do other work in between and waiting
/// while the engine has no room; then gives the answer of POST /v1/events. Threads: the worker's.
/// Failure: when a batch cannot be made durable the answer is the failure, whatever became of the
/// others.
void SubmitEvents(Services& services, Worker& worker, engine::Ack ack, ResolvedEvents events,
                  Respond respond);

/// What was wrong with a symbol that Engine::Resolve() refused.
std::string DescribeRefusal(const Services& services, Refusal refusal, const SymbolView& symbol);

}  // namespace wick::server
