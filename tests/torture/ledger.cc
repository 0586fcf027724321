#include "torture/ledger.h"

#include <algorithm>

namespace wick::torture {
namespace {

constexpr unsigned kPairsPerConnection = 2;

}  // namespace

SeriesLedger::Sent SeriesLedger::Send(uint64_t batch) {
  const Sent sent{next_, script_.EventAt(next_)};
  pending_.push_back({sent.number, sent.event, batch});
  ++next_;
  return sent;
}

void SeriesLedger::WithdrawBatch(uint64_t batch) {
  std::erase_if(pending_, [&](const InFlight& each) { return each.batch == batch; });
}

void SeriesLedger::WithdrawEvent(uint64_t number) {
  std::erase_if(pending_, [&](const InFlight& each) { return each.number == number; });
}

uint64_t SeriesLedger::EventsUpTo(uint64_t batch) const {
  Price latest = oracle_.latest();
  uint64_t events = oracle_.events();
  for (const InFlight& each : pending_) {
    if (each.batch > batch) break;
    if (each.event == latest) continue;
    ++events;
    if (each.event.timestamp_ms >= latest.timestamp_ms) latest = each.event;
  }
  return events;
}

Settlement SeriesLedger::Settle(uint64_t events) {
  Settlement result;
  const uint64_t acknowledged = EventsUpTo(acknowledged_);
  const uint64_t sent = EventsUpTo(kNoBatch);
  result.lost = acknowledged > events ? acknowledged - events : 0;
  result.surplus = events > sent ? events - sent : 0;
  while (!pending_.empty()) {
    const InFlight& next = pending_.front();
    if (!oracle_.IsDuplicate(next.event)) {
      if (oracle_.events() == events) {
        result.first_absent = next.batch;
        next_ = next.number;
        break;
      }
      oracle_.Apply(next.event);
      result.last_present = next.batch;
    }
    pending_.pop_front();
  }
  result.torn = result.last_present == result.first_absent;
  pending_.clear();
  return result;
}

ConnectionLedger::ConnectionLedger(uint64_t seed, unsigned connection, uint64_t start_ms)
    : random_(seed * 1'000 + connection) {
  for (unsigned pair = 0; pair < kPairsPerConnection; ++pair) {
    const std::string base = "C" + std::to_string(connection) + "P" + std::to_string(pair);
    for (const char* exchange : {"x", "y"}) {
      series_.emplace_back(Symbol(base, "USD", exchange), EventScript(random_(), start_ms));
    }
  }
}

ConnectionLedger::Batch ConnectionLedger::NextBatch(size_t events) {
  Batch batch{++batches_, {}};
  batch.events.reserve(events);
  for (size_t i = 0; i < events; ++i) {
    const size_t series = random_() % series_.size();
    batch.events.push_back({series, series_[series].Send(batch.number)});
  }
  events_sent_ += events;
  return batch;
}

void ConnectionLedger::Acknowledge(uint64_t batch, uint64_t events) {
  for (SeriesLedger& series : series_) series.Acknowledge(batch);
  events_acknowledged_ += events;
}

}  // namespace wick::torture
