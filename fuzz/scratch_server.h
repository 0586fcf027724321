// A server of the fuzzing process on a directory of its own, and plain connections to it.
#pragma once

#include <arpa/inet.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/assert.h"
#include "base/clock.h"
#include "server/config.h"
#include "server/server.h"

namespace wick::fuzz {

inline constexpr uint64_t kNowMs = 1'700'000'000'000;

/// Ends the process where the surroundings fail, which is no finding.
template <typename T>
T OrExit(absl::StatusOr<T> value, const char* what) {
  if (!value.ok()) {
    std::fprintf(stderr, "%s: %s\n", what, Message(value.status()).c_str());
    std::_Exit(3);
  }
  return std::move(*value);
}

/// One worker; the clock stands still. Made new after `inputs_max` inputs, so that what they leave
/// behind stays small.
class ScratchServer {
 public:
  explicit ScratchServer(uint64_t inputs_max) : inputs_max_(inputs_max) {
    directory_ = (std::filesystem::temp_directory_path() / "wick-fuzz-XXXXXX").string();
    WICK_ASSERT(::mkdtemp(directory_.data()) != nullptr);
    Start();  // here, so that the objects the libraries keep for ever are destroyed after this one
  }
  ~ScratchServer() { Stop(); }
  ScratchServer(const ScratchServer&) = delete;
  ScratchServer& operator=(const ScratchServer&) = delete;

  server::Server& Next() {
    if (++inputs_ == inputs_max_) {
      Stop();
      Start();
    }
    return *server_;
  }

 private:
  void Start() {
    inputs_ = 0;
    std::filesystem::create_directory(directory_);
    const std::vector<std::string> settings = {"server.http=127.0.0.1:0",
                                               "server.binary=127.0.0.1:0",
                                               "server.workers=1",
                                               "server.pin_workers=false",
                                               "server.reader_threads=1",
                                               "storage.directory=" + directory_,
                                               "storage.journal_memory=8MiB",
                                               "series.max_new_per_minute=0",
                                               "log.level=off"};
    server_ = OrExit(
        server::Server::Start(OrExit(server::LoadConfig("", settings), "configuration"), clock_),
        "starting a server");
  }

  void Stop() {
    server_.reset();
    std::filesystem::remove_all(directory_);
  }

  const uint64_t inputs_max_;
  uint64_t inputs_ = 0;
  ManualClock clock_{kNowMs};
  std::string directory_;
  std::unique_ptr<server::Server> server_;
};

/// A blocking connection.
class Connection {
 public:
  explicit Connection(const server::Endpoint& to) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_port = htons(to.port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0) {
      std::perror("connecting to the server");
      std::_Exit(3);
    }
  }
  ~Connection() {
    // Without the minutes in which the kernel would keep the port.
    const linger at_once = {.l_onoff = 1, .l_linger = 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
    ::close(socket_);
  }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// What cannot be sent because the server has closed is dropped.
  void Send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent < 0 && errno == EINTR) continue;
      if (sent <= 0) return;
      bytes.remove_prefix(static_cast<size_t>(sent));
    }
  }
  void EndSending() { ::shutdown(socket_, SHUT_WR); }

  /// Everything up to the end of the connection.
  std::string ReceiveAll() {
    std::string all;
    char buffer[16 * 1024];
    for (;;) {
      const ssize_t received = ::recv(socket_, buffer, sizeof(buffer), 0);
      if (received < 0 && errno == EINTR) continue;  // libFuzzer's timer
      if (received <= 0) return all;
      all.append(buffer, static_cast<size_t>(received));
    }
  }

 private:
  const int socket_;
};

/// What the server answers to `stream`, sent in pieces of so many bytes; 0: all at once.
inline std::string Converse(const server::Endpoint& to, std::string_view stream, size_t piece) {
  if (piece == 0) piece = stream.size();
  Connection connection(to);
  for (size_t at = 0; at < stream.size(); at += piece) connection.Send(stream.substr(at, piece));
  connection.EndSending();
  return connection.ReceiveAll();
}

}  // namespace wick::fuzz
