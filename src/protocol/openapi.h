// The OpenAPI 3.1 description of the HTTP API.
#pragma once

#include <string_view>

namespace wick::protocol {

/// The document behind GET /v1/openapi.json. A test holds it against HttpRoutes().
std::string_view OpenApiJson();

}  // namespace wick::protocol
