#include "client/socket.h"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <system_error>

namespace wick::client {
namespace {

/// 0 or the errno of a failed connect.
int FinishConnect(int socket, Deadline deadline) {
  if (WaitFor(socket, POLLOUT, deadline) == 0) return ETIMEDOUT;
  int error = 0;
  socklen_t size = sizeof(error);
  if (getsockopt(socket, SOL_SOCKET, SO_ERROR, &error, &size) != 0) return errno;
  return error;
}

/// The socket, or minus the errno.
int ConnectTo(const addrinfo& address, Deadline deadline) {
  const int socket = ::socket(address.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (socket < 0) return -errno;
  int error = connect(socket, address.ai_addr, address.ai_addrlen) == 0 ? 0 : errno;
  if (error == EINPROGRESS || error == EINTR) error = FinishConnect(socket, deadline);
  if (error == 0) {
    const int on = 1;
    setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    return socket;
  }
  close(socket);
  return -error;
}

}  // namespace

Result<int> ConnectTcp(const std::string& host, uint16_t port, Deadline deadline) {
  const std::string service = std::to_string(port);
  const std::string where = "cannot connect to " + host + ":" + service + ": ";
  addrinfo hints = {};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV;
  addrinfo* addresses = nullptr;
  if (const int failed = getaddrinfo(host.c_str(), service.c_str(), &hints, &addresses)) {
    return ClientError{ErrorCode::kConnectFailed, where + gai_strerror(failed)};
  }
  int socket = -EADDRNOTAVAIL;
  for (const addrinfo* address = addresses; address && socket < 0; address = address->ai_next) {
    socket = ConnectTo(*address, deadline);
  }
  freeaddrinfo(addresses);
  if (socket >= 0) return socket;
  return ClientError{ErrorCode::kConnectFailed,
                     where + ErrnoText(-socket) + "; is `wick serve` running there?"};
}

short WaitFor(int socket, short events, Deadline deadline) {
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - SteadyClock::now());
    const auto timeout_ms = std::clamp<int64_t>(left.count(), 0, INT_MAX);
    pollfd waiting = {socket, events, 0};
    const int ready = poll(&waiting, 1, static_cast<int>(timeout_ms));
    if (ready > 0) return waiting.revents;
    if (ready == 0 && SteadyClock::now() >= deadline) return 0;
    if (ready < 0 && errno != EINTR) return POLLERR;
  }
}

std::string ErrnoText(int error) { return std::generic_category().message(error); }

}  // namespace wick::client
