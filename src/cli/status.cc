// wick status
#include <CLI/CLI.hpp>
#include <memory>

#include "cli/commands.h"
#include "cli/json_outline.h"
#include "cli/server_option.h"

namespace wick::cli {
namespace {

struct Options {
  Remote server;
  bool json = false;
};

int Status(const Options& options) {
  std::optional<Client> client = ConnectTo(options.server);
  if (!client) return kFailed;
  const Result<std::string> status = client->Status();
  if (!status) return Fail(status.error().message);
  Print(options.json ? *status + "\n" : JsonOutline(*status));
  return kOk;
}

}  // namespace

void AddStatus(CLI::App& app, Action& action) {
  CLI::App* const command =
      app.add_subcommand("status", "Counts, positions, memory and disk of a server");
  const auto options = std::make_shared<Options>();
  AddServerOption(*command, options->server, Asks::kOneNode);
  command->add_flag("--json", options->json, "The document of GET /v1/status");
  command->footer("Examples:\n  wick status\n  wick status --json --server 10.0.0.5:8081");
  command->callback([options, &action] { action = [options] { return Status(*options); }; });
}

}  // namespace wick::cli
