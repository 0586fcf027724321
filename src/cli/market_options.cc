#include "cli/market_options.h"

#include <CLI/CLI.hpp>
#include <chrono>
#include <csignal>
#include <thread>

#include "base/clock.h"
#include "cli/progress.h"
#include "cli/table.h"

namespace wick::cli {
namespace {

constexpr std::chrono::milliseconds kPause{5};  // between two looks at what is due
constexpr uint64_t kEventsPerRoundMax =
    4'096;  // so that times stay fresh when the server is the slower one

volatile std::sig_atomic_t g_stop = 0;  // set by SIGINT and SIGTERM: the summary is still printed

}  // namespace

void AddMarketOptions(CLI::App& command, MarketOptions& options) {
  command.add_option("--exchanges", options.market.exchanges, "Exchanges")
      ->type_name("N")
      ->check(CLI::Range(1u, 10'000u))
      ->capture_default_str();
  command.add_option("--pairs", options.market.pairs, "Pairs on every exchange")
      ->type_name("N")
      ->check(CLI::Range(1u, 1'000'000u))
      ->capture_default_str();
  command
      .add_option("--rate", options.events_per_second,
                  "Events per second; 0: as fast as they are taken")
      ->type_name("EVENTS_PER_S")
      ->check(CLI::Range(0.0, 1e9))
      ->capture_default_str();
  command.add_option("--duration", options.duration_s, "Seconds to run; 0: until SIGINT")
      ->type_name("S")
      ->check(CLI::Range(0.0, 1e9))
      ->capture_default_str();
  command.add_option("--seed", options.market.seed, "The same seed makes the same prices")
      ->capture_default_str();
  command
      .add_option("--popular", options.market.popular_share,
                  "Share of the events that goes to series by Zipf's law; the others take turns")
      ->type_name("0..1")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
}

absl::Status SendMarket(const MarketOptions& options,
                        absl::FunctionRef<absl::Status(const SymbolView&, const Price&)> add,
                        absl::FunctionRef<absl::Status()> send) {
  std::signal(SIGINT, [](int) { g_stop = 1; });
  std::signal(SIGTERM, [](int) { g_stop = 1; });
  feed::SyntheticMarket market(options.market);
  const SystemClock clock;
  const auto begin = std::chrono::steady_clock::now();
  uint64_t events = 0;
  Progress progress;
  while (g_stop == 0) {
    const double seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    if (options.duration_s > 0 && seconds >= options.duration_s) break;
    const uint64_t due =
        options.events_per_second > 0
            ? feed::EventsDue(options.events_per_second, static_cast<uint64_t>(seconds * 1e6))
            : UINT64_MAX;
    const uint64_t now_ms = clock.NowMs();
    uint64_t round = 0;
    for (; events < due && round < kEventsPerRoundMax; ++round, ++events) {
      const feed::SyntheticMarket::Event event = market.Next(now_ms);
      WICK_RETURN_IF_ERROR(add(market.symbols()[event.series], event.price));
    }
    progress.Show(0, std::nullopt, events);
    if (round == kEventsPerRoundMax) continue;
    WICK_RETURN_IF_ERROR(send());
    std::this_thread::sleep_for(kPause);
  }
  return absl::OkStatus();
}

std::string AchievedText(const MarketOptions& options, uint64_t events, double seconds) {
  if (options.events_per_second <= 0) return {};
  const double share = static_cast<double>(events) / (options.events_per_second * seconds);
  return fmt::format("achieved  {:.1f}% of {} events/s\n", share * 100,
                     NumberText(options.events_per_second));
}

}  // namespace wick::cli
