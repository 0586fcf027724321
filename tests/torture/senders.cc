#include "torture/senders.h"

#include <fmt/format.h>

#include <charconv>
#include <map>
#include <optional>

#include "integration/http_connection.h"
#include "torture/check.h"
#include "wick/client.h"

namespace wick::torture {
namespace {

constexpr std::chrono::milliseconds kAfterRefusal{20};

bool IsOfServer(const ClientError& error) { return static_cast<uint16_t>(error.code) < 0xFF00; }

void AppendNumber(double value, std::string& text) {
  char digits[32];
  text.append(digits, std::to_chars(digits, std::end(digits), value).ptr);
}

std::string JsonOf(const ConnectionLedger& ledger, const ConnectionLedger::Batch& batch) {
  std::string json = "[";
  for (const auto& [series, sent] : batch.events) {
    const Symbol& symbol = ledger.series()[series].symbol();
    if (json.size() > 1) json += ',';
    json += fmt::format(
        R"({{"baseCurrency":"{}","quoteCurrency":"{}","exchange":"{}","timestampInMs":{},"price":)",
        symbol.base_currency, symbol.quote_currency, symbol.exchange, sent.event.timestamp_ms);
    AppendNumber(sent.event.price, json);
    json += R"(,"baseVolumeLast24h":)";
    AppendNumber(sent.event.base_volume_last_24h, json);
    json += R"(,"quoteVolumeLast24h":)";
    AppendNumber(sent.event.quote_volume_last_24h, json);
    json += '}';
  }
  return json + "]";
}

ClientOptions OptionsOf(uint16_t port) {
  ClientOptions options;
  options.port = port;
  return options;
}

/// After a refused batch its events are either in the server's memory or nowhere: what is nowhere
/// will not come. False: the server is gone.
bool Resolve(Client& client, ConnectionLedger& ledger, uint64_t batch) {
  for (SeriesLedger& series : ledger.series()) {
    const auto events = CountEvents(client, series.symbol());
    if (!events) return false;
    if (*events < series.EventsUpTo(batch)) series.WithdrawBatch(batch);
  }
  return true;
}

}  // namespace

Senders::Senders(const Server& server, std::vector<ConnectionLedger>& ledgers, const Load& load,
                 uint64_t seed)
    : load_(load),
      http_port_(server.http_port()),
      binary_port_(server.binary_port()),
      refusals_(ledgers.size()) {
  for (size_t i = 0; i < ledgers.size(); ++i) {
    threads_.emplace_back([this, i, &ledger = ledgers[i], own_seed = seed * 100 + i] {
      switch (load_.connections[i]) {
        case How::kBinary:
          return RunBinary(ledger, refusals_[i], own_seed);
        case How::kPipelined:
          return RunPipelined(ledger, refusals_[i], own_seed);
        case How::kHttp:
          return RunHttp(ledger, refusals_[i], own_seed);
      }
    });
  }
}

void Senders::Stop() {
  stop_ = true;
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

void Senders::Acknowledged(Refusals& refusals) {
  ++acknowledged_;
  if (refusals.batches > 0) ++refusals.acknowledged_after;
}

void Senders::Refused(Refusals& refusals, const std::string& message) {
  if (refusals.batches++ == 0) refusals.first = message;
  ++refused_;
}

void Senders::Pause(std::mt19937_64& random, uint64_t events_sent) const {
  if (load_.events_per_second_max != UINT64_MAX) {
    const double seconds =
        static_cast<double>(events_sent) / static_cast<double>(load_.events_per_second_max);
    std::this_thread::sleep_until(started_ +
                                  std::chrono::microseconds(static_cast<int64_t>(seconds * 1e6)));
  } else {
    std::this_thread::sleep_for(load_.pause_max * static_cast<long>(random() % 100) / 100);
  }
}

void Senders::RunBinary(ConnectionLedger& ledger, Refusals& refusals, uint64_t seed) {
  std::mt19937_64 random(seed);
  const uint64_t sent_before = ledger.events_sent();
  auto client = Client::Connect(OptionsOf(binary_port_));
  if (!client) return;
  std::vector<SymbolView> symbols;
  for (const SeriesLedger& series : ledger.series()) symbols.push_back(series.symbol());
  const auto registered = client->Register(symbols);
  if (!registered) return;
  while (!stop_.load()) {
    const auto batch = ledger.NextBatch(1 + random() % load_.events_per_batch_max);
    std::vector<Tick> ticks;
    for (const auto& [series, sent] : batch.events) {
      ticks.push_back(TickOf(registered->entries[series].series, sent.event));
    }
    const auto reply = client->Ingest(ticks);
    if (reply) {
      if (reply->rejections.size() != reply->rejected)
        refusals.problem = "not every rejected event was named";
      for (const auto& rejection : reply->rejections) {
        const auto& [series, sent] = batch.events[rejection.index];
        ledger.series()[series].WithdrawEvent(sent.number);
      }
      refusals.events_rejected += reply->rejected;
      if (reply->accepted + reply->duplicates + reply->rejected != ticks.size()) {
        refusals.problem = "the counts of an acknowledgement do not sum up to what was sent";
      }
      ledger.Acknowledge(batch.number, ticks.size() - reply->rejected);
      Acknowledged(refusals);
    } else {
      if (!IsOfServer(reply.error())) return;
      Refused(refusals, reply.error().message);
      if (!Resolve(*client, ledger, batch.number)) return;
      std::this_thread::sleep_for(kAfterRefusal);
    }
    Pause(random, ledger.events_sent() - sent_before);
  }
}

void Senders::RunPipelined(ConnectionLedger& ledger, Refusals& refusals, uint64_t seed) {
  std::mt19937_64 random(seed);
  const uint64_t sent_before = ledger.events_sent();
  std::map<uint64_t, uint64_t> batches;  // first event, as the ingestor counts -> batch
  IngestorOptions options;
  options.batch_events =
      static_cast<uint32_t>(load_.events_per_batch_max + 1);  // sent by Send() only
  options.reconnects = 0;
  auto ingestor =
      Ingestor::Connect(OptionsOf(binary_port_), options, [&](const BatchReport& report) {
        const auto batch = batches.find(report.first_event);
        if (report.error) {
          Refused(refusals, report.error->message);
        } else if (batch == batches.end() || report.accepted + report.duplicates != report.events) {
          refusals.problem = "an acknowledgement does not fit to a batch";
        } else {
          ledger.Acknowledge(batch->second, report.events);
          Acknowledged(refusals);
        }
        if (batch != batches.end()) batches.erase(batch);
      });
  if (!ingestor) return;
  while (!stop_.load() && refusals.batches == 0) {
    const auto batch = ledger.NextBatch(1 + random() % load_.events_per_batch_max);
    batches[ingestor->events()] = batch.number;
    for (const auto& [series, sent] : batch.events) {
      if (!ingestor->Add(ledger.series()[series].symbol(), sent.event)) return;
    }
    if (!ingestor->Send()) return;
    Pause(random, ledger.events_sent() - sent_before);
  }
  if (const auto flushed = ingestor->Flush(); !flushed) return;
}

void Senders::RunHttp(ConnectionLedger& ledger, Refusals& refusals, uint64_t seed) {
  std::mt19937_64 random(seed);
  const uint64_t sent_before = ledger.events_sent();
  auto connection = test::HttpConnection::Open(http_port_);
  if (!connection) return;
  while (!stop_.load()) {
    const auto batch = ledger.NextBatch(1 + random() % load_.events_per_batch_max);
    const auto answer =
        connection->Request("POST", "/v1/events", JsonOf(ledger, batch), "application/json");
    if (!answer) return;
    if (answer->status == 200) {
      if (answer->body.find(R"("rejected":0)") == std::string::npos)
        refusals.problem = answer->body;
      ledger.Acknowledge(batch.number, batch.events.size());
      Acknowledged(refusals);
    } else {
      if (answer->status != 503 && answer->status != 507) {
        refusals.problem = fmt::format("HTTP {}: {}", answer->status, answer->body);
      }
      Refused(refusals, fmt::format("HTTP {}: {}", answer->status, answer->body));
      auto client = Client::Connect(OptionsOf(binary_port_));
      if (!client || !Resolve(*client, ledger, batch.number)) return;
      std::this_thread::sleep_for(kAfterRefusal);
    }
    Pause(random, ledger.events_sent() - sent_before);
  }
}

std::vector<ConnectionLedger> MakeLedgers(uint64_t seed, const Load& load, uint64_t start_ms) {
  std::vector<ConnectionLedger> ledgers;
  for (unsigned i = 0; i < load.connections.size(); ++i) ledgers.emplace_back(seed, i, start_ms);
  return ledgers;
}

}  // namespace wick::torture
