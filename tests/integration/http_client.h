// A small blocking HTTP/1.1 client on one keep-alive connection.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>
#include <string_view>

#include "catch.h"

namespace wick::test {

struct HttpAnswer {
  int status = 0;
  std::string head;
  std::string body;
};

class HttpClient {
 public:
  explicit HttpClient(uint16_t port) {
    socket_ = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0);
  }
  ~HttpClient() { ::close(socket_); }
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  HttpAnswer Get(const std::string& target) { return Request("GET", target, "", ""); }
  HttpAnswer Post(const std::string& target, const std::string& body,
                  const std::string& type = "application/json") {
    return Request("POST", target, body, type);
  }

  HttpAnswer Request(const std::string& method, const std::string& target, const std::string& body,
                     const std::string& type) {
    std::string request = method + " " + target + " HTTP/1.1\r\nHost: localhost\r\n";
    if (!type.empty()) request += "Content-Type: " + type + "\r\n";
    if (method != "GET") request += "Content-Length: " + std::to_string(body.size()) + "\r\n";
    request += "\r\n" + body;
    size_t sent = 0;
    while (sent < request.size()) {
      const ssize_t n = ::send(socket_, request.data() + sent, request.size() - sent, MSG_NOSIGNAL);
      REQUIRE(n > 0);
      sent += static_cast<size_t>(n);
    }
    HttpAnswer answer;
    size_t end;
    while ((end = received_.find("\r\n\r\n")) == std::string::npos) Receive();
    answer.head = received_.substr(0, end + 2);
    received_.erase(0, end + 4);
    answer.status = std::stoi(answer.head.substr(9, 3));
    size_t length = 0;
    if (const size_t at = answer.head.find("Content-Length: "); at != std::string::npos) {
      length = std::stoul(answer.head.substr(at + 16));
    }
    while (received_.size() < length) Receive();
    answer.body = received_.substr(0, length);
    received_.erase(0, length);
    return answer;
  }

 private:
  void Receive() {
    char bytes[65'536];
    const ssize_t n = ::recv(socket_, bytes, sizeof(bytes), 0);
    REQUIRE(n > 0);
    received_.append(bytes, static_cast<size_t>(n));
  }

  int socket_;
  std::string received_;
};

}  // namespace wick::test
