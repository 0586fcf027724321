// Counts and latencies of requests, kept by each worker for itself and summed when somebody asks.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <span>

#include "base/units.h"

namespace wick::server {

/// Upper bounds of the latency buckets, in seconds; one more bucket holds what is slower.
inline constexpr std::array<double, 14> kLatencyBucketsSeconds = {
    0.000'025, 0.000'05, 0.000'1, 0.000'25, 0.000'5, 0.001, 0.002'5,
    0.005,     0.01,     0.025,   0.1,      0.25,    1,     10};

/// Routes one RequestStats can tell apart.
inline constexpr size_t kRoutesMax = 24;

/// How a request ended; the metrics' label.
enum class Outcome : uint8_t { kOk, kClientError, kServerError };
inline constexpr size_t kOutcomeCount = 3;

/// What was counted of one route, a plain copy.
struct RouteCounts {
  std::array<uint64_t, kOutcomeCount> by_outcome = {};
  std::array<uint64_t, kLatencyBucketsSeconds.size() + 1> by_latency = {};
  uint64_t nanoseconds = 0;  // sum of all latencies
};

/// Threads: one writer; anyone adds it up. A sum taken while the writer writes may be one request
/// old.
class alignas(kCacheLineBytes) RequestStats {
 public:
  /// `requests` of them, each with this latency.
  void Count(size_t route, Outcome outcome, std::chrono::nanoseconds latency,
             uint64_t requests = 1) {
    Route& counted = routes_[route];
    Increase(counted.by_outcome[static_cast<size_t>(outcome)], requests);
    const double seconds = std::chrono::duration<double>(latency).count();
    size_t bucket = 0;
    while (bucket < kLatencyBucketsSeconds.size() && seconds > kLatencyBucketsSeconds[bucket]) {
      ++bucket;
    }
    Increase(counted.by_latency[bucket], requests);
    Increase(counted.nanoseconds, requests * static_cast<uint64_t>(latency.count()));
  }

  void AddTo(std::span<RouteCounts> sums) const {
    for (size_t i = 0; i < sums.size(); ++i) {
      for (size_t k = 0; k < kOutcomeCount; ++k) {
        sums[i].by_outcome[k] += routes_[i].by_outcome[k].load(std::memory_order_relaxed);
      }
      for (size_t k = 0; k < sums[i].by_latency.size(); ++k) {
        sums[i].by_latency[k] += routes_[i].by_latency[k].load(std::memory_order_relaxed);
      }
      sums[i].nanoseconds += routes_[i].nanoseconds.load(std::memory_order_relaxed);
    }
  }

 private:
  using Counter = std::atomic<uint64_t>;
  struct Route {
    std::array<Counter, kOutcomeCount> by_outcome = {};
    std::array<Counter, kLatencyBucketsSeconds.size() + 1> by_latency = {};
    Counter nanoseconds = 0;
  };

  // Relaxed, and no locked instruction: there is one writer, and the counters order nothing.
  static void Increase(Counter& counter, uint64_t by) {
    counter.store(counter.load(std::memory_order_relaxed) + by, std::memory_order_relaxed);
  }

  std::array<Route, kRoutesMax> routes_ = {};
};

}  // namespace wick::server
