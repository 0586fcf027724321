// TLS of the client over a connected, non-blocking socket.
#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <string>

#include "client/channel.h"

namespace wick::client {

/// One session. The socket is the caller's. Threads: one at a time.
class TlsSession {
 public:
  /// Trusts `tls.ca_file`, or the system's authorities; the error says what is wrong with it.
  static Result<std::unique_ptr<TlsSession>> Make(int socket, const TlsOptions& tls,
                                                  const std::string& host);

  /// The next step of the handshake; what it waits for of POLLIN and POLLOUT, 0: it is done.
  /// `where` is for messages.
  Result<short> Shake(const std::string& where);

  Moved Read(char* to, size_t bytes_max);
  Moved Write(const char* from, size_t bytes);
  /// True if a read would give bytes that the socket no longer has.
  bool HasPending() const { return SSL_pending(ssl_.get()) > 0; }
  /// Tells the server that the end is meant.
  void End();

 private:
  struct Free {
    void operator()(SSL* ssl) const { SSL_free(ssl); }
  };

  explicit TlsSession(SSL* ssl) : ssl_(ssl) {}
  Moved After(int result, bool writing);

  std::unique_ptr<SSL, Free> ssl_;
};

}  // namespace wick::client
