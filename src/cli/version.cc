// wick version
#include "server/version.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "cli/commands.h"
#include "cli/server_option.h"

namespace wick::cli {

void AddVersion(CLI::App& app, Action& action) {
  CLI::App* const command = app.add_subcommand("version", "Print the version");
  command->callback([&action] {
    action = [] {
      Print(fmt::format("wick {}\n", server::kVersion));
      return kOk;
    };
  });
}

}  // namespace wick::cli
