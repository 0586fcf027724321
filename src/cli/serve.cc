// wick serve
#include <CLI/CLI.hpp>
#include <memory>

#include "cli/commands.h"
#include "cli/config_options.h"
#include "cli/server_option.h"
#include "server/server.h"

namespace wick::cli {

void AddServe(CLI::App& app, Action& action) {
  CLI::App* const command = app.add_subcommand("serve", "Run the server until SIGINT or SIGTERM");
  const auto options = std::make_shared<ConfigOptions>();
  AddConfigOptions(*command, *options);
  command->footer(
      "Examples:\n"
      "  wick serve --data ./data\n"
      "  wick serve --config wick.toml --http 127.0.0.1:9090 --set tiers.1m.keep=60d");
  command->callback([options, &action] {
    action = [options] {
      const absl::StatusOr<server::ServerConfig> config = LoadConfig(*options);
      if (!config.ok()) return Fail(Message(config.status()));
      const absl::Status status = server::Serve(*config);
      return status.ok() ? kOk : Fail(Message(status));
    };
  });
}

}  // namespace wick::cli
