#include <simdjson.h>

#include <algorithm>
#include <cctype>
#include <set>
#include <string>
#include <string_view>

#include "catch.h"
#include "protocol/http_problem.h"
#include "protocol/http_routes.h"
#include "protocol/openapi.h"

namespace wick::protocol {
namespace {

using simdjson::dom::element;
using simdjson::dom::object;

/// The description, parsed; it lives as long as this.
struct Description {
  simdjson::dom::parser parser;
  element root = parser.parse(simdjson::padded_string(OpenApiJson()));
};

/// What "#/components/…" refers to. Throws if there is nothing.
element Resolve(element root, std::string_view reference) {
  REQUIRE(reference.starts_with("#/"));
  return root.at_pointer(reference.substr(1)).value();
}

/// Calls `visit(key, value)` for every field of every object, at any depth.
template <typename Visit>
void ForEachField(element node, const Visit& visit) {
  if (node.is_object()) {
    for (const auto field : object(node)) {
      visit(field.key, field.value);
      ForEachField(field.value, visit);
    }
  } else if (node.is_array()) {
    for (const element child : simdjson::dom::array(node)) ForEachField(child, visit);
  }
}

/// "GET /v1/latest" of every operation.
std::set<std::string> DescribedOperations(element root) {
  std::set<std::string> operations;
  for (const auto path : object(root["paths"])) {
    for (const auto operation : object(path.value)) {
      std::string method(operation.key);
      std::transform(method.begin(), method.end(), method.begin(),
                     [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
      operations.insert(method + " " + std::string(path.key));
    }
  }
  return operations;
}

/// The operation that describes a route.
element OperationOf(element root, const HttpRouteInfo& route) {
  std::string method(route.method);
  std::transform(method.begin(), method.end(), method.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return root["paths"][route.path][method];
}

/// Names of the parameters of an operation that stand in the given place.
std::set<std::string_view> ParametersOf(element root, element operation, std::string_view in) {
  std::set<std::string_view> names;
  simdjson::dom::array parameters;
  if (operation["parameters"].get(parameters) != simdjson::SUCCESS) return names;
  for (element parameter : parameters) {
    std::string_view reference;
    if (parameter["$ref"].get(reference) == simdjson::SUCCESS) parameter = Resolve(root, reference);
    if (std::string_view(parameter["in"]) == in) names.insert(std::string_view(parameter["name"]));
  }
  return names;
}

TEST_CASE("the description is OpenAPI 3.1 and every reference in it resolves",
          "[protocol][openapi]") {
  const Description description;
  CHECK(std::string_view(description.root["openapi"]).starts_with("3.1."));
  size_t references = 0;
  ForEachField(description.root, [&](std::string_view key, element value) {
    if (key != "$ref") return;
    CAPTURE(std::string_view(value));
    CHECK_NOTHROW(Resolve(description.root, value));
    ++references;
  });
  CHECK(references > 50);
}

TEST_CASE("every component is used", "[protocol][openapi]") {
  const Description description;
  std::set<std::string> used = {"#/components/securitySchemes/token"};  // referred to by its name
  ForEachField(description.root, [&](std::string_view key, element value) {
    if (key == "$ref") used.emplace(std::string_view(value));
  });
  for (const auto kind : object(description.root["components"])) {
    for (const auto component : object(kind.value)) {
      const std::string reference =
          "#/components/" + std::string(kind.key) + "/" + std::string(component.key);
      CAPTURE(reference);
      CHECK(used.contains(reference));
    }
  }
}

TEST_CASE("every route is described and nothing else is", "[protocol][openapi]") {
  const Description description;
  std::set<std::string> routes;
  for (const HttpRouteInfo& route : HttpRoutes()) {
    routes.insert(std::string(route.method) + " " + std::string(route.path));
  }
  CHECK(DescribedOperations(description.root) == routes);
}

TEST_CASE("every parameter is described and nothing else is", "[protocol][openapi]") {
  const Description description;
  for (const HttpRouteInfo& route : HttpRoutes()) {
    CAPTURE(route.method, route.path);
    const element operation = OperationOf(description.root, route);
    CHECK(ParametersOf(description.root, operation, "query") ==
          std::set<std::string_view>(route.parameters.begin(), route.parameters.end()));
    const bool has_base = route.path.find("{base}") != std::string_view::npos;
    CHECK(ParametersOf(description.root, operation, "path") ==
          (has_base ? std::set<std::string_view>{"base"} : std::set<std::string_view>{}));
  }
}

TEST_CASE("every operation has an id of its own, a summary and answers", "[protocol][openapi]") {
  const Description description;
  std::set<std::string_view> ids;
  for (const HttpRouteInfo& route : HttpRoutes()) {
    CAPTURE(route.method, route.path);
    const element operation = OperationOf(description.root, route);
    CHECK(ids.insert(std::string_view(operation["operationId"])).second);
    CHECK_FALSE(std::string_view(operation["summary"]).empty());
    CHECK(object(operation["responses"]).size() >= 2);
  }
}

TEST_CASE("every operation names the scope it needs, and what it answers without",
          "[protocol][openapi]") {
  const Description description;
  for (const HttpRouteInfo& route : HttpRoutes()) {
    CAPTURE(route.method, route.path);
    const element operation = OperationOf(description.root, route);
    std::set<std::string_view> scopes;
    for (const element way : simdjson::dom::array(operation["security"])) {
      for (const element scope : simdjson::dom::array(way["token"])) {
        scopes.insert(std::string_view(scope));
      }
    }
    const bool open = route.scope == Scope::kNone;
    CHECK(scopes ==
          (open ? std::set<std::string_view>{} : std::set<std::string_view>{NameOf(route.scope)}));
    for (const char* status : {"401", "403"}) {
      element answer;
      CHECK((operation["responses"][status].get(answer) == simdjson::SUCCESS) == !open);
    }
  }
}

TEST_CASE("the codes of problems and refusals are those of the server", "[protocol][openapi]") {
  const Description description;
  const auto listed = [&](std::string_view pointer) {
    std::set<std::string_view> codes;
    for (const element code : simdjson::dom::array(description.root.at_pointer(pointer).value())) {
      codes.insert(std::string_view(code));
    }
    return codes;
  };
  std::set<std::string_view> problems;
  for (const ProblemKind& kind : ProblemKinds()) problems.insert(kind.code);
  CHECK(listed("/components/schemas/Problem/properties/code/enum") == problems);

  std::set<std::string_view> refusals;
  for (int refusal = 1; refusal < kRefusalCount; ++refusal) {
    refusals.insert(RefusalCode(static_cast<Refusal>(refusal)));
  }
  refusals.erase(RefusalCode(Refusal::kUnknownSeries));  // of the binary protocol only
  CHECK(listed("/components/schemas/IngestReport/properties/errors/items/properties/code/enum") ==
        refusals);
}

}  // namespace
}  // namespace wick::protocol
