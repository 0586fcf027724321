#include "cli/bench/options.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <map>

#include "market/interval.h"

namespace wick::cli::bench {
namespace {

const std::map<std::string, Kind> kKinds = {{"ingest", Kind::kIngest},
                                            {"latest", Kind::kLatest},
                                            {"multi", Kind::kMulti},
                                            {"candles", Kind::kCandles},
                                            {"mixed", Kind::kMixed}};
const std::map<std::string, wire::Ack> kAcks = {
    {"durable", wire::Ack::kDurable}, {"memory", wire::Ack::kMemory}, {"none", wire::Ack::kNone}};
const std::map<std::string, Schedule::Spacing> kSpacings = {
    {"poisson", Schedule::Spacing::kPoisson}, {"fixed", Schedule::Spacing::kFixed}};

/// More would not fit one frame, and the loop takes whole answers.
constexpr uint32_t kCandlesMax = wire::kCandlesPerRequestMax;
static_assert(wire::kCandlesHeadBytes + kCandlesMax * wire::kCandleBytes <= wire::kPayloadBytesMax);

/// An option whose value is one of the names of `values`; the first help line lists them.
template <typename T>
void AddNamed(CLI::App& command, const std::string& name, T& value,
              const std::map<std::string, T>& values, const std::string& shown,
              const std::string& help) {
  std::vector<std::string> names;
  for (const auto& [text, unused] : values) names.push_back(text);
  command
      .add_option_function<std::string>(
          name, [&value, &values](const std::string& text) { value = values.at(text); }, help)
      ->type_name(shown)
      ->check(CLI::IsMember(names));
}

void AddWhen(CLI::App& command, Options& options) {
  command
      .add_option(
          "--rate", options.operations_per_s,
          "Open loop: operations meant per second, whatever the server does (mixed 250000); "
          "0: closed loop, as the others without it")
      ->type_name("OPERATIONS_PER_S")
      ->check(CLI::Range(0.0, 1e9));
  AddNamed(command, "--spacing", options.spacing, kSpacings, "SPACING",
           "Of an open loop: poisson (default) or fixed");
  command.add_option("--seconds", options.seconds, "Length of the load that is counted")
      ->type_name("S")
      ->check(CLI::Range(0.01, 3'600.0))
      ->capture_default_str();
  command.add_option("--warmup", options.warmup_s, "Load before that is not counted")
      ->type_name("S")
      ->check(CLI::Range(0.0, 600.0))
      ->capture_default_str();
  command
      .add_option("--requests", options.requests_max,
                  "Ends after so many requests; 0: after the seconds only")
      ->type_name("N")
      ->capture_default_str();
}

void AddHow(CLI::App& command, Options& options) {
  command.add_option("--connections", options.connections, "Connections of all threads together")
      ->type_name("N")
      ->check(CLI::Range(1u, 60'000u))
      ->capture_default_str();
  command
      .add_option("--pipeline", options.pipeline,
                  "Most requests in flight on a connection (8; open loop 1024; over HTTP 1)")
      ->type_name("N")
      ->check(CLI::Range(1u, 65'536u));
  command.add_option("--threads", options.threads, "Threads of the load generator")
      ->type_name("N")
      ->check(CLI::Range(1u, 256u))
      ->capture_default_str();
  command.add_flag("--spin", options.spin,
                   "Never sleep: sends are exact, and each thread takes a whole core");
}

void AddWhat(CLI::App& command, Options& options) {
  command.add_option("--series", options.series, "Series of the load")
      ->type_name("N")
      ->check(CLI::Range(1u, 100'000'000u))
      ->capture_default_str();
  command
      .add_option("--zipf", options.zipf,
                  "How popular series are: the exponent of Zipf's law; 0: all alike")
      ->type_name("EXPONENT")
      ->check(CLI::Range(0.0, 4.0))
      ->capture_default_str();
  command
      .add_option("--batch", options.batch,
                  "Events of an ingest (1000), ids of a latest (1), a multi (100), a read of mixed "
                  "(1)")
      ->type_name("N")
      ->check(CLI::Range(1u, 1'000'000u));
  command.add_option("--write-batch", options.write_batch, "Events of a write of mixed")
      ->type_name("EVENTS")
      ->check(CLI::Range(1u, wire::kEventsPerIngestMax))
      ->capture_default_str();
  command
      .add_option("--write-share", options.write_share,
                  "Of mixed: part of the operations that are writes")
      ->type_name("0..1")
      ->check(CLI::Range(0.001, 0.999))
      ->capture_default_str();
  AddNamed(command, "--ack", options.ack, kAcks, "ACK",
           "When events are answered: durable (default), memory, none");
  command.add_option("--candles", options.candles, "Candles of a request")
      ->type_name("N")
      ->check(CLI::Range(1u, kCandlesMax))
      ->capture_default_str();
  command
      .add_option_function<std::string>(
          "--interval",
          [&options](const std::string& text) {
            const auto interval = market::ParseInterval(text);
            if (!interval) throw CLI::ValidationError("--interval", text + " is none, as in 1m");
            options.interval = *interval;
          },
          "Of the candles (1m): 1s, 5m, 1h, ...")
      ->type_name("INTERVAL");
  command
      .add_option("--history", options.history,
                  "Candles that each series is given before; 0: as many as --candles")
      ->type_name("CANDLES")
      ->check(CLI::Range(0u, 1'000'000u))
      ->capture_default_str();
  command.add_flag("--random-range", options.random_range,
                   "Ask for candles from anywhere in the history, not for the newest");
  command.add_flag(
      "--packed", options.packed,
      "With --random-range: ask for them as packed history of the disk, and decode it");
}

}  // namespace

uint32_t Options::InFlightMax() const {
  if (!http.empty()) return 1;
  if (pipeline > 0) return pipeline;
  return open_loop() ? 1'024 : 8;
}

uint32_t Options::BatchOf() const {
  if (kind == Kind::kCandles) return candles;
  if (batch > 0) return batch;
  return kind == Kind::kIngest ? 1'000 : kind == Kind::kMulti ? 100 : 1;
}

std::string_view NameOf(Kind kind) {
  for (const auto& [name, value] : kKinds) {
    if (value == kind) return name;
  }
  return "";
}

void AddOptions(CLI::App& command, Options& options) {
  AddNamed(command, "kind", options.kind, kKinds, "KIND",
           "ingest, latest, multi, candles or mixed");
  command.get_option("kind")->required();
  AddWhen(command, options);
  AddHow(command, options);
  AddWhat(command, options);
  command.add_option("--seed", options.seed, "The same seed draws the same series and prices")
      ->capture_default_str();
  command.add_flag_callback(
      "--no-prepare", [&options] { options.prepare = false; },
      "Send nothing before the load: the prices or candles are there already");
  command
      .add_option("--http", options.http,
                  "Load the HTTP API at this address: ingest as NDJSON, latest with one symbol")
      ->type_name("HOST:PORT");
  AddServerOption(command, options.server);
  command.add_flag("--json", options.json, "The result as one JSON document");
}

void Check(const Options& options) {
  if (options.connections < options.threads) {
    throw CLI::ValidationError(fmt::format("--connections {} are fewer than the {} --threads",
                                           options.connections, options.threads));
  }
  const bool writes = options.kind == Kind::kIngest || options.kind == Kind::kMixed;
  if (writes && options.series < options.connections) {
    throw CLI::ValidationError(
        fmt::format("--series {} are fewer than the {} --connections, each of which sends the "
                    "events of its own series",
                    options.series, options.connections));
  }
  const bool has_http =
      options.kind == Kind::kIngest || (options.kind == Kind::kLatest && options.BatchOf() == 1);
  if (!options.http.empty() && !has_http) {
    throw CLI::ValidationError("--http goes with ingest, and with latest of one symbol a request");
  }
}

}  // namespace wick::cli::bench
