// wick restore
#include <CLI/CLI.hpp>
#include <memory>

#include "cli/commands.h"
#include "cli/server_option.h"
#include "cli/table.h"
#include "cli/time_text.h"
#include "cold/backup.h"

namespace wick::cli {
namespace {

int RestoreFrom(const cold::RestoreOptions& options) {
  const auto restored = cold::Restore(options);
  if (!restored.ok()) return Fail(Message(restored.status()));
  Print(
      fmt::format("backup {} of {} is restored in {}: {} bytes in {} files, every checksum right\n",
                  restored->id, FormatTime(restored->created_ms), options.data_directory,
                  Grouped(restored->bytes), restored->files));
  return kOk;
}

}  // namespace

void AddRestore(CLI::App& app, Action& action) {
  CLI::App* const command =
      app.add_subcommand("restore", "Bring a backup back as a data directory");
  const auto options = std::make_shared<cold::RestoreOptions>();
  command
      ->add_option("directory", options->backup_directory, "Directory that `wick backup` was given")
      ->type_name("DIR")
      ->required();
  command->add_option("--data", options->data_directory, "Data directory to make, new or empty")
      ->type_name("DIR")
      ->required();
  command
      ->add_option("--id", options->id,
                   "The backup, as `wick backups` lists it; without it the newest")
      ->type_name("ID")
      ->check(CLI::Range(1u, UINT32_MAX));
  command->footer(
      "Examples:\n"
      "  wick restore /var/backups/wick --data /var/lib/wick\n"
      "  wick restore /var/backups/wick --data /tmp/older --id 3");
  command->callback([options, &action] { action = [options] { return RestoreFrom(*options); }; });
}

}  // namespace wick::cli
