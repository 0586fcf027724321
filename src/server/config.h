// The configuration of a server: the defaults of the table, then a TOML file, then the command
// line.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/status.h"
#include "server/settings.h"

namespace wick::server {

/// Reads `toml` into `config`. `name` is the file's name in messages. Unknown keys and bad values
/// are refused, with file and line.
absl::Status ApplyToml(std::string_view toml, std::string_view name, ServerConfig& config);

/// Applies one "section.name=value" of the command line.
absl::Status ApplyOverride(std::string_view assignment, ServerConfig& config);

/// The configuration that counts. An empty `path`: no file. `overrides` are "section.name=value",
/// the last one of a key wins.
absl::StatusOr<ServerConfig> LoadConfig(const std::string& path,
                                        std::span<const std::string> overrides);

/// Every setting with its help, bounds and value, as a TOML file that LoadConfig() reads back.
std::string ConfigText(const ServerConfig& config);

}  // namespace wick::server
