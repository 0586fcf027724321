// What may listen where a node should.
#pragma once

#include <algorithm>
#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "base/status.h"

namespace wick::server {

/// Takes connections and never answers.
class SilentNode {
 public:
  explicit SilentNode(uint16_t port)
      : acceptor_(io_, {boost::asio::ip::make_address("127.0.0.1"), port}) {}

 private:
  boost::asio::io_context io_;
  boost::asio::ip::tcp::acceptor acceptor_;  // the kernel takes them
};

/// Answers every request as it is told.
class StrangeNode {
 public:
  /// The bytes that a request, with its body, is answered with.
  using Answers = std::function<std::string(const std::string& request)>;
  struct Manner {
    std::chrono::milliseconds delay{};  // of answers
    bool keeps = false;                 // the connection, after an answer
    std::string slow = "";              // only requests with this text are answered with the delay
  };

  StrangeNode(uint16_t port, Answers answers, Manner manner)
      : acceptor_(io_, {boost::asio::ip::make_address("127.0.0.1"), port}),
        answers_(std::move(answers)),
        manner_(std::move(manner)),
        thread_([this] {
          Accept();
          io_.run();
        }) {}
  /// The same bytes for all, on a connection each.
  StrangeNode(uint16_t port, std::string answer)
      : StrangeNode(
            port, [answer](const std::string&) { return answer; }, Manner()) {}
  ~StrangeNode() {
    io_.stop();
    thread_.join();
  }

  std::vector<std::string> requests() const {
    const std::lock_guard lock(mutex_);
    return requests_;
  }
  int connections() const { return connections_; }
  /// Requests that waited for their answers at the same time.
  int most_at_once() const { return most_at_once_; }

 private:
  using Error = boost::system::error_code;
  struct Connection {
    explicit Connection(boost::asio::ip::tcp::socket taken)
        : socket(std::move(taken)), timer(socket.get_executor()) {}
    boost::asio::ip::tcp::socket socket;
    boost::asio::steady_timer timer;
    std::string held;
  };
  using ConnectionPtr = std::shared_ptr<Connection>;

  void Accept() {
    acceptor_.async_accept([this](const Error& error, boost::asio::ip::tcp::socket socket) {
      if (error) return;
      ++connections_;
      Serve(std::make_shared<Connection>(std::move(socket)));
      Accept();
    });
  }

  void Serve(const ConnectionPtr& on) {
    boost::asio::async_read_until(on->socket, boost::asio::dynamic_buffer(on->held), "\r\n\r\n",
                                  [this, on](const Error& error, size_t head_bytes) {
                                    if (!error) Answer(on, head_bytes);
                                  });
  }

  void Answer(const ConnectionPtr& on, size_t head_bytes) {
    constexpr std::string_view kLength = "Content-Length: ";
    size_t bytes = head_bytes;
    if (const size_t field = on->held.find(kLength); field < head_bytes) {
      bytes += std::stoul(on->held.substr(field + kLength.size()));
    }
    Error ignored;
    while (on->held.size() < bytes && !ignored) {
      boost::asio::read(on->socket, boost::asio::dynamic_buffer(on->held),
                        boost::asio::transfer_exactly(bytes - on->held.size()), ignored);
    }
    const std::string request = on->held.substr(0, bytes);
    on->held.erase(0, bytes);
    {
      const std::lock_guard lock(mutex_);
      requests_.push_back(request);
    }
    most_at_once_ = std::max<int>(most_at_once_, ++at_once_);
    on->timer.expires_after(request.find(manner_.slow) == std::string::npos
                                ? std::chrono::milliseconds(0)
                                : manner_.delay);
    on->timer.async_wait([this, on, answer = answers_(request)](const Error& cancelled) {
      if (cancelled) return;
      --at_once_;
      Error failed;
      boost::asio::write(on->socket, boost::asio::buffer(answer), failed);
      if (manner_.keeps && !failed) Serve(on);
    });
  }

  boost::asio::io_context io_;
  boost::asio::ip::tcp::acceptor acceptor_;
  const Answers answers_;
  const Manner manner_;
  mutable std::mutex mutex_;
  std::vector<std::string> requests_;  // under mutex_
  std::atomic<int> connections_{0};
  int at_once_ = 0;  // the thread's
  std::atomic<int> most_at_once_{0};
  std::thread thread_;
};

/// A whole answer of HTTP; `share`: the field Wick-Share.
inline std::string AnswerText(std::string_view status, std::string_view body,
                              std::string_view share = "1/2") {
  return fmt::format("HTTP/1.1 {}\r\nWick-Share: {}\r\nContent-Length: {}\r\n\r\n{}", status, share,
                     body.size(), body);
}

}  // namespace wick::server
