// What the sessions of all workers share.
#pragma once

#include <boost/asio/thread_pool.hpp>
#include <chrono>
#include <cstdint>

#include "engine/engine.h"
#include "server/access.h"
#include "server/budget.h"
#include "server/cluster.h"
#include "server/connections.h"
#include "server/read_pool.h"
#include "server/request_stats.h"
#include "server/server_state.h"
#include "server/settings.h"
#include "server/worker.h"

namespace wick::server {

/// Requests as one worker counted them.
struct WorkerStats {
  RequestStats http;    // by index of protocol::HttpRequest
  RequestStats binary;  // by wire::Type
};

/// Threads: the members are thread-safe or immutable, but for `stats[i]`, which worker i writes.
struct Services {
  const ServerConfig& config;
  Access& access;
  ReadPool& reads;  // what may read the disk, or walks all series
  boost::asio::thread_pool&
      parsers;  // large bodies, the server's own numbers: no read holds them up
  boost::asio::thread_pool& backups;  // one thread makes a backup, the other refuses a second one
  Budget& requests;                   // bodies and frames on their way in
  Budget& answers;                    // answers on their way out
  Connections& connections;
  ServerState& state;
  Cluster* const cluster;    // nullptr: the node stands alone
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

}  // namespace wick::server
