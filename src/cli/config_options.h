// The arguments that make up a server's configuration.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/status.h"
#include "server/config.h"

namespace CLI {
class App;
}

namespace wick::cli {

struct ConfigOptions {
  std::string file;
  std::optional<std::string> data_directory;
  std::string http;
  std::string binary;
  std::vector<std::string> settings;  // "section.key=value"
};

void AddConfigOptions(CLI::App& command, ConfigOptions& options);

/// Defaults, then the file, then --set, then the other options.
absl::StatusOr<server::ServerConfig> LoadConfig(const ConfigOptions& options);

}  // namespace wick::cli
