// wick checkpoint
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <memory>

#include "cli/commands.h"
#include "cli/server_option.h"
#include "protocol/json_replies.h"

namespace wick::cli {
namespace {

struct Options {
  Remote server;
  bool json = false;
};

int Checkpoint(const Options& options) {
  std::optional<Client> client = ConnectTo(options.server);
  if (!client) return kFailed;
  const auto begin = std::chrono::steady_clock::now();
  if (const Result<void> done = client->Checkpoint(); !done) return Fail(done.error().message);
  const auto duration_ms =
      static_cast<uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(
                                std::chrono::steady_clock::now() - begin)
                                .count());
  std::string text;
  if (options.json) {
    protocol::AppendAdminReply(text, "checkpoint", duration_ms);
    text += '\n';
  } else {
    text = fmt::format("checkpoint durable after {} ms\n", duration_ms);
  }
  Print(text);
  return kOk;
}

}  // namespace

void AddCheckpoint(CLI::App& app, Action& action) {
  CLI::App* const command =
      app.add_subcommand("checkpoint", "Write a checkpoint and wait until it is durable");
  const auto options = std::make_shared<Options>();
  AddServerOption(*command, options->server, Asks::kOneNode);
  command->add_flag("--json", options->json, "The document of POST /v1/admin/checkpoint");
  command->footer("Examples:\n  wick checkpoint");
  command->callback([options, &action] { action = [options] { return Checkpoint(*options); }; });
}

}  // namespace wick::cli
