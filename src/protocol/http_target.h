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

/// A client that a node of a cluster redirects says so with its target: the parameter moved=1 at
/// its end, which that node has put there. So two nodes that each believe the other to have a pair
/// do not send a client to and fro.
std::string WithMovedMark(std::string_view target);
/// Takes it off the target; false: there is none.
bool CutMovedMark(std::string_view& target);

}  // namespace wick::protocol
