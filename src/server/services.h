// What the sessions of all workers share.
#pragma once

#include <atomic>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <utility>

#include "engine/engine.h"
#include "server/access.h"
#include "server/request_stats.h"
#include "server/server_state.h"
#include "server/settings.h"
#include "server/worker.h"

namespace wick::server {

/// Connections open, by protocol. Thread-safe.
struct Connections {
  std::atomic<uint32_t> http{0};
  std::atomic<uint32_t> binary{0};
  std::atomic<uint64_t> refused{0};  // closed at once, because there were too many
  std::atomic<uint64_t> handshakes_failed{0};

  uint32_t open() const {
    return http.load(std::memory_order_relaxed) + binary.load(std::memory_order_relaxed);
  }
};

/// Counts one connection as long as it lives.
class ConnectionCount {
 public:
  explicit ConnectionCount(std::atomic<uint32_t>& count) : count_(count) {
    count_.fetch_add(1, std::memory_order_relaxed);
  }
  ~ConnectionCount() { count_.fetch_sub(1, std::memory_order_relaxed); }
  ConnectionCount(const ConnectionCount&) = delete;
  ConnectionCount& operator=(const ConnectionCount&) = delete;

 private:
  std::atomic<uint32_t>& count_;
};

/// Requests as one worker counted them.
struct WorkerStats {
  RequestStats http;    // by index of protocol::HttpRequest
  RequestStats binary;  // by wire::Type
};

/// Threads: the members are thread-safe or immutable, but for `stats[i]`, which worker i writes.
struct Services {
  const ServerConfig& config;
  Access& access;
  boost::asio::thread_pool& readers;
  boost::asio::thread_pool& backups;  // one thread makes a backup, the other refuses a second one
  Connections& connections;
  ServerState& state;
  WorkerStats* const stats;  // one for each worker
  const std::chrono::steady_clock::time_point started;

  /// Not before state.recovered().
  engine::Engine& engine() const { return state.engine(); }

  uint64_t UptimeMs() const {
    return static_cast<uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(
                                     std::chrono::steady_clock::now() - started)
                                     .count());
  }
};

/// Runs `compute` on the reader pool and `then(result)` on the worker.
template <typename Compute, typename Then>
void ComputeOnReaders(boost::asio::thread_pool& readers, Worker& worker, Compute compute,
                      Then then) {
  boost::asio::post(
      readers, [&worker, compute = std::move(compute), then = std::move(then)]() mutable {
        boost::asio::post(worker.io(), [result = compute(), then = std::move(then)]() mutable {
          then(std::move(result));
        });
      });
}

}  // namespace wick::server
