#include "server/http_reader.h"

#include <string>
#include <vector>

#include "catch.h"

namespace wick::server {
namespace {

using State = HttpReader::State;

/// Gives `bytes` to a reader in pieces of `piece` bytes, as a session does. Stops at the first
/// whole or failed message; what was not taken is left in `rest`.
State Feed(HttpReader& reader, std::string_view bytes, size_t piece, std::string& rest) {
  std::string held;
  State state = State::kNeedMore;
  while (state == State::kNeedMore && !bytes.empty()) {
    held += bytes.substr(0, piece);
    bytes.remove_prefix(std::min(piece, bytes.size()));
    size_t consumed = 0;
    state = reader.Put(held, consumed);
    held.erase(0, consumed);
  }
  rest = held + std::string(bytes);
  return state;
}

State Feed(HttpReader& reader, std::string_view bytes) {
  std::string rest;
  return Feed(reader, bytes, bytes.size(), rest);
}

/// Status of the refusal of `bytes`, whatever the size of the pieces they come in.
int RefusalOf(std::string_view bytes, const HttpLimits& limits = {}) {
  int status = 0;
  for (size_t piece : {bytes.size(), size_t{1}, size_t{7}}) {
    HttpReader reader(limits);
    std::string rest;
    INFO("pieces of " << piece << " bytes");
    CHECK(Feed(reader, bytes, piece, rest) == State::kFailed);
    CHECK((status == 0 || status == reader.problem().status));
    status = reader.problem().status;
  }
  return status;
}

TEST_CASE("requests are read one after the other, however the bytes are cut", "[server][http]") {
  const std::string bytes =
      "GET /v1/latest?symbol=a HTTP/1.1\r\nHost: x\r\n\r\n"
      "POST /v1/events?ack=none HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-ndjson\r\n"
      "Content-Length: 5\r\n\r\nhello"
      "POST /v1/latest HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
      "3\r\nabc\r\n2;extension=1;b=\"\t\"\r\nde\r\n0\r\nTrailer: t\r\n\r\n"
      "HEAD / HTTP/1.0\r\n\r\n";
  for (size_t piece = 1; piece <= bytes.size(); ++piece) {
    INFO("pieces of " << piece << " bytes");
    HttpReader reader(HttpLimits{});
    std::string rest = bytes;

    REQUIRE(Feed(reader, std::string(rest), piece, rest) == State::kWhole);
    CHECK(reader.message().method == "GET");
    CHECK(reader.message().target == "/v1/latest?symbol=a");
    CHECK(reader.message().body.empty());
    CHECK(reader.message().keep_alive);
    reader.Next();

    REQUIRE(Feed(reader, std::string(rest), piece, rest) == State::kWhole);
    CHECK(reader.message().method == "POST");
    CHECK(reader.message().content_type == "application/x-ndjson");
    CHECK(reader.message().body == "hello");
    reader.Next();

    REQUIRE(Feed(reader, std::string(rest), piece, rest) == State::kWhole);
    CHECK(reader.message().content_type.empty());
    CHECK(reader.message().body == "abcde");
    reader.Next();

    REQUIRE(Feed(reader, std::string(rest), piece, rest) == State::kWhole);
    CHECK(reader.message().method == "HEAD");
    CHECK(reader.message().http_1_0);
    CHECK_FALSE(reader.message().keep_alive);
    CHECK(rest.empty());
  }
}

TEST_CASE("what another node sent on is told from what a client sent", "[server][http]") {
  HttpReader reader({});
  for (const auto& [field, forwarded] : {std::pair<const char*, bool>{"Wick-Forwarded: 1", true},
                                         {"X-Forwarded: 1", false},
                                         {"wick-forwarded: yes", true},
                                         {"Wick-Forwarded-For: 1", false}}) {
    CAPTURE(field);
    REQUIRE(Feed(reader, std::string("GET / HTTP/1.1\r\nHost: x\r\n") + field + "\r\n\r\n") ==
            State::kWhole);
    CHECK(reader.message().forwarded == forwarded);
    reader.Next();
    CHECK_FALSE(reader.message().forwarded);
  }
}

TEST_CASE("keep-alive follows version and Connection field", "[server][http]") {
  const auto keeps = [](std::string_view head) {
    HttpReader reader(HttpLimits{});
    REQUIRE(Feed(reader, std::string(head) + "\r\n\r\n") == State::kWhole);
    return reader.message().keep_alive;
  };
  CHECK(keeps("GET / HTTP/1.1\r\nHost: x"));
  CHECK_FALSE(keeps("GET / HTTP/1.1\r\nHost: x\r\nConnection: close"));
  CHECK_FALSE(keeps("GET / HTTP/1.0"));
  CHECK(keeps("GET / HTTP/1.0\r\nConnection: keep-alive"));
}

TEST_CASE("a request whose end is ambiguous is refused", "[server][http]") {
  const std::string post = "POST /v1/events HTTP/1.1\r\nHost: x\r\n";
  CHECK(RefusalOf(post + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\nabc") == 400);
  CHECK(RefusalOf(post + "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\nabc") == 400);
  CHECK(RefusalOf(post + "Transfer-Encoding: gzip\r\n\r\n") == 400);
  CHECK(RefusalOf(post + "Transfer-Encoding: gzip, chunked\r\n\r\n") == 400);
  CHECK(RefusalOf(post + "Transfer-Encoding: gzip\r\nContent-Length: 3\r\n\r\n") == 400);
  CHECK(RefusalOf(post + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n") ==
        400);
  CHECK(RefusalOf(post + "Content-Length: 3\r\nContent-Length: 4\r\n\r\n") == 400);
  CHECK(RefusalOf(post + "Content-Length: -3\r\n\r\n") == 400);
  CHECK(RefusalOf(post + "Content-Length: 99999999999999999999\r\n\r\n") == 400);
  CHECK(RefusalOf("POST /v1/events HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n") ==
        400);
}

TEST_CASE("a body whose length can be read in two ways is refused", "[server][http]") {
  const std::string post = "POST /v1/events HTTP/1.1\r\nHost: x\r\n";
  CHECK(RefusalOf(post + "Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc") == 400);
  for (const char* length : {"3, 3", "+3", "0x3", "3;", "", "3 3", "3,", "-0"}) {
    CAPTURE(length);
    CHECK(RefusalOf(post + "Content-Length: " + length + "\r\n\r\nabc") == 400);
  }
  for (const char* encoding : {"identity", "chunked, identity", "identity, chunked", "xchunked",
                               "chunked,", "\"chunked\"", "chunked;q=1", ""}) {
    CAPTURE(encoding);
    CHECK(RefusalOf(post + "Transfer-Encoding: " + encoding + "\r\n\r\n0\r\n\r\n") == 400);
  }
  const std::string chunked = post + "Transfer-Encoding: chunked\r\n\r\n";
  for (const char* chunk :
       {"-1\r\na\r\n", "+1\r\na\r\n", " 1\r\na\r\n", "0x1\r\na\r\n\r\n", "1 1\r\na\r\n",
        "g\r\na\r\n", "\r\na\r\n", "fffffffffffffffff\r\na\r\n", "1\na\r\n0\r\n\r\n",
        "1\r\nab\r\n0\r\n\r\n", "1\r\na0\r\n\r\n\r\n", "1;\"\r\na\r\n0\r\n\r\n",
        "0\r\nTrailer : x\r\n\r\n", "1;a=\"\n\"\r\na\r\n0\r\n\r\n",
        "1;a=\"\x01\"\r\na\r\n0\r\n\r\n", "1\r\na\r\n0;a=\"\n\"\r\n\r\n"}) {
    CAPTURE(chunk);
    CHECK(RefusalOf(chunked + chunk) == 400);
  }
}

TEST_CASE("a last chunk that is the first may come in any pieces", "[server][http]") {
  const std::string head = "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (const char* end : {"0\r\n\r\n", "0;ext\r\n\r\n", "0\r\nTrailer: x\r\n\r\n", "000\r\n\r\n"}) {
    const std::string bytes = head + end;
    for (size_t piece = 1; piece <= bytes.size(); ++piece) {
      CAPTURE(end, piece);
      HttpReader reader(HttpLimits{});
      std::string rest;
      CHECK(Feed(reader, bytes, piece, rest) == State::kWhole);
      CHECK(reader.message().body.empty());
      CHECK(rest.empty());
    }
  }
}

TEST_CASE("a header whose lines can be read in two ways is refused", "[server][http]") {
  const std::string get = "GET / HTTP/1.1\r\n";
  CHECK(RefusalOf(get + "Host: x\r\n folded\r\n\r\n") == 400);
  CHECK(RefusalOf(get + "Host: x\r\nA: b\r\n\tTransfer-Encoding: chunked\r\n\r\n") == 400);
  CHECK(RefusalOf(get + " Host: x\r\n\r\n") == 400);
  CHECK(RefusalOf("GET / HTTP/1.1\nHost: x\n\n") == 400);
  CHECK(RefusalOf(get + "Host: x\n\r\n") == 400);
  CHECK(RefusalOf(get + "Host: x\r\nA: b\nContent-Length: 5\r\n\r\n") == 400);
  CHECK(RefusalOf(get + "Host: x\rContent-Length: 5\r\n\r\n") == 400);
  CHECK(RefusalOf(get + "Host : x\r\n\r\n") == 400);
  CHECK(RefusalOf(get + "Host: x\r\nContent-Length\t: 1\r\n\r\n") == 400);
  CHECK(RefusalOf(get + ": x\r\nHost: x\r\n\r\n") == 400);
  CHECK(RefusalOf(get + "Host: x\r\nno colon\r\n\r\n") == 400);
  using namespace std::string_literals;
  CHECK(RefusalOf(get + "Host: x\r\nA: b\0c\r\n\r\n"s) == 400);
  CHECK(RefusalOf(get + "Host: x\r\nA\0: b\r\n\r\n"s) == 400);
  CHECK(RefusalOf("GET /\0 HTTP/1.1\r\nHost: x\r\n\r\n"s) == 400);
  CHECK(RefusalOf("GET / HTTP/1.1 \r\nHost: x\r\n\r\n") == 400);
  CHECK(RefusalOf("GET\t/ HTTP/1.1\r\nHost: x\r\n\r\n") == 400);
  CHECK(RefusalOf("GET / http/1.1\r\nHost: x\r\n\r\n") == 400);
  CHECK(RefusalOf("\nGET / HTTP/1.1\r\nHost: x\r\n\r\n") == 400);
}

TEST_CASE("the host of an absolute target is that of the Host field", "[server][http]") {
  CHECK(RefusalOf("GET http://a/ HTTP/1.1\r\nHost: b\r\n\r\n") == 400);
  CHECK(RefusalOf("GET http://a:80/ HTTP/1.1\r\nHost: a\r\n\r\n") == 400);
  CHECK(RefusalOf("GET http://u@a/ HTTP/1.1\r\nHost: a\r\n\r\n") == 400);
  HttpReader reader(HttpLimits{});
  CHECK(Feed(reader, "GET http://A:80?q HTTP/1.1\r\nHost: a:80\r\n\r\n") == State::kWhole);
  CHECK(reader.message().host == "a:80");
  reader.Next();
  CHECK(Feed(reader, "GET /http://b/ HTTP/1.1\r\nHost: a\r\n\r\n") == State::kWhole);
}

TEST_CASE("bytes that are no HTTP are refused", "[server][http]") {
  CHECK(RefusalOf("\x16\x03\x01\x02 hello TLS\r\n\r\n") == 400);
  CHECK(RefusalOf("GET / HTTP/2.0\r\nHost: x\r\n\r\n") == 400);
  CHECK(RefusalOf("GET  / HTTP/1.1\r\nHost: x\r\n\r\n") == 400);
  CHECK(RefusalOf("GET / HTTP/1.1\r\nHost : x\r\n\r\n") == 400);
  CHECK(RefusalOf("GET / HTTP/1.1\r\nHost: x\nBad: y\r\n\r\n") == 400);
  CHECK(RefusalOf("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n\r\n") ==
        400);
}

TEST_CASE("an HTTP/1.1 request has exactly one Host", "[server][http]") {
  CHECK(RefusalOf("GET / HTTP/1.1\r\n\r\n") == 400);
  CHECK(RefusalOf("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n") == 400);
  HttpReader reader(HttpLimits{});
  CHECK(Feed(reader, "GET / HTTP/1.0\r\n\r\n") == State::kWhole);
}

TEST_CASE("a body has its target's limit, known from its length or found on the way",
          "[server][http]") {
  const HttpLimits limits{.event_body_bytes_max = 8, .body_bytes_max = 4};
  const std::string fields = " HTTP/1.1\r\nHost: x\r\n";
  const auto post = [&](const char* target, const char* length, const char* body) {
    return "POST " + std::string(target) + fields + "Content-Length: " + length + "\r\n\r\n" + body;
  };
  HttpReader reader(limits);
  REQUIRE(Feed(reader, post("/v1/events?ack=none", "8", "12345678")) == State::kWhole);
  reader.Next();
  REQUIRE(Feed(reader, post("http://x/v1/events", "8", "12345678")) == State::kWhole);
  reader.Next();
  REQUIRE(Feed(reader, post("/v1/latest", "4", "1234")) == State::kWhole);

  CHECK(RefusalOf(post("/v1/events", "9", ""), limits) == 413);
  CHECK(RefusalOf(post("/v1/latest", "5", ""), limits) == 413);
  CHECK(RefusalOf(post("/v1/eventsx", "5", ""), limits) == 413);
  CHECK(RefusalOf(post("http://x?/v1/events", "5", ""), limits) == 413);
  CHECK(RefusalOf("POST /v1/latest" + fields +
                      "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n",
                  limits) == 413);
}

TEST_CASE("a header that is too long is refused, even if it trickles in", "[server][http]") {
  const HttpLimits limits;
  const std::string long_value(limits.header_bytes_max, 'v');
  CHECK(RefusalOf("GET / HTTP/1.1\r\nHost: x\r\nA: " + long_value + "\r\n\r\n") == 431);
  CHECK(RefusalOf("GET /" + long_value + " HTTP/1.1\r\nHost: x\r\n\r\n") == 431);
  std::string many = "GET / HTTP/1.1\r\nHost: x\r\n";
  while (many.size() < limits.header_bytes_max + 4'096)
    many += "Field: " + std::string(100, 'v') + "\r\n";
  CHECK(RefusalOf(many + "\r\n") == 431);

  const HttpLimits less{.header_bytes_max = 256};
  const std::string get = "GET / HTTP/1.1\r\nHost: x\r\nA: ";
  CHECK(RefusalOf(get + std::string(300, 'v') + "\r\n\r\n", less) == 431);
  HttpReader reader(less);
  CHECK(Feed(reader, get + std::string(200, 'v') + "\r\n\r\n") == State::kWhole);
}

TEST_CASE("an encoded body is refused, an unencoded one is not", "[server][http]") {
  const std::string head = "POST /v1/events HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n";
  CHECK(RefusalOf(head + "Content-Encoding: gzip\r\n\r\n1") == 415);
  HttpReader reader(HttpLimits{});
  CHECK(Feed(reader, head + "Content-Encoding: identity\r\n\r\n1") == State::kWhole);
}

TEST_CASE("a client that waits is told to go on, once, and one that does not wait is not",
          "[server][http]") {
  const std::string head =
      "POST /v1/events HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n";
  HttpReader reader(HttpLimits{});
  CHECK_FALSE(reader.TakeContinue());
  REQUIRE(Feed(reader, head) == State::kNeedMore);
  CHECK(reader.TakeContinue());
  CHECK_FALSE(reader.TakeContinue());
  REQUIRE(Feed(reader, "12") == State::kWhole);
  reader.Next();

  REQUIRE(Feed(reader, head + "1") == State::kNeedMore);
  CHECK_FALSE(reader.TakeContinue());
}

TEST_CASE("empty lines between requests are skipped", "[server][http]") {
  HttpReader reader(HttpLimits{});
  std::string rest;
  CHECK(Feed(reader, "\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n", 1, rest) == State::kWhole);
  CHECK(reader.message().target == "/");
}

}  // namespace
}  // namespace wick::server
