#include "server/http_guard.h"

#include <string>
#include <vector>

#include "catch.h"

namespace wick::server {
namespace {

struct Asked {
  std::string method;
  std::string target;
  std::string host;
  std::string origin;
  bool asks_for_method = false;
};

/// 200 if the guard lets it in, else the status of the refusal.
int StatusOf(const BrowserRules& rules, const Asked& asked) {
  HttpGuard guard(rules, nullptr, "192.0.2.1:1");
  HttpMessage message;
  message.method = asked.method;
  message.target = asked.target;
  message.host = asked.host;
  message.origin = asked.origin;
  message.asks_for_method = asked.asks_for_method;
  const auto problem = guard.Check(message);
  return problem ? problem->status : 200;
}

TEST_CASE("without tokens a server answers to addresses, names without a dot, and its own",
          "[server][guard]") {
  const BrowserRules rules({"wick.example.com", "other.test"}, {}, false);
  for (const char* host :
       {"127.0.0.1", "127.0.0.1:8080", "10.1.2.3:8080", "[::1]:8080", "[::1]", "localhost",
        "LocalHost:8080", "wick:8080", "wick.example.com", "WICK.example.com:443", "other.test"}) {
    INFO(host);
    CHECK(rules.IsOurs(host));
  }
  for (const char* host :
       {"evil.com", "evil.com:8080", "127.0.0.1.evil.com", "localhost.evil.com", "example.com",
        "xwick.example.com", "wick.example.com.evil.com", "127.0.0.1 .com"}) {
    INFO(host);
    CHECK_FALSE(rules.IsOurs(host));
    CHECK(StatusOf(rules, {"GET", "/v1/status", host, ""}) == 403);
    CHECK(StatusOf(rules, {"GET", "/healthz", host, ""}) == 200);  // there is nothing to see
  }
  CHECK(StatusOf(rules, {"GET", "/v1/status", "", ""}) == 200);  // HTTP/1.0
}

TEST_CASE("with tokens any name will do, unless names are listed", "[server][guard]") {
  CHECK(BrowserRules({}, {}, true).IsOurs("any.example.com"));
  CHECK_FALSE(BrowserRules({"wick.example.com"}, {}, true).IsOurs("any.example.com"));
  CHECK(BrowserRules({"*"}, {}, false).IsOurs("any.example.com"));
}

TEST_CASE("a foreign page changes nothing and reads nothing", "[server][guard]") {
  const BrowserRules rules({}, {"https://app.example.com"}, false);
  const std::string host = "localhost:8080";
  for (const char* origin :
       {"https://evil.com", "null", "http://app.example.com", "https://app.example.com:444",
        "https://app.example.com.evil.com", "http://localhost", "localhost:8080"}) {
    INFO(origin);
    for (const char* method : {"POST", "PUT", "DELETE", "PATCH", "BREW"}) {
      CHECK(StatusOf(rules, {method, "/v1/events", host, origin}) == 403);
    }
    CHECK(StatusOf(rules, {"OPTIONS", "/v1/events", host, origin, true}) == 403);
    // Not refused, but the browser does not show the answer to the page.
    CHECK(StatusOf(rules, {"GET", "/v1/latest", host, origin}) == 200);
    HttpGuard guard(rules, nullptr, "");
    HttpMessage message;
    message.origin = origin;
    CHECK(guard.ReaderOf(message).empty());
  }
}

TEST_CASE("listed origins and the server's own may do everything", "[server][guard]") {
  const BrowserRules rules({}, {"https://app.example.com"}, false);
  const std::string host = "localhost:8080";
  CHECK(StatusOf(rules, {"POST", "/v1/events", host, "https://app.example.com"}) == 200);
  CHECK(StatusOf(rules, {"OPTIONS", "/v1/events", host, "https://app.example.com", true}) == 200);
  CHECK(StatusOf(rules, {"POST", "/v1/events", host, "http://localhost:8080"}) == 200);
  HttpGuard guard(rules, nullptr, "");
  HttpMessage message;
  CHECK(guard.ReaderOf(message).empty());
  message.origin = "https://app.example.com";
  CHECK(guard.ReaderOf(message) == "https://app.example.com");
  CHECK(BrowserRules({}, {"*"}, false).IsFriend("https://any.example.com"));
}

TEST_CASE("programs send no Origin and are not asked for one", "[server][guard]") {
  const BrowserRules rules({}, {}, false);
  for (const char* method : {"GET", "POST", "PUT", "DELETE"}) {
    CHECK(StatusOf(rules, {method, "/v1/events", "localhost", ""}) == 200);
  }
}

}  // namespace
}  // namespace wick::server
