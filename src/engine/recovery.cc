// After a crash: states first, then the part of the journal that they do not hold.
#include <algorithm>
#include <chrono>

#include "base/assert.h"
#include "cold/possible.h"
#include "engine/impl.h"

namespace wick::engine {
namespace {

/// The latest event of a series ends the newest candle of every tier.
bool HasNewestCandles(const cold::SeriesState& state) {
  return std::all_of(market::kTiers.begin(), market::kTiers.end(), [&](market::Tier tier) {
    const market::FoldedCandle& newest = state.newest[market::Index(tier)];
    return newest.count > 0 && cold::EndsWith(tier, newest, state.latest);
  });
}

}  // namespace

absl::Status Impl::Recover(RecoveryProgress& progress) {
  const auto began = std::chrono::steady_clock::now();
  absl::Status damaged;

  progress.Begin(RecoveryPhase::kSeries, 0);
  WICK_RETURN_IF_ERROR(store.ReadSymbols([&](SeriesId id, const SymbolView& symbol) {
    if (!damaged.ok()) return;
    progress.Count(1);
    const auto given = index.Register(symbol, hot::kSeriesMax,
                                      [&](SeriesId series) { RegisterSeries(series, symbol); });
    if (given != id) {
      damaged =
          Error(absl::StatusCode::kDataLoss,
                "series {} is missing from or twice in the catalogue; restore a backup", Raw(id));
    }
  }));
  WICK_RETURN_IF_ERROR(damaged);
  committer.KnowSymbols(index.size());

  WICK_ASSIGN_OR_RETURN(uint64_t newest, store.LastNumber());
  std::vector<uint64_t> applied(index.size(), 0);
  const auto known = [&](uint32_t series, std::string_view where) {
    if (series < index.size()) return true;
    damaged = Error(absl::StatusCode::kDataLoss,
                    "{} names series {}, which the catalogue does not know; restore a backup",
                    where, series);
    return false;
  };
  progress.Begin(RecoveryPhase::kStates, index.size());
  WICK_RETURN_IF_ERROR(store.ReadStates([&](SeriesId id, const cold::SeriesState& state) {
    if (!known(Raw(id), "a state record")) return;
    if (!HasNewestCandles(state)) {
      if (damaged.ok()) {
        damaged =
            Error(absl::StatusCode::kDataLoss,
                  "state record damaged: series {}: its newest candles are not those of its latest "
                  "price; restore a backup",
                  Raw(id));
      }
      return;
    }
    progress.Count(1);
    applied[Raw(id)] = state.applied;
    newest = std::max(newest, state.applied);
    workers[ShardOf(id)]->shard.Restore(id, state);
  }));
  WICK_RETURN_IF_ERROR(damaged);

  progress.Begin(RecoveryPhase::kJournal, 0);
  // Every shard replays its events of a frame at once; within a frame a series keeps its order.
  std::vector<std::vector<Tick>> by_shard(workers.size());
  WICK_RETURN_IF_ERROR(store.ReadFrames([&](uint64_t number, std::span<const Tick> ticks) {
    committer.KnowFrame(number, ticks.size_bytes());
    progress.Count(ticks.size());
    newest = std::max(newest, number);
    for (auto& part : by_shard) part.clear();
    for (const Tick& tick : ticks) {
      if (!known(tick.series, "a journal frame")) return;
      if (number <= applied[tick.series]) continue;
      by_shard[ShardOf(SeriesId{tick.series})].push_back(tick);
    }
    for (unsigned shard = 0; shard < workers.size(); ++shard) {
      if (by_shard[shard].empty()) continue;
      recovered_events += by_shard[shard].size();
      workers[shard]->shard.Apply(by_shard[shard], number, NewestElsewhereMs(shard));
    }
  }));
  WICK_RETURN_IF_ERROR(damaged);
  WICK_RETURN_IF_ERROR(
      store.ReadReferences([&](const Reference& reference) { references.Load(reference); }));

  WICK_ASSIGN_OR_RETURN(const auto refused_until, store.RefusedUntil());
  committer.KnowRefused(refused_until, NewestEventMs());
  last_number.store(newest, std::memory_order_relaxed);
  committer.KnowNumber(newest);
  for (auto& worker : workers) {
    worker->last_number = newest;  // all of it is applied
    worker->shard.ResetCounts();
  }
  progress.Begin(RecoveryPhase::kDone, 0);
  recovery_duration_ms =
      static_cast<uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(
                                std::chrono::steady_clock::now() - began)
                                .count());
  return absl::OkStatus();
}

}  // namespace wick::engine
