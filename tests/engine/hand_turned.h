// An engine without threads: the test turns workers, commits and maintenance in an order that it
// can repeat.
#pragma once

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "catch.h"
#include "cold/store.h"
#include "engine/engine.h"

namespace wick::test {

/// Destroying it ends the process as a crash would. One thread.
class HandTurnedEngine {
 public:
  /// Null, with the reason in `status()`, if it does not open.
  HandTurnedEngine(const cold::StoreOptions& storage, const engine::EngineOptions& options,
                   const Clock& clock)
      : woken_(options.workers) {
    auto store = cold::Store::Open(storage);
    status_ = store.status();
    if (!status_.ok()) return;
    store_ = std::move(*store);
    auto engine = engine::Engine::Open(options, *store_, clock);
    status_ = engine.status();
    if (!status_.ok()) return;
    engine_ = std::move(*engine);
    engine_->StartByHand([this](unsigned worker) { woken_[worker] = true; });
  }

  const absl::Status& status() const { return status_; }
  engine::Engine& operator*() { return *engine_; }
  engine::Engine* operator->() { return engine_.get(); }

  /// Hands a batch over; `answer` is set when it was answered. Names that are refused are left out.
  std::shared_ptr<std::optional<engine::IngestResult>> Submit(
      unsigned worker, const std::vector<PriceEvent>& events,
      engine::Ack ack = engine::Ack::kDurable) {
    engine::EventBatch batch = engine_->NewBatch();
    for (const PriceEvent& event : events) {
      SeriesId id;
      if (engine_->Resolve(event.symbol, id) == Refusal::kNone) batch.Add(id, event.price);
    }
    auto answer = std::make_shared<std::optional<engine::IngestResult>>();
    engine_->Submit(worker, std::move(batch), ack,
                    [answer](const engine::IngestResult& result) { *answer = result; });
    return answer;
  }

  /// Turns the workers until none has anything to do; nothing is written meanwhile. False: none
  /// had.
  bool TurnWorkers() {
    bool any = false;
    for (bool turned = true; turned;) {
      turned = false;
      for (unsigned worker = 0; worker < woken_.size(); ++worker) {
        turned = TurnWorker(worker) || turned;
      }
      any = any || turned;
    }
    return any;
  }
  /// Turns one worker, once. False: it has nothing to do.
  bool TurnWorker(unsigned worker) {
    if (!std::exchange(woken_[worker], false)) return false;
    engine_->Poll(worker);
    return true;
  }
  /// Turns everything until there is nothing to do but wait.
  void Settle() {
    for (bool busy = true; busy;) {
      busy = TurnWorkers();
      busy = engine_->Turn() || busy || std::find(woken_.begin(), woken_.end(), 1) != woken_.end();
    }
  }

  engine::IngestResult Ingest(const std::vector<PriceEvent>& events, unsigned worker = 0) {
    const auto answer = Submit(worker, events);
    Settle();
    REQUIRE(answer->has_value());
    return **answer;
  }

  /// What the callback of `call(done)` was given, once everything is settled.
  template <typename Call>
  absl::Status Await(Call call) {
    auto answer = std::make_shared<std::optional<absl::Status>>();
    call([answer](absl::Status status) { *answer = std::move(status); });
    Settle();
    engine_->Turn();  // the maintenance refuses what the commit before it found no room for
    Settle();
    REQUIRE(answer->has_value());
    return **answer;
  }
  absl::Status Checkpoint() {
    return Await([this](auto done) { engine_->Checkpoint(std::move(done)); });
  }

  absl::Status Stop() { return engine_->Stop(); }

 private:
  std::vector<char> woken_;  // by worker
  absl::Status status_;
  std::unique_ptr<cold::Store> store_;
  std::unique_ptr<engine::Engine> engine_;
};

}  // namespace wick::test
