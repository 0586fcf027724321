// A connection that must hold: the test fails where it breaks.
#pragma once

#include <string>

#include "catch.h"
#include "integration/http_connection.h"

namespace wick::test {

class HttpClient {
 public:
  explicit HttpClient(uint16_t port) : connection_(HttpConnection::Open(port)) {
    REQUIRE(connection_.has_value());
  }

  HttpAnswer Get(const std::string& target) { return Request("GET", target, "", ""); }
  HttpAnswer Post(const std::string& target, const std::string& body,
                  const std::string& type = "application/json") {
    return Request("POST", target, body, type);
  }

  HttpAnswer Request(const std::string& method, const std::string& target, const std::string& body,
                     const std::string& type) {
    auto answer = connection_->Request(method, target, body, type);
    REQUIRE(answer.has_value());
    return std::move(*answer);
  }

 private:
  std::optional<HttpConnection> connection_;
};

}  // namespace wick::test
