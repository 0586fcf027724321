// Tokens on a running server, over both protocols.
#include <chrono>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "protocol/binary_replies.h"
#include "protocol/http_routes.h"
#include "protocol/scope.h"
#include "running_server.h"
#include "server/token_file.h"
#include "wick/wire.h"

namespace wick::server {
namespace {

using protocol::Scope;

/// A server with one token of each scope.
class GuardedServer {
 public:
  explicit GuardedServer(std::vector<std::string> overrides = {}) {
    for (const protocol::ScopeName& scope : protocol::kScopeNames) {
      Add(std::string(scope.name), std::string(scope.name));
    }
    overrides.push_back("auth.tokens=" + file_);
    running_.emplace(overrides);
  }
  ~GuardedServer() {
    running_.reset();
    std::filesystem::remove_all(directory_);
  }

  void Add(const std::string& name, const std::string& scopes) {
    const auto token = AddToken(file_, name, *ParseScopes(scopes));
    REQUIRE(token.ok());
    tokens_[name] = *token;
  }
  void Remove(const std::string& name) { REQUIRE(RemoveToken(file_, name).ok()); }
  void Reload() { running_->server().Reload(); }

  const std::string& file() const { return file_; }
  const std::string& token(const std::string& name) const { return tokens_.at(name); }
  Server& server() { return running_->server(); }

  Result<Client> Connect(std::optional<std::string> token) {
    ClientOptions options;
    options.port = server().binary().port;
    options.token = std::move(token);
    return Client::Connect(options);
  }
  Client MustConnect(const std::string& name) {
    auto client = Connect(token(name));
    REQUIRE(client.ok());
    return std::move(*client);
  }

 private:
  static std::string MakeDirectory() {
    char pattern[] = "/tmp/wick_auth_test_XXXXXX";
    return ::mkdtemp(pattern);
  }

