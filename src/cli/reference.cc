// wick reference
#include <CLI/CLI.hpp>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <variant>

#include "cli/commands.h"
#include "cli/server_option.h"
#include "cli/table.h"
#include "market/validation.h"
#include "protocol/json_replies.h"
#include "protocol/json_requests.h"

namespace wick::cli {
namespace {

struct Options {
  Remote server;
  Reference reference;  // of set; remove uses its base
  std::string file;
  bool json = false;
};

int List(const Options& options) {
  std::optional<Client> client = ConnectTo(options.server);
  if (!client) return kFailed;
  const Result<Gathered<Reference>> references = client->References();
  if (!references) return Fail(references.error().message);
  std::string text;
  if (options.json) {
    protocol::AppendReferences(text, *references);
    text += '\n';
  } else if (!references->empty()) {
    Table table({"BASE", "QUOTE", "EXCHANGE"});
    for (const Reference& r : *references)
      table.Add({r.base_currency, r.quote_currency, r.exchange});
    text = table.Text();
  }
  Print(text);
  return TellMissing(references->missing);
}

int Set(const Options& options) {
  const Reference& reference = options.reference;
  const SymbolView names{reference.base_currency, reference.quote_currency, reference.exchange};
  if (market::CheckSymbol(names) != Refusal::kNone)
    throw CLI::ValidationError(market::DescribeSymbol(names));
  std::optional<Client> client = ConnectTo(options.server);
  if (!client) return kFailed;
  const Result<void> done = client->SetReference(options.reference);
  return done ? kOk : Fail(done.error().message);
}

int Remove(const Options& options) {
  std::optional<Client> client = ConnectTo(options.server);
  if (!client) return kFailed;
  const Result<void> done = client->RemoveReference(options.reference.base_currency);
  return done ? kOk : Fail(done.error().message);
}

int Replace(const Options& options) {
  std::ifstream file;
  if (options.file != "-") file.open(options.file);
  std::istream& in = options.file == "-" ? std::cin : file;
  if (!in) return Fail(fmt::format("cannot read {}", options.file));
  const std::string body((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  const auto parsed = protocol::ParseReferencesBody(body);
  if (const auto* problem = std::get_if<protocol::Problem>(&parsed)) {
    return Fail(fmt::format("{}: {}", options.file, problem->detail));
  }
  std::optional<Client> client = ConnectTo(options.server);
  if (!client) return kFailed;
  const Result<void> done = client->ReplaceReferences(std::get<std::vector<Reference>>(parsed));
  return done ? kOk : Fail(done.error().message);
}

CLI::App* AddVerb(CLI::App& command, Action& action, const char* name, const char* help,
                  const std::shared_ptr<Options>& options, int (*run)(const Options&)) {
  CLI::App* const verb = command.add_subcommand(name, help);
  AddServerOption(*verb, options->server);
  verb->callback([options, run, &action] { action = [options, run] { return run(*options); }; });
  return verb;
}

}  // namespace

void AddReference(CLI::App& app, Action& action) {
  CLI::App* const command = app.add_subcommand(
      "reference", "The series that gives the price of a base currency in `wick bases`");
  const auto options = std::make_shared<Options>();
  Reference& reference = options->reference;

  CLI::App* const list = AddVerb(*command, action, "list", "List the references", options, List);
  list->add_flag("--json", options->json, "The document of GET /v1/references");

  CLI::App* const set =
      AddVerb(*command, action, "set", "Set the reference of a base currency", options, Set);
  set->add_option("base", reference.base_currency)->type_name("BASE")->required();
  set->add_option("quote", reference.quote_currency)->type_name("QUOTE")->required();
  set->add_option("exchange", reference.exchange)->type_name("EXCHANGE")->required();

  CLI::App* const remove = AddVerb(*command, action, "remove",
                                   "Remove the reference of a base currency", options, Remove);
  remove->add_option("base", reference.base_currency)->type_name("BASE")->required();

  CLI::App* const replace = AddVerb(*command, action, "replace",
                                    "Replace all references by those of a file", options, Replace);
  replace
      ->add_option("file", options->file,
                   "JSON as PUT /v1/references takes it; - is standard input")
      ->type_name("FILE")
      ->required();

  command->require_subcommand(1);
  command->footer(
      "Changes return when they are durable, in a cluster on every node. Exit code 1 if one did "
      "not "
      "answer:\n"
      "the others have the change, repeat it.\n"
      "Examples:\n"
      "  wick reference set BTC USDT Binance\n"
      "  wick reference list --json > references.json\n"
      "  wick reference replace references.json");
}

}  // namespace wick::cli
