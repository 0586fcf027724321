// Bytes of an HTTP/1 connection as whole requests, one after the other. Knows no socket.
#pragma once

#include <boost/beast/http/basic_parser.hpp>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/units.h"
#include "protocol/http_problem.h"

namespace wick::server {

/// A read buffer, and more than any header may have, so that a header always fits in.
inline constexpr size_t kHttpReadBytes = 64_KiB;

struct HttpLimits {
  uint64_t header_bytes_max = 16_KiB;      // request line and fields together; < kHttpReadBytes
  uint64_t event_body_bytes_max = 64_MiB;  // of /v1/events
  uint64_t body_bytes_max = 1_MiB;         // of everything else
};

/// One whole request.
struct HttpMessage {
  std::string method;
  std::string target;
  std::string host;  // as the Host field has it
  std::string content_type;
  std::string origin;         // the browser's word for whose page sent it; empty: none
  std::string authorization;  // "Bearer ..."
  std::string body;
  bool asks_for_method = false;  // has Access-Control-Request-Method
  bool forwarded = false;        // has Wick-Forwarded: a node of the cluster asks this one alone
  bool keep_alive = true;        // the client would send another request after this one
  bool http_1_0 = false;
};

/// Reads requests strictly one after the other; what belongs to the next one is left unread.
/// Threads: one at a time. Reuses its buffers from request to request.
/// Failure: after kFailed the connection cannot be used any more: answer problem(), then close.
class HttpReader {
 public:
  enum class State : uint8_t {
    kNeedMore,  // everything given was taken, or is the front of a line
    kWhole,     // message() is a whole request; Next() goes on
    kFailed,    // problem() says why
  };

  /// Judges a request by everything but its body, before that is read; a problem is a failure.
  using Judge = std::function<std::optional<protocol::Problem>(const HttpMessage&)>;

  /// Without `judge` every request is read.
  explicit HttpReader(const HttpLimits& limits, Judge judge = nullptr);

  /// Takes bytes off the front of `bytes`; `consumed` says how many. The rest has to be given
  /// again, with more behind it after kNeedMore. Not after kWhole or kFailed.
  State Put(std::string_view bytes, size_t& consumed);

  /// True once for a request whose client waits for "100 Continue" before it sends its body.
  bool TakeContinue();

  /// True if a part of a request was read.
  bool InMessage() const { return parser_.has_value() && parser_->got_some(); }
  /// True if it was the whole header: what is missing is body.
  bool InBody() const { return InMessage() && parser_->is_header_done(); }

  /// The failure of a line that does not fit into the caller's buffer.
  void FailLine();

  const HttpMessage& message() const { return message_; }
  const protocol::Problem& problem() const { return problem_; }

  /// Forgets the message and makes ready for the next one.
  void Next();

 private:
  class Parser : public boost::beast::http::basic_parser<true> {
   public:
    Parser(const HttpLimits& limits, const Judge& judge, HttpMessage& message);

    bool waits_for_continue() const { return waits_for_continue_; }
    const std::optional<protocol::Problem>& refusal() const { return refusal_; }

   private:
    using Error = boost::beast::error_code;
    using View = boost::beast::string_view;
    using Size = boost::optional<std::uint64_t>;

    void on_request_impl(boost::beast::http::verb, View method, View target, int version,
                         Error& error) override;
    void on_response_impl(int, View, int, Error&) override {}
    void on_field_impl(boost::beast::http::field name, View text, View value,
                       Error& error) override;
    void on_header_impl(Error& error) override;
    void on_body_init_impl(const Size& content_length, Error& error) override;
    std::size_t on_body_impl(View body, Error& error) override;
    void on_chunk_header_impl(std::uint64_t, View extensions, Error& error) override;
    std::size_t on_chunk_body_impl(std::uint64_t, View body, Error& error) override;
    void on_finish_impl(Error&) override {}

    void Refuse(protocol::ProblemCode code, std::string detail, Error& error);
    void ContentLength(View value, Error& error);
    void TransferEncoding(View value, Error& error);

    /// Fields that two readers of one request must not take from different places.
    void TakeOnce(View value, std::string& into, Error& error);

    const HttpLimits& limits_;
    const Judge& judge_;
    HttpMessage& message_;
    uint64_t body_bytes_max_ = 0;
    size_t header_bytes_ = 0;
    int hosts_ = 0;
    bool has_length_ = false;
    bool has_encoding_ = false;
    bool header_done_ = false;
    bool waits_for_continue_ = false;
    std::optional<protocol::Problem> refusal_;
  };

  bool CheckLines(std::string_view bytes);
  State Fail(protocol::Problem problem);

  const HttpLimits limits_;
  const Judge judge_;
  HttpMessage message_;
  protocol::Problem problem_;
  std::optional<Parser> parser_;
  bool continue_taken_ = false;
};

}  // namespace wick::server
