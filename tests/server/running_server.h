// A server in this process with a data directory of its own, and plain connections to it.
#pragma once

#include <stdlib.h>

#include <algorithm>
#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "catch.h"
#include "server/config.h"
#include "server/server.h"
#include "wick/client.h"
#include "wick/wire.h"

namespace wick::server {

inline constexpr uint64_t kNowMs = 1'700'000'000'000;

/// `token` empty: a client without one.
inline std::string HelloFrame(std::string_view token = "") {
  std::string frame;
  const size_t start = wire::BeginFrame(wire::RequestType(wire::Type::kHello), 1, frame);
  wire::Writer writer(frame);
  writer.U32(wire::kMagic);
  writer.U16(wire::kVersion);
  writer.Text("test");
  if (!token.empty()) writer.Text(token);
  wire::EndFrame(start, frame);
  return frame;
}

/// Asks for one price.
inline std::string LatestFrame(uint64_t request_id, uint32_t series, uint16_t flags = 0) {
  std::string frame;
  wire::AppendHeader({8, wire::RequestType(wire::Type::kLatestByIds), flags, request_id}, frame);
  wire::Writer writer(frame);
  writer.U32(1);
  writer.U32(series);
  return frame;
}

class RunningServer {
 public:
  explicit RunningServer(const std::vector<std::string>& overrides = {}) {
    char pattern[] = "/tmp/wick_server_test_XXXXXX";
    directory_ = ::mkdtemp(pattern);
    std::vector<std::string> all = {"server.http=127.0.0.1:0", "server.binary=127.0.0.1:0",
                                    "server.workers=2", "server.pin_workers=false",
                                    "storage.directory=" + directory_ + "/data"};
    all.insert(all.end(), overrides.begin(), overrides.end());
    config_ = *LoadConfig("", all);
    Start();
  }
  ~RunningServer() {
    server_.reset();
    std::filesystem::remove_all(directory_);
  }

  void Restart() {
    CHECK(server_->Stop().ok());
    server_.reset();
    Start();
  }

  Server& server() { return *server_; }
  const ServerConfig& config() const { return config_; }

  wick::Client Connect() {
    ClientOptions options;
    options.port = server_->binary().port;
    auto client = Client::Connect(options);
    REQUIRE(client.ok());
    return std::move(*client);
  }

 private:
  void Start() {
    auto started = Server::Start(config_, clock_);
    INFO(started.status().message());
    REQUIRE(started.ok());
    server_ = std::move(*started);
  }

  std::string directory_;
  ManualClock clock_{kNowMs};
  ServerConfig config_;
  std::unique_ptr<Server> server_;
};

struct Answer {
  int status = 0;
  std::string head;  // status line and fields
  std::string body;
};

/// A blocking connection that knows just enough HTTP to tell answers apart.
class Connection {
 public:
  explicit Connection(const Endpoint& endpoint) {
    socket_.connect({boost::asio::ip::make_address(endpoint.host), endpoint.port});
  }

  void Send(std::string_view bytes) { boost::asio::write(socket_, boost::asio::buffer(bytes)); }
  /// False: the other side has closed.
  bool TrySend(std::string_view bytes) {
    boost::system::error_code error;
    boost::asio::write(socket_, boost::asio::buffer(bytes), error);
    return !error;
  }
  void EndSending() { socket_.shutdown(boost::asio::ip::tcp::socket::shutdown_send); }

  /// The next answer. `head_only`: it has no body, whatever its length says. With `step_bytes` the
  /// body is taken so many bytes at a time, with a pause after each.
  Answer Receive(bool head_only = false, size_t step_bytes = SIZE_MAX,
                 std::chrono::milliseconds pause = {}) {
    const size_t head_bytes =
        boost::asio::read_until(socket_, boost::asio::dynamic_buffer(held_), "\r\n\r\n");
    Answer answer;
    answer.head = held_.substr(0, head_bytes);
    answer.status = std::stoi(answer.head.substr(9, 3));
    held_.erase(0, head_bytes);
    const size_t field = answer.head.find("Content-Length: ");
    if (field == std::string::npos || head_only) return answer;
    const size_t length = std::stoul(answer.head.substr(field + 16));
    while (held_.size() < length) {
      boost::asio::read(socket_, boost::asio::dynamic_buffer(held_),
                        boost::asio::transfer_exactly(std::min(step_bytes, length - held_.size())));
      std::this_thread::sleep_for(pause);
    }
    answer.body = held_.substr(0, length);
    held_.erase(0, length);
    return answer;
  }

  Answer Ask(std::string_view request) {
    Send(request);
    return Receive();
  }

  /// Sends a frame of the binary protocol; the header of the next one that comes, and its payload.
  wire::Header AskFrame(std::string_view frame, std::string* payload = nullptr) {
    Send(frame);
    const auto receive = [this](size_t bytes) {
      if (held_.size() >= bytes) return;
      boost::asio::read(socket_, boost::asio::dynamic_buffer(held_),
                        boost::asio::transfer_exactly(bytes - held_.size()));
    };
    receive(wire::kHeaderBytes);
    const wire::Header header = wire::ReadHeader(held_);
    receive(wire::kHeaderBytes + header.payload_bytes);
    if (payload != nullptr) *payload = held_.substr(wire::kHeaderBytes, header.payload_bytes);
    held_.erase(0, wire::kHeaderBytes + header.payload_bytes);
    return header;
  }

  /// Everything up to the end of the connection.
  std::string ReceiveAll() {
    boost::system::error_code error;
    boost::asio::read(socket_, boost::asio::dynamic_buffer(held_), error);
    CHECK(error == boost::asio::error::eof);
    return std::move(held_);
  }

 private:
  boost::asio::io_context io_;
  boost::asio::ip::tcp::socket socket_{io_};
  std::string held_;
};

inline std::string Get(std::string_view target) {
  return fmt::format("GET {} HTTP/1.1\r\nHost: test\r\n\r\n", target);
}

inline std::string WithBody(std::string_view method, std::string_view target, std::string_view body,
                            std::string_view fields = "") {
  return fmt::format("{} {} HTTP/1.1\r\nHost: test\r\n{}Content-Length: {}\r\n\r\n{}", method,
                     target, fields, body.size(), body);
}

inline std::string EventJson(std::string_view base, double price, uint64_t timestamp_ms) {
  return fmt::format(
      R"({{"baseCurrency":"{}","quoteCurrency":"USD","exchange":"Kraken","price":{},"timestampInMs":{}}})",
      base, price, timestamp_ms);
}

}  // namespace wick::server
