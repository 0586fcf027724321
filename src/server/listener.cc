#include "server/listener.h"

#include <netinet/tcp.h>
#include <spdlog/spdlog.h>

#include <boost/asio/ip/address.hpp>
#include <boost/asio/post.hpp>
#include <utility>

namespace wick::server {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

constexpr std::chrono::seconds kWarnPeriod{10};

/// A peer that is gone without a word is found out after two minutes, however silent the protocol
/// allows it to be.
void KeepAlive(tcp::socket& socket) {
  const auto set = [&](int level, int option, int value) {
    ::setsockopt(socket.native_handle(), level, option, &value, sizeof(value));
  };
  set(SOL_SOCKET, SO_KEEPALIVE, 1);
  set(IPPROTO_TCP, TCP_KEEPIDLE, 60);
  set(IPPROTO_TCP, TCP_KEEPINTVL, 15);
  set(IPPROTO_TCP, TCP_KEEPCNT, 4);
}

}  // namespace

Listener::Listener(std::string_view setting, const std::vector<std::unique_ptr<Worker>>& workers,
                   Connections& connections, ConnectionKind kind)
    : setting_(setting),
      workers_(workers),
      connections_(connections),
      kind_(kind),
      acceptor_(workers.front()->io()),
      back_off_(workers.front()->io()) {}

absl::StatusOr<std::unique_ptr<Listener>> Listener::Open(
    std::string_view setting, const Endpoint& endpoint,
    const std::vector<std::unique_ptr<Worker>>& workers, Connections& connections,
    ConnectionKind kind) {
  std::unique_ptr<Listener> listener(new Listener(setting, workers, connections, kind));
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
  auto ticket = Admit(socket);
  if (!ticket) return Accept();
  next_worker_ = (next_worker_ + 1) % workers_.size();
  error_code ignored;
  socket.set_option(tcp::no_delay(true), ignored);
  KeepAlive(socket);
  asio::post(worker.io(),
             [this, &worker, socket = std::move(socket), ticket = *std::move(ticket)]() mutable {
               worker.Adopt(make_session_(std::move(socket), worker), std::move(ticket));
             });
  Accept();
}

std::optional<Connections::Ticket> Listener::Admit(tcp::socket& socket) {
  error_code error;
  const tcp::endpoint remote = socket.remote_endpoint(error);
  if (error) return std::nullopt;  // the peer went away again
  if (socket.native_handle() >= DescriptorsForConnections()) {
    connections_.CountRefused();
    Warn("connections are closed at once: the descriptors left are for the storage (ulimit -n)");
    return std::nullopt;
  }
  auto ticket = connections_.Admit(kind_, remote.address());
  if (!ticket) {
    Warn(
        "connections are closed at once: too many are open (server.max_connections, "
        "server.max_connections_per_address)");
  }
  return ticket;
}

void Listener::Warn(std::string_view what) {
  const auto now = std::chrono::steady_clock::now();
  if (warned_ != std::chrono::steady_clock::time_point() && now - warned_ < kWarnPeriod) return;
  warned_ = now;
  spdlog::warn("{}: {}", setting_, what);
}

void Listener::BackOff(const error_code& error) {
  Warn(fmt::format("cannot accept a connection: {}; trying again every 100 ms", error.message()));
  back_off_.expires_after(std::chrono::milliseconds(100));
  back_off_.async_wait([this](const error_code& stopped) {
    if (!stopped && acceptor_.is_open()) Accept();
  });
}

}  // namespace wick::server
