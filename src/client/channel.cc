#include "client/channel.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "client/tls.h"

namespace wick::client {
namespace {

/// What recv() or send() returned.
Moved After(ssize_t moved) {
  if (moved > 0) return {Moved::State::kDone, static_cast<size_t>(moved), {}};
  if (moved == 0) return {Moved::State::kEnd, 0, {}};
  if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR) {
    return {Moved::State::kNothingYet, 0, {}};
  }
  return {Moved::State::kFailed, 0, ErrnoText(errno)};
}

}  // namespace

Channel::Channel(int socket) : socket_(socket) {}
Channel::Channel(Channel&& other) noexcept
    : socket_(std::exchange(other.socket_, -1)), tls_(std::move(other.tls_)) {}

Channel::~Channel() {
  if (socket_ < 0) return;
  if (tls_) tls_->End();
  close(socket_);
}

Result<Channel> Channel::Open(const ClientOptions& options, Deadline deadline) {
  Result<int> socket = ConnectTcp(options.host, options.port, deadline);
  if (!socket) return socket.error();
  Channel channel(*socket);
  if (options.tls) {
    if (Result<void> shaken = channel.Handshake(options, deadline); !shaken) return shaken.error();
  }
  return channel;
}

Result<void> Channel::Handshake(const ClientOptions& options, Deadline deadline) {
  const std::string where = options.host + ":" + std::to_string(options.port);
  auto session = TlsSession::Make(socket_, *options.tls, options.host);
  if (!session) return session.error();
  for (;;) {
    const Result<short> waits = (*session)->Shake(where);
    if (!waits) return waits.error();
    if (*waits == 0) break;
    if (WaitFor(socket_, *waits, deadline) == 0) {
      return ClientError{ErrorCode::kTimeout, where + " did not agree on TLS within " +
                                                  std::to_string(options.connect_timeout_ms) +
                                                  " ms"};
    }
  }
  tls_ = std::move(*session);
  return {};
}

short Channel::Wait(bool writing, Deadline deadline) {
  if (HasPending()) return POLLIN;
  return WaitFor(socket_, static_cast<short>(POLLIN | (writing ? POLLOUT : 0)), deadline);
}

bool Channel::HasPending() const { return tls_ && tls_->HasPending(); }

Moved Channel::Read(char* to, size_t bytes_max) {
  if (tls_) return tls_->Read(to, bytes_max);
  return After(recv(socket_, to, bytes_max, MSG_DONTWAIT));
}

Moved Channel::Write(const char* from, size_t bytes) {
  if (tls_) return tls_->Write(from, bytes);
  return After(send(socket_, from, bytes, MSG_NOSIGNAL | MSG_DONTWAIT));
}

}  // namespace wick::client
