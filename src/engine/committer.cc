#include "engine/committer.h"

#include <algorithm>

#include "base/assert.h"

namespace wick::engine {
namespace {

/// One round fits the store's memtable several times over and one fdatasync takes long enough to fill it.
constexpr uint64_t kRoundBytesMax = 16_MiB;
/// A frame is read in one piece at recovery.
constexpr uint64_t kFrameBytesMax = 1_MiB;

}  // namespace

Committer::Committer(cold::Store& store, const hot::SymbolIndex& index, unsigned shards, Hooks hooks)
    : store_(store),
      index_(index),
      hooks_(std::move(hooks)),
      uncommitted_events_(std::make_unique<std::atomic<uint64_t>[]>(shards)),
      runs_(shards),
      covered_(shards, 0) {}

Committer::~Committer() { Stop(); }

void Committer::KnowFrame(uint64_t number, uint64_t bytes) {
  WICK_ASSERT(frames_.empty() || frames_.back().number < number);
  frames_.push_back({number, bytes});
  frame_bytes_ += bytes;
  counters_.frames.store(frames_.size(), std::memory_order_relaxed);
  counters_.frame_bytes.store(frame_bytes_, std::memory_order_relaxed);
}

void Committer::KnowRefused(const std::optional<market::Horizons>& refused_until, uint64_t newest_ms) {
  refused_until_written_ = refused_until.has_value();
  if (refused_until) {
    refused_until_ = *refused_until;
  } else {
    refused_until_.ms.fill(newest_ms);  // no horizon was ever beyond the newest event
  }
}

void Committer::Start() {
  thread_ = std::thread([this] { Loop(); });
}

void Committer::Stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  work_came_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void Committer::Add(Work work) {
  if (const Part* part = std::get_if<Part>(&work)) {
    uncommitted_events_[part->shard].fetch_add(part->ticks.size(), std::memory_order_relaxed);
  }
  {
    const std::lock_guard lock(mutex_);
    incoming_.push_back(std::move(work));
    if (incoming_.size() > 1) return;  // the thread was woken by the first
  }
  work_came_.notify_one();
}

absl::Status Committer::status() const {
  const std::lock_guard lock(status_mutex_);
  return status_;
}

void Committer::Loop() {
  for (;;) {
    {
      std::unique_lock lock(mutex_);
      work_came_.wait(lock, [this] { return stopping_ || !incoming_.empty(); });
      if (incoming_.empty()) return;
      round_.swap(incoming_);
    }
    CommitRound();
    round_.clear();
  }
}

void Committer::CommitRound() {
  size_t begin = 0;
  while (begin < round_.size()) {
    batch_.Clear();
    new_frames_.clear();
    uint64_t bytes = 0;
    size_t end = begin;
    if (!failed()) {
      // Symbols first: whatever a part names was registered before the part came here.
      for (const size_t known = index_.size(); symbols_written_ < known; ++symbols_written_) {
        const SeriesId series{static_cast<uint32_t>(symbols_written_)};
        batch_.PutSymbol(series, index_.NamesOf(series));
      }
      for (; end < round_.size() && bytes + batch_.bytes() < kRoundBytesMax; ++end) {
        if (const Part* part = std::get_if<Part>(&round_[end])) bytes += part->ticks.size() * sizeof(Tick);
        std::visit([this](auto& work) { Gather(work); }, round_[end]);
      }
      for (unsigned shard = 0; shard < runs_.size(); ++shard) CloseRun(shard);
      const uint64_t covered = DeleteCoveredFrames();
      absl::Status committed = batch_.empty() ? absl::OkStatus() : store_.Commit(batch_);
      if (committed.ok()) {
        CountCommitted(covered);
      } else {
        const std::lock_guard lock(status_mutex_);
        status_ = std::move(committed);
        failed_.store(true, std::memory_order_release);
      }
    } else {
      end = round_.size();
    }
    const absl::Status result = status();
    for (; begin < end; ++begin) {
      Work& work = round_[begin];
      if (Part* part = std::get_if<Part>(&work)) {
        uncommitted_events_[part->shard].fetch_sub(part->ticks.size(), std::memory_order_relaxed);
        Submission& submission = *part->submission;
        submission.status.Update(result);
        WICK_ASSERT(submission.parts_undurable > 0);
        if (--submission.parts_undurable == 0) hooks_.durable(std::move(part->submission));
      } else if (CheckpointSlice* slice = std::get_if<CheckpointSlice>(&work)) {
        hooks_.slice_written(*slice, result);
      } else {
        std::get<ReferenceWrite>(work).done(result);
      }
    }
  }
}

void Committer::Gather(Part& part) {
  if (part.ticks.empty()) return;
  Run& run = runs_[part.shard];
  WICK_ASSERT(run.parts.empty() || run.last_number < part.number);
  run.parts.emplace_back(part.ticks);
  run.last_number = part.number;
  run.bytes += part.ticks.size() * sizeof(Tick);
  round_number_ = std::max(round_number_, part.number);
  if (run.bytes >= kFrameBytesMax) CloseRun(part.shard);
}

void Committer::Gather(CheckpointSlice& slice) {
  // The slice holds the state after these parts, and what comes later is not in it: a frame that reached
  // over it would be replayed in part twice.
  CloseRun(slice.shard);
  for (const CapturedSeries& captured : slice.series) {
    batch_.PutState(captured.series, captured.state);
    for (market::Tier tier : market::kTiers) {
      const auto& changed = captured.changed[market::Index(tier)];
      if (!changed.empty()) {
        batch_.WriteCandles(tier, captured.series, cold::CandleOp::kReplace, changed);
      }
      if (captured.unwritten == nullptr) continue;
      std::array<std::vector<market::FoldedCandle>, 2> by_op;
      for (const auto& [bucket, unwritten] : captured.unwritten->tiers[market::Index(tier)]) {
        by_op[static_cast<size_t>(unwritten.op)].push_back(unwritten.candle);
      }
      for (const cold::CandleOp op : {cold::CandleOp::kReplace, cold::CandleOp::kFold}) {
        const auto& candles = by_op[static_cast<size_t>(op)];
        if (!candles.empty()) batch_.WriteCandles(tier, captured.series, op, candles);
      }
    }
  }
  const market::Horizons refused_until = market::Furthest(refused_until_, slice.refused_until);
  if (refused_until != refused_until_ || !refused_until_written_) {
    batch_.PutRefusedUntil(refused_until);
    refused_until_ = refused_until;
    refused_until_written_ = true;
  }
  if (slice.last) covered_[slice.shard] = slice.pass_number;
}

void Committer::Gather(ReferenceWrite& write) {
  for (const std::string& base : write.change.remove) batch_.DeleteReference(base);
  for (const Reference& reference : write.change.put) batch_.PutReference(reference);
}

void Committer::CloseRun(unsigned shard) {
  Run& run = runs_[shard];
  if (run.parts.empty()) return;
  batch_.PutFrame(run.last_number, run.parts);
  new_frames_.push_back({run.last_number, run.bytes});
  run.parts.clear();
  run.bytes = 0;
}

uint64_t Committer::DeleteCoveredFrames() {
  std::sort(new_frames_.begin(), new_frames_.end(),
            [](const Frame& a, const Frame& b) { return a.number < b.number; });
  for (const Frame& frame : new_frames_) {
    // Shards number their parts from one counter, so a round may hold a frame older than one written before.
    auto at = frames_.end();
    while (at != frames_.begin() && std::prev(at)->number > frame.number) --at;
    frames_.insert(at, frame);
    frame_bytes_ += frame.bytes;
  }
  const uint64_t covered = *std::min_element(covered_.begin(), covered_.end());
  if (covered <= counters_.checkpoint_number.load(std::memory_order_relaxed)) return covered;
  batch_.PutLastNumber(covered);
  while (!frames_.empty() && frames_.front().number <= covered) {
    batch_.DeleteFrame(frames_.front().number);
    frame_bytes_ -= frames_.front().bytes;
    frames_.pop_front();
  }
  return covered;
}

void Committer::CountCommitted(uint64_t covered) {
  constexpr auto kRelaxed = std::memory_order_relaxed;
  Bump(counters_.commits);
  counters_.synced_number.store(std::max(counters_.synced_number.load(kRelaxed), round_number_), kRelaxed);
  counters_.checkpoint_number.store(std::max(counters_.checkpoint_number.load(kRelaxed), covered), kRelaxed);
  counters_.frames.store(frames_.size(), kRelaxed);
  counters_.frame_bytes.store(frame_bytes_, kRelaxed);
}

}  // namespace wick::engine
