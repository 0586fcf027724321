// The series whose events one connection sends.
#pragma once

#include <cstdint>

#include "cli/bench/options.h"
#include "cli/bench/picker.h"

namespace wick::cli::bench {

/// Every connections-th series, from the connection's own number on; picked by their order. There
/// are at least as many series as connections.
class OwnSeries {
 public:
  OwnSeries(const Options& options, uint64_t seed)
      : random_(seed),
        connections_(options.connections),
        series_(options.series),
        picker_((options.series + options.connections - 1) / options.connections, options.zipf) {}

  uint32_t Pick(uint32_t connection) {
    const uint32_t series = picker_.Pick(random_) * connections_ + connection;
    return series < series_ ? series : connection;
  }

 private:
  Random random_;
  uint32_t connections_;
  uint32_t series_;
  Picker picker_;
};

}  // namespace wick::cli::bench
