#include "engine/committer.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/assert.h"

namespace wick::engine {
namespace {

/// One round fits the store's memtable several times over and one fdatasync takes long enough to
/// fill it.
constexpr uint64_t kRoundBytesMax = 16_MiB;
/// A frame is read in one piece at recovery.
constexpr uint64_t kFrameBytesMax = 1_MiB;
/// Between attempts to go on after a full disk: each may try to write.
constexpr std::chrono::milliseconds kResumePeriod{200};

absl::Status NotAcknowledged(const absl::Status& full) {
  return Error(absl::StatusCode::kResourceExhausted,
               "not acknowledged, and may still come to count when there is room again: {}",
               Message(full));
}

}  // namespace

Committer::Committer(cold::Store& store, const hot::SymbolIndex& index, unsigned shards,
                     WriteGate& gate, Hooks hooks)
    : store_(store),
      index_(index),
      gate_(gate),
      hooks_(std::move(hooks)),
      uncommitted_events_(std::make_unique<std::atomic<uint64_t>[]>(shards)),
      closed_(shards, false),
      newest_group_(shards, 0),
      runs_(shards),
      covered_(shards, 0) {
  if (absl::Status writable = store.CheckWritable(); !writable.ok()) Stall(std::move(writable));
}

Committer::~Committer() { Stop(); }

void Committer::KnowFrame(uint64_t number, uint64_t bytes) {
  WICK_ASSERT(frames_.empty() || frames_.back().number < number);
  frames_.push_back({number, bytes});
  frame_bytes_ += bytes;
  counters_.frames.store(frames_.size(), std::memory_order_relaxed);
  counters_.frame_bytes.store(frame_bytes_, std::memory_order_relaxed);
}

void Committer::KnowRefused(const std::optional<market::Horizons>& refused_until,
                            uint64_t newest_ms) {
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

void Committer::LookAtStore() {
  {
    const std::lock_guard lock(mutex_);
    look_ = true;
  }
  work_came_.notify_one();
}

void Committer::Loop() {
  for (bool last = false; !last;) {
    last = AwaitWork();
    Proceed(/*resume_now=*/last);
  }
}

bool Committer::AwaitWork() {
  std::unique_lock lock(mutex_);
  const auto woken = [this] { return stopping_ || look_ || !incoming_.empty(); };
  if (stalled_) {
    work_came_.wait_until(lock, resume_at_, woken);
  } else {
    work_came_.wait(lock, woken);
  }
  look_ = false;
  taken_.swap(incoming_);
  const bool last = stopping_ && taken_.empty();
  lock.unlock();
  TakeIn(taken_);
  return last;
}

void Committer::TakeIn(std::vector<Work>& came) {
  bool released = false;
  for (Work& work : came) {
    const Part* part = std::get_if<Part>(&work);
    if (part != nullptr && part->group != 0) released = CountGroup(*part) || released;
    TakeIn(std::move(work));
  }
  came.clear();
  if (!released || held_.empty()) return;
  std::fill(closed_.begin(), closed_.end(), false);
  for (Work& work : std::exchange(held_, {})) TakeIn(std::move(work));
}

void Committer::TakeIn(Work work) {
  std::optional<unsigned> shard;  // references are of none
  if (const Part* part = std::get_if<Part>(&work)) {
    shard = part->shard;
    if (part->group > groups_complete_) closed_[*shard] = true;
  } else if (const CheckpointSlice* slice = std::get_if<CheckpointSlice>(&work)) {
    shard = slice->shard;
  }
  if (shard && closed_[*shard]) {
    held_.push_back(std::move(work));
  } else {
    queue_.push_back(std::move(work));
  }
}

bool Committer::CountGroup(const Part& part) {
  WICK_ASSERT(newest_group_[part.shard] < part.group);
  newest_group_[part.shard] = part.group;
  --missing_.try_emplace(part.group, part.submission->parts).first->second;
  const uint64_t before = groups_complete_;
  for (auto first = missing_.begin();
       first != missing_.end() && first->first == groups_complete_ + 1 && first->second == 0;
       first = missing_.erase(first)) {
    ++groups_complete_;
  }
  return groups_complete_ != before;
}

bool Committer::Turn() {
  const uint64_t commits = counters_.commits.load(std::memory_order_relaxed);
  {
    const std::lock_guard lock(mutex_);
    taken_.swap(incoming_);
  }
  TakeIn(taken_);
  Proceed(/*resume_now=*/true);
  return counters_.commits.load(std::memory_order_relaxed) != commits;
}

void Committer::Proceed(bool resume_now) {
  if (!stalled_ && !gate_.failed()) {
    if (absl::Status writable = store_.CheckWritable(); absl::IsResourceExhausted(writable)) {
      Stall(std::move(writable));
      resume_now = true;
    } else if (!writable.ok()) {
      gate_.Fail(std::move(writable));
    }
  }
  if (stalled_) {
    AnswerRefused();
    if (!resume_now && std::chrono::steady_clock::now() < resume_at_) return;
    Resume();
  }
  while (!queue_.empty() && !stalled_ && !gate_.failed()) {
    if (gathered_ == 0) GatherRound();
    absl::Status committed = batch_.empty() ? absl::OkStatus() : store_.Commit(batch_);
    if (committed.ok()) {
      CountCommitted();
      for (; gathered_ > 0; --gathered_) AnswerFront(committed);
    } else if (absl::IsResourceExhausted(committed)) {
      Stall(std::move(committed));
      AnswerRefused();
    } else {
      gate_.Fail(std::move(committed));
    }
  }
  if (gate_.failed()) {
    const absl::Status failure = gate_.status();
    std::move(held_.begin(), held_.end(), std::back_inserter(queue_));
    held_.clear();
    while (!queue_.empty()) AnswerFront(failure);
    gathered_ = 0;
  } else if (!stalled_ && !full_.ok()) {
    full_ = absl::OkStatus();
    gate_.SetFull(full_);
  }
}

void Committer::Stall(absl::Status full) {
  stalled_ = true;
  resume_at_ = std::chrono::steady_clock::now() + kResumePeriod;
  full_ = std::move(full);
  gate_.SetFull(full_);
}

void Committer::Resume() {
  absl::Status resumed = store_.Resume();
  if (absl::IsResourceExhausted(resumed)) {
    resume_at_ = std::chrono::steady_clock::now() + kResumePeriod;
    return;
  }
  stalled_ = false;
  if (!resumed.ok()) gate_.Fail(std::move(resumed));
}

void Committer::GatherRound() {
  batch_.Clear();
  new_frames_.clear();
  // Symbols first: whatever a part names was registered before the part came here.
  for (const size_t known = index_.size(); symbols_written_ < known; ++symbols_written_) {
    const SeriesId series{static_cast<uint32_t>(symbols_written_)};
    batch_.PutSymbol(series, index_.NamesOf(series));
  }
  uint64_t bytes = 0;
  const auto has_room = [&] {
    return bytes + batch_.bytes() < kRoundBytesMax || groups_gathered_ < newest_gathered_;
  };
  for (; gathered_ < queue_.size() && has_room(); ++gathered_) {
    Work& work = queue_[gathered_];
    if (const Part* part = std::get_if<Part>(&work)) bytes += part->ticks.size() * sizeof(Tick);
    std::visit([this](auto& each) { Gather(each); }, work);
  }
  WICK_ASSERT(groups_gathered_ == newest_gathered_);  // the queue holds whole groups only
  for (unsigned shard = 0; shard < runs_.size(); ++shard) CloseRun(shard);
  GatherPassed();
  round_covered_ = DeleteCoveredFrames();
}

void Committer::AnswerFront(const absl::Status& result) {
  Work& work = queue_.front();
  if (Part* part = std::get_if<Part>(&work)) {
    uncommitted_events_[part->shard].fetch_sub(part->ticks.size(), std::memory_order_relaxed);
    if (refused_ == 0 || part->group != 0) Answer(*part, result);
  } else if (const CheckpointSlice* slice = std::get_if<CheckpointSlice>(&work)) {
    hooks_.slice_written(*slice, result);
  } else {
    ReferenceWrite& write = std::get<ReferenceWrite>(work);
    if (result.ok()) hooks_.references_written(write.change);
    if (write.done) write.done(result);
  }
  if (refused_ > 0) --refused_;
  queue_.pop_front();
}

void Committer::AnswerRefused() {
  const absl::Status refusal = NotAcknowledged(full_);
  for (; refused_ < queue_.size(); ++refused_) {
    Work& work = queue_[refused_];
    if (Part* part = std::get_if<Part>(&work)) {
      if (part->group == 0) Answer(*part, refusal);
    } else if (ReferenceWrite* write = std::get_if<ReferenceWrite>(&work)) {
      std::exchange(write->done, nullptr)(refusal);
    }
  }
}

void Committer::Answer(Part& part, const absl::Status& result) {
  Submission& submission = *part.submission;
  submission.status.Update(result);
  WICK_ASSERT(submission.parts_undurable > 0);
  if (--submission.parts_undurable == 0) hooks_.durable(std::move(part.submission));
}

void Committer::Gather(Part& part) {
  if (part.group != 0) {
    newest_gathered_ = std::max(newest_gathered_, part.group);
    if (--part.submission->parts_ungathered == 0) {
      ++groups_gathered_;
      passing_.push_back(part.submission.get());
    }
  }
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
  // The slice holds the state after these parts, and what comes later is not in it: a frame that
  // reached over it would be replayed in part twice.
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

void Committer::GatherPassed() {
  // Of two offsets of a partition the one of the later group stays.
  std::sort(passing_.begin(), passing_.end(),
            [](const Submission* a, const Submission* b) { return a->group < b->group; });
  for (const Submission* submission : passing_) {
    for (const auto& offset : submission->passed.offsets) batch_.PutKafkaOffset(offset);
    for (const auto& letter : submission->passed.dead_letters) batch_.PutDeadLetter(letter);
    for (const auto& place : submission->passed.dropped) batch_.DeleteDeadLetter(place);
  }
  passing_.clear();
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
    // Shards number their parts from one counter, so a round may hold a frame older than one
    // written before.
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

void Committer::CountCommitted() {
  constexpr auto kRelaxed = std::memory_order_relaxed;
  Bump(counters_.commits);
  counters_.synced_number.store(std::max(counters_.synced_number.load(kRelaxed), round_number_),
                                kRelaxed);
  counters_.checkpoint_number.store(
      std::max(counters_.checkpoint_number.load(kRelaxed), round_covered_), kRelaxed);
  counters_.frames.store(frames_.size(), kRelaxed);
  counters_.frame_bytes.store(frame_bytes_, kRelaxed);
}

}  // namespace wick::engine
