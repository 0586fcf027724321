// How the subcommands that make up a market do it.
#pragma once

#include <absl/functional/function_ref.h>

#include <cstdint>
#include <string>

#include "base/status.h"
#include "feed/synthetic_market.h"

namespace CLI {
class App;
}

namespace wick::cli {

struct MarketOptions {
  feed::SyntheticMarketOptions market;
  double events_per_second = 10'000;
  double duration_s = 10;
};

/// Adds --exchanges, --pairs, --rate, --duration, --seed and --popular.
void AddMarketOptions(CLI::App& command, MarketOptions& options);

/// Gives events as they become due, until the time is over or SIGINT or SIGTERM came; `send` says
/// that nothing more is due for the moment. Shows its progress.
absl::Status SendMarket(const MarketOptions& options,
                        absl::FunctionRef<absl::Status(const SymbolView&, const Price&)> add,
                        absl::FunctionRef<absl::Status()> send);

/// "achieved  99.8% of 10,000 events/s"; empty where no rate was asked for.
std::string AchievedText(const MarketOptions& options, uint64_t events, double seconds);

}  // namespace wick::cli
