// wick backups
#include <CLI/CLI.hpp>
#include <memory>

#include "cli/commands.h"
#include "cli/server_option.h"
#include "cli/table.h"
#include "cli/time_text.h"
#include "cold/backup.h"

namespace wick::cli {
namespace {

struct Options {
  std::string directory;
  bool json = false;
};

std::string JsonOf(const std::vector<cold::BackupInfo>& backups) {
  std::string text = "[";
  for (const cold::BackupInfo& backup : backups) {
    if (text.size() > 1) text += ',';
    text += fmt::format(R"({{"id":{},"createdInMs":{},"bytes":{},"files":{},"damaged":{}}})",
                        backup.id, backup.created_ms, backup.bytes, backup.files, backup.damaged);
  }
  return text + "]\n";
}

std::string TextOf(const std::vector<cold::BackupInfo>& backups) {
  Table table({">ID", "TIME", ">BYTES", ">FILES", "STATE"});
  for (const cold::BackupInfo& backup : backups) {
    if (backup.damaged) {
      table.Add({std::to_string(backup.id), "", "", "", "damaged: files are missing"});
    } else {
      table.Add({std::to_string(backup.id), FormatTime(backup.created_ms), Grouped(backup.bytes),
                 Grouped(backup.files), "complete"});
    }
  }
  return table.Text();
}

int Backups(const Options& options) {
  const auto backups = cold::ListBackups(options.directory);
  if (!backups.ok()) return Fail(Message(backups.status()));
  Print(options.json ? JsonOf(*backups) : TextOf(*backups));
  return kOk;
}

}  // namespace

void AddBackups(CLI::App& app, Action& action) {
  CLI::App* const command = app.add_subcommand("backups", "List the backups in a directory");
  const auto options = std::make_shared<Options>();
  command->add_option("directory", options->directory, "Directory that `wick backup` was given")
      ->type_name("DIR")
      ->required();
  command->add_flag("--json", options->json, "As a JSON array");
  command->footer("Examples:\n  wick backups /var/backups/wick");
  command->callback([options, &action] { action = [options] { return Backups(*options); }; });
}

}  // namespace wick::cli
