#include "client/connection.h"

#include <poll.h>

#include <cstring>
#include <utility>

#include "client/codec.h"

namespace wick::client {
namespace {

// Room for one read: large enough that a megabyte's reply does not come in many small pieces.
constexpr size_t kReadBytes = 256 * 1024;

}  // namespace

Connection::Connection(Channel channel, const ClientOptions& options)
    : channel_(std::move(channel)),
      server_(options.host + ":" + std::to_string(options.port)),
      reply_bytes_max_(options.reply_bytes_max) {}

Result<std::unique_ptr<Connection>> Connection::Open(const ClientOptions& options) {
  const Deadline deadline = DeadlineIn(options.connect_timeout_ms);
  Result<Channel> channel = Channel::Open(options, deadline);
  if (!channel) return channel.error();
  std::unique_ptr<Connection> connection(new Connection(std::move(*channel), options));
  if (Result<void> said = connection->SayHello(options, deadline); !said) return said.error();
  return connection;
}

Result<Channel> Connection::OpenChannel(const ClientOptions& options) {
  Result<std::unique_ptr<Connection>> connection = Open(options);
  if (!connection) return connection.error();
  return std::move((*connection)->channel_);
}

Result<void> Connection::SayHello(const ClientOptions& options, Deadline deadline) {
  Begin(wire::Type::kHello);
  WriteHello(options, writer());
  if (Result<uint64_t> id = End(); !id) return id.error();
  Result<std::optional<Reply>> reply = Next(deadline);
  if (!reply) {
    ClientError error = reply.error();
    const bool lost = error.code == ErrorCode::kConnectionLost;
    if (lost && !options.tls) error.message += " instead of an answer to hello; does it want TLS?";
    return error;
  }
  if (!reply->has_value()) {
    return ClientError{ErrorCode::kTimeout, server_ + " did not answer hello within " +
                                                std::to_string(options.connect_timeout_ms) + " ms"};
  }
  const Reply& hello = **reply;
  if (ClientError refused; hello.type == wire::kErrorType && ReadReply(hello.payload, refused)) {
    return ClientError{refused.code, server_ + " refused hello: " + refused.message};
  }
  if (hello.type != ReplyType(wire::Type::kHello) || !ReadReply(hello.payload, hello_)) {
    return BadReply("it did not answer hello; is this the binary port of wick?");
  }
  if (hello_.version != wire::kVersion) {
    return ClientError{ErrorCode::kUnsupportedVersion,
                       server_ + " speaks version " + std::to_string(hello_.version) +
                           " of the protocol, this client version " +
                           std::to_string(wire::kVersion)};
  }
  return {};
}

void Connection::Begin(wire::Type type) {
  frame_start_ = wire::BeginFrame(RequestType(type), next_id_, out_);
}

Result<uint64_t> Connection::End() {
  const size_t payload_bytes = wire::EndFrame(frame_start_, out_);
  if (payload_bytes > hello_.limits.payload_bytes) {
    out_.resize(frame_start_);
    return ClientError{ErrorCode::kTooLarge, "a request of " + std::to_string(payload_bytes) +
                                                 " bytes; " + server_ + " takes at most " +
                                                 std::to_string(hello_.limits.payload_bytes)};
  }
  return next_id_++;
}

Result<void> Connection::Drain(Deadline deadline) {
  Result<bool> drained = Pump(Wait::kForDrain, deadline);
  if (!drained) return drained.error();
  if (*drained) return {};
  return ClientError{ErrorCode::kTimeout, server_ + " does not take what is sent to it"};
}

Result<std::optional<Reply>> Connection::Next(Deadline deadline) {
  Result<bool> came = Pump(Wait::kForReply, deadline);
  if (!came) return came.error();
  if (!*came) return std::optional<Reply>();
  std::optional<Reply> reply(std::move(replies_.front()));
  replies_.pop_front();
  return reply;
}

Result<bool> Connection::Pump(Wait wait, Deadline deadline) {
  for (;;) {
    // Replies that came before the connection failed are still good.
    if (wait == Wait::kForReply && !replies_.empty()) return true;
    if (failed_) return *failed_;
    const bool writing = sent_ < out_.size();
    if (wait == Wait::kForDrain && !writing) return true;

    const short came = channel_.Wait(writing, deadline);
    if (came == 0) return false;
    // Read first: a server that refuses says why and closes, and the write below would fail without
    // it.
    if (came & (POLLIN | POLLERR | POLLHUP)) failed_ = ReadSome();
    if (!failed_ && (came & POLLOUT)) failed_ = WriteSome();
  }
}

std::optional<ClientError> Connection::WriteSome() {
  const Moved moved = channel_.Write(out_.data() + sent_, out_.size() - sent_);
  if (moved.state == Moved::State::kNothingYet) return std::nullopt;
  if (moved.state != Moved::State::kDone) return Lost(moved.reason);
  sent_ += moved.bytes;
  if (sent_ == out_.size()) {
    out_.clear();
    sent_ = 0;
  }
  return std::nullopt;
}

std::optional<ClientError> Connection::ReadSome() {
  if (in_.size() - in_bytes_ < kReadBytes) in_.resize(in_bytes_ + kReadBytes);
  const Moved moved = channel_.Read(in_.data() + in_bytes_, in_.size() - in_bytes_);
  switch (moved.state) {
    case Moved::State::kDone:
      in_bytes_ += moved.bytes;
      return TakeFrames();
    case Moved::State::kNothingYet:
      return std::nullopt;
    case Moved::State::kFailed:
      return Lost(moved.reason);
    case Moved::State::kEnd:
      break;
  }
  return Lost(in_bytes_ == 0 ? "closed by the server" : "closed within a reply");
}

std::optional<ClientError> Connection::TakeFrames() {
  std::string_view left(in_.data(), in_bytes_);
  std::optional<ClientError> failed;
  while (!failed && left.size() >= wire::kHeaderBytes) {
    const wire::Header header = wire::ReadHeader(left);
    if (header.payload_bytes > wire::kPayloadBytesMax) {
      failed = BadReply("a frame says it has " + std::to_string(header.payload_bytes) +
                        " payload bytes; is this the binary port of wick?");
      break;
    }
    if (left.size() - wire::kHeaderBytes < header.payload_bytes) break;
    failed = TakeFrame(header, left.substr(wire::kHeaderBytes, header.payload_bytes));
    left.remove_prefix(wire::kHeaderBytes + header.payload_bytes);
  }
  std::memmove(in_.data(), left.data(), left.size());
  in_bytes_ = left.size();
  return failed;
}

std::optional<ClientError> Connection::TakeFrame(const wire::Header& header,
                                                 std::string_view payload) {
  if ((header.type & wire::kReplyBit) == 0 || (header.flags & ~wire::kMore) != 0) {
    return BadReply("a frame of type " + std::to_string(header.type) + ", flags " +
                    std::to_string(header.flags) + " is no reply");
  }
  if (header.request_id == 0 && header.type == wire::kErrorType) {
    ClientError error;
    if (!ReadReply(payload, error)) return BadReply("an error that cannot be read");
    return ClientError{error.code, server_ + " closes the connection: " + error.message};
  }
  if (header.request_id == 0 || header.request_id >= next_id_) {
    return BadReply("request " + std::to_string(header.request_id) + " was never made");
  }

  const auto begun = partial_.find(header.request_id);
  if (begun == partial_.end() && header.flags == 0) {
    replies_.push_back({header.type, header.request_id, std::string(payload)});
    return std::nullopt;
  }
  std::string& joined = begun == partial_.end() ? partial_[header.request_id] : begun->second;
  if (joined.size() + payload.size() > reply_bytes_max_) {
    return BadReply("a reply is longer than " + std::to_string(reply_bytes_max_) + " bytes");
  }
  joined.append(payload);
  if (header.flags == 0) {
    replies_.push_back({header.type, header.request_id, std::move(joined)});
    partial_.erase(header.request_id);
  }
  return std::nullopt;
}

ClientError Connection::Lost(std::string_view what) const {
  return {ErrorCode::kConnectionLost, "connection to " + server_ + " lost: " + std::string(what)};
}

ClientError Connection::BadReply(std::string_view what) const {
  return {ErrorCode::kBadReply, "bad reply from " + server_ + ": " + std::string(what)};
}

}  // namespace wick::client
