// wick token
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "cli/commands.h"
#include "cli/server_option.h"
#include "cli/table.h"
#include "server/token_file.h"

namespace wick::cli {
namespace {

struct Options {
  std::string file;
  std::string name;
  std::string scopes = "read";
};

int Add(const Options& options) {
  const auto scopes = server::ParseScopes(options.scopes);
  if (!scopes.ok()) return Fail(Message(scopes.status()));
  const auto token = server::AddToken(options.file, options.name, *scopes);
  if (!token.ok()) return Fail(Message(token.status()));
  fmt::print(stderr,
             "The token of {} ({}). It is kept nowhere: {} holds its hash alone. A running server "
             "knows it after SIGHUP.\n",
             options.name, server::ToString(*scopes), options.file);
  Print(*token + '\n');
  return kOk;
}

int List(const Options& options) {
  const auto tokens = server::ReadTokens(options.file);
  if (!tokens.ok()) return Fail(Message(tokens.status()));
  Table table({"NAME", "SCOPES"});
  for (const server::TokenEntry& token : *tokens) {
    table.Add({token.name, server::ToString(token.scopes)});
  }
  Print(table.Text());
  return kOk;
}

int Remove(const Options& options) {
  const absl::Status removed = server::RemoveToken(options.file, options.name);
  if (!removed.ok()) return Fail(Message(removed));
  Print(fmt::format("removed {}; a running server lets it in until SIGHUP\n", options.name));
  return kOk;
}

/// A verb of `token` with the option that all have.
CLI::App* AddVerb(CLI::App& token, const char* name, const char* help, int (*run)(const Options&),
                  const std::shared_ptr<Options>& options, Action& action) {
  CLI::App* const verb = token.add_subcommand(name, help);
  verb->add_option("--file", options->file, "The file that auth.tokens of the server names")
      ->type_name("FILE")
      ->required();
  verb->callback([run, options, &action] { action = [run, options] { return run(*options); }; });
  return verb;
}

}  // namespace

void AddToken(CLI::App& app, Action& action) {
  CLI::App* const command =
      app.add_subcommand("token", "Make, list and remove the tokens of a server");
  command->require_subcommand(1);
  const auto options = std::make_shared<Options>();
  CLI::App* const add = AddVerb(*command, "add", "Make a token, print it once and keep its hash",
                                Add, options, action);
  add->add_option("name", options->name, "Whose it is")->type_name("NAME")->required();
  add->add_option("--scopes", options->scopes, "read, ingest, admin, or several with commas")
      ->type_name("SCOPES")
      ->capture_default_str();
  AddVerb(*command, "list", "Show names and scopes", List, options, action);
  CLI::App* const remove =
      AddVerb(*command, "remove", "Take a token back", Remove, options, action);
  remove->add_option("name", options->name, "Whose it is")->type_name("NAME")->required();
  command->footer(
      "Scopes: read (prices, candles, status, metrics), ingest (events), admin (references, "
      "checkpoints,\nbackups). None contains another. `umask 077` first keeps the printed token to "
      "yourself.\n"
      "Examples:\n"
      "  wick token add feeder --scopes ingest --file tokens >feeder.token\n"
      "  wick token list --file tokens\n"
      "  wick token remove feeder --file tokens && systemctl reload wick");
}

}  // namespace wick::cli
