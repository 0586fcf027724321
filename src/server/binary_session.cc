#include "server/binary_session.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <chrono>
#include <cstring>
#include <optional>
#include <utility>

#include "base/assert.h"
#include "base/units.h"
#include "protocol/binary_replies.h"
#include "server/version.h"

namespace wick::server {
namespace {

namespace asio = boost::asio;
namespace binary = protocol::binary;
using asio::ip::tcp;
using protocol::Scope;

constexpr size_t kReadBytesInitial = 64_KiB;

/// A buffer that has grown beyond this is given back after its write.
constexpr size_t kOutBytesKept = kFreeBytes;
/// Requests without a reply; bounds the replies that may still come when nobody reads them.
constexpr size_t kOpenRequestsMax = 64;
/// Of these, reads whose replies may be large: made by few threads anyway.
constexpr size_t kOpenReadsMax = 8;
/// Beside these, light ones. A slow disk keeps many waiting, and reads behind them are not to wait.
constexpr size_t kOpenLightMax = 1'024;
/// Requests answered at once that are counted with their mean latency at most.
constexpr uint64_t kAnsweredMax = 32;
/// So many frames lie between asking for memory and using it.
constexpr size_t kFramesAhead = 8;

using Ms = std::chrono::milliseconds;

constexpr const char* kTakenBack = "the token was taken back";

/// Requests that are alike in what they cost.
bool IsLatest(size_t type) {
  return type == wire::RequestType(wire::Type::kLatestByIds) ||
         type == wire::RequestType(wire::Type::kLatestBySymbols);
}

/// Looks at the frames behind the one that is handled.
class LookAhead {
  using Frame = binary::Frame;

 public:
  LookAhead(const BinaryApi& api, const wire::Limits& limits) : api_(api), limits_(limits) {}

  /// `bytes`: from the frame on that is to be handled next.
  void Look(std::string_view bytes) {
    for (; frames_ < kFramesAhead; ++frames_) {
      Frame frame;
      binary::ErrorReply error;
      if (binary::NextFrame(bytes.substr(at_), limits_, frame, error) != binary::FrameState::kWhole)
        return;
      api_.Prefetch(frame);
      at_ += frame.bytes();
    }
  }
  /// The first frame of those bytes was handled.
  void Pass(const Frame& frame) {
    if (frames_ == 0) return;  // nobody looked
    at_ -= frame.bytes();
    --frames_;
  }

