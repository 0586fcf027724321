// An HTTP connection to a whole server: every whole request gets one answer, what is no request a
// problem and the end.
#include <charconv>
#include <string>
#include <string_view>

#include "base/assert.h"
#include "input.h"
#include "scratch_server.h"
#include "server/http_guard.h"
#include "server/http_reader.h"

namespace {

using namespace wick;
using server::HttpReader;

constexpr uint64_t kInputsPerServer = 20'000;
constexpr size_t kBytesMax = 16 * 1024;

/// The methods of the requests that are answered, in order.
struct Owed {
  std::vector<std::string> methods;
  bool failed = false;    // one answer more: a problem
  bool head = false;      // without its body: it answers a HEAD
  bool may_wait = false;  // that may never come: the header that is wrong has no end yet
};

Owed OwedFor(std::string_view bytes) {
  Owed owed;
  const server::BrowserRules rules({}, {}, /*has_tokens=*/false);
  server::HttpGuard guard(rules, nullptr, "fuzz");
  HttpReader reader(server::HttpLimits{},
                    [&guard](const server::HttpMessage& message) { return guard.Check(message); });
  while (!bytes.empty()) {
    size_t consumed = 0;
    const HttpReader::State state = reader.Put(bytes, consumed);
    bytes.remove_prefix(consumed);
    if (state == HttpReader::State::kFailed) {
      owed.failed = true;
      owed.head = reader.message().method == "HEAD";
      owed.may_wait = bytes.find("\r\n\r\n") == std::string_view::npos;
      break;
    }
    if (state == HttpReader::State::kNeedMore) break;
    owed.methods.push_back(reader.message().method);
    if (!reader.message().keep_alive) break;
    reader.Next();
  }
  return owed;
}

/// Takes one answer off the front; its status.
int TakeAnswer(std::string_view& answers, bool head_only) {
  WICK_ASSERT(answers.starts_with("HTTP/1.1 "));
  int status = 0;
  std::from_chars(answers.data() + 9, answers.data() + 12, status);
  const size_t head = answers.find("\r\n\r\n");
  WICK_ASSERT(head != std::string_view::npos);
  const std::string_view fields = answers.substr(0, head + 2);
  answers.remove_prefix(head + 4);
  if (status < 200) return status;
  constexpr std::string_view kLength = "\r\nContent-Length: ";
  const size_t at = fields.find(kLength);
  WICK_ASSERT(at != std::string_view::npos || status == 204);
  size_t length = 0;
  if (at != std::string_view::npos) {
    const char* const digits = fields.data() + at + kLength.size();
    std::from_chars(digits, fields.data() + fields.size(), length);
  }
  if (head_only) return status;
  WICK_ASSERT(answers.size() >= length);
  answers.remove_prefix(length);
  return status;
}

void CheckAnswers(std::string_view answers, const Owed& owed) {
  const auto take = [&](bool head_only) {
    for (;;) {
      const int status = TakeAnswer(answers, head_only);
      WICK_ASSERT(status == 100 || (status >= 200 && status < 600));
      if (status != 100) return status;
    }
  };
  for (const std::string& method : owed.methods) take(method == "HEAD");
  if (owed.failed && !(owed.may_wait && answers.empty())) WICK_ASSERT(take(owed.head) >= 400);
  // Of a request that was begun and waits for leave to go on.
  if (!answers.empty()) {
    WICK_ASSERT(!owed.failed);
    WICK_ASSERT(TakeAnswer(answers, false) == 100);
  }
  WICK_ASSERT(answers.empty());
}

}  // namespace

/// The first byte is the length of the pieces that are sent; 0: all at once.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t bytes) {
  static fuzz::ScratchServer scratch(kInputsPerServer);
  fuzz::Input input(data, std::min(bytes, kBytesMax));
  const size_t piece = input.U8();
  const std::string_view stream = input.Rest();
  const Owed owed = OwedFor(stream);
  CheckAnswers(fuzz::Converse(scratch.Next().http(), stream, piece), owed);
  return 0;
}
