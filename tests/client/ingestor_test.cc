// Batches in flight: acknowledged out of order, refused as a whole or in part.
#include <atomic>

#include "client/ingestor_fixture.h"

namespace wick {

TEST_CASE("batches are reported in the order the server answers", "[client][ingestor]") {
  FakeServer server([](FakeSession& session) {
    session.Hello();
    session.Register(7);
    std::vector<FakeSession::Request> batches;
    for (int i = 0; i < 3; ++i) batches.push_back(session.Read());
    // All three are here before the first answer, or the reads above would never end.
    for (int i = 2; i >= 0; --i) Accept(session, batches[static_cast<size_t>(i)]);
    session.WaitForEnd();
  });
  Reports reports;
  Ingestor ingestor = Connected(server, Batches(2, 3), reports);
  for (uint64_t i = 0; i < 6; ++i) REQUIRE(ingestor.Add(Event("kraken", i + 1)).ok());
  REQUIRE(ingestor.Flush().ok());
  REQUIRE(reports.all.size() == 3);
  CHECK(reports.all[0].first_event == 4);
  CHECK(reports.all[1].first_event == 2);
  CHECK(reports.all[2].first_event == 0);
  for (const BatchReport& report : reports.all) {
    CHECK(report.events == 2);
    CHECK(report.accepted == 2);
    CHECK_FALSE(report.error);
  }
  CHECK(ingestor.events() == 6);
  CHECK(ingestor.reconnects() == 0);
}

TEST_CASE("no more batches than asked for are in flight", "[client][ingestor]") {
  FakeServer server([&](FakeSession& session) {
    session.Hello();
    session.Register(0);
    // Each answer but the last two makes room for the batch that is read after it.
    auto first = session.Read();
    auto second = session.Read();
    for (int i = 0; i < 8; ++i) {
      Accept(session, first);
      first = std::move(second);
      second = session.Read();
    }
    Accept(session, first);
    Accept(session, second);
    session.WaitForEnd();
  });
  Reports reports;
  Ingestor ingestor = Connected(server, Batches(1, 2), reports);
  for (uint64_t i = 0; i < 10; ++i) {
    REQUIRE(ingestor.Add(Event("kraken", i + 1)).ok());
    CHECK(ingestor.events() - reports.all.size() <= 3);  // two in flight, one being added to
  }
  REQUIRE(ingestor.Flush().ok());
  CHECK(reports.all.size() == 10);
}

TEST_CASE("names are registered once, those of a batch together", "[client][ingestor]") {
  std::vector<std::vector<std::string>> registered;
  std::vector<Tick> ticks;
  FakeServer server([&](FakeSession& session) {
    session.Hello();
    const auto take = [&] {
      const auto batch = session.Read();
      for (const Tick& tick : TicksOf(batch)) ticks.push_back(tick);
      Accept(session, batch);
    };
    registered.push_back(session.Register(10));
    take();
    take();
    registered.push_back(session.Register(20));
    take();
    session.WaitForEnd();
  });
  Reports reports;
  {
    Ingestor ingestor = Connected(server, Batches(100, 1), reports);
    for (const char* exchange : {"a", "b", "a"}) REQUIRE(ingestor.Add(Event(exchange, 1)).ok());
    REQUIRE(ingestor.Flush().ok());
    REQUIRE(ingestor.Add(Event("b", 2)).ok());
    REQUIRE(ingestor.Flush().ok());
    REQUIRE(ingestor.Add(Event("c", 3)).ok());
    REQUIRE(ingestor.Add(Event("b", 3)).ok());
    REQUIRE(ingestor.Flush().ok());
  }
  server.Stop();
  CHECK(registered == std::vector<std::vector<std::string>>{{"a", "b"}, {"c"}});
  std::vector<uint32_t> series;
  for (const Tick& tick : ticks) series.push_back(tick.series);
  CHECK(series == std::vector<uint32_t>{10, 11, 10, 11, 20, 11});
  CHECK(PriceOf(ticks[3]) == Price{1.5, 2, 3, 2});
}

TEST_CASE("names beyond the server's limit are registered in several requests",
          "[client][ingestor]") {
  std::vector<size_t> counts;
  FakeServer server([&](FakeSession& session) {
    session.Hello({wire::kPayloadBytesMax, 100, 2, 10});
    for (int i = 0; i < 3; ++i) counts.push_back(session.Register(0).size());
    Accept(session, session.Read());
    session.WaitForEnd();
  });
  Reports reports;
  {
    Ingestor ingestor = Connected(server, Batches(100, 1), reports);
    for (const char* exchange : {"a", "b", "c", "d", "e"}) {
      REQUIRE(ingestor.Add(Event(exchange, 1)).ok());
    }
    REQUIRE(ingestor.Flush().ok());
  }
  server.Stop();
  CHECK(counts == std::vector<size_t>{2, 2, 1});
}

TEST_CASE("events of refused names are rejected, the others keep their index",
          "[client][ingestor]") {
  size_t sent = 0;
  FakeServer server([&](FakeSession& session) {
    session.Hello();
    const auto names = session.Read();  // good, bad
    session.Reply(names, PayloadOf([](wire::Writer writer) {
                    writer.U32(2);
                    writer.U32(5);
                    writer.U8(0);
                    writer.U32(Raw(kNoSeries));
                    writer.U8(static_cast<uint8_t>(Refusal::kInvalidName));
                    writer.U32(1);
                    writer.U32(1);
                    writer.U8(static_cast<uint8_t>(Refusal::kInvalidName));
                    writer.Text("a ':' in the exchange");
                  }));
    const auto batch = session.Read();
    sent = TicksOf(batch).size();
    session.Send(IngestReplyFrame(
        batch.id(),
        {1, 0, 2, {{1, Refusal::kInvalidPrice, "b"}, {2, Refusal::kInvalidPrice, "c"}}}));
    session.WaitForEnd();
  });
  Reports reports;
  {
    Ingestor ingestor = Connected(server, Batches(100, 1), reports);
    //                           0       1       2       3       4
    for (const char* exchange : {"good", "b:ad", "good", "b:ad", "good"}) {
      REQUIRE(ingestor.Add(Event(exchange, 1)).ok());
    }
    REQUIRE(ingestor.Flush().ok());
    // Nothing of the next batch can be sent: it is reported without the server.
    REQUIRE(ingestor.Add(Event("b:ad", 1)).ok());
    REQUIRE(ingestor.Flush().ok());
  }
  server.Stop();
  CHECK(sent == 3);
  REQUIRE(reports.all.size() == 2);
  CHECK(reports.all[0].accepted == 1);
  CHECK(reports.all[0].rejected == 4);
  CHECK(reports.all[0].rejections ==
        std::vector<wire::Rejection>{{1, Refusal::kInvalidName, "a ':' in the exchange"},
                                     {2, Refusal::kInvalidPrice, "b"},
                                     {3, Refusal::kInvalidName, "a ':' in the exchange"},
                                     {4, Refusal::kInvalidPrice, "c"}});
  CHECK(reports.all[1].rejected == 1);
  CHECK(reports.all[1].first_event == 5);
}

TEST_CASE("a batch the server refuses is reported with the reason, the next one is sent",
          "[client][ingestor]") {
  FakeServer server([](FakeSession& session) {
    session.Hello();
    session.Register(0);
    session.Send(ErrorFrame(session.Read().id(), ErrorCode::kStorageFull, "no space left"));
    Accept(session, session.Read());
    session.WaitForEnd();
  });
  Reports reports;
  Ingestor ingestor = Connected(server, Batches(1, 1), reports);
  REQUIRE(ingestor.Add(Event("kraken", 1)).ok());
  REQUIRE(ingestor.Add(Event("kraken", 2)).ok());
  REQUIRE(ingestor.Flush().ok());
  REQUIRE(reports.all.size() == 2);
  REQUIRE(reports.all[0].error);
  CHECK(reports.all[0].error->code == ErrorCode::kStorageFull);
  CHECK(reports.all[0].accepted == 0);
  CHECK(reports.all[1].accepted == 1);
}

TEST_CASE("a batch whose names the server cannot register now is reported with the reason",
          "[client][ingestor]") {
  FakeServer server([](FakeSession& session) {
    session.Hello();
    session.Send(ErrorFrame(session.Read().id(), ErrorCode::kUnavailable, "starting"));
    session.Register(0);
    Accept(session, session.Read());
    session.WaitForEnd();
  });
  Reports reports;
  Ingestor ingestor = Connected(server, Batches(10, 1), reports);
  REQUIRE(ingestor.Add(Event("kraken", 1)).ok());
  REQUIRE(ingestor.Flush().ok());
  REQUIRE(ingestor.Add(Event("kraken", 2)).ok());
  REQUIRE(ingestor.Flush().ok());
  REQUIRE(reports.all.size() == 2);
  REQUIRE(reports.all[0].error);
  CHECK(reports.all[0].error->code == ErrorCode::kUnavailable);
  CHECK(reports.all[1].accepted == 1);
}

TEST_CASE("Send puts a part of a batch on its way without waiting for the answer",
          "[client][ingestor]") {
  std::atomic<bool> read{false};
  FakeServer server([&](FakeSession& session) {
    session.Hello();
    session.Register(0);
    const auto batch = session.Read();
    read = true;
    read.notify_one();
    Accept(session, batch);
    session.WaitForEnd();
  });
  Reports reports;
  Ingestor ingestor = Connected(server, Batches(100, 4), reports);
  REQUIRE(ingestor.Add(Event("kraken", 1)).ok());
  REQUIRE(ingestor.Send().ok());
  read.wait(false);
  while (reports.all.empty()) REQUIRE(ingestor.Send().ok());
  CHECK(reports.all[0].accepted == 1);
}

}  // namespace wick
