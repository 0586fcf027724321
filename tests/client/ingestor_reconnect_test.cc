// Connections that are lost, late or broken while batches are in flight.
#include <map>
#include <memory>

#include "client/ingestor_fixture.h"

namespace wick {

TEST_CASE("after a lost connection names are registered again and unanswered batches sent again",
          "[client][ingestor]") {
  std::vector<Tick> again;
  FakeServer server(std::vector<FakeServer::Script>{
      [](FakeSession& session) {
        session.Hello();
        session.Register(10);  // a
        const auto first = session.Read();
        session.Register(11);  // b
        session.Read();
        Accept(session, first);
        session.Read();
        // The second and the third are not answered.
      },
      [](FakeSession&) {},  // no hello
      [&](FakeSession& session) { Serve(session, 500, again); },
  });
  Reports reports;
  {
    Ingestor ingestor = Connected(server, Batches(1, 3), reports);
    REQUIRE(ingestor.Add(Event("a", 1)).ok());
    REQUIRE(ingestor.Add(Event("b", 2)).ok());
    REQUIRE(ingestor.Add(Event("a", 3)).ok());
    REQUIRE(ingestor.Flush().ok());
    CHECK(ingestor.reconnects() == 1);
    CHECK(ingestor.resent() == 2);
  }
  server.Stop();
  REQUIRE(reports.all.size() == 3);
  std::map<uint64_t, uint32_t> accepted;
  for (const BatchReport& report : reports.all) accepted[report.first_event] = report.accepted;
  CHECK(accepted == std::map<uint64_t, uint32_t>{{0, 1}, {1, 1}, {2, 1}});
  REQUIRE(again.size() == 2);
  CHECK(+again[0].timestamp_ms == 2);  // references to them would be misaligned
  CHECK(+again[0].series == 500);
  CHECK(+again[1].timestamp_ms == 3);
  CHECK(+again[1].series == 501);
}

TEST_CASE("a batch that is not answered in time is sent again on a new connection",
          "[client][ingestor]") {
  std::vector<Tick> ticks;
  FakeServer server(std::vector<FakeServer::Script>{
      [](FakeSession& session) {
        session.Hello();
        session.WaitForEnd();
      },
      [&](FakeSession& session) { Serve(session, 0, ticks); },
  });
  ClientOptions client;
  client.request_timeout_ms = 50;
  IngestorOptions options = Batches(10, 1);
  options.reconnects = 1'000;  // a slow machine may need more than one
  Reports reports;
  {
    Ingestor ingestor = Connected(server, options, reports, client);
    REQUIRE(ingestor.Add(Event("kraken", 1)).ok());
    REQUIRE(ingestor.Flush().ok());
    CHECK(ingestor.reconnects() >= 1);
  }
  REQUIRE(reports.all.size() == 1);
  CHECK(reports.all[0].accepted == 1);
}

TEST_CASE("an ingestor that gave up keeps its batches and tries again when asked",
          "[client][ingestor]") {
  std::vector<Tick> ticks;
  std::vector<FakeServer::Script> scripts = {[](FakeSession& session) { session.Hello(); }};
  for (int i = 0; i < 3; ++i) scripts.push_back([](FakeSession&) {});
  scripts.push_back([&](FakeSession& session) { Serve(session, 0, ticks); });
  FakeServer server(std::move(scripts));
  IngestorOptions options = Batches(10, 2);
  options.reconnects = 3;
  Reports reports;
  {
    Ingestor ingestor = Connected(server, options, reports);
    REQUIRE(ingestor.Add(Event("kraken", 1)).ok());
    const Result<void> failed = ingestor.Flush();
    REQUIRE_FALSE(failed.ok());
    CHECK(failed.error().code == ErrorCode::kConnectionLost);
    CHECK(failed.error().message.find("gave up after 3 reconnects") != std::string::npos);
    CHECK(reports.all.empty());
    CHECK(server.connections() == 4);

    REQUIRE(ingestor.Flush().ok());
    REQUIRE(reports.all.size() == 1);
  }
  server.Stop();
  CHECK(ticks.size() == 1);
}

TEST_CASE("an event is not taken while the server is gone and all batches are unanswered",
          "[client][ingestor]") {
  auto server = std::make_unique<FakeServer>([](FakeSession& session) { session.Hello(); });
  IngestorOptions options = Batches(1, 1);
  options.reconnects = 2;
  Reports reports;
  Ingestor ingestor = Connected(*server, options, reports);
  server.reset();
  // One batch is in flight, one is full: there is room for no third one, however often it is tried.
  for (uint64_t i = 1; i <= 10; ++i) {
    const uint64_t before = ingestor.events();
    const bool taken = ingestor.Add(Event("kraken", i)).ok();
    CHECK(ingestor.events() == before + taken);
  }
  CHECK(ingestor.events() == 2);
  CHECK(reports.all.empty());
}

TEST_CASE("replies that are none end the ingestor's connection without another try",
          "[client][ingestor]") {
  FakeServer server([](FakeSession& session) {
    session.Hello();
    session.Register(0);
    session.Reply(session.Read(), "?");
    session.WaitForEnd();
  });
  Reports reports;
  {
    Ingestor ingestor = Connected(server, Batches(10, 1), reports);
    REQUIRE(ingestor.Add(Event("kraken", 1)).ok());
    const Result<void> failed = ingestor.Flush();
    REQUIRE_FALSE(failed.ok());
    CHECK(failed.error().code == ErrorCode::kBadReply);
  }
  CHECK(server.connections() == 1);
}

}  // namespace wick