  const std::string directory_ = MakeDirectory();
  const std::string file_ = directory_ + "/tokens";
  std::map<std::string, std::string> tokens_;
  std::optional<RunningServer> running_;
};

std::string Request(std::string_view method, std::string_view target, std::string_view token,
                    std::string_view body = "") {
  return WithBody(method, target, body,
                  token.empty() ? "" : fmt::format("Authorization: Bearer {}\r\n", token));
}

/// The answer on a connection of its own: a refusal closes it.
Answer AskOnce(GuardedServer& guarded, std::string_view request) {
  Connection http(guarded.server().http());
  return http.Ask(request);
}

std::string Concrete(std::string_view path) {
  std::string concrete(path);
  if (const size_t base = concrete.find("{base}"); base != std::string::npos) {
    concrete.replace(base, 6, "BTC");
  }
  return concrete;
}

const std::string kUnknown = "wick_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

bool IsRefusal(int status) { return status == 401 || status == 403; }

}  // namespace

TEST_CASE("every route lets in the tokens of its scope and nobody else", "[server][auth]") {
  GuardedServer guarded;
  for (const protocol::HttpRouteInfo& route : protocol::HttpRoutes()) {
    CAPTURE(route.method, route.path);
    const std::string target = Concrete(route.path);
    const auto status = [&](std::string_view token) {
      return AskOnce(guarded, Request(route.method, target, token)).status;
    };
    if (route.scope == Scope::kNone) {
      CHECK_FALSE(IsRefusal(status("")));
      CHECK_FALSE(IsRefusal(status(kUnknown)));
      continue;
    }
    CHECK(status("") == 401);
    CHECK(status(kUnknown) == 401);
    for (const protocol::ScopeName& scope : protocol::kScopeNames) {
      INFO(scope.name);
      const int got = status(guarded.token(std::string(scope.name)));
      if (scope.scope == route.scope) {
        CHECK_FALSE(IsRefusal(got));
      } else {
        CHECK(got == 403);
      }
    }
  }
}

TEST_CASE("every type of frame lets in the tokens of its scope and nobody else", "[server][auth]") {
  GuardedServer guarded;
  for (const protocol::ScopeName& scope : protocol::kScopeNames) {
    const std::string token = guarded.token(std::string(scope.name));
    for (uint16_t type = 2; protocol::ScopeOfBinary(type) != Scope::kToken || type == 2; ++type) {
      CAPTURE(scope.name, type);
      std::string frames = HelloFrame(token);
      wire::EndFrame(wire::BeginFrame(type, 2, frames), frames);  // with an empty payload
      Connection raw(guarded.server().binary());
      raw.Send(frames);
      raw.EndSending();
      std::string_view replies;
      const std::string all = raw.ReceiveAll();
      replies = all;
      REQUIRE(replies.size() >= wire::kHeaderBytes);
      const wire::Header first = wire::ReadHeader(replies);
      CHECK(first.type == wire::ReplyType(wire::Type::kHello));
      replies.remove_prefix(wire::kHeaderBytes + first.payload_bytes);
      REQUIRE(replies.size() >= wire::kHeaderBytes);
      const wire::Header second = wire::ReadHeader(replies);
      replies.remove_prefix(wire::kHeaderBytes);
      const bool forbidden =
          second.type == wire::kErrorType &&
          wire::Reader(replies).U16() == static_cast<uint16_t>(ErrorCode::kForbidden);
      const Scope needed = protocol::ScopeOfBinary(type);
      CHECK(forbidden == (needed != scope.scope && needed != Scope::kToken));
    }
  }
}

TEST_CASE("a refusal says what is missing, in the words of RFC 6750", "[server][auth]") {
  GuardedServer guarded;
  const Answer nothing = AskOnce(guarded, Get("/v1/status"));
  CHECK(nothing.status == 401);
  CHECK(nothing.head.find("\r\nWWW-Authenticate: Bearer\r\n") != std::string::npos);
  CHECK(nothing.head.find("\r\nContent-Type: application/problem+json\r\n") != std::string::npos);
  CHECK(nothing.body.find(R"("code":"unauthorized")") != std::string::npos);

  const Answer unknown = AskOnce(guarded, Request("GET", "/v1/status", kUnknown));
  CHECK(unknown.status == 401);
  CHECK(unknown.body.find(kUnknown) == std::string::npos);

  const Answer scope = AskOnce(guarded, Request("GET", "/v1/status", guarded.token("ingest")));
  CHECK(scope.status == 403);
  CHECK(scope.head.find("WWW-Authenticate") == std::string::npos);
  CHECK(scope.body.find("the scope read") != std::string::npos);

  CHECK(AskOnce(guarded, Get("/v1/nowhere")).status == 401);  // nobody learns what there is
  CHECK(AskOnce(guarded, Request("GET", "/v1/nowhere", guarded.token("ingest"))).status == 404);
}

TEST_CASE("only a whole Bearer field with a whole token counts", "[server][auth]") {
  GuardedServer guarded;
  const std::string token = guarded.token("read");
  const auto status = [&](const std::string& fields) {
    return AskOnce(guarded, WithBody("GET", "/v1/status", "", fields)).status;
  };
  CHECK(status("Authorization: Bearer " + token + "\r\n") == 200);
  CHECK(status("authorization: bearer  " + token + "\r\n") == 200);
  CHECK(status("Authorization: " + token + "\r\n") == 401);
  CHECK(status("Authorization: Basic " + token + "\r\n") == 401);
  CHECK(status("Authorization: Bearer\r\n") == 401);
  CHECK(status("Authorization: Bearer " + token + "x\r\n") == 401);
  CHECK(status("Authorization: Bearer " + token.substr(0, token.size() - 1) + "\r\n") == 401);
  CHECK(status("Authorization: Bearer " + token + " x\r\n") == 401);
  CHECK(status("Authorization: Bearer x\r\nAuthorization: Bearer " + token + "\r\n") == 400);
}

TEST_CASE("a token counts for its own request, not for the next one on the connection",
          "[server][auth]") {
  GuardedServer guarded;
  Connection http(guarded.server().http());
  CHECK(http.Ask(Request("GET", "/v1/status", guarded.token("read"))).status == 200);
  CHECK(http.Ask(Request("GET", "/v1/status", guarded.token("read"))).status == 200);
  CHECK(http.Ask(Request("POST", "/v1/admin/checkpoint", guarded.token("admin"))).status == 200);
  CHECK(http.Ask(Get("/v1/status")).status == 401);
}

TEST_CASE("a body that nobody may send is refused before it is there", "[server][auth]") {
  GuardedServer guarded;
  for (const char* body : {"Content-Length: 67108864\r\n", "Transfer-Encoding: chunked\r\n",
                           "Expect: 100-continue\r\nContent-Length: 67108864\r\n"}) {
    INFO(body);
    Connection http(guarded.server().http());
    http.Send(fmt::format("POST /v1/events HTTP/1.1\r\nHost: test\r\n{}\r\n", body));
    const Answer answer = http.Receive();
    CHECK(answer.status == 401);
    CHECK(answer.head.find("Connection: close") != std::string::npos);
  }
}

TEST_CASE("hello without a known token is refused and the connection closed", "[server][auth]") {
  GuardedServer guarded;
  for (const std::optional<std::string>& token :
       {std::optional<std::string>(), std::optional<std::string>(""),
        std::optional<std::string>(kUnknown)}) {
    const auto refused = guarded.Connect(token);
    REQUIRE_FALSE(refused.ok());
    CHECK(refused.error().code == ErrorCode::kUnauthorized);
    CHECK(refused.error().message.find(kUnknown) == std::string::npos);
  }
  CHECK(guarded.Connect(guarded.token("read")).ok());
}

TEST_CASE("a request beyond the token's scope leaves the connection as it was", "[server][auth]") {
  GuardedServer guarded;
  Client reader = guarded.MustConnect("read");
  CHECK(reader.Ping().ok());
  const auto checkpoint = reader.Checkpoint();
  REQUIRE_FALSE(checkpoint.ok());
  CHECK(checkpoint.error().code == ErrorCode::kForbidden);
  CHECK(checkpoint.error().message.find("the scope admin") != std::string::npos);
  CHECK(reader.Status().ok());
}

TEST_CASE("a token taken back ends its live connections, and no others", "[server][auth]") {
  GuardedServer guarded;
  Client reader = guarded.MustConnect("read");
  Client feeder = guarded.MustConnect("ingest");
  Connection http(guarded.server().http());
  const std::string status = Request("GET", "/v1/status", guarded.token("read"));
  CHECK(http.Ask(status).status == 200);
  CHECK(reader.Status().ok());

  guarded.Remove("read");
  CHECK(reader.Status().ok());  // nothing was read again yet
  guarded.Reload();
  const auto refused = reader.Status();
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().code == ErrorCode::kUnauthorized);
  CHECK(http.Ask(status).status == 401);
  CHECK(feeder.Ping().ok());
  CHECK_FALSE(guarded.Connect(guarded.token("read")).ok());
}

