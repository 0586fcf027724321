// What a kind of load asks, and what it makes of the answers.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "cli/bench/options.h"
#include "cli/bench/stats.h"
#include "wick/series.h"

namespace wick::cli::bench {

/// One answer, whole.
struct Answer {
  uint64_t request_id = 0;
  uint16_t type = 0;  // of the frame; over HTTP the status code
  std::string_view payload;
  size_t bytes = 0;  // with its header
};

/// The series of the load: the same for every thread.
struct Series {
  std::vector<Symbol> symbols;
  std::vector<SeriesId> ids;  // of the server, in the order of the symbols
};

/// Requests of one stream. Threads: one at a time.
class Work {
 public:
  virtual ~Work() = default;

  /// Appends a request that goes out on a connection, numbered from 0 over all threads.
  virtual void Append(uint64_t request_id, uint32_t connection, std::string& out) = 0;

  /// Counts what the answer says; false: it is none to such a request.
  virtual bool Take(const Answer& answer, Stats& stats) = 0;
};

/// `series` and `options` outlive it. Ingest takes `batch` events a request; a connection sends the
/// events of its own series only, every options.connections-th, so that none comes out of order.
std::unique_ptr<Work> MakeIngest(const Options& options, const Series& series, uint32_t batch,
                                 uint64_t seed);
std::unique_ptr<Work> MakeLatest(const Options& options, const Series& series, uint32_t batch,
                                 uint64_t seed);
std::unique_ptr<Work> MakeCandles(const Options& options, const Series& series, uint64_t seed);
std::unique_ptr<Work> MakeHttpIngest(const Options& options, const Series& series, uint64_t seed);
std::unique_ptr<Work> MakeHttpLatest(const Options& options, const Series& series, uint64_t seed);

}  // namespace wick::cli::bench
