// Records that could not be read, for people.
#pragma once

#include <string>
#include <string_view>

namespace wick::cli {

/// A line for each letter of a document of GET /v1/admin/dead-letters, with the beginning of its
/// value and without its key, and the options that ask for those that follow. A text that is no
/// such document is shown as it is.
std::string DeadLetterTable(std::string_view json);

}  // namespace wick::cli
