// The target of an HTTP request, cut into its parts. Whoever looks at a target uses this: two
// opinions about one target would be a way around what one of them guards.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace wick::protocol {

struct HttpTarget {
  std::optional<std::string_view> host;  // with its port; nullopt: the target has none
  std::string_view path;                 // as it is encoded
  std::string_view query;                // behind the question mark
};

/// Cuts "/path?query" and the absolute "http://host/path?query", of which an empty path is "/".
/// Anything else is a path with its query.
HttpTarget CutTarget(std::string_view target);

/// The target without a host: "/path?query", as it is sent to another.
std::string OriginForm(std::string_view target);

}  // namespace wick::protocol
