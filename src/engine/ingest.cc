// The way of events through the engine: split by shard, applied by its worker, handed to the commit
// thread.
#include <absl/hash/hash.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/assert.h"
#include "engine/impl.h"

namespace wick::engine {
namespace {

/// Events applied in one Poll(), so that a latest-price read on the same thread waits < 1 ms for
/// it.
constexpr size_t kEventsPerPollMax = 8'192;
/// Series captured in one Poll(), for the same reason.
constexpr size_t kSeriesPerSliceMax = 256;
/// Slices on their way to the disk per shard: what a checkpoint holds in memory twice.
constexpr uint32_t kSlicesUnwrittenMax = 16;
/// An empty batch also takes a little of the budget, so that it bounds the number of batches as
/// well.
constexpr uint64_t kEventsPerSubmissionMin = 16;
/// A checkpoint begins at one limit of journal or unwritten candles; at so many, sessions wait for
/// it.
constexpr uint64_t kBacklogLimits = 4;

void Answer(Submission& submission, absl::Status status) {
  IngestResult result;
  result.accepted = submission.accepted.load(std::memory_order_relaxed);
  result.duplicates = submission.duplicates.load(std::memory_order_relaxed);
  result.status = std::move(status);
  // Taken out, so that what it holds goes here and not wherever the submission ends.
  auto done = std::move(submission.done);
  done(result);
}

}  // namespace

EventBatch::EventBatch(const Impl& engine, size_t events)
    : engine_(&engine), by_shard_(engine.workers.size()) {
  // Pairs meet in shards by their hash: most batches are spread evenly.
  for (std::vector<Tick>& ticks : by_shard_) ticks.reserve(events / by_shard_.size());
}
EventBatch::~EventBatch() = default;
EventBatch::EventBatch(EventBatch&&) noexcept = default;
EventBatch& EventBatch::operator=(EventBatch&&) noexcept = default;

void EventBatch::Add(SeriesId series, const Price& price) {
  by_shard_[engine_->ShardOf(series)].push_back(TickOf(series, price));
  ++size_;
}

void Impl::RegisterSeries(SeriesId series, const SymbolView& symbol) {
  WICK_ASSERT(Raw(series) == table.size());
  // All exchanges of a pair meet in one shard.
  const size_t pair_hash = absl::HashOf(symbol.base_currency, symbol.quote_currency);
  shard_of.Next() = static_cast<uint16_t>(pair_hash % workers.size());
  shard_of.Publish();
  table.Next().here = options.share.Has(symbol);
  table.Publish();
}

void Impl::ResolveAll(size_t count, absl::FunctionRef<SymbolView(size_t)> symbol,
                      absl::FunctionRef<void(size_t, Refusal, SeriesId)> resolved) {
  constexpr size_t kStep = 4;  // symbols between two steps of a search
  std::array<uint64_t, 4 * kStep> hashes;
  const auto hash = [&](size_t i) -> uint64_t& { return hashes[i % hashes.size()]; };
  for (size_t i = 0; i < count + 3 * kStep; ++i) {
    if (i < count) index.PrefetchCell(hash(i) = hot::SymbolIndex::Hash(symbol(i)));
    if (i >= kStep && i - kStep < count) index.PrefetchNames(hash(i - kStep));
    if (i >= 2 * kStep && i - 2 * kStep < count) index.PrefetchText(hash(i - 2 * kStep));
    if (i < 3 * kStep) continue;
    const size_t at = i - 3 * kStep;
    SeriesId series = kNoSeries;
    const Refusal refusal = Resolve(symbol(at), hash(at), series);
    resolved(at, refusal, series);
  }
}

Refusal Impl::Resolve(const SymbolView& symbol, uint64_t hash, SeriesId& series) {
  auto found = index.Find(symbol, hash);
  if (!found) {
    if (const Refusal refusal = market::CheckSymbol(symbol); refusal != Refusal::kNone)
      return refusal;
    if (!options.share.Has(symbol)) return Refusal::kMoved;
    const bool may_be_new = index.size() < options.series_max;
    if (may_be_new && !new_series.Take(clock.NowMs())) return Refusal::kTooManyNewSeries;
    bool is_new = false;
    found = index.Register(symbol, options.series_max, [&](SeriesId id) {
      RegisterSeries(id, symbol);
      is_new = true;
    });
    if (may_be_new && !is_new) new_series.GiveBack();
    if (!found) return Refusal::kTooManySeries;
  } else if (!options.share.is_whole() && !table[Raw(*found)].here) {
    return Refusal::kMoved;
  }
  series = *found;
  return Refusal::kNone;
}

bool Impl::HasRoom(unsigned worker) const {
  if (!gate.open()) return true;  // and Submit() says so
  if (workers[worker]->inflight_events >= options.inflight_events_max) return false;
  // A checkpoint that cannot keep up holds the events back, not the memory.
  if (committer.counters().frame_bytes.load(std::memory_order_relaxed) >
      kBacklogLimits * options.journal_bytes_max) {
    return false;
  }
  return std::none_of(workers.begin(), workers.end(), [&](const auto& each) {
    return each->shard.unwritten().size() > kBacklogLimits * options.unwritten_candles_max;
  });
}

absl::Status Impl::Admission() const {
  if (gate.open()) return absl::OkStatus();
  absl::Status refused = gate.status();
  if (refused.ok()) return refused;  // it has just been opened
  return Error(refused.code(), "nothing of this was taken: {}", Message(refused));
}

void Impl::Submit(unsigned source, EventBatch batch, Ack ack, Engine::Done done) {
  if (stopping_.load(std::memory_order_relaxed)) {
    done(IngestResult{.status = Error(absl::StatusCode::kUnavailable, "the server is stopping")});
    return;
  }
  if (absl::Status admitted = Admission(); batch.size() == 0 || !admitted.ok()) {
    done(IngestResult{.status = std::move(admitted)});
    return;
  }
  const uint64_t events = batch.size();
  const std::shared_ptr<Submission> submission = Take(source, batch, ack);
  Engine::Done at_once;
  (ack == Ack::kNone ? at_once : submission->done) = std::move(done);
  Distribute(submission, std::move(batch));
  // Last: it may submit the connection's next batch, which must arrive after this one.
  if (at_once) at_once(IngestResult{.accepted = events});
}

absl::Status Impl::SubmitPassing(EventBatch& batch, Passed& passed, Engine::Done done) {
  if (stopping_.load(std::memory_order_relaxed)) {
    return Error(absl::StatusCode::kUnavailable, "the server is stopping");
  }
  WICK_RETURN_IF_ERROR(Admission());
  const std::shared_ptr<Submission> submission = Take(Engine::kPassingWorker, batch, Ack::kDurable);
  submission->group = ++workers[Engine::kPassingWorker]->last_group;
  submission->passed = std::move(passed);
  submission->done = std::move(done);
  Distribute(submission, std::move(batch));
  return absl::OkStatus();
}

std::shared_ptr<Submission> Impl::Take(unsigned source, const EventBatch& batch, Ack ack) {
  auto submission = std::make_shared<Submission>();
  submission->source = source;
  submission->ack = ack;
  submission->events = std::max<uint64_t>(batch.size(), kEventsPerSubmissionMin);
  const auto parts = std::count_if(batch.by_shard_.begin(), batch.by_shard_.end(),
                                   [](const auto& ticks) { return !ticks.empty(); });
  submission->parts = std::max(static_cast<uint32_t>(parts), 1u);
  submission->parts_unapplied.store(submission->parts, std::memory_order_relaxed);
  submission->parts_undurable = submission->parts_ungathered = submission->parts;
  workers[source]->inflight_events += submission->events;
  return submission;
}

void Impl::Distribute(const std::shared_ptr<Submission>& submission, EventBatch batch) {
  const unsigned source = submission->source;
  for (unsigned shard = 0; shard < workers.size(); ++shard) {
    std::vector<Tick>& ticks = batch.by_shard_[shard];
    if (ticks.empty() && (batch.size() > 0 || shard != source)) continue;
    Worker& owner = *workers[shard];
    owner.queued_events.fetch_add(ticks.size(), std::memory_order_relaxed);
    Part part{submission, shard, 0, std::move(ticks), submission->group};
    if (shard == source && owner.waiting_parts.empty()) {
      ApplyPart(source, std::move(part));
    } else if (owner.parts.Push(std::move(part))) {
      wake(shard);
    }
  }
}

void Impl::ApplyPart(unsigned self, Part part) {
  Worker& worker = *workers[self];
  const size_t events = part.ticks.size();
  part.number = last_number.fetch_add(1, std::memory_order_relaxed) + 1;
  worker.last_number = part.number;
  const size_t kept = worker.shard.Apply(part.ticks, part.number, NewestElsewhereMs(self));
  part.ticks.resize(kept);
  worker.queued_events.fetch_sub(events, std::memory_order_relaxed);

  Submission& submission = *part.submission;
  submission.accepted.fetch_add(kept, std::memory_order_relaxed);
  submission.duplicates.fetch_add(events - kept, std::memory_order_relaxed);
  // Release; pairs with the acquire in Poll(): who sees 0 sees the counts of every part.
  const bool last = submission.parts_unapplied.fetch_sub(1, std::memory_order_acq_rel) == 1;
  if (last && submission.ack == Ack::kMemory) {
    if (workers[submission.source]->visible.Push(part.submission)) wake(submission.source);
  }
  // A part of duplicates goes along, empty: what they repeat may not be durable yet.
  committer.Add(std::move(part));
}

void Impl::Poll(unsigned self) {
  Worker& worker = *workers[self];

  const auto drain = [&](Mailbox<std::shared_ptr<Submission>> & mailbox) -> const auto& {
    worker.drained_submissions.clear();
    mailbox.Drain(worker.drained_submissions);
    return worker.drained_submissions;
  };
  for (const auto& submission : drain(worker.visible)) Answer(*submission, absl::OkStatus());
  for (const auto& submission : drain(worker.durable)) {
    worker.inflight_events -= submission->events;
    if (submission->ack == Ack::kDurable) Answer(*submission, submission->status);
  }
  worker.drained_submissions.clear();
  while (!worker.room_waiters.empty() && HasRoom(self)) {
    auto resume = std::move(worker.room_waiters.front());
    worker.room_waiters.pop_front();
    resume();
  }

  worker.drained_parts.clear();
  worker.parts.Drain(worker.drained_parts);
  for (Part& part : worker.drained_parts) worker.waiting_parts.push_back(std::move(part));
  size_t applied = 0;
  while (!worker.waiting_parts.empty() && applied < kEventsPerPollMax) {
    Part part = std::move(worker.waiting_parts.front());
    worker.waiting_parts.pop_front();
    applied += part.ticks.size();
    ApplyPart(self, std::move(part));
  }

  CaptureSlice(self);
  if (!worker.waiting_parts.empty()) wake(self);
}

void Impl::CaptureSlice(unsigned self) {
  Worker& worker = *workers[self];
  if (!worker.pass_under_way) {
    const CheckpointPasses::Pass pass = passes.current();
    if (pass.id == worker.pass_id) return;
    worker.pass_id = pass.id;
    worker.pass_number = pass.number;
    worker.pass_under_way = true;
    worker.pass_series = worker.shard.TakeDirty();
  }
  if (worker.slices_unwritten.load(std::memory_order_relaxed) >= kSlicesUnwrittenMax)
    return;  // woken by the next one written
  CheckpointSlice slice;
  slice.shard = self;
  while (!worker.pass_series.empty() && slice.series.size() < kSeriesPerSliceMax) {
    slice.series.push_back(
        worker.shard.Capture(worker.pass_series.TakeFirst(), worker.last_number));
  }
  slice.last = worker.pass_series.empty();
  slice.pass_number = worker.pass_number;
  slice.refused_until = worker.shard.refused_until();
  worker.pass_under_way = !slice.last;
  worker.slices_unwritten.fetch_add(1, std::memory_order_relaxed);
  committer.Add(std::move(slice));
  if (worker.pass_under_way) wake(self);
}

}  // namespace wick::engine
