// What the tests of the ingestor share.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "catch.h"
#include "client/fake_server.h"
#include "wick/client.h"

namespace wick {

struct Reports {
  std::vector<BatchReport> all;
  Ingestor::Report Callback() {
    return [this](const BatchReport& report) { all.push_back(report); };
  }
};

inline IngestorOptions Batches(uint32_t events, uint32_t in_flight) {
  IngestorOptions options;
  options.batch_events = events;
  options.in_flight_batches = in_flight;
  options.backoff_ms = 1;
  return options;
}

inline Ingestor Connected(const FakeServer& server, const IngestorOptions& options,
                          Reports& reports, ClientOptions client) {
  client.port = server.Options().port;
  Result<Ingestor> ingestor = Ingestor::Connect(client, options, reports.Callback());
  REQUIRE(ingestor.ok());
  return std::move(*ingestor);
}

inline Ingestor Connected(const FakeServer& server, const IngestorOptions& options,
                          Reports& reports) {
  return Connected(server, options, reports, ClientOptions{});
}

/// An event whose timestamp tells it apart.
inline PriceEvent Event(std::string exchange, uint64_t timestamp_ms) {
  return {{"BTC", "USD", std::move(exchange)}, {1.5, 2, 3, timestamp_ms}};
}

inline void Accept(FakeSession& session, const FakeSession::Request& request) {
  session.Send(
      IngestReplyFrame(request.id(), {static_cast<uint32_t>(TicksOf(request).size()), 0, 0, {}}));
}

/// Answers whatever comes: registers from `first_id` on, accepts every batch and records its ticks.
inline void Serve(FakeSession& session, uint32_t first_id, std::vector<Tick>& ticks) {
  session.Hello();
  for (auto request = session.Read(); request.header.type != 0; request = session.Read()) {
    if (request.type() == wire::Type::kRegister) {
      const uint32_t count = wire::Reader(request.payload).U32();
      session.Reply(request, PayloadOf([&](wire::Writer writer) {
                      writer.U32(count);
                      for (uint32_t i = 0; i < count; ++i) {
                        writer.U32(first_id + i);
                        writer.U8(0);
                      }
                      writer.U32(0);
                    }));
      first_id += count;
    } else {
      for (const Tick& tick : TicksOf(request)) ticks.push_back(tick);
      Accept(session, request);
    }
  }
}

}  // namespace wick