TEST_CASE("a silent connection of a token that was taken back is closed as well",
          "[server][auth]") {
  GuardedServer guarded;
  Connection raw(guarded.server().binary());
  raw.Send(HelloFrame(guarded.token("read")));
  guarded.Remove("read");
  guarded.Reload();
  CHECK(raw.ReceiveAll().find("the token") != std::string::npos);  // ends by itself
}

TEST_CASE("an upload whose token is taken back on the way is refused and not applied",
          "[server][auth]") {
  GuardedServer guarded;
  const std::string body = EventJson("BTC", 1, kNowMs);
  const std::string head = fmt::format(
      "POST /v1/events HTTP/1.1\r\nHost: test\r\nAuthorization: Bearer {}\r\n"
      "Expect: 100-continue\r\nContent-Length: {}\r\n\r\n",
      guarded.token("ingest"), body.size());
  Connection ended(guarded.server().http());
  CHECK(ended.Ask(head).status == 100);  // so the header was judged
  Connection endless(guarded.server().http());
  CHECK(endless.Ask(head).status == 100);
  guarded.Remove("ingest");
  guarded.Reload();
  CHECK(ended.Ask(body).status == 401);
  CHECK(endless.Receive().status == 401);  // by itself
  CHECK(AskOnce(guarded, Request("GET", "/v1/latest?symbol=Kraken:BTC/USD", guarded.token("read")))
            .status == 404);
}

TEST_CASE("a refused HEAD has no body", "[server][auth]") {
  GuardedServer guarded;
  Connection http(guarded.server().http());
  http.Send("HEAD /v1/status HTTP/1.1\r\nHost: test\r\n\r\n");
  const std::string all = http.ReceiveAll();
  CHECK(all.starts_with("HTTP/1.1 401 "));
  CHECK(all.find("\r\n\r\n") == all.size() - 4);
}

