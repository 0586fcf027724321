#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

#include "catch.h"
#include "paths.h"
#include "protocol/http_problem.h"
#include "protocol/http_routes.h"

namespace wick::protocol {
namespace {

std::string Page() {
  std::ifstream file(std::string(wick::test::kSourceDirectory) + "/docs/http-api.md");
  REQUIRE(file.is_open());
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST_CASE("the page of the API has every path, parameter and code", "[protocol][docs]") {
  const std::string page = Page();
  const auto has = [&page](const std::string& text) {
    CAPTURE(text);
    CHECK(page.find(text) != std::string::npos);
  };
  for (const HttpRouteInfo& route : HttpRoutes()) {
    has(std::string(route.path));
    for (const std::string_view parameter : route.parameters)
      has("`" + std::string(parameter) + "`");
  }
  for (const ProblemKind& kind : ProblemKinds()) {
    has("| " + std::to_string(kind.status) + " | `" + std::string(kind.code) + "` |");
  }
  for (int refusal = 1; refusal < kRefusalCount; ++refusal) {
    const std::string code(RefusalCode(static_cast<Refusal>(refusal)));
    has("`" + code + "`");
  }
}

}  // namespace
}  // namespace wick::protocol
