// A small blocking HTTP/1.1 connection with keep-alive that says when it broke, for any thread.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <optional>
#include <string>
#include <utility>

namespace wick::test {

struct HttpAnswer {
  int status = 0;
  std::string head;
  std::string body;
};

/// Asserts nothing: what broke the connection is for the caller to judge. After nullopt it is
/// spent.
class HttpConnection {
 public:
  /// To 127.0.0.1; nullopt: nobody listens.
  static std::optional<HttpConnection> Open(uint16_t port) {
    HttpConnection connection(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(connection.socket_, reinterpret_cast<const sockaddr*>(&address),
                  sizeof(address)) != 0) {
      return std::nullopt;
    }
    return connection;
  }
  ~HttpConnection() {
    if (socket_ >= 0) ::close(socket_);
  }
  HttpConnection(HttpConnection&& other) noexcept
      : socket_(std::exchange(other.socket_, -1)), received_(std::move(other.received_)) {}
  HttpConnection& operator=(HttpConnection&&) = delete;

  /// nullopt: the connection was lost before the whole answer was there.
  std::optional<HttpAnswer> Request(const std::string& method, const std::string& target,
                                    const std::string& body = "", const std::string& type = "") {
    std::string request = method + " " + target + " HTTP/1.1\r\nHost: localhost\r\n";
    if (!type.empty()) request += "Content-Type: " + type + "\r\n";
    if (method != "GET") request += "Content-Length: " + std::to_string(body.size()) + "\r\n";
    request += "\r\n" + body;
    for (size_t sent = 0; sent < request.size();) {
      const ssize_t n = ::send(socket_, request.data() + sent, request.size() - sent, MSG_NOSIGNAL);
      if (n <= 0) return std::nullopt;
      sent += static_cast<size_t>(n);
    }
    HttpAnswer answer;
    size_t end;
    while ((end = received_.find("\r\n\r\n")) == std::string::npos) {
      if (!Receive()) return std::nullopt;
    }
    answer.head = received_.substr(0, end + 2);
    received_.erase(0, end + 4);
    answer.status = std::atoi(answer.head.c_str() + 9);  // "HTTP/1.1 200"
    size_t length = 0;
    if (const size_t at = answer.head.find("Content-Length: "); at != std::string::npos) {
      length = std::strtoul(answer.head.c_str() + at + 16, nullptr, 10);
    }
    while (received_.size() < length) {
      if (!Receive()) return std::nullopt;
    }
    answer.body = received_.substr(0, length);
    received_.erase(0, length);
    return answer;
  }

 private:
  explicit HttpConnection(int socket) : socket_(socket) {}

  bool Receive() {
    char bytes[65'536];
    const ssize_t n = ::recv(socket_, bytes, sizeof(bytes), 0);
    if (n <= 0) return false;
    received_.append(bytes, static_cast<size_t>(n));
    return true;
  }

  int socket_;
  std::string received_;
};

}  // namespace wick::test
