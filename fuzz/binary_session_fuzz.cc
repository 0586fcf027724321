// A connection of the binary protocol to a whole server: every request gets one reply with its id,
// what is no frame an error and the end.
#include <cinttypes>
#include <cstdio>
#include <map>
#include <string>
#include <string_view>

#include "base/assert.h"
#include "input.h"
#include "protocol/binary_requests.h"
#include "scratch_server.h"
#include "server/binary_session.h"
#include "wick/wire.h"

namespace {

using namespace wick;
namespace binary = protocol::binary;

constexpr uint64_t kInputsPerServer = 20'000;
constexpr size_t kBytesMax = 16 * 1024;

/// How many replies each request id is owed.
struct Owed {
  std::map<uint64_t, size_t> replies;
  bool broken = false;  // the last one is an error, and nothing follows
};

Owed OwedFor(std::string_view stream) {
  Owed owed;
  for (bool greeted = false; !owed.broken;) {
    binary::Frame frame;
    binary::ErrorReply error;
    binary::HelloRequest hello;
    const wire::Limits limits = greeted ? wire::Limits{} : server::kLimitsOfHello;
    const binary::FrameState state = binary::NextFrame(stream, limits, frame, error);
    if (state == binary::FrameState::kPart) break;
    owed.broken = state == binary::FrameState::kBroken ||
                  (!greeted && !binary::DecodeHello(frame, hello, error));
    greeted = true;
    ++owed.replies[frame.header.request_id];
    if (!owed.broken) stream.remove_prefix(frame.bytes());
  }
  return owed;
}

void CheckReplies(std::string_view replies, const Owed& owed) {
  std::map<uint64_t, size_t> seen;
  uint16_t last_type = 0;
  while (!replies.empty()) {
    WICK_ASSERT(replies.size() >= wire::kHeaderBytes);
    const wire::Header header = wire::ReadHeader(replies);
    replies.remove_prefix(wire::kHeaderBytes);
    WICK_ASSERT(replies.size() >= header.payload_bytes);
    replies.remove_prefix(header.payload_bytes);
    WICK_ASSERT((header.type & wire::kReplyBit) != 0);
    WICK_ASSERT(header.flags <= wire::kMore);
    if (header.flags != wire::kMore) ++seen[header.request_id];
    last_type = header.type;
  }
  for (const auto& [id, count] : owed.replies) {
    if (seen[id] == count) continue;
    std::fprintf(stderr, "request %" PRIu64 ": %zu replies, not %zu\n", id, seen[id], count);
  }
  WICK_ASSERT(seen == owed.replies);
  WICK_ASSERT(!owed.broken || last_type == wire::kErrorType || owed.replies.size() > 1);
}

}  // namespace

/// The first byte is the length of the pieces that are sent; 0: all at once.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t bytes) {
  static fuzz::ScratchServer scratch(kInputsPerServer);
  fuzz::Input input(data, std::min(bytes, kBytesMax));
  const size_t piece = input.U8();
  const std::string_view stream = input.Rest();
  const Owed owed = OwedFor(stream);
  CheckReplies(fuzz::Converse(scratch.Next().binary(), stream, piece), owed);
  return 0;
}
