// A whole load: prepared, run on its threads, summed up.
#pragma once

#include <string>
#include <vector>

#include "cli/bench/options.h"
#include "cli/bench/stats.h"
#include "wick/client.h"

namespace wick::cli::bench {

struct StreamResult {
  std::string name;        // "ingest"; of mixed "read" and "write"
  std::string operations;  // what one is: "events", "prices", "candles"
  double meant_per_s = 0;  // operations, of an open loop; 0: closed
  Stats stats;
};

struct RunResult {
  double seconds = 0;      // from the first request that counts to the last answer
  double cpu_seconds = 0;  // of this process, while the load ran
  std::vector<StreamResult> streams;
};

/// Takes no longer than the options say and ten seconds for what is still unanswered then.
Result<RunResult> Run(const Options& options);

}  // namespace wick::cli::bench
