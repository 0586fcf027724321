#include "server/http_session.h"

#include <spdlog/spdlog.h>

#include <boost/asio/buffer.hpp>
#include <cstring>
#include <utility>

#include "base/assert.h"
#include "base/units.h"

namespace wick::server {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

/// Answers waiting to be written; beyond it they are written before more requests are taken. The
/// body of an answer that is larger by itself is not copied behind them.
constexpr size_t kOutBytesMax = 256_KiB;
/// A buffer that has grown beyond this is given back after its write.
constexpr size_t kOutBytesKept = kFreeBytes;

using Ms = std::chrono::milliseconds;

}  // namespace

HttpSession::HttpSession(tcp::socket socket, Services& services, Worker& worker, HttpApi& api)
    : stream_(std::move(socket), services.access.tls.get()),
      services_(services),
      worker_(worker),
      api_(api),
      guard_(services.access.browsers, services.access.auth.get(), stream_.Peer()),
      request_share_(services.requests),
      answer_share_(services.answers),
      budget_timer_(worker.io()),
      reader_({services.config.limits.header_bytes_max, services.config.event_body_bytes_max,
               services.config.body_bytes_max},
              [this](const HttpMessage& message) { return guard_.Check(message); }),
      buffer_(std::make_unique_for_overwrite<char[]>(kHttpReadBytes)) {}

void HttpSession::Start() {
  idle_since_ = std::chrono::steady_clock::now();
  stream_.AsyncHandshake(worker_.handshakes(), [self = shared_from_this()](const Error& error) {
    self->OnHandshake(error);
  });
}

void HttpSession::OnHandshake(const Error& error) {
  if (closed_) return;
  if (error) {
    services_.connections.CountFailedHandshake();
    spdlog::debug("TLS with an HTTP client at {} failed: {}", stream_.Peer(), error.message());
    return Close();
  }
  shaking_hands_ = false;
  idle_since_ = std::chrono::steady_clock::now();
  Read();
}

void HttpSession::Drain() {
  draining_ = true;
  if (!pending_ && !write_busy_) Close();
}

void HttpSession::Close() {
  if (std::exchange(closed_, true)) return;
  stream_.Close();
  budget_timer_.cancel();
  worker_.Forget(this);
}

void HttpSession::Sweep(Time now) {
  const ClientLimits& limits = services_.config.limits;
  if (lingering_) {
    if (now - linger_began_ > Ms(limits.linger_timeout_ms)) Close();
  } else if (write_busy_) {
    if (departure_.IsStuck(now, Ms(limits.write_timeout_ms), answer_share_)) Close();
  } else if (pending_) {
    return;  // the answer takes its time
  } else if (!in_message_) {
    if (now - idle_since_ > Ms(shaking_hands_ ? limits.header_timeout_ms : limits.idle_timeout_ms))
      Close();
  } else if (!in_body_) {
    if (now - message_began_ > Ms(limits.header_timeout_ms)) {
      GiveUpSlow(fmt::format("the header was not whole within {} ms (limits.header_timeout)",
                             limits.header_timeout_ms));
    }
  } else if (const auto problem = guard_.Check(reader_.message())) {
    GiveUp(*problem);  // the token was taken back
  } else {
    switch (body_.Judge(now, request_share_, limits.body_rate_min)) {
      case Arrival::Verdict::kWait:
        return;
      case Arrival::Verdict::kWanted:
        return GiveUpSlow(
            "memory for bodies is short and this one took too long (limits.max_buffered_requests); "
            "send it again");
      case Arrival::Verdict::kSlow:
        return GiveUpSlow(
            fmt::format("the body came with less than {} bytes a second (limits.min_body_rate)",
                        limits.body_rate_min));
    }
  }
}

void HttpSession::GiveUp(const protocol::Problem& problem) {
  AnswerFailure(problem);
  Write();
}

void HttpSession::GiveUpSlow(std::string why) {
  GiveUp(protocol::MakeProblem(protocol::ProblemCode::kRequestTimeout, std::move(why)));
}

void HttpSession::Read() {
  read_busy_ = true;
  stream_.AsyncReadSome(asio::buffer(buffer_.get() + end_, kHttpReadBytes - end_),
                        [self = shared_from_this()](const Error& error, size_t bytes) {
                          self->OnRead(error, bytes);
                        });
}

void HttpSession::OnRead(const Error& error, size_t bytes) {
  read_busy_ = false;
  if (closed_) return;
  if (error) return Close();
  if (last_) {  // nobody looks at what still comes
    begin_ = end_ = 0;
    return Read();
  }
  if (in_body_) body_.Add(bytes);
  end_ += bytes;
  Work();
}

void HttpSession::Work() {
  working_ = true;
  const size_t out_bytes_max =
      std::min<size_t>(kOutBytesMax, services_.config.limits.unread_bytes_max);
  while (!pending_ && !last_ && out_.size() < out_bytes_max && large_body_.empty()) {
    size_t consumed = 0;
    const auto state = reader_.Put({buffer_.get() + begin_, end_ - begin_}, consumed);
    begin_ += consumed;
    if (state == HttpReader::State::kFailed) {
      AnswerFailure(reader_.problem());
    } else if (state == HttpReader::State::kWhole) {
      Dispatch();
    } else {
      if (reader_.InMessage() || end_ > begin_) NoteProgress();
      if (reader_.TakeContinue()) out_ += "HTTP/1.1 100 Continue\r\n\r\n";
      break;
    }
  }
  working_ = false;
  MakeSpace();
  if (closed_) return;
  if (!out_.empty()) {
    Write();
  } else if (!pending_ && !write_busy_) {
    ReadWithinBudget();
  }
}

