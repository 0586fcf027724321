#include "cli/config_options.h"

#include <CLI/CLI.hpp>

namespace wick::cli {

void AddConfigOptions(CLI::App& command, ConfigOptions& options) {
  command.add_option("--config", options.file, "Configuration file (TOML)")->type_name("FILE");
  command.add_option("--data", options.data_directory, "Data directory: storage.directory")
      ->type_name("DIR");
  command.add_option("--http", options.http, "Where to listen for HTTP: server.http")
      ->type_name("HOST:PORT");
  command
      .add_option("--binary", options.binary,
                  "Where to listen for the binary protocol: server.binary")
      ->type_name("HOST:PORT");
  command
      .add_option("--set", options.settings, "Any setting of the configuration; may be repeated")
      ->type_name("SECTION.KEY=VALUE")
      ->take_all()
      ->expected(1);
}

absl::StatusOr<server::ServerConfig> LoadConfig(const ConfigOptions& options) {
  std::vector<std::string> overrides = options.settings;
  if (options.data_directory) overrides.push_back("storage.directory=" + *options.data_directory);
  if (!options.http.empty()) overrides.push_back("server.http=" + options.http);
  if (!options.binary.empty()) overrides.push_back("server.binary=" + options.binary);
  return server::LoadConfig(options.file, overrides);
}

}  // namespace wick::cli
