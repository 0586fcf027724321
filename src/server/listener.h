// One listening socket, whose connections are dealt to the workers in turn.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "server/connections.h"
#include "server/settings.h"
#include "server/worker.h"

namespace wick::server {

/// Accepts on the first worker's loop and hands each socket to the next worker: with few
/// connections every worker has its share, which the kernel's hashing (SO_REUSEPORT) does not
/// promise. Connections beyond the bounds, and those for which the storage would lack descriptors,
/// are closed at once. Threads: Open() any; Start() and Stop() on the first worker's thread.
/// Failure: an error of accept (too many open files) is logged and tried again after 100 ms.
class Listener {
 public:
  /// Makes the session of an accepted socket. Called on the worker's thread.
  using MakeSession =
      std::function<std::shared_ptr<Session>(boost::asio::ip::tcp::socket, Worker&)>;

  /// `setting` is named in messages: "server.http". The sockets wait in the kernel until Start().
  static absl::StatusOr<std::unique_ptr<Listener>> Open(
      std::string_view setting, const Endpoint& endpoint,
      const std::vector<std::unique_ptr<Worker>>& workers, Connections& connections,
      ConnectionKind kind);

  /// The address it listens on, with the real port.
  const Endpoint& endpoint() const { return endpoint_; }

  void Start(MakeSession make_session);
  void Stop();

 private:
  Listener(std::string_view setting, const std::vector<std::unique_ptr<Worker>>& workers,
           Connections& connections, ConnectionKind kind);

  void Accept();
  void OnAccept(const boost::system::error_code& error, boost::asio::ip::tcp::socket socket,
                Worker& worker);
  /// nullopt: the connection is closed at once, for there are too many or too few descriptors left.
  std::optional<Connections::Ticket> Admit(boost::asio::ip::tcp::socket& socket);
  void BackOff(const boost::system::error_code& error);
  /// Logs at most once in ten seconds.
  void Warn(std::string_view what);

  const std::string setting_;
  const std::vector<std::unique_ptr<Worker>>& workers_;
  Connections& connections_;
  const ConnectionKind kind_;
  boost::asio::ip::tcp::acceptor acceptor_;
  boost::asio::steady_timer back_off_;
  Endpoint endpoint_;
  MakeSession make_session_;
  size_t next_worker_ = 0;
  std::chrono::steady_clock::time_point warned_{};
};

}  // namespace wick::server
