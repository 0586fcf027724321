// wick dead-letters
#include <CLI/CLI.hpp>
#include <memory>

#include "cli/commands.h"
#include "cli/dead_letter_table.h"
#include "cli/server_option.h"

namespace wick::cli {
namespace {

struct Options {
  Remote server;
  std::string topic;
  uint32_t partition = 0;
  uint64_t offset = 0;
  uint32_t limit = wire::kDeadLettersPerReplyMax;
  bool json = false;
};

int DeadLetters(const Options& options) {
  std::optional<Client> client = ConnectTo(options.server);
  if (!client) return kFailed;
  const Result<std::string> letters =
      client->DeadLetters(options.topic, options.partition, options.offset, options.limit);
  if (!letters) return Fail(letters.error().message);
  Print(options.json ? *letters + "\n" : DeadLetterTable(*letters));
  return kOk;
}

}  // namespace

void AddDeadLetters(CLI::App& app, Action& action) {
  CLI::App* const command = app.add_subcommand(
      "dead-letters", "Records of Kafka that could not be read, or not all of their events");
  const auto options = std::make_shared<Options>();
  auto* const topic =
      command->add_option("--topic", options->topic, "From this topic on")->type_name("TOPIC");
  command->add_option("--partition", options->partition, "From this partition of it on")
      ->type_name("N")
      ->check(CLI::Range(0, INT32_MAX))
      ->needs(topic);
  command->add_option("--offset", options->offset, "From this offset on")
      ->type_name("N")
      ->needs(topic);
  command->add_option("--limit", options->limit, "At most so many; \"next\" says how to go on")
      ->type_name("N")
      ->check(CLI::Range(1u, wire::kDeadLettersPerReplyMax))
      ->capture_default_str();
  AddServerOption(*command, options->server, Asks::kOneNode);
  command->add_flag("--json", options->json, "The document of GET /v1/admin/dead-letters");
  command->footer(
      "Examples:\n"
      "  wick dead-letters --limit 10\n"
      "  wick dead-letters --topic ticks --partition 3 --offset 1042 --json");
  command->callback([options, &action] { action = [options] { return DeadLetters(*options); }; });
}

}  // namespace wick::cli
