// Threads for answers that may read the disk, and how many of them may wait.
#pragma once

#include <atomic>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <cstdint>
#include <utility>

#include "server/budget.h"
#include "server/worker.h"

namespace wick::server {

/// Runs `compute` on the pool and `then(result)` on the worker.
template <typename Compute, typename Then>
void ComputeOn(boost::asio::thread_pool& pool, Worker& worker, Compute compute, Then then) {
  boost::asio::post(
      pool, [&worker, compute = std::move(compute), then = std::move(then)]() mutable {
        boost::asio::post(worker.io(), [result = compute(), then = std::move(then)]() mutable {
          then(std::move(result));
        });
      });
}

/// Answers computed by a few threads. A read that finds `reads_max` others under way or waiting, or
/// the memory for answers exhausted, is refused at once. Threads: any.
class ReadPool {
 public:
  ReadPool(unsigned threads, uint32_t reads_max, Budget& answers)
      : pool_(threads), reads_max_(reads_max), answers_(answers) {}

  /// Runs `compute` on the pool and `then(answer)` on the worker, where SizeOf(answer) is its
  /// bytes. False: refused, nothing runs. If the memory is exhausted when its turn comes,
  /// `overloaded()` is the answer.
  template <typename Compute, typename Full, typename Then>
  bool Run(Worker& worker, Compute compute, Full overloaded, Then then) {
    if (IsOverloaded()) return false;
    if (reads_.fetch_add(1, std::memory_order_relaxed) >= reads_max_) {
      reads_.fetch_sub(1, std::memory_order_relaxed);
      return Refuse();
    }
    RunCounted(
        worker,
        [this, compute = std::move(compute), overloaded = std::move(overloaded)]() mutable {
          return IsOverloaded() ? overloaded() : compute();
        },
        std::move(then));
    return true;
  }

  /// The same for what was admitted by another bound: it runs in any case.
  template <typename Compute, typename Then>
  void RunAdmitted(Worker& worker, Compute compute, Then then) {
    reads_.fetch_add(1, std::memory_order_relaxed);
    RunCounted(worker, std::move(compute), std::move(then));
  }

  /// True: the memory for answers is exhausted, so this one is refused, too, wherever it would be
  /// made; it is counted.
  bool IsOverloaded() { return answers_.exhausted() && !Refuse(); }

  /// Waits until everything has run.
  void Join() { pool_.join(); }

  uint32_t reads() const { return reads_.load(std::memory_order_relaxed); }
  uint64_t refused() const { return refused_.load(std::memory_order_relaxed); }

 private:
  template <typename Compute, typename Then>
  void RunCounted(Worker& worker, Compute compute, Then then) {
    ComputeOn(
        pool_, worker,
        [this, compute = std::move(compute)]() mutable {
          auto answer = compute();
          answers_.Take(SizeOf(answer));  // until the session holds it
          return answer;
        },
        [this, then = std::move(then)](auto answer) mutable {
          const uint64_t bytes = SizeOf(answer);
          reads_.fetch_sub(1, std::memory_order_relaxed);
          then(std::move(answer));
          answers_.Give(bytes);
        });
  }

  bool Refuse() {
    refused_.fetch_add(1, std::memory_order_relaxed);
    return false;
  }

  boost::asio::thread_pool pool_;
  const uint32_t reads_max_;
  Budget& answers_;
  std::atomic<uint32_t> reads_{0};  // under way or waiting
  std::atomic<uint64_t> refused_{0};
};

}  // namespace wick::server
