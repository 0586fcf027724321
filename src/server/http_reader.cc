#include "server/http_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/beast/core/string.hpp>
#include <boost/beast/http/error.hpp>
#include <utility>

#include "protocol/http_target.h"
#include "server/budget.h"

namespace wick::server {
namespace {

namespace http = boost::beast::http;
using protocol::MakeProblem;
using protocol::Problem;
using protocol::ProblemCode;

/// A body buffer that has grown beyond this is given back after its request.
constexpr size_t kBodyBytesKept = kFreeBytes;

/// Memory reserved at once on the client's word; more is taken as the body arrives.
constexpr uint64_t kBodyBytesTrusted = kFreeBytes;

Problem HeaderTooLarge(uint64_t header_bytes_max) {
  return MakeProblem(
      ProblemCode::kHeaderTooLarge,
      fmt::format("request line and header fields are longer than {} bytes (limits.max_header)",
                  header_bytes_max));
}

Problem ProblemOf(const boost::beast::error_code& error, const HttpLimits& limits) {
  if (error == http::error::header_limit) return HeaderTooLarge(limits.header_bytes_max);
  return MakeProblem(ProblemCode::kBadRequest,
                     fmt::format("the request is no valid HTTP/1.1: {}", error.message()));
}

}  // namespace

HttpReader::Parser::Parser(const HttpLimits& limits, const Judge& judge, HttpMessage& message)
    : limits_(limits), judge_(judge), message_(message) {
  eager(true);
  header_limit(static_cast<uint32_t>(limits_.header_bytes_max));
  body_limit(boost::none);  // depends on the target: counted here
}

void HttpReader::Parser::Refuse(ProblemCode code, std::string detail, Error& error) {
  refusal_ = MakeProblem(code, std::move(detail));
  error = http::error::bad_field;  // stops the parser; refusal_ is what counts
}

void HttpReader::Parser::on_request_impl(http::verb, View method, View target, int version,
                                         Error&) {
  message_.method.assign(method.data(), method.size());
  message_.target.assign(target.data(), target.size());
  message_.http_1_0 = version == 10;
  header_bytes_ = method.size() + target.size();
}

void HttpReader::Parser::on_field_impl(http::field name, View text, View value, Error& error) {
  // Beast counts the bytes it is given at once; a header that trickles in is counted here.
  header_bytes_ += text.size() + value.size();
  if (header_bytes_ > limits_.header_bytes_max) {
    error = http::error::header_limit;
    return;
  }
  if (header_done_) return;  // a trailer
  switch (name) {
    case http::field::host:
      ++hosts_;
      message_.host.assign(value.data(), value.size());
      return;
    case http::field::origin:
      return TakeOnce(value, message_.origin, error);
    case http::field::authorization:
      return TakeOnce(value, message_.authorization, error);
    case http::field::access_control_request_method:
      message_.asks_for_method = true;
      return;
    case http::field::content_type:
      message_.content_type.assign(value.data(), value.size());
      return;
    case http::field::content_length:
      ContentLength(value, error);
      return;
    case http::field::transfer_encoding:
      TransferEncoding(value, error);
      return;
    case http::field::content_encoding:
      if (!boost::beast::iequals(value, "identity")) {
        Refuse(ProblemCode::kUnsupportedMediaType,
               "Content-Encoding is not supported: send the body as it is", error);
      }
      return;
    case http::field::expect:
      waits_for_continue_ = boost::beast::iequals(value, "100-continue") && !message_.http_1_0;
      return;
    case http::field::unknown:
      if (boost::beast::iequals(text, "Wick-Forwarded")) message_.forwarded = true;
      return;
    default:
      return;
  }
}

void HttpReader::Parser::TakeOnce(View value, std::string& into, Error& error) {
  if (into.empty()) {
    into.assign(value.data(), value.size());
  } else {
    Refuse(ProblemCode::kBadRequest, "a request has Origin and Authorization at most once", error);
  }
}

void HttpReader::Parser::ContentLength(View value, Error& error) {
  // Beast takes lists and repetitions of one number; others in front of this server may not.
  const bool digits =
      std::all_of(value.begin(), value.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (has_length_ || value.empty() || !digits) {
    Refuse(ProblemCode::kBadRequest, "Content-Length must be one number, once", error);
  }
  has_length_ = true;
}

void HttpReader::Parser::TransferEncoding(View value, Error& error) {
  // Two readers of one request must not differ about its end: everything ambiguous is refused.
  if (message_.http_1_0) {
    Refuse(ProblemCode::kBadRequest, "Transfer-Encoding is not allowed in HTTP/1.0", error);
  } else if (has_encoding_ || !boost::beast::iequals(value, "chunked")) {
    Refuse(ProblemCode::kBadRequest, "Transfer-Encoding must be 'chunked', once", error);
  }
  has_encoding_ = true;
}

void HttpReader::Parser::on_header_impl(Error& error) {
  header_done_ = true;
  if (has_length_ && has_encoding_) {
    Refuse(ProblemCode::kBadRequest, "a request has Content-Length or Transfer-Encoding, not both",
           error);
    return;
  }
  if (hosts_ > 1 || (hosts_ == 0 && !message_.http_1_0)) {
    Refuse(ProblemCode::kBadRequest, "an HTTP/1.1 request has exactly one Host field", error);
    return;
  }
  const protocol::HttpTarget target = protocol::CutTarget(message_.target);
  if (target.host && hosts_ == 1 &&
      !boost::beast::iequals(View(target.host->data(), target.host->size()), message_.host)) {
    Refuse(ProblemCode::kBadRequest, "the host of the target and the Host field differ", error);
    return;
  }
  if (judge_) refusal_ = judge_(message_);
  if (refusal_) {
    error = http::error::bad_field;
    return;
  }
  message_.keep_alive = keep_alive();
  const bool events = target.path == "/v1/events";
  body_bytes_max_ = events ? limits_.event_body_bytes_max : limits_.body_bytes_max;
  if (const auto length = content_length(); length && *length > body_bytes_max_) {
    Refuse(ProblemCode::kBodyTooLarge,
           fmt::format("the body of {} bytes is larger than the limit of {} bytes ({})", *length,
                       body_bytes_max_, events ? "limits.max_event_body" : "limits.max_body"),
           error);
  }
}

void HttpReader::Parser::on_body_init_impl(const Size& content_length, Error&) {
  if (content_length) message_.body.reserve(std::min(*content_length, kBodyBytesTrusted));
}

std::size_t HttpReader::Parser::on_body_impl(View body, Error& error) {
  if (message_.body.size() + body.size() > body_bytes_max_) {
    Refuse(ProblemCode::kBodyTooLarge,
           fmt::format("the body is larger than the limit of {} bytes", body_bytes_max_), error);
    return 0;
  }
  message_.body.append(body.data(), body.size());
  return body.size();
}

void HttpReader::Parser::on_chunk_header_impl(std::uint64_t, View extensions, Error& error) {
  // Beast lets any byte stand in quotes; a reader that takes a bare LF for the end of the line
  // would see another body.
  const bool control = std::any_of(extensions.begin(), extensions.end(),
                                   [](unsigned char byte) { return byte < 0x20 && byte != '\t'; });
  if (control) {
    Refuse(ProblemCode::kBadRequest, "a chunk extension has a control character", error);
  }
}

std::size_t HttpReader::Parser::on_chunk_body_impl(std::uint64_t, View body, Error& error) {
  return on_body_impl(body, error);
}

HttpReader::HttpReader(const HttpLimits& limits, Judge judge)
    : limits_(limits), judge_(std::move(judge)) {
  parser_.emplace(limits_, judge_, message_);
}

HttpReader::State HttpReader::Fail(Problem problem) {
  problem_ = std::move(problem);
  return State::kFailed;
}

/// Beast joins a folded line to the one before and so hides it. `bytes` begin where a line of the
/// header does: a field is only taken together with the first byte behind its line.
bool HttpReader::CheckLines(std::string_view bytes) {
  for (size_t begin = 0;;) {
    const size_t end = bytes.find('\n', begin);
    if (end == std::string_view::npos) return true;
    if (end == begin || bytes[end - 1] != '\r') return false;
    if (end == begin + 1) return true;  // the empty line
    begin = end + 1;
    if (begin < bytes.size() && (bytes[begin] == ' ' || bytes[begin] == '\t')) return false;
  }
}

HttpReader::State HttpReader::Put(std::string_view bytes, size_t& consumed) {
  consumed = 0;
  if (!parser_->got_some()) {
    // Some clients end a body with a line break that nobody counts.
    while (bytes.starts_with("\r\n")) {
      bytes.remove_prefix(2);
      consumed += 2;
    }
    if (bytes.empty() || bytes == "\r") return State::kNeedMore;
  }
  if (!parser_->is_header_done() && !CheckLines(bytes)) {
    return Fail(
        MakeProblem(ProblemCode::kBadRequest,
                    "a line of the header does not end with CR LF, or goes on in the next line"));
  }
  // Beast asserts that at least so many bytes are there when it looks at a last chunk again, and no
  // chunked body ends with fewer: it must not be given less, or a client could end the process.
  constexpr size_t kLastChunkBytes = std::string_view("0\r\n\r\n").size();
  if (parser_->is_header_done() && parser_->chunked() && bytes.starts_with('0') &&
      bytes.size() < kLastChunkBytes) {
    return State::kNeedMore;
  }
  boost::beast::error_code error;
  consumed += parser_->put(boost::asio::const_buffer(bytes.data(), bytes.size()), error);
  if (error && error != http::error::need_more) {
    return Fail(parser_->refusal() ? *parser_->refusal() : ProblemOf(error, limits_));
  }
  return parser_->is_done() ? State::kWhole : State::kNeedMore;
}

bool HttpReader::TakeContinue() {
  if (continue_taken_ || !parser_->is_header_done() || !parser_->waits_for_continue()) return false;
  if (!message_.body.empty()) return false;  // the client did not wait
  continue_taken_ = true;
  return true;
}

void HttpReader::FailLine() {
  problem_ = parser_->is_header_done()
                 ? MakeProblem(ProblemCode::kBadRequest, "a line of the chunked body is too long")
                 : HeaderTooLarge(limits_.header_bytes_max);
}

void HttpReader::Next() {
  message_.method.clear();
  message_.target.clear();
  message_.host.clear();
  message_.content_type.clear();
  message_.origin.clear();
  message_.authorization.clear();
  message_.asks_for_method = false;
  message_.forwarded = false;
  if (message_.body.capacity() > kBodyBytesKept) {
    message_.body = {};
  } else {
    message_.body.clear();
  }
  continue_taken_ = false;
  parser_.emplace(limits_, judge_, message_);
}

}  // namespace wick::server
