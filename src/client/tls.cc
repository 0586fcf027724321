#include "client/tls.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <climits>

namespace wick::client {
namespace {

using Context = std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)>;

/// What OpenSSL says about the last failure of this thread.
std::string Reason() {
  const unsigned long code = ERR_peek_error();
  const char* const reason = code ? ERR_reason_error_string(code) : nullptr;
  ERR_clear_error();
  return reason ? reason : "no reason is known";
}

ClientError Failed(std::string message) { return {ErrorCode::kTlsFailed, std::move(message)}; }

int SendQuietly(BIO* bio, const char* bytes, int size) {
  BIO_clear_retry_flags(bio);
  const ssize_t sent =
      send(BIO_get_fd(bio, nullptr), bytes, static_cast<size_t>(size), MSG_NOSIGNAL);
  if (sent <= 0 && BIO_sock_should_retry(static_cast<int>(sent))) BIO_set_retry_write(bio);
  return static_cast<int>(sent);
}

/// OpenSSL's socket, but for SIGPIPE, which would end the caller's program when a server goes away.
const BIO_METHOD* QuietSocket() {
  static const BIO_METHOD* const method = [] {
    const BIO_METHOD* const socket = BIO_s_socket();
    BIO_METHOD* const quiet = BIO_meth_new(BIO_TYPE_SOCKET, "socket without SIGPIPE");
    BIO_meth_set_read(quiet, BIO_meth_get_read(socket));
    BIO_meth_set_ctrl(quiet, BIO_meth_get_ctrl(socket));
    BIO_meth_set_create(quiet, BIO_meth_get_create(socket));
    BIO_meth_set_destroy(quiet, BIO_meth_get_destroy(socket));
    BIO_meth_set_write(quiet, SendQuietly);
    return quiet;
  }();
  return method;
}

/// The certificate must be for this name or address.
bool Expect(SSL* ssl, const std::string& name) {
  X509_VERIFY_PARAM* const expected = SSL_get0_param(ssl);
  X509_VERIFY_PARAM_set_hostflags(expected, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  if (X509_VERIFY_PARAM_set1_ip_asc(expected, name.c_str()) == 1) return true;
  ERR_clear_error();  // it is no address
  return SSL_set1_host(ssl, name.c_str()) == 1 && SSL_set_tlsext_host_name(ssl, name.c_str()) == 1;
}

}  // namespace

Result<std::unique_ptr<TlsSession>> TlsSession::Make(int socket, const TlsOptions& tls,
                                                     const std::string& host) {
  const Context context(SSL_CTX_new(TLS_client_method()), SSL_CTX_free);
  if (!context) return Failed("TLS cannot be used: " + Reason());
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  // A write may go on with more bytes behind it, and from a string that has grown and moved.
  SSL_CTX_set_mode(context.get(),
                   SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  if (tls.ca_file.empty()) {
    SSL_CTX_set_default_verify_paths(context.get());
  } else if (SSL_CTX_load_verify_locations(context.get(), tls.ca_file.c_str(), nullptr) != 1) {
    return Failed("cannot use " + tls.ca_file + " as a PEM file of authorities: " + Reason());
  }

  std::unique_ptr<TlsSession> session(new TlsSession(SSL_new(context.get())));
  SSL* const ssl = session->ssl_.get();
  BIO* const bio = ssl ? BIO_new(QuietSocket()) : nullptr;
  if (!bio) return Failed("TLS cannot be used: " + Reason());
  BIO_set_fd(bio, socket, BIO_NOCLOSE);
  SSL_set_bio(ssl, bio, bio);
  const std::string& name = tls.server_name.empty() ? host : tls.server_name;
  if (!Expect(ssl, name)) return Failed("\"" + name + "\" is no name of a server");
  return session;
}

Result<short> TlsSession::Shake(const std::string& where) {
  ERR_clear_error();
  const int result = SSL_connect(ssl_.get());
  if (result == 1) return short{0};
  switch (SSL_get_error(ssl_.get(), result)) {
    case SSL_ERROR_WANT_READ:
      return short{POLLIN};
    case SSL_ERROR_WANT_WRITE:
      return short{POLLOUT};
    case SSL_ERROR_SSL:
      break;
    default:  // closed or lost
      return ClientError{ErrorCode::kConnectFailed,
                         where + " closed the connection instead of agreeing on TLS"};
  }
  if (const long verified = SSL_get_verify_result(ssl_.get()); verified != X509_V_OK) {
    ERR_clear_error();
    return Failed("the certificate of " + where +
                  " is not to be trusted: " + X509_verify_cert_error_string(verified));
  }
  const std::string reason = Reason();
  if (reason.find("unexpected eof") != std::string::npos) {
    return ClientError{ErrorCode::kConnectFailed,
                       where + " closed the connection instead of agreeing on TLS"};
  }
  return Failed("no TLS with " + where + ": " + reason);
}

Moved TlsSession::After(int result, bool writing) {
  if (result > 0) return {Moved::State::kDone, static_cast<size_t>(result), {}};
  switch (SSL_get_error(ssl_.get(), result)) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE:
      return {Moved::State::kNothingYet, 0, {}};
    case SSL_ERROR_ZERO_RETURN:
      return {Moved::State::kEnd, 0, {}};
    case SSL_ERROR_SYSCALL:
      if (errno == 0 && !writing) return {Moved::State::kEnd, 0, {}};
      return {Moved::State::kFailed, 0, ErrnoText(errno)};
    default:
      return {Moved::State::kFailed, 0, Reason()};
  }
}

Moved TlsSession::Read(char* to, size_t bytes_max) {
  size_t bytes = 0;  // of whole records, of at most 16 KiB each: as many as there are
  for (;;) {
    ERR_clear_error();
    errno = 0;
    const auto room = static_cast<int>(std::min<size_t>(bytes_max - bytes, INT_MAX));
    const int got = room > 0 ? SSL_read(ssl_.get(), to + bytes, room) : 0;
    if (got > 0) {
      bytes += static_cast<size_t>(got);
    } else if (bytes > 0) {
      return {Moved::State::kDone, bytes, {}};  // an error will be there the next time, too
    } else {
      return After(got, false);
    }
  }
}

Moved TlsSession::Write(const char* from, size_t bytes) {
  ERR_clear_error();
  errno = 0;
  const auto size = static_cast<int>(std::min<size_t>(bytes, INT_MAX));
  return After(SSL_write(ssl_.get(), from, size), true);
}

void TlsSession::End() {
  if (SSL_is_init_finished(ssl_.get())) SSL_shutdown(ssl_.get());
  ERR_clear_error();
}

}  // namespace wick::client
