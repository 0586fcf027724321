// Sockets of clients that do not behave.
#pragma once

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "catch.h"

namespace wick::test {

/// A non-blocking connection that sends what it is told, whatever comes back.
class RawSocket {
 public:
  RawSocket() = default;
  explicit RawSocket(uint16_t port) {
    fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (fd_ < 0) return;
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0 &&
        errno != EINPROGRESS) {
      Close();
    }
  }
  RawSocket(RawSocket&& from) noexcept : fd_(std::exchange(from.fd_, -1)) {}
  RawSocket& operator=(RawSocket&& from) noexcept {
    Close();
    fd_ = std::exchange(from.fd_, -1);
    return *this;
  }
  ~RawSocket() { Close(); }

  bool open() const { return fd_ >= 0; }
  void Close() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }

  /// What the kernel takes at once; -1: the other side has closed.
  ssize_t SendSome(std::string_view bytes) {
    const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent >= 0) return sent;
    return errno == EAGAIN || errno == EINPROGRESS || errno == ENOTCONN ? 0 : -1;
  }

  /// Sends everything, waiting while the other side does not read. False: it closed.
  bool SendAll(std::string_view bytes) {
    while (!bytes.empty()) {
      pollfd writable{fd_, POLLOUT, 0};
      if (::poll(&writable, 1, -1) < 0) return false;
      const ssize_t sent = SendSome(bytes);
      if (sent < 0) return false;
      bytes.remove_prefix(static_cast<size_t>(sent));
    }
    return true;
  }

  /// Reads what is there. False: the other side has closed.
  bool ReceiveSome(std::string& to) {
    char bytes[16'384];
    for (;;) {
      const ssize_t got = ::recv(fd_, bytes, sizeof(bytes), 0);
      if (got > 0) {
        to.append(bytes, static_cast<size_t>(got));
        continue;
      }
      return got < 0 && (errno == EAGAIN || errno == EINPROGRESS || errno == ENOTCONN);
    }
  }

  /// Everything until the other side closes.
  std::string ReceiveAll() {
    std::string all;
    while (ReceiveSome(all)) {
      pollfd readable{fd_, POLLIN, 0};
      ::poll(&readable, 1, -1);
    }
    return all;
  }

 private:
  int fd_ = -1;
};

}  // namespace wick::test
