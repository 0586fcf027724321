// Times as people write and read them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace wick::cli {

/// Milliseconds since the Unix epoch from "1398945600000", ISO 8601 in UTC ("2014-05-01",
/// "2014-05-01T12:00Z", "2014-05-01T12:00:30.5Z", the Z may be missing) or a time before now
/// ("-90s", "-5m", "-1h", "-7d", "-2w", "now"). nullopt: none of these, or before 1970.
std::optional<uint64_t> ParseTime(std::string_view text, uint64_t now_ms);

/// "2014-05-01T12:00:30.500Z"; without the fraction where it is 0.
std::string FormatTime(uint64_t timestamp_ms);

/// How long ago: "340ms", "12s", "5m", "3h", "12d", "4y"; "0ms" for what is not past.
std::string FormatAge(uint64_t timestamp_ms, uint64_t now_ms);

}  // namespace wick::cli
