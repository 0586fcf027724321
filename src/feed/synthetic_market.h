// A market made up from a seed, to load a server with.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "wick/event.h"

namespace wick::feed {

struct SyntheticMarketOptions {
  uint32_t exchanges = 10;
  uint32_t pairs = 100;  // on every exchange
  uint64_t seed = 1;
  double popular_share =
      0.5;  // of the events, 0..1: by Zipf's law; the others visit the series in turn
};

/// One series per exchange and pair. A pair's price starts between 1e-8 and 1e5 and every event
/// moves it by a geometric random walk; volumes are rolling totals that drift. Prices have the
/// digits of a real price, six significant ones or so. The same options give the same events on
/// every machine; only the timestamps are the caller's. Every event is valid. Threads: one at a
/// time.
class SyntheticMarket {
 public:
  explicit SyntheticMarket(const SyntheticMarketOptions& options);

  struct Event {
    uint32_t series = 0;  // index of symbols()
    Price price;
  };
  Event Next(uint64_t timestamp_ms);

  const std::vector<Symbol>& symbols() const { return symbols_; }

 private:
  struct Series {
    double price = 0;
    double base_volume = 0;  // of the last 24 h
    uint8_t decimals = 0;    // of a printed price
  };

  uint64_t NextRandom();
  double NextUniform();  // [0, 1)
  double NextBell();     // mean 0, deviation 1, within +-6
  uint32_t PickSeries();

  const double popular_share_;
  uint64_t random_;
  uint32_t turn_ = 0;
  std::vector<Symbol> symbols_;
  std::vector<Series> series_;
  std::vector<double> zipf_;      // cumulative, by rank
  std::vector<uint32_t> ranked_;  // series by rank, the most popular first
};

/// How many events are due after a time at a rate, so that a late caller catches up and the mean
/// holds.
uint64_t EventsDue(double events_per_second, uint64_t elapsed_us);

}  // namespace wick::feed
