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

constexpr size_t kReadBytes = 64_KiB;
static_assert(kReadBytes > kHttpHeaderBytesMax);  // or a long header could never become whole

/// Answers waiting to be written; beyond it they are written before more requests are taken.
constexpr size_t kOutBytesMax = 256_KiB;
/// A buffer that has grown beyond this is given back after its write.
constexpr size_t kOutBytesKept = 1_MiB;

/// One that has not agreed on TLS is closed after this.
constexpr std::chrono::seconds kHandshakeMax{10};
/// A connection on which nothing moves is closed after this.
constexpr std::chrono::seconds kIdleMax{120};
/// How long a refused body is read on, so that a slow sender gets to see the answer.
constexpr std::chrono::seconds kLingerMax{30};

}  // namespace

HttpSession::HttpSession(tcp::socket socket, Services& services, Worker& worker, HttpApi& api)
    : stream_(std::move(socket), services.access.tls.get()),
      services_(services),
      worker_(worker),
      api_(api),
      count_(services.connections.http),
      guard_(services.access.browsers, services.access.auth.get(), stream_.Peer()),
      reader_({services.config.event_body_bytes_max, services.config.body_bytes_max},
              [this](const HttpMessage& message) { return guard_.Check(message); }),
      buffer_(std::make_unique_for_overwrite<char[]>(kReadBytes)) {}

void HttpSession::Start() {
  last_active_ = std::chrono::steady_clock::now();
  stream_.AsyncHandshake(worker_.handshakes(), [self = shared_from_this()](const Error& error) {
    self->OnHandshake(error);
  });
}

void HttpSession::OnHandshake(const Error& error) {
  if (closed_) return;
  if (error) {
    services_.connections.handshakes_failed.fetch_add(1, std::memory_order_relaxed);
    spdlog::debug("TLS with an HTTP client at {} failed: {}", stream_.Peer(), error.message());
    return Close();
  }
  shaking_hands_ = false;
  last_active_ = std::chrono::steady_clock::now();
  Read();
}

void HttpSession::Drain() {
  draining_ = true;
  if (!pending_ && !write_busy_) Close();
}

void HttpSession::Close() {
  if (std::exchange(closed_, true)) return;
  stream_.Close();
  worker_.Forget(this);
}

void HttpSession::Sweep(Time now) {
  if (shaking_hands_ && now - last_active_ > kHandshakeMax) return Close();
  if (pending_ || now - last_active_ <= (lingering_ ? kLingerMax : kIdleMax)) return;
  if (lingering_ || write_busy_ || !reader_.InMessage()) return Close();
  AnswerFailure(protocol::MakeProblem(
      protocol::ProblemCode::kRequestTimeout,
      fmt::format("nothing of the rest of the request came for {} seconds", kIdleMax.count())));
  Write();
}

void HttpSession::Read() {
  read_busy_ = true;
  stream_.AsyncReadSome(asio::buffer(buffer_.get() + end_, kReadBytes - end_),
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
  last_active_ = std::chrono::steady_clock::now();
  end_ += bytes;
  Work();
}

void HttpSession::Work() {
  working_ = true;
  while (!pending_ && !last_ && out_.size() < kOutBytesMax) {
    size_t consumed = 0;
    const auto state = reader_.Put({buffer_.get() + begin_, end_ - begin_}, consumed);
    begin_ += consumed;
    if (state == HttpReader::State::kFailed) {
      AnswerFailure(reader_.problem());
    } else if (state == HttpReader::State::kWhole) {
      Dispatch();
    } else {
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
    Read();
  }
}

void HttpSession::MakeSpace() {
  if (begin_ == end_) {
    begin_ = end_ = 0;
  } else if (begin_ > 0) {
    std::memmove(buffer_.get(), buffer_.get() + begin_, end_ - begin_);
    end_ -= std::exchange(begin_, 0);
  }
  if (end_ == kReadBytes && !pending_ && out_.empty() && !last_) {
    reader_.FailLine();
    AnswerFailure(reader_.problem());
  }
}

void HttpSession::Dispatch() {
  request_began_ = std::chrono::steady_clock::now();
  answer_.Clear();
  pending_ = true;
  const bool at_once = api_.Handle(reader_.message(), answer_, route_, [this] {
    return Respond(
        [self = shared_from_this()](HttpAnswer answer) { self->OnDeferred(std::move(answer)); });
  });
  if (at_once) Answer(answer_);
}

void HttpSession::Answer(const HttpAnswer& answer) {
  WICK_ASSERT(pending_);  // one answer to one request
  pending_ = false;
  const HttpMessage& message = reader_.message();
  last_ = draining_ || !message.keep_alive;
  AppendAnswer(answer,
               {message.method == "HEAD", !last_, message.http_1_0, guard_.ReaderOf(message),
                worker_.Date()},
               out_);
  reader_.Next();

  const Outcome outcome = answer.status < 400   ? Outcome::kOk
                          : answer.status < 500 ? Outcome::kClientError
                                                : Outcome::kServerError;
  last_active_ = std::chrono::steady_clock::now();
  services_.stats[worker_.index()].http.Count(route_, outcome, last_active_ - request_began_);
}

void HttpSession::OnDeferred(HttpAnswer answer) {
  if (closed_) return;
  Answer(answer);
  if (!working_) Work();
}

void HttpSession::AnswerFailure(const protocol::Problem& problem) {
  last_ = true;
  AppendAnswer(AnswerOf(problem),
               {false, false, false, guard_.ReaderOf(reader_.message()), worker_.Date()}, out_);
  services_.stats[worker_.index()].http.Count(kHttpRouteOther, Outcome::kClientError, {});
}

void HttpSession::Write() {
  if (write_busy_) return;
  write_busy_ = true;
  std::swap(writing_, out_);
  stream_.AsyncWrite(
      asio::buffer(writing_),
      [self = shared_from_this()](const Error& error, size_t) { self->OnWritten(error); });
}

void HttpSession::OnWritten(const Error& error) {
  write_busy_ = false;
  if (closed_) return;
  if (error) return Close();
  last_active_ = std::chrono::steady_clock::now();
  if (writing_.capacity() > kOutBytesKept) {
    writing_ = {};
  } else {
    writing_.clear();
  }
  if (!out_.empty()) return Write();
  if (pending_) return;
  if (last_) return Linger();
  if (draining_) return Close();
  Work();
}

void HttpSession::Linger() {
  lingering_ = true;
  Error error;
  stream_.EndSending(shared_from_this(), error);
  if (error) return Close();
  begin_ = end_ = 0;
  if (!read_busy_) Read();
}

}  // namespace wick::server
