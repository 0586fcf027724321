// A JSON document for people: one line a value.
#pragma once

#include <string>
#include <string_view>

namespace wick::cli {

/// "journal.frames    1,234", a line for each scalar, named by the keys on the way to it (elements
/// by their number). `json` comes from a server of ours: what is no JSON gives a poorer outline,
/// nothing worse.
std::string JsonOutline(std::string_view json);

}  // namespace wick::cli
