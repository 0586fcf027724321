#include "server/http_answer.h"

#include <string>

#include "catch.h"

namespace wick::server {
namespace {

std::string Sent(const HttpAnswer& answer, const HttpSending& sending) {
  std::string out = "before";
  AppendAnswer(answer, sending, out);
  return out;
}

TEST_CASE("an answer is sent with its length, type and date", "[server][http]") {
  HttpAnswer answer;
  answer.body = "{}";
  CHECK(Sent(answer, {.date = "D"}) ==
        "beforeHTTP/1.1 200 OK\r\nDate: D\r\nContent-Type: application/json\r\nContent-Length: "
        "2\r\n\r\n{}");
  CHECK(Sent(answer, {.head = true, .date = "D"}) ==
        "beforeHTTP/1.1 200 OK\r\nDate: D\r\nContent-Type: application/json\r\nContent-Length: "
        "2\r\n\r\n");
}

TEST_CASE("what becomes of the connection is said where it is not the version's habit",
          "[server][http]") {
  const HttpAnswer answer;
  CHECK(Sent(answer, {.keep_alive = true, .date = "D"}).find("Connection") == std::string::npos);
  CHECK(Sent(answer, {.keep_alive = false, .date = "D"}).find("\r\nConnection: close\r\n") !=
        std::string::npos);
  CHECK(Sent(answer, {.keep_alive = true, .http_1_0 = true, .date = "D"})
            .find("\r\nConnection: keep-alive\r\n") != std::string::npos);
  CHECK(Sent(answer, {.keep_alive = false, .http_1_0 = true, .date = "D"})
            .find("\r\nConnection: close\r\n") != std::string::npos);
}

TEST_CASE("an answer's own fields are sent, and shown to pages that may read it",
          "[server][http]") {
  HttpAnswer answer;
  answer.fields = "Wick-Nodes: 0\r\n";
  CHECK(Sent(answer, {.date = "D"}).find("Content-Length: 0\r\nWick-Nodes: 0\r\n\r\n") !=
        std::string::npos);
  CHECK(Sent(answer, {.origin = "https://a", .date = "D"})
            .find("\r\nAccess-Control-Expose-Headers: Wick-Nodes, Wick-Nodes-Missing, "
                  "Wick-References-Differ\r\n") != std::string::npos);
  CHECK(Sent(answer, {.share = "0-3/12", .date = "D"}).find("\r\nWick-Share: 0-3/12\r\n") !=
        std::string::npos);
  answer.Clear();
  CHECK(Sent(answer, {.origin = "https://a", .date = "D"}).find("Expose") == std::string::npos);
  CHECK(Sent(answer, {.date = "D"}).find("Wick-") == std::string::npos);
}

TEST_CASE("an answer without content has neither type nor length", "[server][http]") {
  HttpAnswer answer;
  answer.status = 204;
  CHECK(Sent(answer, {.date = "D"}) == "beforeHTTP/1.1 204 No Content\r\nDate: D\r\n\r\n");
}

TEST_CASE("a problem is answered as a problem document", "[server][http]") {
  protocol::Problem problem = protocol::MakeProblem(protocol::ProblemCode::kMethodNotAllowed, "no");
  problem.allow = "GET, HEAD";
  const HttpAnswer answer = AnswerOf(problem);
  CHECK(answer.status == 405);
  CHECK(answer.content_type == "application/problem+json");
  CHECK(answer.body.find("\"code\":\"method_not_allowed\"") != std::string::npos);
  CHECK(Sent(answer, {}).find("HTTP/1.1 405 Method Not Allowed\r\n") != std::string::npos);
  CHECK(Sent(answer, {}).find("\r\nAllow: GET, HEAD\r\n") != std::string::npos);
}

TEST_CASE("a write that fails is 507 where the disk is full, else 503", "[server][http]") {
  const auto status_of = [](absl::StatusCode code, const char* message) {
    return WriteFailure(absl::Status(code, message)).status;
  };
  CHECK(status_of(absl::StatusCode::kUnavailable, "IO error: No space left on device: x") == 507);
  CHECK(status_of(absl::StatusCode::kResourceExhausted, "full") == 507);
  CHECK(status_of(absl::StatusCode::kUnavailable, "IO error: Input/output error") == 503);
}

TEST_CASE("every problem has a reason phrase", "[server][http]") {
  for (const protocol::ProblemKind& kind : protocol::ProblemKinds()) {
    HttpAnswer answer;
    answer.status = kind.status;
    INFO(kind.status);
    CHECK(Sent(answer, {}).find(" Other\r\n") == std::string::npos);
  }
}

TEST_CASE("the Date field has its fixed English form", "[server][http]") {
  CHECK(HttpDate(784'111'777) == "Sun, 06 Nov 1994 08:49:37 GMT");
  CHECK(HttpDate(0) == "Thu, 01 Jan 1970 00:00:00 GMT");
  CHECK(HttpDate(1'709'251'199) == "Thu, 29 Feb 2024 23:59:59 GMT");
}

}  // namespace
}  // namespace wick::server
