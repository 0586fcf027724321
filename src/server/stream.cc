#include "server/stream.h"

#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/ssl/stream.hpp>

#include "server/settings.h"
#include "server/tls.h"

namespace wick::server {

namespace asio = boost::asio;
using boost::system::error_code;

struct Stream::Encrypted {
  Encrypted(asio::ip::tcp::socket& socket, asio::ssl::context& context) : stream(socket, context) {}

  asio::ssl::stream<asio::ip::tcp::socket&> stream;
};

Stream::Stream(asio::ip::tcp::socket socket, const Tls* tls)
    : socket_(std::move(socket)), decrypts_(tls != nullptr) {
  // OpenSSL counts the users of a context's certificate: it stays while the connection does.
  if (tls) encrypted_ = std::make_unique<Encrypted>(socket_, *tls->context());
}

Stream::~Stream() = default;

std::string Stream::Peer() const {
  error_code error;
  const auto peer = socket_.remote_endpoint(error);
  if (error) return {};
  return ToString(Endpoint{peer.address().to_string(), peer.port()});
}

void Stream::Handshake(TurnQueue& turns, Handler handler) {
  socket_.async_wait(asio::ip::tcp::socket::wait_read, [this, &turns, handler = std::move(handler)](
                                                           const error_code& error) mutable {
    if (error) return handler(error, 0);
    turns.Add([this, handler = std::move(handler)]() mutable {
      encrypted_->stream.async_handshake(
          asio::ssl::stream_base::server,
          [handler = std::move(handler)](const error_code& failed) mutable { handler(failed, 0); });
    });
  });
}

void Stream::ReadSome(asio::mutable_buffer to, Handler handler) {
  encrypted_->stream.async_read_some(
      to, [handler = std::move(handler)](const error_code& error, size_t bytes) mutable {
        // A peer that closes without a word of TLS: every message tells its length, so none is cut
        // unseen.
        handler(error == asio::ssl::error::stream_truncated ? asio::error::eof : error, bytes);
      });
}

void Stream::Write(asio::const_buffer from, GoOn go_on, Handler handler) {
  asio::async_write(encrypted_->stream, from, std::move(go_on), std::move(handler));
}

void Stream::EndSending(std::shared_ptr<void> owner, error_code& error) {
  if (!encrypted_) {
    socket_.shutdown(asio::ip::tcp::socket::shutdown_send, error);
    return;
  }
  // OpenSSL takes data that comes after its farewell for an attack; so it does not get to see them.
  decrypts_ = false;
  encrypted_->stream.async_shutdown([owner = std::move(owner)](const error_code&) {});
}

void Stream::Close() {
  error_code ignored;
  socket_.close(ignored);
}

}  // namespace wick::server
