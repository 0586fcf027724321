#include "server/http_answer.h"

#include <ctime>
#include <iterator>

#include "market/validation.h"
#include "protocol/http_target.h"
#include "server/cluster.h"

namespace wick::server {
namespace {

std::string_view ReasonOf(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 202:
      return "Accepted";
    case 204:
      return "No Content";
    case 307:
      return "Temporary Redirect";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 413:
      return "Content Too Large";
    case 415:
      return "Unsupported Media Type";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 503:
      return "Service Unavailable";
    case 507:
      return "Insufficient Storage";
    default:
      return "Other";
  }
}

/// What a page may see of an answer's own fields.
constexpr std::string_view kExposedFields =
    "Access-Control-Expose-Headers: Wick-Nodes, Wick-Nodes-Missing, Wick-References-Differ\r\n";

/// What a page that may ask at all may ask; kept by the browser for ten minutes.
constexpr std::string_view kPreflightFields =
    "Access-Control-Allow-Methods: GET, HEAD, POST, PUT, DELETE\r\n"
    "Access-Control-Allow-Headers: Authorization, Content-Type\r\n"
    "Access-Control-Max-Age: 600\r\n";

}  // namespace

void HttpAnswer::Clear() {
  status = 200;
  content_type = kJsonContentType;
  body.clear();
  allow.clear();
  fields.clear();
  retry_after_s = 0;
  preflight = false;
}

HttpAnswer AnswerOf(const protocol::Problem& problem) {
  HttpAnswer answer;
  answer.status = problem.status;
  answer.content_type = protocol::kProblemContentType;
  answer.allow = problem.allow;
  protocol::AppendProblem(answer.body, problem);
  return answer;
}

HttpAnswer AnswerOf(protocol::ProblemCode code, std::string detail) {
  HttpAnswer answer = AnswerOf(protocol::MakeProblem(code, std::move(detail)));
  const bool passes = code == protocol::ProblemCode::kRecovering ||
                      code == protocol::ProblemCode::kLagging ||
                      code == protocol::ProblemCode::kOverloaded;
  if (passes) answer.retry_after_s = 1;
  return answer;
}

HttpAnswer UnknownSeries(const SymbolView& symbol) {
  return AnswerOf(protocol::ProblemCode::kUnknownSeries, DescribeUnknown(symbol));
}

HttpAnswer QueryFailure(const absl::Status& status) {
  return AnswerOf(status.code() == absl::StatusCode::kInvalidArgument
                      ? protocol::ProblemCode::kInvalidParameter
                      : protocol::ProblemCode::kInternalError,
                  Message(status));
}

HttpAnswer Overloaded() {
  return AnswerOf(protocol::ProblemCode::kOverloaded, std::string(kOverloadedMessage));
}

std::string DescribeUnknown(const SymbolView& symbol) {
  return fmt::format("no event of {}/{} on {} was ever seen",
                     market::Printable(symbol.base_currency),
                     market::Printable(symbol.quote_currency), market::Printable(symbol.exchange));
}

HttpAnswer MovedTo(Cluster& cluster, uint32_t node, const SymbolView& pair,
                   std::string_view target) {
  const std::string url = cluster.UrlOf(node);
  if (protocol::CutMovedMark(target)) {
    HttpAnswer differ = AnswerOf(
        protocol::ProblemCode::kNodeUnavailable,
        cluster.DescribeMoved(pair, url, node) +
            ", but another node sent you here: they are not configured alike yet; ask again");
    differ.retry_after_s = 1;
    return differ;
  }
  cluster.CountHttpRedirect();
  HttpAnswer answer =
      AnswerOf(protocol::ProblemCode::kMoved,
               cluster.DescribeMoved(pair, url, node) + ": ask there, as the field Location says");
  answer.fields =
      fmt::format("Location: {}{}\r\n", url, protocol::WithMovedMark(protocol::OriginForm(target)));
  return answer;
}

bool IsDiskFull(const absl::Status& status) {
  return status.code() == absl::StatusCode::kResourceExhausted ||
         Message(status).find("No space left") != std::string::npos;
}

HttpAnswer WriteFailure(const absl::Status& status) {
  return AnswerOf(IsDiskFull(status) ? protocol::ProblemCode::kStorageFull
                                     : protocol::ProblemCode::kWriteFailed,
                  Message(status));
}

void AppendAnswer(const HttpAnswer& answer, const HttpSending& sending, std::string& out) {
  auto to = std::back_inserter(out);
  fmt::format_to(to, "HTTP/1.1 {} {}\r\nDate: {}\r\n", answer.status, ReasonOf(answer.status),
                 sending.date);
  if (answer.status != 204) {
    fmt::format_to(to, "Content-Type: {}\r\nContent-Length: {}\r\n", answer.content_type,
                   answer.body.size());
  }
  if (!answer.allow.empty()) fmt::format_to(to, "Allow: {}\r\n", answer.allow);
  if (answer.retry_after_s > 0) fmt::format_to(to, "Retry-After: {}\r\n", answer.retry_after_s);
  if (!answer.fields.empty()) out += answer.fields;
  if (!sending.share.empty()) fmt::format_to(to, "Wick-Share: {}\r\n", sending.share);
  if (answer.status == 401) out += "WWW-Authenticate: Bearer\r\n";
  if (!sending.origin.empty()) {
    fmt::format_to(to, "Access-Control-Allow-Origin: {}\r\nVary: Origin\r\n", sending.origin);
    if (!answer.fields.empty()) out += kExposedFields;
  }
  if (answer.preflight) out += kPreflightFields;
  if (!sending.keep_alive) {
    out += "Connection: close\r\n";
  } else if (sending.http_1_0) {
    out += "Connection: keep-alive\r\n";
  }
  out += "\r\n";
  if (!sending.head) out += answer.body;
}

std::string HttpDate(int64_t seconds) {
  // Not strftime: the names must not depend on the locale.
  static constexpr const char* kDays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                            "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const std::time_t time = seconds;
  std::tm utc{};
  gmtime_r(&time, &utc);
  return fmt::format("{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT", kDays[utc.tm_wday], utc.tm_mday,
                     kMonths[utc.tm_mon], utc.tm_year + 1900, utc.tm_hour, utc.tm_min, utc.tm_sec);
}

}  // namespace wick::server
