// Costly work of a loop, one piece at a time.
#pragma once

#include <absl/functional/any_invocable.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <deque>
#include <utility>

namespace wick::server {

/// Runs one piece in each round of the loop, so that everything else that is ready runs in between:
/// a thousand TLS handshakes at once delay a request by one or two, not by a thousand. Threads: the
/// loop's.
class TurnQueue {
 public:
  using Piece = absl::AnyInvocable<void()>;

  explicit TurnQueue(boost::asio::io_context& io) : io_(io) {}

  void Add(Piece piece) {
    waiting_.push_back(std::move(piece));
    if (waiting_.size() == 1) Post();
  }

 private:
  void Post() {
    boost::asio::post(io_, [this] {
      Piece piece = std::move(waiting_.front());
      piece();  // may add others: it is still counted among the waiting
      waiting_.pop_front();
      if (!waiting_.empty()) Post();
    });
  }

  boost::asio::io_context& io_;
  std::deque<Piece> waiting_;
};

}  // namespace wick::server
