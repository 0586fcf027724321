// What the engine is made of. Private to src/engine.
#pragma once

#include <atomic>
#include <chrono>
#include <climits>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "engine/checkpoint.h"
#include "engine/committer.h"
#include "engine/engine.h"
#include "engine/mailbox.h"
#include "engine/new_series_budget.h"
#include "engine/references.h"
#include "engine/shard.h"
#include "engine/space_watch.h"
#include "engine/tier_reader.h"
#include "engine/write_gate.h"
#include "hot/symbol_index.h"

namespace wick::engine {

/// One worker: a shard, and the sessions' side of the batches that came in on its thread.
struct Worker {
  Worker(const Shard::Options& options, hot::SeriesTable& table, const Clock& clock)
      : shard(options, table, clock) {}

  Shard shard;

  // any thread
  Mailbox<Part> parts;                           // to be applied here
  Mailbox<std::shared_ptr<Submission>> visible;  // submitted here, to be answered as visible
  Mailbox<std::shared_ptr<Submission>> durable;  // submitted here, durable: their budget is free
  std::atomic<uint64_t> queued_events{0};

  // worker only
  std::deque<Part> waiting_parts;  // drained, not yet applied
  std::vector<Part> drained_parts;
  std::vector<std::shared_ptr<Submission>> drained_submissions;
  uint64_t last_number = 0;      // of the newest part applied here
  uint64_t inflight_events = 0;  // submitted here, not yet durable
  uint64_t last_group = 0;       // submitted here
  std::deque<absl::AnyInvocable<void()>> room_waiters;
  // worker only: the checkpoint pass
  uint64_t pass_id = 0;  // newest pass that was begun here
  bool pass_under_way = false;
  uint64_t pass_number = 0;
  SeriesSet pass_series;  // left to capture
  std::atomic<uint32_t> slices_unwritten{0};
};

class Impl {
 public:
  Impl(const EngineOptions& options, cold::Store& store, const Clock& clock);
  ~Impl();

  // recovery.cc
  absl::Status Recover(RecoveryProgress& progress);

  // engine.cc
  void Start(Engine::Waker waker, bool threads);
  absl::Status Stop();

  // ingest.cc
  Refusal Resolve(const SymbolView& symbol, uint64_t hash, SeriesId& series);
  void ResolveAll(size_t count, absl::FunctionRef<SymbolView(size_t)> symbol,
                  absl::FunctionRef<void(size_t, Refusal, SeriesId)> resolved);
  unsigned ShardOf(SeriesId series) const {
    return workers.size() == 1 ? 0 : shard_of[Raw(series)];
  }
  /// OK, or why nothing is taken.
  absl::Status Admission() const;
  void Submit(unsigned worker, EventBatch batch, Ack ack, Engine::Done done);
  absl::Status SubmitPassing(EventBatch& batch, Passed& passed, Engine::Done done);
  void Poll(unsigned worker);
  bool HasRoom(unsigned worker) const;

  void ChangeReferences(ReferenceChange change, absl::AnyInvocable<void(absl::Status)> done);

  // listings.cc
  std::vector<ExchangeListing> Exchanges(std::optional<std::string_view> only, bool pairs) const;
  std::vector<BaseListing> Bases(const std::vector<std::string>& only) const;
  std::vector<PriceEvent> PricesOfBase(std::string_view base_currency) const;

  std::optional<Price> Latest(SeriesId series) const;
  /// nullopt also for a pair of another node's share.
  std::optional<Price> LatestHere(SeriesId series) const;
  TierReader ReaderOf(SeriesId series, TierReader::Source source) const;
  market::Horizons Horizons() const;
  uint64_t NewestEventMs() const;
  uint64_t NewestElsewhereMs(unsigned worker) const;
  EngineStatus Status() const;  // engine_status.cc

  /// What the maintenance thread does each time. maintenance.cc
  void Maintain();

  const EngineOptions options;
  cold::Store& store;
  const Clock& clock;

  hot::SeriesTable table;
  /// Apart from the series: whoever splits a batch would wait for lines that other workers write.
  SegmentedArray<uint16_t, 14, (hot::kSeriesMax >> 14)> shard_of;  // immutable after registration
  hot::SymbolIndex index;
  NewSeriesBudget new_series;
  References references;
  std::vector<std::unique_ptr<Worker>> workers;
  WriteGate gate;
  CheckpointPasses passes;
  Committer committer;
  Engine::Waker wake;

  std::atomic<uint64_t> last_number{0};  // newest journal number given out
  std::array<std::atomic<uint64_t>, kRefusalCount> rejected{};
  uint64_t recovered_events = 0;
  uint64_t recovery_duration_ms = 0;

 private:
  void RegisterSeries(SeriesId series, const SymbolView& symbol);
  /// A submission of the batch, with room taken for it. At least one part, which may be empty.
  std::shared_ptr<Submission> Take(unsigned source, const EventBatch& batch, Ack ack);
  /// Hands each part to the worker that owns it.
  void Distribute(const std::shared_ptr<Submission>& submission, EventBatch batch);
  void ApplyPart(unsigned worker, Part part);
  void CaptureSlice(unsigned worker);

  // maintenance.cc
  void MaintenanceLoop();
  void WatchSpace();
  bool CheckpointDue(std::chrono::steady_clock::duration since_last) const;
  /// True if nothing is written at the moment, and whoever waits for a checkpoint was told so.
  bool RefusePasses();
  void BeginPass();
  void RemoveExpired();

  bool threads_ = true;  // immutable after Start()
  std::thread maintenance_;
  std::mutex maintenance_mutex_;
  std::condition_variable maintenance_wake_;
  std::atomic<bool> stopping_{false};  // changed under maintenance_mutex_

  // maintenance thread only, or the caller of Maintain() in its place
  SpaceWatch space_;
  std::chrono::steady_clock::time_point last_pass_;
  std::chrono::steady_clock::time_point last_removal_;
  market::Horizons
      removal_horizons_;  // at the last removal; 0, and nothing is removed, before the first
  std::atomic<bool> flush_wanted_{false};  // set by the pass that was to make room
};

}  // namespace wick::engine
