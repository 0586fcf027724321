// wick backup
#include <CLI/CLI.hpp>
#include <filesystem>
#include <memory>

#include "cli/commands.h"
#include "cli/server_option.h"
#include "cli/table.h"
#include "protocol/json_replies.h"

namespace wick::cli {
namespace {

struct Options {
  Remote server;
  std::string directory;
  uint32_t keep = 0;
  uint64_t bytes_per_second = 0;
  bool json = false;
};

/// Copying takes as long as it takes.
constexpr uint64_t kBackupTimeoutMs = 7ull * 86'400'000;

int Backup(const Options& options) {
  const std::string directory = std::filesystem::absolute(options.directory).lexically_normal();
  ClientOptions settings = ClientOptionsOf(options.server);
  settings.request_timeout_ms = kBackupTimeoutMs;
  Result<Client> client = Client::Connect(settings);
  if (!client) return Fail(client.error().message);
  const auto made = client->Backup(directory, options.keep, options.bytes_per_second);
  if (!made) return Fail(made.error().message);
  std::string text;
  if (options.json) {
    protocol::AppendBackupReply(text, directory, *made);
    text += '\n';
  } else {
    text = fmt::format("backup {} in {}: {} bytes in {} files, made in {} ms\n", made->id,
                       directory, Grouped(made->bytes), made->files, made->duration_ms);
  }
  Print(text);
  return kOk;
}

}  // namespace

void AddBackup(CLI::App& app, Action& action) {
  CLI::App* const command = app.add_subcommand(
      "backup", "Add a backup of the running server to a directory of its machine");
  const auto options = std::make_shared<Options>();
  command->add_option("directory", options->directory, "New, empty, or of earlier backups")
      ->type_name("DIR")
      ->required();
  command->add_option("--keep", options->keep, "Leave the newest N backups there; 0: all")
      ->type_name("N")
      ->capture_default_str();
  command
      ->add_option("--rate", options->bytes_per_second,
                   "Most bytes written in a second, as in 20MiB; 0: no limit")
      ->type_name("SIZE")
      ->transform(CLI::AsSizeValue(false))
      ->capture_default_str();
  AddServerOption(*command, options->server, Asks::kOneNode);
  command->add_flag("--json", options->json, "The document of POST /v1/admin/backup");
  command->footer(
      "It holds everything acknowledged before; the server goes on meanwhile. Unchanged files are "
      "shared\n"
      "between the backups of a directory. `wick restore` brings one back.\n"
      "Examples:\n"
      "  wick backup /var/backups/wick --keep 7");
  command->callback([options, &action] { action = [options] { return Backup(*options); }; });
}

}  // namespace wick::cli
