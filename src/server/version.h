// The version of the program as it tells it; a test holds it against CMakeLists.txt.
#pragma once

#include <string_view>

namespace wick::server {

inline constexpr std::string_view kVersion = "0.1.0";

}  // namespace wick::server
