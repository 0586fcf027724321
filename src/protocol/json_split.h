// Parts of a JSON text as they stand in it, to be passed on.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "protocol/json_reader.h"

namespace wick::protocol {

/// The elements of an array; nullopt: the text is none. They point into the text.
std::optional<std::vector<std::string_view>> SplitArray(std::string_view json,
                                                        uint32_t depth_max = kJsonDepthDefault);

/// The fields of an object in their order; nullopt: the text is none. The values point into it.
std::optional<std::vector<std::pair<std::string, std::string_view>>> SplitObject(
    std::string_view json, uint32_t depth_max = kJsonDepthDefault);

/// The value of an object's field; nullopt: it has none of that name, or the text is no object.
std::optional<std::string_view> FindField(std::string_view json, std::string_view name);

/// What a part that is a string means; nullopt: it is none, or an escape in it is none.
std::optional<std::string> StringOf(std::string_view part);

/// Appends an array of such parts.
void AppendArrayOf(std::string& out, const std::vector<std::string_view>& elements);

}  // namespace wick::protocol