void HttpSession::NoteProgress() {
  const Time now = std::chrono::steady_clock::now();
  if (!std::exchange(in_message_, true)) message_began_ = now;
  if (reader_.InBody() && !std::exchange(in_body_, true)) body_.Begin(now);
}

void HttpSession::ReadWithinBudget() {
  if (read_busy_ || closed_) return;
  if (request_share_.TryHold(reader_.message().body.size())) return Read();
  budget_timer_.expires_after(kBudgetPause);
  budget_timer_.async_wait([self = shared_from_this()](const Error& cancelled) {
    // Meanwhile Sweep() may have given up.
    if (!cancelled && !self->last_) self->ReadWithinBudget();
  });
}

void HttpSession::MakeSpace() {
  if (begin_ == end_) {
    begin_ = end_ = 0;
  } else if (begin_ > 0) {
    std::memmove(buffer_.get(), buffer_.get() + begin_, end_ - begin_);
    end_ -= std::exchange(begin_, 0);
  }
  if (end_ == kHttpReadBytes && !pending_ && out_.empty() && !last_) {
    reader_.FailLine();
    AnswerFailure(reader_.problem());
  }
}

void HttpSession::Dispatch() {
  // Once more: the token may have been taken back while the body came.
  if (const auto problem = guard_.Check(reader_.message())) return AnswerFailure(*problem);
  request_began_ = std::chrono::steady_clock::now();
  answer_.Clear();
  pending_ = true;
  const bool at_once = api_.Handle(reader_.message(), answer_, route_, [this] {
    return Respond(
        [self = shared_from_this()](HttpAnswer answer) { self->OnDeferred(std::move(answer)); });
  });
  if (at_once) Answer(answer_);
}

void HttpSession::Answer(HttpAnswer& answer) {
  WICK_ASSERT(pending_);  // one answer to one request
  pending_ = false;
  const HttpMessage& message = reader_.message();
  last_ = draining_ || !message.keep_alive;
  const bool head = message.method == "HEAD";
  const bool large = !head && answer.body.size() > kOutBytesMax;
  AppendAnswer(answer,
               {head || large, !last_, message.http_1_0, guard_.ReaderOf(message),
                ShareFor(message), worker_.Date()},
               out_);
  if (large) large_body_ = std::exchange(answer.body, {});
  reader_.Next();
  in_message_ = in_body_ = false;
  request_share_.Hold(0);
  HoldAnswers();
  if (answer_.body.capacity() > kOutBytesKept) answer_.body = {};

  const Outcome outcome = answer.status < 400   ? Outcome::kOk
                          : answer.status < 500 ? Outcome::kClientError
                                                : Outcome::kServerError;
  idle_since_ = std::chrono::steady_clock::now();
  services_.stats[worker_.index()].http.Count(route_, outcome, idle_since_ - request_began_);
}

std::string_view HttpSession::ShareFor(const HttpMessage& message) const {
  if (!message.forwarded || services_.cluster == nullptr) return {};
  return services_.cluster->share_text();
}

void HttpSession::OnDeferred(HttpAnswer answer) {
  if (closed_) return;
  Answer(answer);
  if (!working_) Work();
}

void HttpSession::AnswerFailure(const protocol::Problem& problem) {
  last_ = true;
  request_share_.EndWait();
  const HttpMessage& message = reader_.message();
  AppendAnswer(
      AnswerOf(problem),
      {message.method == "HEAD", false, false, guard_.ReaderOf(message), {}, worker_.Date()}, out_);
  services_.stats[worker_.index()].http.Count(kHttpRouteOther, Outcome::kClientError, {});
  reader_.Next();  // gives back what has come of a body
  request_share_.Hold(0);
}

void HttpSession::Write() {
  if (write_busy_) return;
  write_busy_ = true;
  std::swap(writing_, out_);
  departure_.Begin(std::chrono::steady_clock::now());
  stream_.AsyncWrite(
      asio::buffer(writing_),
      [this](size_t bytes) { departure_.Note(std::chrono::steady_clock::now(), bytes); },
      [self = shared_from_this()](const Error& error, size_t) { self->OnWritten(error); });
}

void HttpSession::OnWritten(const Error& error) {
  write_busy_ = false;
  if (closed_) return;
  if (error) return Close();
  idle_since_ = std::chrono::steady_clock::now();
  if (writing_.capacity() > kOutBytesKept) {
    writing_ = {};
  } else {
    writing_.clear();
  }
  if (out_.empty()) out_ = std::exchange(large_body_, {});
  HoldAnswers();
  if (!out_.empty()) return Write();
  if (pending_) return;
  if (last_) return Linger();
  if (draining_) return Close();
  Work();
}

void HttpSession::Linger() {
  lingering_ = true;
  linger_began_ = std::chrono::steady_clock::now();
  Error error;
  stream_.EndSending(shared_from_this(), error);
  if (error) return Close();
  begin_ = end_ = 0;
  if (!read_busy_) Read();
}

}  // namespace wick::server
