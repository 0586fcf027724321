// Events as a market would send them.
#pragma once

#include <absl/functional/function_ref.h>

#include <cstdint>
#include <string>
#include <vector>

#include "cli/bench/random.h"
#include "wick/event.h"

namespace wick::cli::bench {

/// Symbols of so many series, of the pairs that `has` takes: two exchanges a pair, 93 exchanges.
std::vector<Symbol> SymbolsOf(uint32_t series, absl::FunctionRef<bool(const SymbolView&)> has);

/// An event in whole numbers, so that its text is exact and cheap.
struct Event {
  uint32_t price_units = 0;         // 10^-decimals of the quote currency
  uint32_t decimals = 0;            // 2 to 5
  uint32_t volume_units = 0;        // 1/1,000 of the base currency
  uint64_t quote_volume_units = 0;  // 1/100 of the quote currency

  Price At(uint64_t timestamp_ms) const;
};

/// A random walk of each series in its own decimals, with 24 h volumes that move at every event: no
/// event repeats the one before. Threads: one at a time.
class Market {
 public:
  Market(uint32_t series, uint64_t seed);

  Event Next(uint32_t series);

 private:
  struct State {
    uint32_t price_units;
    uint32_t volume_units;
  };

  Random random_;
  std::vector<State> states_;
};

}  // namespace wick::cli::bench
