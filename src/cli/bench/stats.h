// What came of the requests of one stream.
#pragma once

#include <cstdint>
#include <string>

#include "cli/bench/histogram.h"

namespace wick::cli::bench {

/// Sums of what was answered; a thread has its own, they are added at the end.
struct Stats {
  Histogram latency;        // ns from the intended send to the reply
  Histogram service;        // of an open loop: ns from the actual send to the reply
  Histogram late;           // of an open loop: ns from the intended send to the actual one
  uint64_t operations = 0;  // events, prices, candles
  uint64_t bytes_out = 0;
  uint64_t bytes_in = 0;
  uint64_t duplicates = 0;  // events that changed nothing
  uint64_t rejected = 0;    // events that were refused
  uint64_t missing = 0;     // prices that were never seen
  uint64_t errors = 0;      // requests that were refused as a whole
  uint64_t held = 0;    // requests that were due while every connection had all it may in flight
  uint64_t unsent = 0;  // requests that were due and were given up at the end
  uint64_t unanswered = 0;  // requests that were sent and not answered by the end
  std::string first_error;

  uint64_t requests() const { return latency.count(); }

  void Refuse(const std::string& why) {
    ++errors;
    if (first_error.empty()) first_error = why;
  }
  void Add(const Stats& other);
};

inline void Stats::Add(const Stats& other) {
  latency.Add(other.latency);
  service.Add(other.service);
  late.Add(other.late);
  operations += other.operations;
  bytes_out += other.bytes_out;
  bytes_in += other.bytes_in;
  duplicates += other.duplicates;
  rejected += other.rejected;
  missing += other.missing;
  errors += other.errors;
  held += other.held;
  unsent += other.unsent;
  unanswered += other.unanswered;
  if (first_error.empty()) first_error = other.first_error;
}

}  // namespace wick::cli::bench
