#include "cli/bench/link.h"

#include <fmt/format.h>

#include <charconv>
#include <ctime>

#include "client/codec.h"
#include "client/connection.h"

namespace wick::cli::bench {

using client::Channel;
using client::Moved;

uint64_t NowNs() {
  timespec now = {};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(now.tv_nsec);
}

Link::Link(Channel channel, const Options& options, uint32_t number)
    : channel_(std::move(channel)),
      number_(number),
      in_flight_max_(options.InFlightMax()),
      http_(!options.http.empty()),
      places_(in_flight_max_) {
  for (uint32_t id = in_flight_max_; id > 0; --id) free_.push_back(id);
}

Result<Link> Link::Open(const Options& options, uint32_t number) {
  Remote remote = options.server;
  if (!options.http.empty()) remote.address = options.http;
  const ClientOptions to = ClientOptionsOf(remote);
  Result<Channel> channel = options.http.empty()
                                ? client::Connection::OpenChannel(to)
                                : Channel::Open(to, client::DeadlineIn(to.connect_timeout_ms));
  if (!channel) return channel.error();
  return Link(std::move(*channel), options, number);
}

void Link::Add(Work& work, Sent sent) {
  const uint32_t id = free_.back();
  free_.pop_back();
  const size_t before = out_.size();
  work.Append(id, number_, out_);
  sent.bytes = static_cast<uint32_t>(out_.size() - before);
  places_[id - 1] = sent;
}

std::optional<ClientError> Link::Flush() {
  while (HasUnsent()) {
    const Moved moved = channel_.Write(out_.data() + taken_, out_.size() - taken_);
    if (moved.state == Moved::State::kNothingYet) break;
    if (moved.state != Moved::State::kDone) {
      return ClientError{ErrorCode::kConnectionLost, "a connection was lost: " + moved.reason};
    }
    taken_ += moved.bytes;
  }
  if (taken_ == out_.size() || taken_ > kUnsentBytesMax) {
    out_.erase(0, taken_);
    taken_ = 0;
  }
  return std::nullopt;
}

Result<size_t> Link::ReadSome(bool& more) {
  if (in_.size() - in_bytes_ < kReadBytes) in_.resize(in_bytes_ + kReadBytes);
  const size_t asked = in_.size() - in_bytes_;
  const Moved moved = channel_.Read(in_.data() + in_bytes_, asked);
  in_bytes_ += moved.bytes;
  more = moved.bytes == asked || channel_.HasPending();
  if (moved.state == Moved::State::kDone || moved.state == Moved::State::kNothingYet) {
    return moved.bytes;
  }
  const bool ended = moved.state == Moved::State::kEnd;
  return ClientError{ErrorCode::kConnectionLost,
                     "a connection was lost: " + (ended ? "closed by the server" : moved.reason)};
}

Link::Split Link::NextFrame(std::string_view bytes, Answer& answer) {
  if (bytes.size() < wire::kHeaderBytes) return Split::kPart;
  const wire::Header header = wire::ReadHeader(bytes);
  answer.request_id = header.request_id;
  answer.type = header.type;
  if (header.payload_bytes > wire::kPayloadBytesMax || header.flags != 0) return Split::kBroken;
  answer.bytes = wire::kHeaderBytes + header.payload_bytes;
  if (bytes.size() < answer.bytes) return Split::kPart;
  answer.payload = bytes.substr(wire::kHeaderBytes, header.payload_bytes);
  return Split::kWhole;
}

Link::Split Link::NextResponse(std::string_view bytes, Answer& answer) {
  constexpr std::string_view kVersion = "HTTP/1.1 ";
  constexpr std::string_view kLength = "\r\nContent-Length: ";
  const size_t end = bytes.find("\r\n\r\n");
  if (end == bytes.npos) return Split::kPart;
  const std::string_view head = bytes.substr(0, end);
  const size_t length = head.find(kLength);
  if (!head.starts_with(kVersion) || length == head.npos) return Split::kBroken;
  size_t payload_bytes = 0;
  std::from_chars(head.data() + kVersion.size(), head.data() + end, answer.type);
  std::from_chars(head.data() + length + kLength.size(), head.data() + end, payload_bytes);
  answer.request_id = 1;
  answer.bytes = end + 4 + payload_bytes;
  if (bytes.size() < answer.bytes) return Split::kPart;
  answer.payload = bytes.substr(end + 4, payload_bytes);
  return Split::kWhole;
}

std::optional<ClientError> Link::Refused(const Answer& answer) const {
  ClientError error;
  if (answer.type != wire::kErrorType || !client::ReadReply(answer.payload, error)) {
    return Broken(answer);
  }
  error.message = "the server closes a connection: " + error.message;
  return error;
}

ClientError Link::Broken(const Answer& answer) const {
  return {ErrorCode::kBadReply,
          fmt::format("an answer of type {} to request {} was not to be expected; is this the {} "
                      "port of wick?",
                      answer.type, answer.request_id, http_ ? "HTTP" : "binary")};
}

}  // namespace wick::cli::bench
