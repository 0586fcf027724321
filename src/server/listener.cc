#include "server/listener.h"

#include <spdlog/spdlog.h>

#include <boost/asio/ip/address.hpp>
#include <boost/asio/post.hpp>
#include <chrono>
#include <utility>

namespace wick::server {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

Listener::Listener(std::string_view setting, const std::vector<std::unique_ptr<Worker>>& workers,
                   Connections& connections, uint32_t connections_max)
    : setting_(setting),
      workers_(workers),
      connections_(connections),
      connections_max_(connections_max),
      acceptor_(workers.front()->io()),
      back_off_(workers.front()->io()) {}

absl::StatusOr<std::unique_ptr<Listener>> Listener::Open(
    std::string_view setting, const Endpoint& endpoint,
    const std::vector<std::unique_ptr<Worker>>& workers, Connections& connections,
    uint32_t connections_max) {
  std::unique_ptr<Listener> listener(new Listener(setting, workers, connections, connections_max));
  error_code error;
  const auto address = asio::ip::make_address(endpoint.host, error);
  const tcp::endpoint wanted(address, endpoint.port);
  tcp::acceptor& acceptor = listener->acceptor_;
  if (!error) acceptor.open(wanted.protocol(), error);
  if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) acceptor.bind(wanted, error);
  if (!error) acceptor.listen(tcp::acceptor::max_listen_connections, error);
  if (error == asio::error::address_in_use) {
    return Error(absl::StatusCode::kUnavailable,
                 "{} = {}: another program already listens there; stop it or choose another port",
                 setting, ToString(endpoint));
  }
  if (error) {
    return Error(absl::StatusCode::kUnavailable, "{} = {}: cannot listen: {}", setting,
                 ToString(endpoint), error.message());
  }
  listener->endpoint_ = {endpoint.host, acceptor.local_endpoint().port()};
  return listener;
}

void Listener::Start(MakeSession make_session) {
  make_session_ = std::move(make_session);
  Accept();
}

void Listener::Stop() {
  error_code ignored;
  acceptor_.close(ignored);
  back_off_.cancel();
}

void Listener::Accept() {
  Worker& worker = *workers_[next_worker_];
  acceptor_.async_accept(worker.io(), [this, &worker](const error_code& error, tcp::socket socket) {
    OnAccept(error, std::move(socket), worker);
  });
}

void Listener::OnAccept(const error_code& error, tcp::socket socket, Worker& worker) {
  if (!acceptor_.is_open()) return;
  if (error == asio::error::connection_aborted) return Accept();  // the peer went away again
  if (error) return BackOff(error);
  if (connections_.open() >= connections_max_) {
    connections_.refused.fetch_add(1, std::memory_order_relaxed);
    spdlog::debug("{}: connection closed: {} are open (server.max_connections)", setting_,
                  connections_max_);
    return Accept();
  }
  next_worker_ = (next_worker_ + 1) % workers_.size();
  error_code ignored;
  socket.set_option(tcp::no_delay(true), ignored);
  asio::post(worker.io(), [this, &worker, socket = std::move(socket)]() mutable {
    worker.Adopt(make_session_(std::move(socket), worker));
  });
  Accept();
}

void Listener::BackOff(const error_code& error) {
  spdlog::warn("{}: cannot accept a connection: {}; trying again in 100 ms", setting_,
               error.message());
  back_off_.expires_after(std::chrono::milliseconds(100));
  back_off_.async_wait([this](const error_code& stopped) {
    if (!stopped && acceptor_.is_open()) Accept();
  });
}

}  // namespace wick::server
