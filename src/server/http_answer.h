// What an HTTP request is answered with.
#pragma once

#include <absl/functional/any_invocable.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "base/status.h"
#include "protocol/http_problem.h"
#include "wick/series.h"

namespace wick::server {

inline constexpr std::string_view kJsonContentType = "application/json";

inline constexpr std::string_view kOverloadedMessage =
    "too many reads are under way, or their answers are not taken (limits.max_cold_reads, "
    "limits.max_buffered_answers); ask again in a second";

/// Why there is nothing to read of a series that is not known.
std::string DescribeUnknown(const SymbolView& symbol);

struct HttpAnswer {
  int status = 200;
  std::string_view content_type = kJsonContentType;
  std::string body;
  std::string allow;           // value of the Allow field; empty: none
  std::string fields;          // further ones, as they are sent: "Name: value\r\n" each
  uint32_t retry_after_s = 0;  // value of the Retry-After field; 0: none
  bool preflight = false;      // says what pages of the origin may ask

  /// Ready for another answer; keeps the buffer.
  void Clear();
};

/// Gives a deferred answer. Called once, on the thread of the session's worker.
using Respond = absl::AnyInvocable<void(HttpAnswer)>;

HttpAnswer AnswerOf(const protocol::Problem& problem);
HttpAnswer AnswerOf(protocol::ProblemCode code, std::string detail);

/// The answer to a read that has no place.
HttpAnswer Overloaded();

/// Bytes of memory that an answer takes, about.
inline uint64_t SizeOf(const HttpAnswer& answer) { return answer.body.size(); }

/// The answer to a question about a series that is not known.
HttpAnswer UnknownSeries(const SymbolView& symbol);

/// The answer to a read that failed: 400 where the question makes no sense, else 500.
HttpAnswer QueryFailure(const absl::Status& status);

/// The answer to a write that the engine could not make durable: 507 where the disk is full, else
/// 503.
HttpAnswer WriteFailure(const absl::Status& status);

class Cluster;

/// The answer to a request for a pair that another node has: 307 to the same target there, or, if
/// another node has sent the client here, 503.
HttpAnswer MovedTo(Cluster& cluster, uint32_t node, const SymbolView& pair,
                   std::string_view target);

/// True if the status says that there is no space left on the disk.
bool IsDiskFull(const absl::Status& status);

/// How an answer is sent.
struct HttpSending {
  bool head = false;          // of a HEAD request: the body is left out
  bool keep_alive = true;     // false: the server closes afterwards
  bool http_1_0 = false;      // a kept connection has to be said
  std::string_view origin{};  // whose pages may read the answer; empty: none
  std::string_view share{};   // what this node answers for, to another node; empty: not said
  std::string_view date;      // "Sun, 06 Nov 1994 08:49:37 GMT"
};

/// Appends the answer as it is sent.
void AppendAnswer(const HttpAnswer& answer, const HttpSending& sending, std::string& out);

/// The form of the Date field. Seconds since the Unix epoch.
std::string HttpDate(int64_t seconds);

}  // namespace wick::server
