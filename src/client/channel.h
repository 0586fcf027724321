// The bytes to and from a server, in plain TCP or through TLS.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "client/socket.h"
#include "wick/client.h"

namespace wick::client {

class TlsSession;

/// What became of a read or a write.
struct Moved {
  enum class State : uint8_t { kDone, kNothingYet, kEnd, kFailed };

  State state = State::kDone;
  size_t bytes = 0;    // > 0 of kDone
  std::string reason;  // of kFailed
};

/// Never blocks but in Wait() and Open(); raises no SIGPIPE. Threads: one at a time.
class Channel {
 public:
  /// Connects, and agrees on TLS if the options say so: then the server has proved by its
  /// certificate to be the one that was asked for.
  static Result<Channel> Open(const ClientOptions& options, Deadline deadline);
  ~Channel();
  Channel(Channel&&) noexcept;
  Channel& operator=(Channel&&) = delete;

  /// Waits until there is something to read, or room to write if `writing`. What came, of POLLIN,
  /// POLLOUT, POLLERR and POLLHUP; 0: the deadline passed.
  short Wait(bool writing, Deadline deadline);
  int socket() const { return socket_; }
  /// True if a read would give bytes that the socket no longer has.
  bool HasPending() const;
  Moved Read(char* to, size_t bytes_max);
  Moved Write(const char* from, size_t bytes);

 private:
  explicit Channel(int socket);
  /// The error of a server that speaks no TLS, or whose certificate is not to be trusted.
  Result<void> Handshake(const ClientOptions& options, Deadline deadline);

  int socket_;
  std::unique_ptr<TlsSession> tls_;  // nullptr: plain
};

}  // namespace wick::client
