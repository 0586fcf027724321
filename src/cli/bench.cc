// wick bench
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "cli/bench/options.h"
#include "cli/bench/report.h"
#include "cli/bench/run.h"
#include "cli/commands.h"
#include "cli/server_option.h"

namespace wick::cli {
namespace {

int Bench(const bench::Options& options) {
  bench::Check(options);
  const Result<bench::RunResult> result = bench::Run(options);
  if (!result) return Fail(result.error().message);
  Print(options.json ? JsonOf(options, *result) : TextOf(options, *result));
  const std::string complaints = Complaints(options, *result);
  fmt::print(stderr, "{}", complaints);
  for (const bench::StreamResult& stream : result->streams) {
    if (stream.stats.errors + stream.stats.rejected + stream.stats.unanswered > 0) return kFailed;
  }
  return kOk;
}

}  // namespace

void AddBench(CLI::App& app, Action& action) {
  CLI::App* const command = app.add_subcommand("bench", "Load a server and measure its answers");
  const auto options = std::make_shared<bench::Options>();
  bench::AddOptions(*command, *options);
  command->footer(
      "It sends made-up events of the exchanges Bench0, Bench1, ...: not to a server whose prices "
      "count.\n"
      "Of a cluster it loads the node that it is given, with pairs of that node.\n"
      "An operation is one event, price or candle. A closed loop keeps every connection as full as "
      "it may be; an\n"
      "open loop (--rate) sends at times set beforehand and counts latency from those, so that a "
      "slow answer\n"
      "cannot hide the requests behind it. Exit code 1 if anything was refused or not answered.\n"
      "Examples:\n"
      "  wick bench ingest --connections 4 --pipeline 16 --batch 4096\n"
      "  wick bench latest --connections 50 --pipeline 1 --zipf 1\n"
      "  wick bench candles --series 100 --candles 10000 --history 20000 --random-range\n"
      "  wick bench mixed --rate 250000 --write-share 0.3 --seconds 30 --json");
  command->callback([options, &action] { action = [options] { return Bench(*options); }; });
}

}  // namespace wick::cli
