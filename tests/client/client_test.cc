// The blocking client against a server that answers well, badly, late or not at all.
#include "wick/client.h"

#include "catch.h"
#include "client/fake_server.h"

namespace wick {
namespace {

Client Connected(const ClientOptions& options) {
  Result<Client> client = Client::Connect(options);
  INFO((client ? "" : client.error().message));
  REQUIRE(client.ok());
  return std::move(*client);
}

ErrorCode CodeOf(const Result<void>& result) {
  REQUIRE_FALSE(result.ok());
  CHECK_FALSE(result.error().message.empty());
  return result.error().code;
}

/// What the client makes of `bytes` in answer to its ping (request 2).
ErrorCode PingAnswered(std::string bytes) {
  FakeServer server([bytes](FakeSession& session) {
    session.Hello();
    session.Read();
    session.Send(bytes);
  });
  Client client = Connected(server.Options());
  return CodeOf(client.Ping());
}

void AnswerPrices(FakeSession& session, const FakeSession::Request& request, double first,
                  uint32_t count) {
  session.Reply(request, PayloadOf([&](wire::Writer writer) {
                  writer.U32(count);
                  for (uint32_t i = 0; i < count; ++i) writer.PriceRecord({first + i, 1, 2, 3});
                }));
}

}  // namespace

TEST_CASE("the client says its name and learns of the server's version and limits", "[client]") {
  std::string hello;
  const wire::Limits limits{1'000'000, 10, 20, 30};
  FakeServer server([&](FakeSession& session) { hello = session.Hello(limits).payload; });
  ClientOptions options = server.Options();
  options.name = "a test";
  options.token = "let me in";
  Client client = Connected(options);
  CHECK(client.server().server_version == "0.0.0-fake");
  CHECK(client.server().limits == limits);
  server.Stop();
  wire::Reader reader(hello);
  CHECK(reader.U32() == wire::kMagic);
  CHECK(reader.U16() == wire::kVersion);
  CHECK(reader.Text() == "a test");
  CHECK(reader.Text() == "let me in");
  CHECK(reader.AtEnd());
}

TEST_CASE("nobody listening is one clear error", "[client]") {
  ClientOptions options;
  {
    FakeServer server([](FakeSession&) {});
    options = server.Options();
  }
  const Result<Client> client = Client::Connect(options);
  REQUIRE_FALSE(client.ok());
  CHECK(client.error().code == ErrorCode::kConnectFailed);
  CHECK(client.error().message.find("127.0.0.1:" + std::to_string(options.port)) !=
        std::string::npos);
}

TEST_CASE("a name that nobody knows is one clear error", "[client]") {
  ClientOptions options;
  options.host = "no such host.invalid";
  const Result<Client> client = Client::Connect(options);
  REQUIRE_FALSE(client.ok());
  CHECK(client.error().code == ErrorCode::kConnectFailed);
}

TEST_CASE("a server that refuses hello is heard", "[client]") {
  FakeServer server([](FakeSession& session) {
    session.Send(ErrorFrame(session.Read().id(), ErrorCode::kUnsupportedVersion, "speaks 7"));
  });
  const Result<Client> client = Client::Connect(server.Options());
  REQUIRE_FALSE(client.ok());
  CHECK(client.error().code == ErrorCode::kUnsupportedVersion);
  CHECK(client.error().message.find("speaks 7") != std::string::npos);
}

TEST_CASE("a server of another version is left alone", "[client]") {
  FakeServer server([](FakeSession& session) {
    const auto hello = session.Read();
    session.Reply(hello, PayloadOf([](wire::Writer writer) {
                    writer.U16(2);
                    writer.Text("9.0");
                    for (int i = 0; i < 4; ++i) writer.U32(1);
                  }));
  });
  const Result<Client> client = Client::Connect(server.Options());
  REQUIRE_FALSE(client.ok());
  CHECK(client.error().code == ErrorCode::kUnsupportedVersion);
}

TEST_CASE("a server that speaks HTTP is no wick server", "[client]") {
  FakeServer server([](FakeSession& session) {
    session.Read();
    session.Send("HTTP/1.1 400 Bad Request\r\n\r\n");
  });
  const Result<Client> client = Client::Connect(server.Options());
  REQUIRE_FALSE(client.ok());
  CHECK(client.error().code == ErrorCode::kBadReply);
}

TEST_CASE("a server that never answers hello is a timeout", "[client]") {
  FakeServer server([](FakeSession& session) { session.WaitForEnd(); });
  ClientOptions options = server.Options();
  options.connect_timeout_ms = 20;
  const Result<Client> client = Client::Connect(options);
  REQUIRE_FALSE(client.ok());
  CHECK(client.error().code == ErrorCode::kTimeout);
}

TEST_CASE("an error frame is the call's error and the connection goes on", "[client]") {
  FakeServer server([](FakeSession& session) {
    session.Hello();
    session.Send(ErrorFrame(session.Read().id(), ErrorCode::kNotFound, "no reference for BTC"));
    session.Reply(session.Read(), "");
  });
  Client client = Connected(server.Options());
  const Result<void> removed = client.RemoveReference("BTC");
  REQUIRE_FALSE(removed.ok());
  CHECK(removed.error().code == ErrorCode::kNotFound);
  CHECK(removed.error().message == "no reference for BTC");
  CHECK(client.Ping().ok());
}

TEST_CASE("replies that are none are found out", "[client]") {
  const uint16_t ping = ReplyType(wire::Type::kPing);
  std::string oversized;
  wire::AppendHeader({wire::kPayloadBytesMax + 1, ping, 0, 2}, oversized);
  CHECK(PingAnswered(oversized) == ErrorCode::kBadReply);
  CHECK(PingAnswered(FrameOf(RequestType(wire::Type::kPing), 2, "")) == ErrorCode::kBadReply);
  CHECK(PingAnswered(FrameOf(ReplyType(wire::Type::kStatus), 2, "")) == ErrorCode::kBadReply);
  CHECK(PingAnswered(FrameOf(ping, 3, "")) == ErrorCode::kBadReply);
  CHECK(PingAnswered(FrameOf(ping, 0, "")) == ErrorCode::kBadReply);
  CHECK(PingAnswered(FrameOf(ping, 2, "", 2)) == ErrorCode::kBadReply);
  CHECK(PingAnswered(FrameOf(wire::kErrorType, 2, "x")) == ErrorCode::kBadReply);
  CHECK(PingAnswered(FrameOf(wire::kErrorType, 0, "x")) == ErrorCode::kBadReply);
}

TEST_CASE("a connection that ends within a frame is lost", "[client]") {
  CHECK(PingAnswered("") == ErrorCode::kConnectionLost);
  const std::string pong = FrameOf(ReplyType(wire::Type::kPing), 2, "payload");
  for (size_t size = 1; size < pong.size(); ++size) {
    CHECK(PingAnswered(pong.substr(0, size)) == ErrorCode::kConnectionLost);
  }
}

TEST_CASE("an error of no request is the reason of the end, then and later", "[client]") {
  FakeServer server([](FakeSession& session) {
    session.Hello();
    session.Read();
    session.Send(ErrorFrame(0, ErrorCode::kUnavailable, "going down"));
  });
  Client client = Connected(server.Options());
  CHECK(CodeOf(client.Ping()) == ErrorCode::kUnavailable);
  CHECK(CodeOf(client.Ping()) == ErrorCode::kUnavailable);
}

TEST_CASE("a late reply is not taken for that of the next request", "[client]") {
  FakeServer server([](FakeSession& session) {
    session.Hello();
    const auto status = session.Read();
    auto ping = session.Read();  // comes after the status has timed out
    session.Reply(status, "too late");
    for (; ping.type() == wire::Type::kPing; ping = session.Read()) session.Reply(ping, "");
  });
  ClientOptions options = server.Options();
  options.request_timeout_ms = 20;
  Client client = Connected(options);
  const Result<std::string> status = client.Status();
  REQUIRE_FALSE(status.ok());
  CHECK(status.error().code == ErrorCode::kTimeout);
  // A slow machine may let a ping time out, too; the next one must do.
  Result<void> ping = client.Ping();
  while (!ping) {
    REQUIRE(ping.error().code == ErrorCode::kTimeout);
    ping = client.Ping();
  }
}

TEST_CASE("a reply in several frames is joined, whatever comes in between", "[client]") {
  FakeServer server([](FakeSession& session) {
    session.Hello();
    const auto status = session.Read();
    session.Reply(status, "{\"ver", wire::kMore);
    session.Send(FrameOf(ReplyType(wire::Type::kHello), 1, "an earlier request's"));
    session.Reply(status, "", wire::kMore);
    session.Reply(status, "sion\"", wire::kMore);
    session.Reply(status, ":1}");
    session.Reply(session.Read(), "");
  });
  Client client = Connected(server.Options());
  const Result<std::string> status = client.Status();
  REQUIRE(status.ok());
  CHECK(*status == "{\"version\":1}");
  CHECK(client.Ping().ok());
}

TEST_CASE("an endless reply is cut off", "[client]") {
  FakeServer server([](FakeSession& session) {
    session.Hello();
    const auto status = session.Read();
    for (int i = 0; i < 11; ++i) session.Reply(status, std::string(100, 'x'), wire::kMore);
    session.WaitForEnd();
  });
  ClientOptions options = server.Options();
  options.reply_bytes_max = 1'000;
  Client client = Connected(options);
  const Result<std::string> status = client.Status();
  REQUIRE_FALSE(status.ok());
  CHECK(status.error().code == ErrorCode::kBadReply);
}

TEST_CASE("symbols beyond the server's limit are registered in several requests", "[client]") {
  FakeServer server([](FakeSession& session) {
    session.Hello({wire::kPayloadBytesMax, 10, 2, 10});
    session.Register(100);
    const auto last = session.Read();
    session.Reply(last, PayloadOf([](wire::Writer writer) {
                    writer.U32(1);
                    writer.U32(Raw(kNoSeries));
                    writer.U8(static_cast<uint8_t>(Refusal::kInvalidName));
                    writer.U32(1);
                    writer.U32(0);
                    writer.U8(static_cast<uint8_t>(Refusal::kInvalidName));
                    writer.Text("empty");
                  }));
  });
  Client client = Connected(server.Options());
  const std::vector<SymbolView> symbols = {{"A", "USD", "x"}, {"B", "USD", "x"}, {"", "USD", "x"}};
  const Result<wire::RegisterReply> reply = client.Register(symbols);
  REQUIRE(reply.ok());
  REQUIRE(reply->entries.size() == 3);
  CHECK(reply->entries[0].series == SeriesId{100});
  CHECK(reply->entries[1].series == SeriesId{101});
  CHECK(reply->entries[2].refusal == Refusal::kInvalidName);
  CHECK(reply->rejections == std::vector<wire::Rejection>{{2, Refusal::kInvalidName, "empty"}});
}

TEST_CASE("symbols are sent in several requests where their names fill a frame", "[client]") {
  std::vector<size_t> counts;
  FakeServer server([&](FakeSession& session) {
    session.Hello({100, 10, 1'000, 10});
    counts.push_back(session.Register(0).size());
    counts.push_back(session.Register(0).size());
  });
  Client client = Connected(server.Options());
  const std::string name(20, 'n');
  const SymbolView symbol{name, "EUR", "x"};  // 30 bytes in a frame
  const std::vector<SymbolView> symbols(4, symbol);
  CHECK(client.Register(symbols).ok());
  server.Stop();
  CHECK(counts == std::vector<size_t>{3, 1});
}

TEST_CASE("a request longer than the server's frames is refused before it is sent", "[client]") {
  FakeServer server([](FakeSession& session) {
    session.Hello({50, 10, 10, 10});
    session.Reply(session.Read(), "");
  });
  Client client = Connected(server.Options());
  CHECK(CodeOf(client.SetReference({std::string(60, 'x'), "", ""})) == ErrorCode::kTooLarge);
  CHECK(client.Ping().ok());
}

TEST_CASE(
    "ticks beyond the server's limit are sent in several requests, rejections keep their index",
    "[client]") {
  std::vector<size_t> sizes;
  FakeServer server([&](FakeSession& session) {
    session.Hello({wire::kPayloadBytesMax, 3, 10, 10});
    for (int i = 0; i < 2; ++i) {
      const auto request = session.Read();
      sizes.push_back(TicksOf(request).size());
      session.Send(IngestReplyFrame(request.id(), {1, 1, 1, {{0, Refusal::kInvalidPrice, "-1"}}}));
    }
  });
  Client client = Connected(server.Options());
  const std::vector<Tick> ticks(5);
  const Result<wire::IngestReply> reply = client.Ingest(ticks);
  REQUIRE(reply.ok());
  CHECK(*reply ==
        wire::IngestReply{
            2, 2, 2, {{0, Refusal::kInvalidPrice, "-1"}, {3, Refusal::kInvalidPrice, "-1"}}});
  server.Stop();
  CHECK(sizes == std::vector<size_t>{3, 2});
}

TEST_CASE("latest prices come in the order of ids and symbols", "[client]") {
  FakeServer server([](FakeSession& session) {
    session.Hello({wire::kPayloadBytesMax, 10, 2, 10});
    AnswerPrices(session, session.Read(), 10, 2);
    AnswerPrices(session, session.Read(), 20, 1);
    AnswerPrices(session, session.Read(), 30, 1);
    AnswerPrices(session, session.Read(), 40, 2);  // one too many
  });
  Client client = Connected(server.Options());
  const std::vector<SeriesId> ids(3);
  const Result<Gathered<Price>> by_ids = client.Latest(ids);
  REQUIRE(by_ids.ok());
  REQUIRE(by_ids->size() == 3);
  CHECK((*by_ids)[1].price == 11);
  CHECK((*by_ids)[2] == Price{20, 1, 2, 3});

  const std::vector<SymbolView> symbols = {{"BTC", "USD", "kraken"}};
  const Result<Gathered<Price>> by_symbols = client.Latest(symbols);
  REQUIRE(by_symbols.ok());
  CHECK((*by_symbols)[0].price == 30);

  const Result<Gathered<Price>> too_many = client.Latest(symbols);
  REQUIRE_FALSE(too_many.ok());
  CHECK(too_many.error().code == ErrorCode::kBadReply);
}

TEST_CASE("an empty list needs no server", "[client]") {
  FakeServer server([](FakeSession& session) {
    session.Hello();
    session.WaitForEnd();
  });
  Client client = Connected(server.Options());
  CHECK(client.Register({})->entries.empty());
  CHECK(client.Ingest({})->accepted == 0);
  CHECK(client.Latest(std::span<const SeriesId>())->empty());
}

TEST_CASE("counts that a reply cannot hold are found out before memory is taken", "[client]") {
  FakeServer server([](FakeSession& session) {
    session.Hello();
    for (auto request = session.Read(); request.header.type != 0; request = session.Read()) {
      session.Reply(request, std::string(64, '\xFF'));
    }
  });
  Client client = Connected(server.Options());
  const std::vector<SymbolView> symbols(1);
  const auto is_bad = [](const auto& result) {
    return !result.ok() && result.error().code == ErrorCode::kBadReply;
  };
  CHECK(is_bad(client.Register(symbols)));
  CHECK(is_bad(client.Latest(symbols)));
  CHECK(is_bad(client.Ingest(std::vector<Tick>(1))));
  CHECK(is_bad(client.Candles(symbols[0], {})));
  CHECK(is_bad(client.Candles(SeriesId{1}, {})));
  CHECK(is_bad(client.Exchanges()));
  CHECK(is_bad(client.Bases()));
  CHECK(is_bad(client.PricesOfBase("BTC")));
  CHECK(is_bad(client.References()));
}

TEST_CASE("a server that reads nothing until its own reply is read does not stop the client",
          "[client]") {
  // Both directions hold more than the sockets' buffers.
  const std::string filler(wire::kPayloadBytesMax, 'x');
  FakeServer server([&](FakeSession& session) {
    session.Hello();
    for (int i = 0; i < 16; ++i) session.Send(FrameOf(ReplyType(wire::Type::kHello), 1, filler));
    session.Send(IngestReplyFrame(session.Read().id(), {}));
  });
  Client client = Connected(server.Options());
  CHECK(client.Ingest(std::vector<Tick>(wire::kEventsPerIngestMax)).ok());
}

}  // namespace wick
