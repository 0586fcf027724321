// One pinned thread with its loop, and the sessions that live on it.
#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_map>
#include <vector>

#include "base/units.h"
#include "server/connections.h"
#include "server/turn_queue.h"

namespace wick::server {

/// One connection. Everything is called on the thread of its worker.
class Session {
 public:
  using Time = std::chrono::steady_clock::time_point;

  virtual ~Session() = default;
  virtual void Start() = 0;
  /// Finishes what was begun, then closes; takes nothing new.
  virtual void Drain() = 0;
  /// Closes at once and leaves the worker.
  virtual void Close() = 0;
  /// Called about once a second, to close what idles too long.
  virtual void Sweep(Time now) = 0;
};

/// Turns the loop of one shard. The loop outlives the thread, so that what is left in it is
/// destroyed with the worker, after the engine. Threads: Wake() and io() any; Start(), Stop() the
/// owner; everything else the worker's own.
class Worker {
 public:
  /// `core`: the CPU the thread is bound to; nullopt: any. `spin`: how long the thread looks for
  /// more work before it sleeps; 0: not at all.
  Worker(unsigned index, std::optional<int> core, std::chrono::microseconds spin);
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  /// `poll` runs on the thread after each Wake(), once for all wakes that came in between.
  void Start(std::function<void()> poll);
  void Wake();
  /// Ends the loop and joins the thread. Sessions were closed before.
  void Stop();

  unsigned index() const { return index_; }
  boost::asio::io_context& io() { return io_; }
  /// Handshakes of its sessions.
  TurnQueue& handshakes() { return handshakes_; }

  /// The ticket is kept until the session is forgotten.
  void Adopt(std::shared_ptr<Session> session, Connections::Ticket ticket);
  void Forget(Session* session);
  void DrainSessions();
  void CloseSessions();
  /// Sessions open; any thread.
  size_t sessions() const { return session_count_.load(std::memory_order_relaxed); }

  /// Now, as the Date field says it; made once a second.
  std::string_view Date();

 private:
  std::vector<std::shared_ptr<Session>> CopySessions() const;
  void Sweep();
  void Pin() const;
  void Run();

  const unsigned index_;
  const std::optional<int> core_;
  const std::chrono::microseconds spin_;
  struct Adopted {
    std::shared_ptr<Session> session;
    Connections::Ticket ticket;
  };
  std::unordered_map<Session*, Adopted> sessions_;  // worker
  std::atomic<size_t> session_count_{0};            // worker writes, anyone reads
  bool draining_ = false;                           // worker
  int64_t date_seconds_ = -1;                       // worker
  std::string date_;                                // worker
  std::function<void()> poll_;                      // immutable after Start()

  boost::asio::io_context io_{1};
  boost::asio::steady_timer sweep_timer_{io_};
  TurnQueue handshakes_{io_};  // worker
  std::thread thread_;

  alignas(kCacheLineBytes) std::atomic<bool> woken_{false};  // anyone
};

/// The CPUs this process may run on, ascending.
std::vector<int> AllowedCores();

}  // namespace wick::server
