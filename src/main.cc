// The one binary: its table of contents.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <string_view>

#include "cli/commands.h"
#include "cli/server_option.h"
#include "server/version.h"

namespace {

/// CLI11 would say no more than that a subcommand is missing.
bool IsUnknownCommand(const CLI::App& app, std::string_view word) {
  if (word.starts_with('-')) return false;
  const auto named = [&](const CLI::App* command) {
    return command->check_name(std::string(word));
  };
  return app.get_subcommands(named).empty();
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("wick keeps the latest price and the candles of every market.", "wick");
  app.require_subcommand(1);
  app.set_version_flag("--version", fmt::format("wick {}", wick::server::kVersion));
  app.get_formatter()->column_width(34);
  app.footer(
      "Exit codes: 0 done, 1 the answer is no or the server failed, 2 wrong arguments.\n"
      "`wick COMMAND --help` shows options and examples.");

  wick::cli::Action action;
  wick::cli::AddServe(app, action);
  wick::cli::AddConfig(app, action);
  wick::cli::AddIngest(app, action);
  wick::cli::AddFeed(app, action);
  wick::cli::AddProduce(app, action);
  wick::cli::AddBench(app, action);
  wick::cli::AddLatest(app, action);
  wick::cli::AddCandles(app, action);
  wick::cli::AddExchanges(app, action);
  wick::cli::AddBases(app, action);
  wick::cli::AddReference(app, action);
  wick::cli::AddStatus(app, action);
  wick::cli::AddCluster(app, action);
  wick::cli::AddDeadLetters(app, action);
  wick::cli::AddOffsets(app, action);
  wick::cli::AddCheckpoint(app, action);
  wick::cli::AddBackup(app, action);
  wick::cli::AddBackups(app, action);
  wick::cli::AddRestore(app, action);
  wick::cli::AddVerify(app, action);
  wick::cli::AddToken(app, action);
  wick::cli::AddVersion(app, action);

  if (argc > 1 && IsUnknownCommand(app, argv[1])) {
    wick::cli::Fail(fmt::format("there is no command \"{}\"; `wick --help` lists them", argv[1]));
    return wick::cli::kUsage;
  }
  try {
    app.parse(argc, argv);
    return action();
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? wick::cli::kOk
                                : wick::cli::kUsage;  // --help is a ParseError of 0
  }
}
