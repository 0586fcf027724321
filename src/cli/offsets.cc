// wick offsets
#include <CLI/CLI.hpp>
#include <filesystem>
#include <memory>
#include <system_error>

#include "cli/commands.h"
#include "cli/server_option.h"
#include "cli/table.h"
#include "cold/store.h"

namespace wick::cli {
namespace {

struct Options {
  std::string directory = "./data";
  std::string topic;
  uint32_t partition = 0;
  uint64_t set = 0;
  bool sets = false;
};

int Offsets(const Options& options) {
  // Opening makes a directory that is not there.
  std::error_code unreadable;
  if (!std::filesystem::exists(std::filesystem::path(options.directory) / "CURRENT", unreadable)) {
    Fail(fmt::format("{} holds no data of wick; name the data directory with --data",
                     options.directory));
    return kUsage;
  }
  cold::StoreOptions storage;
  storage.directory = options.directory;
  const auto store = cold::Store::Open(storage);
  if (!store.ok()) return Fail(Message(store.status()));
  if (options.sets) {
    const absl::StatusOr<uint64_t> dropped =
        (*store)->SetKafkaOffset({options.topic, options.partition, options.set});
    if (!dropped.ok()) return Fail(Message(dropped.status()));
    if (*dropped > 0) {
      Print(fmt::format("dropped {} dead letters from this offset on: their records come again\n",
                        *dropped));
    }
  }
  const auto offsets = (*store)->KafkaOffsets();
  if (!offsets.ok()) return Fail(Message(offsets.status()));
  if (offsets->empty()) {
    Print(fmt::format("no topic was ever read into {}\n", options.directory));
    return kOk;
  }
  Table table({"TOPIC", ">PARTITION", ">NEXT OFFSET"});
  for (const cold::KafkaOffset& offset : *offsets) {
    table.Add({offset.topic, std::to_string(offset.partition), std::to_string(offset.next)});
  }
  Print(table.Text());
  return kOk;
}

}  // namespace

void AddOffsets(CLI::App& app, Action& action) {
  CLI::App* const command = app.add_subcommand(
      "offsets", "How far the topics of Kafka are in a data directory that no server uses");
  const auto options = std::make_shared<Options>();
  command->add_option("--data", options->directory, "Data directory")
      ->type_name("DIR")
      ->capture_default_str();
  auto* const topic = command->add_option("--topic", options->topic, "Of this topic, with --set")
                          ->type_name("TOPIC");
  command->add_option("--partition", options->partition, "Of this partition, with --set")
      ->type_name("N")
      ->check(CLI::Range(0, INT32_MAX));
  command->add_option("--set", options->set, "The partition goes on with this offset")
      ->type_name("OFFSET")
      ->check(CLI::Range(int64_t{0}, INT64_MAX))
      ->needs(topic)
      ->each([options](const std::string&) { options->sets = true; });
  command->footer(
      "Records behind the offset that are in already count a second time; records before it that "
      "are not in\n"
      "are left out. Dead letters from the offset on are dropped: their records come again.\n"
      "Examples:\n"
      "  wick offsets --data /var/lib/wick\n"
      "  wick offsets --data /var/lib/wick --topic ticks --partition 3 --set 2000000");
  command->callback([options, &action] { action = [options] { return Offsets(*options); }; });
}

}  // namespace wick::cli
