// wick config
#include <CLI/CLI.hpp>
#include <memory>

#include "cli/commands.h"
#include "cli/config_options.h"
#include "cli/server_option.h"

namespace wick::cli {

void AddConfig(CLI::App& app, Action& action) {
  CLI::App* const command = app.add_subcommand(
      "config", "Print the configuration `serve` would run with, as a TOML file");
  const auto options = std::make_shared<ConfigOptions>();
  AddConfigOptions(*command, *options);
  command->footer(
      "Examples:\n"
      "  wick config > wick.toml\n"
      "  wick config --config wick.toml --set checkpoint.interval=10s");
  command->callback([options, &action] {
    action = [options] {
      const absl::StatusOr<server::ServerConfig> config = LoadConfig(*options);
      if (!config.ok()) return Fail(Message(config.status()));
      Print(server::ConfigText(*config));
      return kOk;
    };
  });
}

}  // namespace wick::cli
