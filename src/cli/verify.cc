// wick verify
#include "cold/verify.h"

#include <CLI/CLI.hpp>
#include <memory>

#include "cli/commands.h"
#include "cli/server_option.h"
#include "cli/table.h"
#include "protocol/json_string.h"

namespace wick::cli {
namespace {

constexpr int kCannotCheck = 2;  // neither sound nor damaged

struct Options {
  std::string directory = "./data";
  bool json = false;
};

struct Line {
  const char* name;  // of the JSON document
  uint64_t cold::VerifyCounts::*count;
  const char* text;
};
constexpr Line kLines[] = {
    {"series", &cold::VerifyCounts::series, "series in the catalogue"},
    {"states", &cold::VerifyCounts::states, "state records"},
    {"references", &cold::VerifyCounts::references, "references"},
    {"journalFrames", &cold::VerifyCounts::frames, "journal frames not yet in a checkpoint"},
    {"journalEvents", &cold::VerifyCounts::events, "events in them"},
    {"chunks", &cold::VerifyCounts::chunks, "candle chunks"},
    {"candles", &cold::VerifyCounts::candles, "candles"},
    {"comparedCandles", &cold::VerifyCounts::compared,
     "candles equal to the sum of their finer tier's"},
    {"kafkaOffsets", &cold::VerifyCounts::kafka_offsets, "Kafka offsets"},
    {"deadLetters", &cold::VerifyCounts::dead_letters, "dead letters"},
    {"tables", &cold::VerifyCounts::tables, "tables (SST files)"},
    {"tableBytes", &cold::VerifyCounts::table_bytes, "bytes in them"},
    {"logBytes", &cold::VerifyCounts::log_bytes, "bytes of write-ahead log"},
    {"tornBytes", &cold::VerifyCounts::torn_bytes,
     "bytes of a last write cut short, never acknowledged: a start drops them"},
    {"findings", &cold::VerifyCounts::findings, "findings"},
};

std::string TextOf(const cold::VerifyCounts& counts) {
  Table table({">COUNT", "CHECKED"});
  for (const Line& line : kLines) table.Add({Grouped(counts.*line.count), line.text});
  return table.Text();
}

void PrintJson(const cold::Finding& finding, bool first) {
  std::string text = first ? R"({"what":)" : R"(,{"what":)";
  protocol::AppendString(text, finding.what);
  text += R"(,"where":)";
  protocol::AppendString(text, finding.where);
  Print(text + '}');
}

int Verify(const Options& options) {
  bool first = true;
  const auto counts = cold::Verify(options.directory, [&](const cold::Finding& finding) {
    if (options.json) {
      if (first) Print(R"({"findings":[)");
      PrintJson(finding, first);
    } else {
      Print(fmt::format("damaged: {}: {}\n", finding.where, finding.what));
    }
    first = false;
  });
  if (!counts.ok()) {
    Fail(Message(counts.status()));
    return kCannotCheck;
  }
  if (options.json) {
    std::string text = first ? R"({"findings":[])" : "]";
    text += fmt::format(R"(,"sound":{},"checked":{{)", counts->findings == 0);
    for (const Line& line : kLines) {
      text += fmt::format(R"({}"{}":{})", &line == kLines ? "" : ",", line.name,
                          counts.value().*line.count);
    }
    Print(text + "}}\n");
  } else {
    Print(TextOf(*counts));
    Print(counts->findings == 0
              ? fmt::format("{} is sound\n", options.directory)
              : fmt::format("{} is damaged; restore a backup\n", options.directory));
  }
  return counts->findings == 0 ? kOk : kFailed;
}

}  // namespace

void AddVerify(CLI::App& app, Action& action) {
  CLI::App* const command = app.add_subcommand(
      "verify", "Check every record, checksum and sum of a data directory that no server uses");
  const auto options = std::make_shared<Options>();
  command->add_option("--data", options->directory, "Data directory")
      ->type_name("DIR")
      ->capture_default_str();
  command->add_flag("--json", options->json, "Findings and counts as a JSON document");
  command->footer(
      "It changes nothing. Exit codes: 0 sound, 1 damaged (a line for each finding), 2 it cannot "
      "be checked.\n"
      "Examples:\n"
      "  wick verify --data /var/lib/wick");
  command->callback([options, &action] { action = [options] { return Verify(*options); }; });
}

}  // namespace wick::cli
