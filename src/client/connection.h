// One connection to a server: frames out, replies in, whatever their order.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "client/channel.h"
#include "client/socket.h"
#include "wick/client.h"
#include "wick/wire.h"

namespace wick::client {

/// A whole reply; frames with wire::kMore are joined.
struct Reply {
  uint16_t type = 0;
  uint64_t request_id = 0;
  std::string payload;
};

/// Reads while it writes, so that neither side can wait for the other with full buffers.
/// Threads: one at a time. Failure: the first error of the socket or of the stream is final and is
/// returned by every later call; a deadline that passes is not.
class Connection {
 public:
  /// Connects and says hello, within options.connect_timeout_ms.
  static Result<std::unique_ptr<Connection>> Open(const ClientOptions& options);
  /// Only connects and says hello: for a loop that reads and writes for itself.
  static Result<Channel> OpenChannel(const ClientOptions& options);
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  const wire::HelloReply& hello() const { return hello_; }
  const std::string& server() const { return server_; }  // "host:port", for messages

  /// A request's payload is written to writer() between these two. End() gives its id, from 1;
  /// kTooLarge if the server would not take a payload of that size: then nothing is sent.
  void Begin(wire::Type type);
  wire::Writer writer() { return wire::Writer(out_); }
  Result<uint64_t> End();

  /// Waits until everything is handed to the kernel; replies that come meanwhile are kept for
  /// Next().
  Result<void> Drain(Deadline deadline);

  /// The next reply; nullopt: the deadline passed. Writes what is left to write while it waits.
  Result<std::optional<Reply>> Next(Deadline deadline);

 private:
  enum class Wait : uint8_t { kForReply, kForDrain };

  Connection(Channel channel, const ClientOptions& options);
  Result<void> SayHello(const ClientOptions& options, Deadline deadline);
  /// False: the deadline passed.
  Result<bool> Pump(Wait wait, Deadline deadline);
  std::optional<ClientError> WriteSome();
  std::optional<ClientError> ReadSome();
  std::optional<ClientError> TakeFrames();
  std::optional<ClientError> TakeFrame(const wire::Header& header, std::string_view payload);
  ClientError Lost(std::string_view what) const;
  ClientError BadReply(std::string_view what) const;

  Channel channel_;
  const std::string server_;
  const uint64_t reply_bytes_max_;
  wire::HelloReply hello_;
  std::optional<ClientError> failed_;

  std::string out_;  // frames; the first sent_ bytes are with the kernel
  size_t sent_ = 0;
  size_t frame_start_ = 0;  // in out_, of the frame between Begin() and End()
  uint64_t next_id_ = 1;

  std::string in_;  // read buffer; its first in_bytes_ are of a frame that is not yet whole
  size_t in_bytes_ = 0;
  std::deque<Reply> replies_;
  std::unordered_map<uint64_t, std::string> partial_;  // replies that go on in a later frame, by id
};

}  // namespace wick::client
