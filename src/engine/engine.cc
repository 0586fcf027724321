#include "engine/engine.h"

#include <algorithm>
#include <chrono>
#include <future>

#include "base/assert.h"
#include "engine/candle_query.h"
#include "engine/impl.h"

namespace wick::engine {
namespace {

Committer::Hooks HooksOf(Impl& impl) {
  return {.durable =
              [&impl](std::shared_ptr<Submission> submission) {
                const unsigned source = submission->source;
                if (impl.workers[source]->durable.Push(std::move(submission))) impl.wake(source);
              },
          .slice_written =
              [&impl](const CheckpointSlice& slice, const absl::Status& status) {
                Worker& worker = *impl.workers[slice.shard];
                if (status.ok()) {
                  for (const CapturedSeries& captured : slice.series) {
                    if (captured.unwritten) worker.shard.unwritten().Written(captured.series);
                  }
                }
                worker.slices_unwritten.fetch_sub(1, std::memory_order_relaxed);
                if (slice.last) impl.passes.ShardDone(status, impl.clock.NowMs());
                // The next slice may go, and any worker's sessions may have room again.
                for (unsigned i = 0; i < impl.workers.size(); ++i) impl.wake(i);
              },
          .references_written =
              [&impl](const ReferenceChange& change) { impl.references.Show(change); }};
}

}  // namespace

Impl::Impl(const EngineOptions& engine_options, cold::Store& engine_store,
           const Clock& engine_clock)
    : options(engine_options),
      store(engine_store),
      clock(engine_clock),
      new_series(engine_options.new_series_per_minute_max, engine_clock.NowMs()),
      gate(engine_clock),
      passes(engine_options.workers),
      committer(engine_store, index, engine_options.workers, gate, HooksOf(*this)),
      space_(engine_options.min_free_bytes) {
  WICK_ASSERT(options.workers > 0 && options.workers <= UINT16_MAX);
  for (unsigned i = 0; i < options.workers; ++i) {
    workers.push_back(std::make_unique<Worker>(Shard::Options{options.keep, options.window_candles},
                                               table, clock));
  }
}

Impl::~Impl() {
  {
    const std::lock_guard lock(maintenance_mutex_);
    stopping_ = true;
  }
  maintenance_wake_.notify_one();
  if (maintenance_.joinable()) maintenance_.join();
  committer.Stop();
}

void Impl::Start(Engine::Waker waker, bool threads) {
  wake = std::move(waker);
  last_pass_ = last_removal_ = std::chrono::steady_clock::now();
  WatchSpace();
  threads_ = threads;
  if (!threads) return;
  committer.Start();
  maintenance_ = std::thread([this] { MaintenanceLoop(); });
}

absl::Status Impl::Stop() {
  {
    const std::lock_guard lock(maintenance_mutex_);
    stopping_ = true;
  }
  maintenance_wake_.notify_one();
  if (maintenance_.joinable()) maintenance_.join();
  // Shared with the callback, which may still be running when the result is here.
  auto written = std::make_shared<std::promise<absl::Status>>();
  auto result = written->get_future();
  passes.Request([written](absl::Status status) { written->set_value(std::move(status)); });
  while (result.wait_for(std::chrono::milliseconds(threads_ ? 1 : 0)) !=
         std::future_status::ready) {
    if (!RefusePasses()) BeginPass();
    if (threads_) continue;
    for (unsigned i = 0; i < workers.size(); ++i) Poll(i);
    committer.Turn();
  }
  committer.Stop();
  WICK_RETURN_IF_ERROR(result.get());
  return store.Flush();
}

void Impl::ChangeReferences(ReferenceChange change, absl::AnyInvocable<void(absl::Status)> done) {
  if (absl::Status admitted = Admission(); !admitted.ok()) return done(std::move(admitted));
  // Only the removal of one base currency can be refused.
  const std::string removed = change.remove.empty() ? std::string() : change.remove.front();
  const bool accepted = references.Change(std::move(change), [&](const ReferenceChange& complete) {
    committer.Add(ReferenceWrite{complete, std::move(done)});
  });
  if (!accepted) {
    done(Error(absl::StatusCode::kNotFound, "base currency \"{}\" has no reference",
               market::Printable(removed)));
  }
}

std::optional<Price> Impl::Latest(SeriesId series) const {
  const Price latest = table[Raw(series)].Latest();
  return latest.timestamp_ms == 0 ? std::nullopt : std::optional(latest);
}

std::optional<Price> Impl::LatestHere(SeriesId series) const {
  return table[Raw(series)].here ? Latest(series) : std::nullopt;
}

TierReader Impl::ReaderOf(SeriesId id, TierReader::Source source) const {
  const hot::Series& series = table[Raw(id)];
  return {source, id, series, workers[ShardOf(id)]->shard.unwritten(), store};
}

uint64_t Impl::NewestElsewhereMs(unsigned self) const {
  uint64_t newest = 0;
  for (unsigned i = 0; i < workers.size(); ++i) {
    if (i == self) continue;
    newest = std::max(newest,
                      workers[i]->shard.counters().newest_event_ms.load(std::memory_order_relaxed));
  }
  return newest;
}

uint64_t Impl::NewestEventMs() const { return NewestElsewhereMs(UINT_MAX); }

market::Horizons Impl::Horizons() const {
  return market::HorizonsAt(options.keep, clock.NowMs(), NewestEventMs());
}

// --- the facade

Engine::Engine(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Engine::~Engine() = default;

absl::StatusOr<std::unique_ptr<Engine>> Engine::Open(const EngineOptions& options,
                                                     cold::Store& store, const Clock& clock,
                                                     RecoveryProgress* progress) {
  auto impl = std::make_unique<Impl>(options, store, clock);
  RecoveryProgress unseen;
  WICK_RETURN_IF_ERROR(impl->Recover(progress != nullptr ? *progress : unseen));
  return std::unique_ptr<Engine>(new Engine(std::move(impl)));
}

void Engine::Start(Waker waker) { impl_->Start(std::move(waker), /*threads=*/true); }
void Engine::StartByHand(Waker waker) { impl_->Start(std::move(waker), /*threads=*/false); }
bool Engine::Turn() {
  impl_->Maintain();
  return impl_->committer.Turn();
}
absl::Status Engine::Stop() { return impl_->Stop(); }
unsigned Engine::workers() const { return impl_->options.workers; }
const EngineOptions& Engine::options() const { return impl_->options; }
const Clock& Engine::clock() const { return impl_->clock; }

void Engine::Poll(unsigned worker) { impl_->Poll(worker); }
Refusal Engine::Resolve(const SymbolView& symbol, SeriesId& series) {
  return impl_->Resolve(symbol, hot::SymbolIndex::Hash(symbol), series);
}
void Engine::ResolveAll(size_t count, absl::FunctionRef<SymbolView(size_t)> symbol,
                        absl::FunctionRef<void(size_t, Refusal, SeriesId)> resolved) {
  impl_->ResolveAll(count, symbol, resolved);
}
bool Engine::IsSeries(SeriesId series) const { return Raw(series) < impl_->index.size(); }
EventBatch Engine::NewBatch(size_t events) const { return EventBatch(*impl_, events); }
void Engine::Submit(unsigned worker, EventBatch batch, Ack ack, Done done) {
  impl_->Submit(worker, std::move(batch), ack, std::move(done));
}
absl::Status Engine::SubmitPassing(EventBatch& batch, Passed& passed, Done done) {
  return impl_->SubmitPassing(batch, passed, std::move(done));
}
bool Engine::HasRoom(unsigned worker) const { return impl_->HasRoom(worker); }
void Engine::WhenRoom(unsigned worker, absl::AnyInvocable<void()> resume) {
  impl_->workers[worker]->room_waiters.push_back(std::move(resume));
}
void Engine::CountRejected(Refusal refusal, uint64_t events) {
  impl_->rejected[static_cast<size_t>(refusal)].fetch_add(events, std::memory_order_relaxed);
}

std::optional<SeriesId> Engine::Find(const SymbolView& symbol) const {
  return impl_->index.Find(symbol);
}
std::optional<SeriesId> Engine::FindSeen(const SymbolView& symbol) const {
  const auto series = Find(symbol);
  return series && Latest(*series) ? series : std::nullopt;
}
SymbolView Engine::NamesOf(SeriesId series) const { return impl_->index.NamesOf(series); }
bool Engine::IsHere(SeriesId series) const { return impl_->table[Raw(series)].here; }
std::optional<Price> Engine::Latest(SeriesId series) const { return impl_->Latest(series); }
void Engine::Prefetch(SeriesId series) const {
  if (IsSeries(series)) __builtin_prefetch(&impl_->table[Raw(series)]);
}

absl::StatusOr<CandlesReply> Engine::Candles(SeriesId series, const CandlesRequest& request) const {
  return QueryCandles(impl_->ReaderOf(series, TierReader::Source::kEverywhere), request,
                      impl_->Horizons(), impl_->clock.NowMs(),
                      impl_->options.candles_per_request_max);
}
std::optional<absl::StatusOr<CandlesReply>> Engine::HotCandles(
    SeriesId series, const CandlesRequest& request) const {
  auto reply =
      QueryCandles(impl_->ReaderOf(series, TierReader::Source::kMemory), request, impl_->Horizons(),
                   impl_->clock.NowMs(), impl_->options.candles_per_request_max);
  if (absl::IsOutOfRange(reply.status())) return std::nullopt;
  return reply;
}
absl::StatusOr<HistoryReply> Engine::History(SeriesId series, const CandlesRequest& request) const {
  return QueryHistory(impl_->ReaderOf(series, TierReader::Source::kEverywhere), request,
                      impl_->Horizons(), impl_->clock.NowMs(),
                      impl_->options.candles_per_request_max);
}
std::vector<ExchangeListing> Engine::Exchanges(std::optional<std::string_view> only,
                                               bool pairs) const {
  return impl_->Exchanges(only, pairs);
}
std::vector<BaseListing> Engine::Bases(const std::vector<std::string>& only) const {
  return impl_->Bases(only);
}
std::vector<PriceEvent> Engine::PricesOfBase(std::string_view base_currency) const {
  return impl_->PricesOfBase(base_currency);
}

std::vector<Reference> Engine::References() const { return impl_->references.All(); }

void Engine::SetReference(Reference reference, absl::AnyInvocable<void(absl::Status)> done) {
  ReferenceChange change;
  change.put.push_back(std::move(reference));
  impl_->ChangeReferences(std::move(change), std::move(done));
}

void Engine::RemoveReference(std::string_view base_currency,
                             absl::AnyInvocable<void(absl::Status)> done) {
  ReferenceChange change;
  change.remove.emplace_back(base_currency);
  impl_->ChangeReferences(std::move(change), std::move(done));
}

void Engine::ReplaceReferences(std::vector<Reference> references,
                               absl::AnyInvocable<void(absl::Status)> done) {
  ReferenceChange change;
  change.replace_all = true;
  change.put = std::move(references);
  impl_->ChangeReferences(std::move(change), std::move(done));
}

absl::StatusOr<std::vector<cold::KafkaOffset>> Engine::KafkaOffsets() const {
  return impl_->store.KafkaOffsets();
}
absl::StatusOr<std::vector<cold::DeadLetter>> Engine::DeadLetters(const cold::KafkaPlace& from,
                                                                  size_t limit) const {
  return impl_->store.DeadLetters(from, limit);
}
absl::StatusOr<std::vector<cold::DeadLetter>> Engine::DeadLettersOf(const cold::KafkaPlace& from,
                                                                    size_t limit) const {
  return impl_->store.DeadLettersOf(from, limit);
}
absl::StatusOr<std::map<std::pair<std::string, uint32_t>, uint64_t>> Engine::DeadLetterBytes()
    const {
  return impl_->store.DeadLetterBytes();
}

void Engine::Checkpoint(absl::AnyInvocable<void(absl::Status)> done) {
  impl_->passes.Request(std::move(done));  // the maintenance thread begins it, or refuses
}

absl::StatusOr<cold::BackupInfo> Engine::Backup(const cold::BackupOptions& options) {
  return impl_->store.Backup(options);
}
void Engine::StopBackups() { impl_->store.StopBackups(); }

absl::Status Engine::Ready() const { return impl_->gate.status(); }
EngineStatus Engine::Status() const { return impl_->Status(); }

}  // namespace wick::engine
