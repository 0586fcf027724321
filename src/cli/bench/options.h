// What `wick bench` is asked for.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "cli/bench/schedule.h"
#include "cli/server_option.h"
#include "wick/candle.h"
#include "wick/wire.h"

namespace CLI {
class App;
}

namespace wick::cli::bench {

enum class Kind : uint8_t { kIngest, kLatest, kMulti, kCandles, kMixed };

struct Options {
  Kind kind = Kind::kIngest;
  Remote server;
  std::string http;  // "host:port"; empty: the binary protocol

  uint32_t connections = 8;
  uint32_t pipeline = 0;  // 0: that of the loop
  uint32_t threads = 1;
  bool spin = false;

  std::optional<double> operations_per_s;  // 0: closed loop; nullopt: the kind's own
  Schedule::Spacing spacing = Schedule::Spacing::kPoisson;
  double seconds = 10;
  double warmup_s = 0;
  uint64_t requests_max = 0;  // 0: no bound but the time

  uint32_t series = 10'000;
  double zipf = 0;
  uint32_t batch = 0;        // 0: the kind's own
  uint32_t write_batch = 1;  // of mixed
  double write_share = 0.3;  // of mixed, of the operations
  wire::Ack ack = wire::Ack::kDurable;

  uint32_t candles = 1'000;
  Interval interval{1, IntervalUnit::kMinute};
  uint32_t history = 0;  // candles made of each series; 0: as many as a request asks for
  bool random_range = false;
  bool packed = false;  // asked for as history

  bool prepare = true;
  uint64_t seed = 1;
  bool json = false;

  double OperationsPerS() const {
    return operations_per_s.value_or(kind == Kind::kMixed ? 250'000 : 0);
  }
  bool open_loop() const { return OperationsPerS() > 0; }
  /// Most requests in flight on a connection.
  uint32_t InFlightMax() const;
  /// Operations of a request that is no write of mixed.
  uint32_t BatchOf() const;
};

/// "ingest".
std::string_view NameOf(Kind kind);

/// Adds the kind and every option; `options` outlives the parsing.
void AddOptions(CLI::App& command, Options& options);

/// Throws CLI::ValidationError if the options do not go together.
void Check(const Options& options);

}  // namespace wick::cli::bench
