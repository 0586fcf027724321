// What was sent and what was acknowledged, outside of the server; after a restart, what of it must
// be there.
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "torture/event_script.h"
#include "torture/oracle.h"
#include "wick/series.h"

namespace wick::torture {

inline constexpr uint64_t kNoBatch = UINT64_MAX;

/// What came out when a series' events were counted after a restart.
struct Settlement {
  uint64_t lost = 0;                 // acknowledged events that are not there
  uint64_t surplus = 0;              // events beyond all that were sent: counted twice, or invented
  bool torn = false;                 // a batch is there in part
  uint64_t last_present = 0;         // newest batch that is there; 0: none of those in flight
  uint64_t first_absent = kNoBatch;  // oldest batch that is not there
};

/// The events of one series. Batches in flight become durable in their order, so what is there
/// after a crash is a front part of what was sent, and its length says which events it holds.
class SeriesLedger {
 public:
  SeriesLedger(Symbol symbol, const EventScript& script)
      : symbol_(std::move(symbol)), script_(script) {}

  const Symbol& symbol() const { return symbol_; }
  const SeriesOracle& oracle() const { return oracle_; }

  struct Sent {
    uint64_t number;  // of the script
    Price event;
  };
  /// The next event, from now on in flight as a part of `batch`.
  Sent Send(uint64_t batch);
  void Acknowledge(uint64_t batch) { acknowledged_ = std::max(acknowledged_, batch); }
  /// Known not to be there: the events of a whole batch, or one event.
  void WithdrawBatch(uint64_t batch);
  void WithdrawEvent(uint64_t number);
  /// Events that are there if `batch` and all before it are; duplicates not counted.
  uint64_t EventsUpTo(uint64_t batch) const;

  /// The server holds `events`: those go to the oracle, the others were never there.
  Settlement Settle(uint64_t events);

 private:
  struct InFlight {
    uint64_t number;
    Price event;
    uint64_t batch;
  };
  Symbol symbol_;
  EventScript script_;
  SeriesOracle oracle_;           // of the settled events
  std::deque<InFlight> pending_;  // sent since
  uint64_t next_ = 0;             // number of the next event
  uint64_t acknowledged_ = 0;     // newest batch
};

/// What one connection sends: series of its own, two exchanges of each pair. One thread at a time.
class ConnectionLedger {
 public:
  /// `start_ms`: time of the first event.
  ConnectionLedger(uint64_t seed, unsigned connection, uint64_t start_ms);

  struct Event {
    size_t series;  // index in series()
    SeriesLedger::Sent sent;
  };
  struct Batch {
    uint64_t number;
    std::vector<Event> events;
  };
  Batch NextBatch(size_t events);
  void Acknowledge(uint64_t batch, uint64_t events);

  std::vector<SeriesLedger>& series() { return series_; }
  const std::vector<SeriesLedger>& series() const { return series_; }
  uint64_t events_sent() const { return events_sent_; }
  uint64_t events_acknowledged() const { return events_acknowledged_; }

 private:
  std::mt19937_64 random_;
  std::vector<SeriesLedger> series_;
  uint64_t batches_ = 0;
  uint64_t events_sent_ = 0;
  uint64_t events_acknowledged_ = 0;
};

}  // namespace wick::torture
