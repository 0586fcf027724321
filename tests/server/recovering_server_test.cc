// Between listening and serving.
#include <string>

#include "running_server.h"

namespace wick::server {
namespace {

bool Contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

/// A server that listens and has not recovered.
class ListeningServer {
 public:
  ListeningServer() {
    char pattern[] = "/tmp/wick_server_test_XXXXXX";
    directory_ = ::mkdtemp(pattern);
    const std::vector<std::string> settings = {
        "server.http=127.0.0.1:0", "server.binary=127.0.0.1:0", "server.workers=2",
        "server.pin_workers=false", "storage.directory=" + directory_ + "/data"};
    auto listening = Server::Listen(*LoadConfig("", settings), clock_);
    INFO(listening.status().message());
    REQUIRE(listening.ok());
    server_ = std::move(*listening);
  }
  ~ListeningServer() {
    server_.reset();
    std::filesystem::remove_all(directory_);
  }
  Server& server() { return *server_; }
  const std::string& directory() const { return directory_; }

 private:
  std::string directory_;
  ManualClock clock_{kNowMs};
  std::unique_ptr<Server> server_;
};

TEST_CASE(
    "before it has recovered a server answers probes and refuses the rest, losing no connection",
    "[server][recovering]") {
  ListeningServer listening;
  Connection http(listening.server().http());
  CHECK(http.Ask(Get("/healthz")).status == 200);
  const Answer ready = http.Ask(Get("/readyz"));
  CHECK(ready.status == 503);
  CHECK(Contains(ready.body, R"("code":"recovering")"));
  CHECK(Contains(ready.body, "recovering: storage"));
  const std::string event = WithBody("POST", "/v1/events", EventJson("BTC", 1, kNowMs));
  for (const std::string& request :
       {event, Get("/v1/status"), Get("/metrics"), Get("/v1/nowhere"),
        Get("/v1/latest?symbol=Kraken:BTC/USD"), WithBody("POST", "/v1/admin/checkpoint", "")}) {
    const Answer refused = http.Ask(request);
    CAPTURE(request, refused.body);
    CHECK(refused.status == 503);
    CHECK(Contains(refused.body, R"("code":"recovering")"));
    CHECK(Contains(refused.head, "Retry-After: 1\r\n"));
  }
  ClientOptions options;
  options.port = listening.server().binary().port;
  const auto refused = Client::Connect(options);
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().code == ErrorCode::kRecovering);
  Connection binary(listening.server().binary());
  CHECK(binary.AskFrame(HelloFrame()).type == wire::kErrorType);
  // Nobody looks into an engine that is not there, whatever follows hello or comes instead of it.
  for (const std::string& frames : {LatestFrame(2, 0), HelloFrame() + LatestFrame(2, 0)}) {
    Connection impatient(listening.server().binary());
    impatient.Send(frames);
    impatient.EndSending();
    CHECK(wire::ReadHeader(impatient.ReceiveAll()).type == wire::kErrorType);
  }

  REQUIRE(listening.server().Recover().ok());
  CHECK(http.Ask(Get("/readyz")).status == 200);
  CHECK(http.Ask(event).status == 200);
  CHECK(Contains(http.Ask(Get("/v1/status")).body, R"("state":"ready")"));
  CHECK(binary.AskFrame(HelloFrame()).type == wire::ReplyType(wire::Type::kHello));
  CHECK(Client::Connect(options).ok());
}

TEST_CASE("a server that cannot recover says why and can be stopped", "[server][recovering]") {
  ListeningServer listening;
  std::filesystem::create_directory(listening.directory() + "/data");
  std::filesystem::create_directory(listening.directory() + "/data/CURRENT");
  Connection http(listening.server().http());
  CHECK(http.Ask(Get("/healthz")).status == 200);
  const absl::Status failed = listening.server().Recover();
  REQUIRE_FALSE(failed.ok());
  CHECK(Contains(Message(failed), listening.directory()));
  CHECK(http.Ask(Get("/readyz")).status == 503);
  CHECK(listening.server().Stop().ok());
}

}  // namespace
}  // namespace wick::server
