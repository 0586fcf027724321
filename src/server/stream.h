// The bytes of one connection, in plain TCP or through TLS.
#pragma once

#include <absl/functional/any_invocable.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "base/units.h"
#include "server/turn_queue.h"

namespace wick::server {

class Tls;

/// What a session reads from and writes to. A plain stream is its socket and costs nothing more;
/// the handlers of an encrypted one are held in an absl::AnyInvocable. At most one read and one
/// write at a time. Threads: the worker's. Failure: an error_code; what the peer ended is
/// asio::error::eof.
class Stream {
 public:
  /// Of bytes transferred. Kept until it was called, so it keeps the session alive.
  using Handler = absl::AnyInvocable<void(const boost::system::error_code&, size_t)>;

  /// `tls`: whose certificate is shown; nullptr: plain. Not needed after the constructor.
  Stream(boost::asio::ip::tcp::socket socket, const Tls* tls);
  ~Stream();
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  bool encrypted() const { return encrypted_ != nullptr; }
  /// "192.0.2.1:1234", for logs; empty if the peer has gone.
  std::string Peer() const;

  /// Before everything else: `handler(error)`, at once if the stream is plain. Waits for its turn
  /// when the client has spoken: what it says first costs the server most.
  template <typename Then>
  void AsyncHandshake(TurnQueue& turns, Then handler) {
    if (!encrypted_) return handler(boost::system::error_code());
    Handshake(turns, [handler = std::move(handler)](const boost::system::error_code& error,
                                                    size_t) mutable { handler(error); });
  }

  /// Reads what is there, at least one byte.
  template <typename Then>
  void AsyncReadSome(boost::asio::mutable_buffer to, Then handler) {
    if (decrypts_) return ReadSome(to, std::move(handler));
    socket_.async_read_some(to, std::move(handler));
  }

  /// Writes everything. `progress(bytes)` is told how many of them the peer's side has taken,
  /// before the first one and whenever there are more.
  template <typename Progress, typename Then>
  void AsyncWrite(boost::asio::const_buffer from, Progress progress, Then handler) {
    const auto go_on = [progress = std::move(progress)](const boost::system::error_code& error,
                                                        size_t bytes) {
      if (!error) progress(bytes);
      return error ? 0 : kWriteBytes;
    };
    if (encrypted_) return Write(from, go_on, std::move(handler));
    boost::asio::async_write(socket_, from, go_on, std::move(handler));
  }

  /// Tells the peer that nothing more comes. What is read from now on is to be thrown away: an
  /// encrypted stream no longer decrypts it. `owner` is kept until the peer has taken it or
  /// Close().
  void EndSending(std::shared_ptr<void> owner, boost::system::error_code& error);

  /// Ends reads and writes with asio::error::operation_aborted.
  void Close();

 private:
  struct Encrypted;
  /// Says how many bytes may be written next. Not called after the handler.
  using GoOn = std::function<size_t(const boost::system::error_code&, size_t)>;
  static constexpr size_t kWriteBytes = 64_KiB;

  void Handshake(TurnQueue& turns, Handler handler);
  void ReadSome(boost::asio::mutable_buffer to, Handler handler);
  void Write(boost::asio::const_buffer from, GoOn go_on, Handler handler);

  boost::asio::ip::tcp::socket socket_;
  bool decrypts_ = false;
  std::unique_ptr<Encrypted> encrypted_;  // nullptr: plain
};

}  // namespace wick::server
