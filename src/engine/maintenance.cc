// The maintenance thread: when a checkpoint begins, what has expired, how much room the disk has.
#include <algorithm>
#include <chrono>
#include <utility>

#include "engine/impl.h"

namespace wick::engine {
namespace {

constexpr std::chrono::milliseconds kMaintenancePeriod{50};  // how late a due checkpoint may begin
constexpr uint64_t kExpiredChunksPerStep = 1'000;

}  // namespace

void Impl::MaintenanceLoop() {
  std::unique_lock lock(maintenance_mutex_);
  while (!stopping_) {
    maintenance_wake_.wait_for(lock, kMaintenancePeriod);
    if (stopping_) return;
    lock.unlock();  // the store works at its own pace; a stop or a request need not wait for it
    Maintain();
    lock.lock();
  }
}

void Impl::Maintain() {
  const auto now = std::chrono::steady_clock::now();
  WatchSpace();
  if (!RefusePasses() && CheckpointDue(now - last_pass_)) {
    last_pass_ = now;
    BeginPass();
  }
  // A failure of these two is the store's, and the next commit will say so.
  if (flush_wanted_.exchange(false)) store.Flush().IgnoreError();
  if (now - last_removal_ >= std::chrono::milliseconds(options.retention_interval_ms)) {
    last_removal_ = now;
    RemoveExpired();
  }
}

void Impl::WatchSpace() {
  if (gate.open() && !store.CheckWritable().ok()) committer.LookAtStore();
  const bool was_low = space_.low();
  gate.SetLow(space_.Look(store.FreeBytes(), store.CapacityBytes()));
  // Once checkpointed and flushed, what the write-ahead log holds may go.
  if (space_.low() && !was_low) {
    passes.Request([this](const absl::Status& status) { flush_wanted_ = status.ok(); });
  }
}

bool Impl::CheckpointDue(std::chrono::steady_clock::duration since_last) const {
  if (passes.requested()) return true;
  if (passes.current().number == last_number.load(std::memory_order_relaxed)) return false;
  if (since_last >= std::chrono::milliseconds(options.checkpoint_interval_ms)) return true;
  if (committer.counters().frame_bytes.load(std::memory_order_relaxed) > options.journal_bytes_max)
    return true;
  return std::any_of(workers.begin(), workers.end(), [&](const auto& worker) {
    return worker->shard.unwritten().size() > options.unwritten_candles_max;
  });
}

bool Impl::RefusePasses() {
  if (!gate.failed() && !gate.full()) return false;
  const absl::Status status = gate.status();
  if (status.ok()) return false;  // room has just come back
  gate.failed() ? passes.Fail(status) : passes.Refuse(status);
  return true;
}

void Impl::BeginPass() {
  if (!passes.Begin(last_number.load(std::memory_order_relaxed))) return;
  for (unsigned i = 0; i < workers.size(); ++i) wake(i);
}

void Impl::RemoveExpired() {
  // A clock that is ahead for less than the time between two removals deletes nothing.
  const market::Horizons seen = Horizons();
  const market::Horizons horizons = market::Earlier(seen, std::exchange(removal_horizons_, seen));
  while (!stopping_.load() && store.RemoveExpired(horizons, kExpiredChunksPerStep).value_or(0) ==
                                  kExpiredChunksPerStep) {
  }
}

}  // namespace wick::engine