TEST_CASE("a frame that waited for memory waits no more when its token was taken back",
          "[server][auth]") {
  using namespace std::chrono_literals;
  GuardedServer guarded({"limits.max_event_body=2MiB", "limits.max_buffered_requests=1MiB",
                         "limits.min_body_rate=1B", "limits.linger_timeout=1d"});
  Connection numbers(guarded.server().http());
  const auto buffered = [&] {
    const std::string page = numbers.Ask(Request("GET", "/metrics", guarded.token("read"))).body;
    const std::string name = "\nwick_buffered_request_bytes ";
    return std::stod(page.substr(page.find(name) + name.size()));
  };
  const auto began = std::chrono::steady_clock::now();
  Connection body(guarded.server().http());
  body.Send(
      fmt::format("POST /v1/events HTTP/1.1\r\nHost: test\r\nAuthorization: Bearer {}\r\n"
                  "Content-Length: 2000000\r\n\r\n{}",
                  guarded.token("ingest"), std::string(1'500'000, ' ')));
  while (buffered() < 1'400'000) std::this_thread::sleep_for(1ms);
  Connection frame(guarded.server().binary());
  std::string bytes = HelloFrame(guarded.token("admin"));
  wire::AppendHeader({1'000'000, wire::RequestType(wire::Type::kLatestByIds), 0, 2}, bytes);
  frame.Send(bytes + std::string(60'000, ' '));
  std::this_thread::sleep_for(500ms);  // it waits for what the body holds
  guarded.Remove("admin");
  guarded.Reload();
  CHECK(frame.ReceiveAll().find("the token") != std::string::npos);  // and stays connected
  if (std::chrono::steady_clock::now() - began > 8s) {
    WARN("too slow to tell who was waited for");
    return;
  }
  while (std::chrono::steady_clock::now() - began < 13s) {  // longer than a body may be waited for
    body.Send(" ");
    std::this_thread::sleep_for(100ms);
  }
  CHECK(buffered() > 1'400'000);  // nobody waits for it
}

TEST_CASE("a new token is let in, and a changed scope counts at once", "[server][auth]") {
  GuardedServer guarded;
  Client reader = guarded.MustConnect("read");
  guarded.Add("new", "admin");
  CHECK_FALSE(guarded.Connect(guarded.token("new")).ok());
  std::ifstream in(guarded.file());
  std::string text{std::istreambuf_iterator<char>(in), {}};
  text.replace(text.find("read read "), 10, "read read,admin ");
  std::ofstream(guarded.file()) << text;
  guarded.Reload();
  CHECK(guarded.Connect(guarded.token("new")).ok());
  CHECK(reader.Checkpoint().ok());
}

TEST_CASE("a broken token file changes nothing", "[server][auth]") {
  GuardedServer guarded;
  Client reader = guarded.MustConnect("read");
  std::ofstream(guarded.file()) << "nonsense\n";
  guarded.Reload();
  CHECK(reader.Status().ok());
  std::filesystem::remove(guarded.file());
  guarded.Reload();
  CHECK(reader.Status().ok());
  CHECK(guarded.Connect(guarded.token("ingest")).ok());
}

TEST_CASE("refusals are counted by what they had", "[server][auth]") {
  GuardedServer guarded;
  AskOnce(guarded, Get("/v1/status"));
  AskOnce(guarded, Get("/v1/status"));
  AskOnce(guarded, Request("GET", "/v1/status", kUnknown));
  AskOnce(guarded, Request("GET", "/v1/status", guarded.token("admin")));
  CHECK_FALSE(guarded.Connect(kUnknown).ok());
  const std::string page = AskOnce(guarded, Request("GET", "/metrics", guarded.token("read"))).body;
  CHECK(page.find("wick_auth_refused_total{had=\"nothing\"} 2\n") != std::string::npos);
  CHECK(page.find("wick_auth_refused_total{had=\"unknown_token\"} 2\n") != std::string::npos);
  CHECK(page.find("wick_auth_refused_total{had=\"too_little_scope\"} 1\n") != std::string::npos);
}

TEST_CASE("an address that others can reach needs TLS and tokens, or to be meant",
          "[server][auth]") {
  const SystemClock clock;
  char pattern[] = "/tmp/wick_auth_test_XXXXXX";
  const std::string directory = ::mkdtemp(pattern);
  const auto start = [&](std::vector<std::string> more) {
    std::vector<std::string> all = {"server.http=127.0.0.1:0", "server.binary=127.0.0.1:0",
                                    "server.workers=1", "server.pin_workers=false",
                                    "storage.directory=" + directory + "/data"};
    all.insert(all.end(), more.begin(), more.end());
    return Server::Start(*LoadConfig("", all), clock).status();
  };
  CHECK(start({}).ok());
  CHECK(start({"server.http=[::1]:0", "server.binary=127.1.2.3:0"}).ok());
  const absl::Status http = start({"server.http=0.0.0.0:0"});
  CHECK(Message(http) ==
        "server.http = 0.0.0.0:0: other machines could reach it, and neither tls.certificate nor "
        "auth.tokens is set; set both (docs/security.md), listen on 127.0.0.1, or, where the "
        "network itself is guarded, set server.insecure = true");
  CHECK(Message(start({"server.binary=[::]:0"})).starts_with("server.binary = [::]:0: "));
  REQUIRE(AddToken(directory + "/tokens", "a", *ParseScopes("read")).ok());
  CHECK(Message(start({"server.http=0.0.0.0:0", "auth.tokens=" + directory + "/tokens"}))
            .find("and tls.certificate is not set") != std::string::npos);
  CHECK(start({"server.http=0.0.0.0:0", "server.insecure=true"}).ok());
  std::filesystem::remove_all(directory);
}

TEST_CASE("browsers are answered by the rules of the configuration", "[server][auth]") {
  RunningServer running(
      {"http.cors_origins=https://app.example.com", "http.hosts=wick.example.com"});
  const auto ask = [&](const std::string& request) {
    Connection http(running.server().http());
    return http.Ask(request);
  };
  const std::string friendly = "Origin: https://app.example.com\r\n";
  const Answer preflight = ask("OPTIONS /v1/events HTTP/1.1\r\nHost: localhost\r\n" + friendly +
                               "Access-Control-Request-Method: "
                               "POST\r\nAccess-Control-Request-Headers: authorization\r\n\r\n");
  CHECK(preflight.status == 204);
  for (const char* field :
       {"\r\nAccess-Control-Allow-Origin: https://app.example.com\r\n", "\r\nVary: Origin\r\n",
        "\r\nAccess-Control-Allow-Methods: GET, HEAD, POST, PUT, DELETE\r\n",
        "\r\nAccess-Control-Allow-Headers: Authorization, Content-Type\r\n"}) {
    INFO(field);
    CHECK(preflight.head.find(field) != std::string::npos);
  }
  const Answer posted = ask(WithBody("POST", "/v1/events", EventJson("BTC", 1, kNowMs), friendly));
  CHECK(posted.status == 200);
  CHECK(posted.head.find("\r\nAccess-Control-Allow-Origin: https://app.example.com\r\n") !=
        std::string::npos);
  const Answer wrong = ask(WithBody("POST", "/v1/latest", "nonsense", friendly));
  CHECK(wrong.status == 400);  // and the page gets to see why
  CHECK(wrong.head.find("\r\nAccess-Control-Allow-Origin: ") != std::string::npos);

  const Answer foreign = ask(
      WithBody("POST", "/v1/events", EventJson("BTC", 2, kNowMs), "Origin: https://evil.com\r\n"));
  CHECK(foreign.status == 403);
  CHECK(foreign.head.find("Access-Control") == std::string::npos);
  CHECK(ask("GET /v1/status HTTP/1.1\r\nHost: evil.com\r\n\r\n").status == 403);
  CHECK(ask("GET /v1/status HTTP/1.1\r\nHost: wick.example.com:8080\r\n\r\n").status == 200);
  const Answer plain = ask(Get("/v1/status"));
  CHECK(plain.status == 200);
  CHECK(plain.head.find("Access-Control") == std::string::npos);
}

TEST_CASE("a preflight needs no token, what it announces does", "[server][auth]") {
  GuardedServer guarded;
  const Answer foreign =
      AskOnce(guarded,
              "OPTIONS /v1/events HTTP/1.1\r\nHost: test\r\nOrigin: https://a.example\r\n"
              "Access-Control-Request-Method: POST\r\n\r\n");
  CHECK(foreign.status == 403);
  CHECK(AskOnce(guarded, "OPTIONS /v1/events HTTP/1.1\r\nHost: test\r\n\r\n").status == 401);
}

}  // namespace wick::server
