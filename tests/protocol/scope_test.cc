#include "protocol/scope.h"

#include <string>

#include "catch.h"
#include "protocol/http_routes.h"

namespace wick::protocol {
namespace {

std::string Concrete(std::string_view path) {
  std::string concrete(path);
  if (const size_t base = concrete.find("{base}"); base != std::string::npos) {
    concrete.replace(base, 6, "A%2FB");
  }
  return concrete;
}

TEST_CASE("every route has one scope, however its target is written", "[protocol][scope]") {
  for (const HttpRouteInfo& route : HttpRoutes()) {
    CAPTURE(route.method, route.path);
    const std::string path = Concrete(route.path);
    CHECK(ScopeOfHttp(route.method, path) == route.scope);
    CHECK(ScopeOfHttp(route.method, path + "?no=matter") == route.scope);
    CHECK(ScopeOfHttp(route.method, "http://host:1" + path) == route.scope);
    if (route.method == "GET") CHECK(ScopeOfHttp("HEAD", path) == route.scope);
    CHECK(route.scope != Scope::kToken);  // that is for what is no route
  }
}

TEST_CASE("only the probes are open; what changes the server is not for readers",
          "[protocol][scope]") {
  for (const HttpRouteInfo& route : HttpRoutes()) {
    CAPTURE(route.method, route.path);
    const bool probe = route.path == "/healthz" || route.path == "/readyz";
    CHECK((route.scope == Scope::kNone) == probe);
    if (route.method == "PUT" || route.method == "DELETE" || route.path.starts_with("/v1/admin/")) {
      CHECK(route.scope == Scope::kAdmin);
    }
  }
  CHECK(ScopeOfHttp("POST", "/v1/events") == Scope::kIngest);
}

TEST_CASE("what is no request needs any token", "[protocol][scope]") {
  for (const char* target : {"/", "", "*", "/healthz/", "/v1/", "//healthz", "/v1/bases//reference",
                             "/HEALTHZ", "/%68ealthz", "http://healthz"}) {
    CAPTURE(target);
    CHECK(ScopeOfHttp("GET", target) == Scope::kToken);
  }
  CHECK(ScopeOfHttp("DELETE", "/healthz") == Scope::kToken);
  CHECK(ScopeOfHttp("get", "/healthz") == Scope::kToken);
  CHECK(ScopeOfBinary(0) == Scope::kToken);
  CHECK(ScopeOfBinary(0xFFFF) == Scope::kToken);
}

TEST_CASE("no scope contains another one", "[protocol][scope]") {
  const Scope all[] = {Scope::kToken, Scope::kRead, Scope::kIngest, Scope::kAdmin};
  for (const Scope given : all) {
    Scopes scopes;
    scopes.Add(given);
    CHECK(scopes.Allow(Scope::kNone));
    for (const Scope asked : all) CHECK(scopes.Allow(asked) == (given == asked));
  }
  CHECK(Scopes().Allow(Scope::kNone));
  CHECK_FALSE(Scopes().Allow(Scope::kToken));
}

}  // namespace
}  // namespace wick::protocol