 private:
  const BinaryApi& api_;
  const wire::Limits& limits_;
  size_t at_ = 0;  // behind the last frame that was looked at
  size_t frames_ = 0;
};

}  // namespace

BinarySession::BinarySession(tcp::socket socket, Services& services, Worker& worker, BinaryApi& api)
    : stream_(std::move(socket), services.access.tls.get()),
      services_(services),
      worker_(worker),
      api_(api),
      bearer_(services.access.auth.get()),
      request_share_(services.requests),
      answer_share_(services.answers),
      budget_timer_(worker.io()),
      buffer_(std::make_unique_for_overwrite<char[]>(kReadBytesInitial)),
      buffer_bytes_(kReadBytesInitial) {}

void BinarySession::Start() {
  began_ = std::chrono::steady_clock::now();
  stream_.AsyncHandshake(worker_.handshakes(), [self = shared_from_this()](const Error& error) {
    self->OnHandshake(error);
  });
}

void BinarySession::OnHandshake(const Error& error) {
  if (closed_) return;
  if (error) {
    services_.connections.CountFailedHandshake();
    spdlog::debug("TLS with a binary client at {} failed: {}", stream_.Peer(), error.message());
    return Close();
  }
  Read();
}

void BinarySession::Drain() {
  last_ = draining_ = true;
  CloseIfDone();
}

void BinarySession::Close() {
  if (std::exchange(closed_, true)) return;
  stream_.Close();
  budget_timer_.cancel();
  worker_.Forget(this);
}

void BinarySession::Sweep(Time now) {
  if (greeted_ && !last_ && bearer_.Check(Scope::kToken)) {  // taken back
    Fail(0, {ErrorCode::kUnauthorized, kTakenBack});
    return Work();
  }
  const ClientLimits& limits = services_.config.limits;
  if (lingering_) {
    if (now - linger_began_ > Ms(limits.linger_timeout_ms)) Close();
    return;
  }
  const bool stuck =
      write_busy_ && departure_.IsStuck(now, Ms(limits.write_timeout_ms), answer_share_);
  if (stuck || (!greeted_ && now - began_ > Ms(limits.hello_timeout_ms))) return Close();
  if (!in_frame_ || last_) return;
  // What is not read cannot come faster; it still holds what others may wait for.
  const uint64_t rate_min = read_busy_ ? limits.body_rate_min : 0;
  switch (frame_.Judge(now, request_share_, rate_min)) {
    case Arrival::Verdict::kWait:
      return;
    case Arrival::Verdict::kWanted:
      return GiveUp(
          "memory for frames is short and this one took too long (limits.max_buffered_requests)");
    case Arrival::Verdict::kSlow:
      return GiveUp(
          fmt::format("a frame came with less than {} bytes a second (limits.min_body_rate)",
                      limits.body_rate_min));
  }
}

void BinarySession::GiveUp(std::string why) {
  Fail(0, {ErrorCode::kUnavailable, std::move(why)});
  Write();
}

void BinarySession::Read() {
  read_busy_ = true;
  stream_.AsyncReadSome(asio::buffer(buffer_.get() + end_, buffer_bytes_ - end_),
                        [self = shared_from_this()](const Error& error, size_t bytes) {
                          self->OnRead(error, bytes);
                        });
}

void BinarySession::OnRead(const Error& error, size_t bytes) {
  read_busy_ = false;
  if (closed_) return;
  if (lingering_) return error ? Close() : Read();  // into the same place: nobody looks at it
  if (error == asio::error::eof) {
    last_ = true;  // the peer may still read what it asked for
    return CloseIfDone();
  }
  if (error) return Close();
  end_ += bytes;
  if (in_frame_) frame_.Add(bytes);
  Work();
}

void BinarySession::Work() {
  working_ = true;
  now_ = std::chrono::steady_clock::now();
  bool part = false;
  bool reads_first = false;  // a read waits for those before it
  LookAhead ahead(api_, api_.limits());
  while (!part && !last_ && !no_room_ && !reads_first && open_requests_ < kOpenRequestsMax &&
         open_light_ < kOpenLightMax && !IsFull()) {
    Frame frame;
    binary::ErrorReply error;
    const wire::Limits& limits = greeted_ ? api_.limits() : kLimitsOfHello;
    const std::string_view bytes(buffer_.get() + begin_, end_ - begin_);
    if (greeted_) ahead.Look(bytes);  // before hello there may be no engine yet
    switch (binary::NextFrame(bytes, limits, frame, error)) {
      case binary::FrameState::kPart:
        part = true;
        frame_bytes_ = end_ - begin_ < wire::kHeaderBytes
                           ? wire::kHeaderBytes
                           : wire::kHeaderBytes + frame.header.payload_bytes;
        break;
      case binary::FrameState::kBroken:
        Fail(frame.header.request_id, error);
        break;
      case binary::FrameState::kWhole:
        if (!greeted_) {
          Hello(frame);
        } else if (!MayAsk(frame)) {
          // refused
        } else if (frame.header.type == wire::RequestType(wire::Type::kIngest) &&
                   !services_.engine().HasRoom(worker_.index())) {
          WaitForRoom();
          break;  // the frame stays where it is
        } else if (MayReadDisk(frame.header.type) && open_reads_ == kOpenReadsMax) {
          reads_first = true;
          break;
        } else {
          Dispatch(frame);
        }
        begin_ += frame.bytes();
        ahead.Pass(frame);
        in_frame_ = false;
        break;
    }
  }
  working_ = false;
  CountAnswered();
  if (closed_) return;
  HoldReplies();
  if (!reply_.frames.empty()) Write();
  // A whole frame that waits for the engine or for requests before it is not the peer's to hasten.
  const bool in_frame = end_ > begin_ && (part || IsFull());
  if (in_frame && !in_frame_) frame_.Begin(std::chrono::steady_clock::now());
  in_frame_ = in_frame;
  if (part) ReadWithinBudget();
  CloseIfDone();
}

void BinarySession::Hello(const Frame& frame) {
  binary::HelloRequest request;
  binary::ErrorReply error;
  if (!binary::DecodeHello(frame, request, error)) {
    return Fail(frame.header.request_id, error);
  }
  if (request.token) bearer_.Show(*request.token);
  if (const auto denial = bearer_.Check(Scope::kToken)) {
    services_.access.auth->CountRefusal(*denial, stream_.Peer());
    return Fail(frame.header.request_id,
                {ErrorCode::kUnauthorized, *denial == Denial::kNoToken
                                               ? "this server asks for a token; hello has none"
                                               : "the token is none that this server knows"});
  }
  const auto now = std::chrono::steady_clock::now();
  if (!services_.state.recovered()) {  // it may say hello again
    binary::AppendError(frame.header.request_id, ErrorCode::kRecovering,
                        Message(services_.state.Ready()), reply_.frames);
    return Count(wire::RequestType(wire::Type::kHello), now, Outcome::kServerError);
  }
  greeted_ = true;
  const uint32_t partitions = services_.cluster ? services_.cluster->map().partitions() : 0;
  binary::AppendHello(frame.header.request_id,
                      {wire::kVersion, std::string(kVersion), api_.limits(), partitions},
                      reply_.frames);
  Count(wire::RequestType(wire::Type::kHello), now, Outcome::kOk);
}

bool BinarySession::MayAsk(const Frame& frame) {
  const Scope scope = protocol::ScopeOfBinary(frame.header.type);
  const auto denial = bearer_.Check(scope);
  if (!denial) return true;
  services_.access.auth->CountRefusal(*denial, stream_.Peer());
  if (*denial != Denial::kScope) {
    Fail(0, {ErrorCode::kUnauthorized, kTakenBack});  // not of this request but of all
    return false;
  }
  binary::AppendError(frame.header.request_id, ErrorCode::kForbidden,
                      fmt::format("the token has not the scope {} that this request needs",
                                  protocol::NameOf(scope)),
                      reply_.frames);
  Count(frame.header.type, std::chrono::steady_clock::now(), Outcome::kClientError);
  return false;
}

void BinarySession::WaitForRoom() {
  no_room_ = true;
  services_.engine().WhenRoom(worker_.index(), [self = shared_from_this()] {
    self->no_room_ = false;
    if (!self->closed_ && !self->working_) self->Work();
  });
}

void BinarySession::Dispatch(const Frame& frame) {
  const size_t type = frame.header.type < kBinaryRouteCount ? frame.header.type : 0;
  std::optional<Open> open;
  reply_.outcome = Outcome::kOk;
  if (answered_.type != type) CountAnswered();  // this one begins now
  const bool at_once = api_.Handle(frame, reply_, [&](Weight weight) {
    CountAnswered();
    open = {type, now_, weight == Weight::kLight, MayReadDisk(frame.header.type)};
    CountOpen(*open, 1);
    return RespondBinary([self = shared_from_this(), answered = *open](BinaryReply reply) {
      self->OnReply(answered, std::move(reply));
    });
  });
  if (!at_once) return;
  if (open) CountOpen(*open, -1);
  HoldReplies();  // the next one is made only if there is memory for it
  CountAtOnce(type, reply_.outcome);
  if (!IsLatest(type)) CountAnswered();
}

void BinarySession::CountOpen(const Open& open, int by) {
  size_t& requests = open.is_light ? open_light_ : open_requests_;
  WICK_ASSERT(by > 0 || requests > 0);  // one reply to one request
  requests += static_cast<size_t>(by);
  if (open.is_read) open_reads_ += static_cast<size_t>(by);
}

void BinarySession::OnReply(const Open& open, BinaryReply reply) {
  CountOpen(open, -1);
  Count(open.type, open.began, reply.outcome);
  if (closed_) return;
  if (reply_.frames.empty()) {
    reply_.frames = std::move(reply.frames);
  } else {
    reply_.frames += reply.frames;
  }
  HoldReplies();
  if (!working_) Work();
}

void BinarySession::Count(size_t type, Time began, Outcome outcome) {
  services_.stats[worker_.index()].binary.Count(type, outcome,
                                                std::chrono::steady_clock::now() - began);
}

void BinarySession::CountAtOnce(size_t type, Outcome outcome) {
  const bool is_like_them = answered_.type == type && answered_.outcome == outcome;
  if (!is_like_them || answered_.requests == kAnsweredMax) CountAnswered();
  answered_ = {type, outcome, answered_.requests + 1};
}

void BinarySession::CountAnswered() {
  if (answered_.requests == 0) return;
  const Time began = std::exchange(now_, std::chrono::steady_clock::now());
  services_.stats[worker_.index()].binary.Count(
      answered_.type, answered_.outcome, (now_ - began) / answered_.requests, answered_.requests);
  answered_.requests = 0;
}

void BinarySession::Fail(uint64_t request_id, const binary::ErrorReply& error) {
  last_ = true;
  request_share_.EndWait();
  binary::AppendError(request_id, error.code, error.message, reply_.frames);
}

bool BinarySession::IsFull() const {
  const size_t unread_max =
      services_.answers.exhausted() ? kFreeBytes : services_.config.limits.unread_bytes_max;
  return reply_.frames.size() + writing_.size() >= unread_max;
}

size_t BinarySession::BytesWanted() const {
  const size_t held = end_ - begin_;
  if (frame_bytes_ <= buffer_bytes_) return held == 0 ? kReadBytesInitial : buffer_bytes_;
  // Not on the peer's word alone: four times what has come, up to the whole frame.
  return std::min(frame_bytes_, std::max(kReadBytesInitial, 4 * held));
}

void BinarySession::ReadWithinBudget() {
  if (read_busy_ || closed_) return;
  const size_t wanted = BytesWanted();
  if (request_share_.TryHold(wanted)) {
    MakeSpace(wanted);
    return Read();
  }
  budget_timer_.expires_after(kBudgetPause);
  budget_timer_.async_wait([self = shared_from_this()](const Error& cancelled) {
    // Meanwhile Sweep() may have given up.
    if (!cancelled && !self->last_) self->ReadWithinBudget();
  });
}

void BinarySession::MakeSpace(size_t bytes) {
  const size_t held = end_ - begin_;
  if (bytes != buffer_bytes_) {
    auto another = std::make_unique_for_overwrite<char[]>(bytes);
    std::memcpy(another.get(), buffer_.get() + begin_, held);
    buffer_ = std::move(another);
    buffer_bytes_ = bytes;
  } else if (begin_ > 0) {
    std::memmove(buffer_.get(), buffer_.get() + begin_, held);
  }
  begin_ = 0;
  end_ = held;
}

void BinarySession::Write() {
  if (write_busy_) return;
  write_busy_ = true;
  std::swap(writing_, reply_.frames);
  departure_.Begin(std::chrono::steady_clock::now());
  stream_.AsyncWrite(
      asio::buffer(writing_),
      [this](size_t bytes) { departure_.Note(std::chrono::steady_clock::now(), bytes); },
      [self = shared_from_this()](const Error& error, size_t) { self->OnWritten(error); });
}

void BinarySession::OnWritten(const Error& error) {
  write_busy_ = false;
  if (closed_) return;
  if (error) return Close();
  if (writing_.capacity() > kOutBytesKept) {
    writing_ = {};
  } else {
    writing_.clear();
  }
  Work();
}

void BinarySession::CloseIfDone() {
  if (!last_ || closed_ || open_requests_ + open_light_ > 0 || write_busy_) return;
  if (draining_) return Close();
  if (lingering_) return;
  // Says that nothing more comes, and reads on until the peer has seen it: a socket closed with
  // unread bytes would take the last reply back.
  lingering_ = true;
  linger_began_ = std::chrono::steady_clock::now();
  Error error;
  stream_.EndSending(shared_from_this(), error);
  if (error) return Close();
  begin_ = end_ = 0;
  if (!read_busy_) Read();
}

}  // namespace wick::server
