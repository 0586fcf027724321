// What has to be in the server before a load.
#pragma once

#include <cstdint>

#include "cli/bench/options.h"
#include "cli/bench/work.h"
#include "wick/client.h"

namespace wick::cli::bench {

/// The candles that are made of every series: one event in each bucket.
struct Span {
  uint64_t first_ms = 0;  // start of the oldest
  uint64_t interval_ms = 0;
  uint32_t candles = 0;  // the last is that of now
};

uint32_t HistoryOf(const Options& options);
Span HistorySpan(const Options& options, uint64_t now_ms);

/// Registers the series, and sends what is read later: one event of each series, or of each candle.
/// What goes wrong names the option to change.
Result<Series> Prepare(const Options& options);

}  // namespace wick::cli::bench
