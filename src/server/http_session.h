// One HTTP connection.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstddef>
#include <memory>
#include <string>

#include "server/http_api.h"
#include "server/http_guard.h"
#include "server/http_reader.h"
#include "server/patience.h"
#include "server/services.h"
#include "server/stream.h"
#include "server/worker.h"

namespace wick::server {

/// Reads requests, has them answered, writes the answers in the same order. Half duplex: while an
/// answer is being made or written nothing is read, so a client that does not read its answers is
/// not read either. Many requests that lie in the buffer together are answered by one write.
/// Patience: a header, a body, an answer and a pause have their deadlines (limits.*), and progress
/// in one is no excuse for another; a body or an answer that others wait for has ten seconds, and a
/// body of a sender who loses the right to it meanwhile is not waited for.
/// Threads: the worker's.
/// Failure: a request that is no HTTP is answered with a problem document, then the connection is
/// closed; errors of the socket close it.
class HttpSession final : public Session, public std::enable_shared_from_this<HttpSession> {
 public:
  HttpSession(boost::asio::ip::tcp::socket socket, Services& services, Worker& worker,
              HttpApi& api);

  void Start() override;
  void Drain() override;
  void Close() override;
  void Sweep(Time now) override;

 private:
  using Error = boost::system::error_code;

  void OnHandshake(const Error& error);
  void Read();
  void OnRead(const Error& error, size_t bytes);
  /// Parses and answers what lies in the buffer, then writes or reads on.
  void Work();
  void Dispatch();
  /// Takes the body of a large answer.
  void Answer(HttpAnswer& answer);
  void OnDeferred(HttpAnswer answer);
  /// What a node that asks is told beside the answer.
  std::string_view ShareFor(const HttpMessage& message) const;
  void AnswerFailure(const protocol::Problem& problem);
  /// Notes that a part of a request has come.
  void NoteProgress();
  void MakeSpace();
  /// Reads on, or waits until there is memory for what has come of a body.
  void ReadWithinBudget();
  void HoldAnswers() { answer_share_.Hold(out_.size() + large_body_.size() + writing_.size()); }
  void Write();
  void OnWritten(const Error& error);
  /// The rest of the request is not waited for: says why, then closes.
  void GiveUp(const protocol::Problem& problem);
  /// The same for one that did not come in time.
  void GiveUpSlow(std::string why);
  /// Says that nothing more comes, and reads on until the client has seen it: a socket closed with
  /// unread bytes would take the last answer back.
  void Linger();

  Stream stream_;
  Services& services_;
  Worker& worker_;
  HttpApi& api_;
  HttpGuard guard_;

  BudgetShare request_share_;
  BudgetShare answer_share_;
  boost::asio::steady_timer budget_timer_;

  HttpReader reader_;
  const std::unique_ptr<char[]> buffer_;
  size_t begin_ = 0;  // of what was read and not yet taken
  size_t end_ = 0;

  HttpAnswer answer_;       // kept for its buffer
  std::string out_;         // answers to be written next
  std::string large_body_;  // of the last one in out_, to be written behind it
  std::string writing_;     // answers being written
  size_t route_ = 0;        // of the request being answered
  Time request_began_{};    // when it was whole
  // What Sweep() judges by.
  Time idle_since_{};     // accepted, or the last answer made
  Time message_began_{};  // its first byte, if in_message_
  Time linger_began_{};   // if lingering_
  Arrival body_;          // if in_body_
  Departure departure_;   // of writing_, if write_busy_

  bool in_message_ = false;
  bool in_body_ = false;
  bool shaking_hands_ = true;
  bool working_ = false;  // within Work()
  bool pending_ = false;  // an answer is being made elsewhere
  bool read_busy_ = false;
  bool write_busy_ = false;
  bool last_ = false;  // the answer in out_ is the last one
  bool draining_ = false;
  bool lingering_ = false;
  bool closed_ = false;
};

}  // namespace wick::server
