// wick feed
#include <CLI/CLI.hpp>
#include <chrono>
#include <csignal>
#include <memory>
#include <thread>

#include "base/clock.h"
#include "cli/commands.h"
#include "cli/ingest_summary.h"
#include "cli/progress.h"
#include "cli/send_options.h"
#include "cli/server_option.h"
#include "cli/table.h"
#include "feed/synthetic_market.h"

namespace wick::cli {
namespace {

constexpr std::chrono::milliseconds kPause{5};  // between two looks at what is due
constexpr uint64_t kEventsPerRoundMax =
    4'096;  // so that times stay fresh when the server is the slower one

struct Options {
  SendOptions send;
  feed::SyntheticMarketOptions market;
  double events_per_second = 10'000;
  double duration_s = 10;
};

volatile std::sig_atomic_t g_stop = 0;  // set by SIGINT and SIGTERM: the summary is still printed

double SecondsSince(std::chrono::steady_clock::time_point begin) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

/// Sends events as they become due until the time is over.
Result<void> SendAtRate(const Options& options, Ingestor& ingestor) {
  feed::SyntheticMarket market(options.market);
  const SystemClock clock;
  const auto begin = std::chrono::steady_clock::now();
  Progress progress;
  while (g_stop == 0) {
    const double seconds = SecondsSince(begin);
    if (options.duration_s > 0 && seconds >= options.duration_s) break;
    const uint64_t due =
        options.events_per_second > 0
            ? feed::EventsDue(options.events_per_second, static_cast<uint64_t>(seconds * 1e6))
            : UINT64_MAX;
    const uint64_t now_ms = clock.NowMs();
    uint64_t round = 0;
    for (; ingestor.events() < due && round < kEventsPerRoundMax; ++round) {
      const feed::SyntheticMarket::Event event = market.Next(now_ms);
      if (Result<void> added = ingestor.Add(market.symbols()[event.series], event.price); !added)
        return added;
    }
    progress.Show(0, std::nullopt, ingestor.events());
    if (round == kEventsPerRoundMax) continue;
    if (Result<void> sent = ingestor.Send(); !sent) return sent;
    std::this_thread::sleep_for(kPause);
  }
  return ingestor.Flush();
}

int Feed(const Options& options) {
  IngestSummary summary;
  Result<Ingestor> ingestor = ConnectIngestor(options.send, [&summary](const BatchReport& batch) {
    summary.Take(batch, [](uint64_t event) { return event + 1; });
  });
  if (!ingestor) return Fail(ingestor.error().message);
  std::signal(SIGINT, [](int) { g_stop = 1; });
  std::signal(SIGTERM, [](int) { g_stop = 1; });

  const auto begin = std::chrono::steady_clock::now();
  const Result<void> sent = SendAtRate(options, *ingestor);
  const double seconds = SecondsSince(begin);
  summary.reconnects = ingestor->reconnects();
  summary.resent = ingestor->resent();
  Print(summary.Text(seconds, "event"));
  if (!sent) return Fail(sent.error().message);
  if (!summary.failure.empty()) return Fail(summary.failure);
  if (options.events_per_second > 0) {
    const double share =
        static_cast<double>(summary.answered()) / (options.events_per_second * seconds);
    Print(fmt::format("achieved  {:.1f}% of {} events/s\n", share * 100,
                      NumberText(options.events_per_second)));
  }
  return summary.rejected() == 0 ? kOk : kFailed;
}

}  // namespace

void AddFeed(CLI::App& app, Action& action) {
  CLI::App* const command =
      app.add_subcommand("feed", "Send the events of a made-up market at a set rate");
  const auto options = std::make_shared<Options>();
  command->add_option("--exchanges", options->market.exchanges, "Exchanges")
      ->type_name("N")
      ->check(CLI::Range(1u, 10'000u))
      ->capture_default_str();
  command->add_option("--pairs", options->market.pairs, "Pairs on every exchange")
      ->type_name("N")
      ->check(CLI::Range(1u, 1'000'000u))
      ->capture_default_str();
  command
      ->add_option("--rate", options->events_per_second,
                   "Events per second; 0: as fast as the server takes them")
      ->type_name("EVENTS_PER_S")
      ->check(CLI::Range(0.0, 1e9))
      ->capture_default_str();
  command->add_option("--duration", options->duration_s, "Seconds to run; 0: until SIGINT")
      ->type_name("S")
      ->check(CLI::Range(0.0, 1e9))
      ->capture_default_str();
  command->add_option("--seed", options->market.seed, "The same seed makes the same prices")
      ->capture_default_str();
  command
      ->add_option("--popular", options->market.popular_share,
                   "Share of the events that goes to series by Zipf's law; the others take turns")
      ->type_name("0..1")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  AddSendOptions(*command, options->send);
  command->footer(
      "Exit code 1 if any event was refused.\n"
      "Examples:\n"
      "  wick feed --exchanges 20 --pairs 500 --rate 50000 --duration 60\n"
      "  wick feed --rate 0 --batch 16384");
  command->callback([options, &action] { action = [options] { return Feed(*options); }; });
}

}  // namespace wick::cli
