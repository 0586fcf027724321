// HTTP requests: the same bytes in different pieces are the same requests, and every request finds
// a route or a problem.
#include <algorithm>
#include <string>
#include <vector>

#include "base/assert.h"
#include "input.h"
#include "protocol/http_routes.h"
#include "protocol/json_requests.h"
#include "server/http_reader.h"

namespace {

using namespace wick;
using server::HttpMessage;
using server::HttpReader;

constexpr uint32_t kCandlesPerRequestMax = 10'000;
constexpr server::HttpLimits kLimits = {.event_body_bytes_max = 512, .body_bytes_max = 256};

struct Conversation {
  std::vector<HttpMessage> requests;
  bool failed = false;
  int status = 0;      // of the failure
  bool waits = false;  // for the rest of a request
};

/// Reads as a session does, `piece` (> 0) bytes at a time.
Conversation Read(std::string_view bytes, size_t piece) {
  HttpReader reader(kLimits);
  Conversation conversation;
  std::string held;
  for (bool continued = false; !held.empty() || !bytes.empty();) {
    size_t consumed = 0;
    const HttpReader::State state =
        held.empty() ? HttpReader::State::kNeedMore : reader.Put(held, consumed);
    WICK_ASSERT(consumed <= held.size());
    held.erase(0, consumed);
    if (state == HttpReader::State::kFailed) {
      conversation.failed = true;
      conversation.status = reader.problem().status;
      WICK_ASSERT(!reader.problem().detail.empty());
      WICK_ASSERT(conversation.status >= 400);
      return conversation;
    }
    if (reader.TakeContinue()) {
      WICK_ASSERT(!continued);
      continued = true;
    }
    if (state == HttpReader::State::kWhole) {
      WICK_ASSERT(reader.message().body.size() <= kLimits.event_body_bytes_max);
      conversation.requests.push_back(reader.message());
      reader.Next();
      WICK_ASSERT(!reader.InMessage());
      continued = false;
      continue;
    }
    if (bytes.empty()) break;
    held += bytes.substr(0, piece);
    bytes.remove_prefix(std::min(piece, bytes.size()));
  }
  conversation.waits = reader.InMessage();
  return conversation;
}

void CheckSame(const Conversation& a, const Conversation& b) {
  WICK_ASSERT(a.requests.size() == b.requests.size());
  for (size_t i = 0; i < a.requests.size(); ++i) {
    WICK_ASSERT(a.requests[i].method == b.requests[i].method);
    WICK_ASSERT(a.requests[i].target == b.requests[i].target);
    WICK_ASSERT(a.requests[i].content_type == b.requests[i].content_type);
    WICK_ASSERT(a.requests[i].body == b.requests[i].body);
    WICK_ASSERT(a.requests[i].keep_alive == b.requests[i].keep_alive);
    WICK_ASSERT(a.requests[i].http_1_0 == b.requests[i].http_1_0);
  }
  // Which fault of several is met first depends on the pieces; what it means for the client does
  // not.
  if (a.failed && b.failed) WICK_ASSERT(a.status == b.status);
  // A header that came in pieces is judged when its end is there, one that came at once may be
  // before.
  if (a.failed != b.failed) WICK_ASSERT(a.failed ? b.waits : a.waits);
}

void Route(const HttpMessage& request) {
  const auto routed = protocol::RouteHttp(request.method, request.target, kCandlesPerRequestMax);
  if (const auto* problem = std::get_if<protocol::Problem>(&routed)) {
    WICK_ASSERT(problem->status >= 400);
    return;
  }
  // Any body may come with any target.
  protocol::ParseLatestBody(request.body);
  protocol::ParseReferenceBody(request.body, "BTC");
  protocol::ParseReferencesBody(request.body);
  const auto candles = protocol::ParseCandlesBody(request.body, kCandlesPerRequestMax);
  if (const auto* body = std::get_if<protocol::CandlesBody>(&candles)) {
    WICK_ASSERT(!body->series.empty());
    WICK_ASSERT(body->series.size() <= protocol::kSeriesPerCandlesMax);
    WICK_ASSERT(body->request.limit > 0);
    WICK_ASSERT(body->request.limit <= kCandlesPerRequestMax);
  }
}

}  // namespace

/// The first byte is the length of the pieces.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t bytes) {
  fuzz::Input input(data, bytes);
  const size_t piece = 1 + input.U8();
  const std::string_view text = input.Rest();
  const Conversation whole = Read(text, std::max<size_t>(text.size(), 1));
  CheckSame(whole, Read(text, piece));
  CheckSame(whole, Read(text, 1));
  for (const HttpMessage& request : whole.requests) Route(request);
  return 0;
}
