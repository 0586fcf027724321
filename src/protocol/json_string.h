// Strings of JSON text.
#pragma once

#include <string>
#include <string_view>

namespace wick::protocol {

/// Replaces `out` by what the text between the quotes of a JSON string means. False if an escape is
/// none. Half of a surrogate pair is an escape, but no character: it becomes bytes that are no
/// UTF-8, which no name may hold.
bool Unescape(std::string_view text, std::string& out);

/// Appends `text`, which is UTF-8, in quotes and escaped.
void AppendString(std::string& out, std::string_view text);

}  // namespace wick::protocol
