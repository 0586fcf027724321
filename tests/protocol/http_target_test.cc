#include "protocol/http_target.h"

#include "catch.h"
#include "protocol/scope.h"

namespace wick::protocol {
namespace {

TEST_CASE("a target is cut into host, path and query", "[protocol][target]") {
  struct Row {
    const char* target;
    std::optional<std::string_view> host;
    const char* path;
    const char* query;
  };
  const Row rows[] = {
      {"/a/b?c=d?e", std::nullopt, "/a/b", "c=d?e"},
      {"/a?", std::nullopt, "/a", ""},
      {"/http://x/y?z", std::nullopt, "/http://x/y", "z"},
      {"*", std::nullopt, "*", ""},
      {"", std::nullopt, "", ""},
      {"?a", std::nullopt, "", "a"},
      {"http://x:1/a?b", "x:1", "/a", "b"},
      {"HTTPS://x/a", "x", "/a", ""},
      {"http://x", "x", "/", ""},
      {"http://x?a=/v1/status", "x", "/", "a=/v1/status"},
      {"http://x#/v1/status", "x", "#/v1/status", ""},
      {"http:///a", "", "/a", ""},
      {"http:/x/a", std::nullopt, "http:/x/a", ""},
      {"ftp://x/v1/status", std::nullopt, "ftp://x/v1/status", ""},
      {"x://y/v1/status", std::nullopt, "x://y/v1/status", ""},
      {"a?b=http://x/v1/status", std::nullopt, "a", "b=http://x/v1/status"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.target);
    const HttpTarget cut = CutTarget(row.target);
    CHECK(cut.host == row.host);
    CHECK(cut.path == row.path);
    CHECK(cut.query == row.query);
  }
}

TEST_CASE("a target is sent on without its host", "[protocol][target]") {
  CHECK(OriginForm("/v1/latest?symbol=A:B/C") == "/v1/latest?symbol=A:B/C");
  CHECK(OriginForm("http://x:1/a%2Fb?c=%20") == "/a%2Fb?c=%20");
  CHECK(OriginForm("http://x") == "/");
  CHECK(OriginForm("/a?") == "/a");
}

TEST_CASE("the mark of a redirect is the last parameter and nothing else", "[protocol][target]") {
  for (const char* target : {"/a", "/a?b=c", "/a?b=moved=1"}) {
    const std::string marked = WithMovedMark(target);
    std::string_view cut = marked;
    CHECK(CutMovedMark(cut));
    CHECK(cut == target);
    CHECK_FALSE(CutMovedMark(cut));
  }
  CHECK(WithMovedMark("/a?b=c") == "/a?b=c&moved=1");
  for (const char* target : {"moved=1", "/moved=1", "/a&moved=1", "/a?xmoved=1", "/a?b=moved=1",
                             "/a?moved=1&b=c", "/a?moved=10", ""}) {
    CAPTURE(target);
    std::string_view cut = target;
    CHECK_FALSE(CutMovedMark(cut));
    CHECK(cut == target);
  }
}

TEST_CASE("no query and no other scheme leads to a route", "[protocol][target]") {
  CHECK(ScopeOfHttp("GET", "http://x/healthz") == Scope::kNone);
  for (const char* target : {"http://x?a=/healthz", "http://x#/healthz", "x?http://y/healthz",
                             "ftp://x/healthz", "//x/healthz"}) {
    CAPTURE(target);
    CHECK(ScopeOfHttp("GET", target) == Scope::kToken);
  }
}

}  // namespace
}  // namespace wick::protocol
