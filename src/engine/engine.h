// The facade of the engine: events in, answers out, nothing lost in between.
#pragma once

#include <absl/functional/any_invocable.h>
#include <absl/functional/function_ref.h>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/status.h"
#include "base/units.h"
#include "cluster/share.h"
#include "cold/store.h"
#include "engine/history.h"
#include "engine/recovery_progress.h"
#include "engine/status.h"
#include "market/retention.h"
#include "market/validation.h"
#include "wick/event.h"
#include "wick/query.h"

namespace wick::engine {

struct EngineOptions {
  unsigned workers = 1;
  market::Keep keep;
  std::array<uint32_t, market::kTierCount> window_candles = {300, 240, 1,
                                                             1};  // in memory, per series
  uint64_t future_skew_ms_max = market::kFutureSkewMsDefault;
  uint32_t series_max = 4'000'000;
  uint32_t new_series_per_minute_max = 1'000'000;  // a start registers all at once; 0: no bound
  uint32_t candles_per_request_max = 10'000;
  uint64_t checkpoint_interval_ms = 5'000;
  uint64_t journal_bytes_max =
      128_MiB;  // a checkpoint starts early when the journal holds this much
  uint64_t unwritten_candles_max = 200'000;  // per shard; a checkpoint starts early beyond it
  uint64_t retention_interval_ms = 600'000;  // between removals of expired candles
  uint64_t inflight_events_max =
      1'000'000;  // per source worker: not yet durable; then its sessions wait
  uint64_t min_free_bytes =
      64_MiB;            // writes are refused below it, or below 5 % of a smaller file system
  cluster::Share share;  // what this node has of its cluster; series of other pairs are not listed
};

/// When a batch is answered.
enum class Ack : uint8_t {
  kNone = 0,     // at once
  kMemory = 1,   // when readers see the events
  kDurable = 2,  // when they survive power loss
};

/// What became of the events of one batch.
struct IngestResult {
  uint64_t accepted = 0;    // includes late ones
  uint64_t duplicates = 0;  // equal to their series' latest: acknowledged, nothing changed
  /// Otherwise nothing of the batch may be taken as durable, and the message says whether it may
  /// still come to count. kResourceExhausted: the disk is full, and writes are taken again when it
  /// is not. Any other error is final for this process.
  absl::Status status = absl::OkStatus();
};

/// Records of Kafka's topics that a submission passes.
struct Passed {
  std::vector<cold::KafkaOffset> offsets;  // one for each partition that it goes on in
  std::vector<cold::DeadLetter> dead_letters;
  std::vector<cold::KafkaPlace> dropped = {};  // dead letters that make room for others
};

class Impl;

/// Validated events with resolved series, split by shard as they are added.
class EventBatch {
 public:
  EventBatch(const Impl& engine, size_t events);
  ~EventBatch();
  EventBatch(EventBatch&&) noexcept;
  EventBatch& operator=(EventBatch&&) noexcept;

  /// `price` passed market::CheckPrice; `series` came from Engine::Resolve.
  void Add(SeriesId series, const Price& price);
  size_t size() const { return size_; }

 private:
  friend class Impl;
  friend class Engine;
  const Impl* engine_;
  size_t size_ = 0;
  std::vector<std::vector<Tick>> by_shard_;
};

/// Threads: an engine has `workers` shards. The caller runs one thread (or turns one loop) a shard
/// and calls Poll(shard) on it whenever the waker asked for it. Submit() and WhenRoom() are called
/// on such a thread; everything else on any thread. Latest() never waits for a writer.
class Engine {
 public:
  /// Runs on the thread of the worker that submitted, from within Poll() or Submit().
  using Done = absl::AnyInvocable<void(const IngestResult&)>;
  /// Makes Poll(worker) run soon on the worker's thread. Called from any thread; must not call Poll
  /// itself.
  using Waker = std::function<void(unsigned worker)>;

  /// Loads what the store holds and replays the journal; the store and the clock must outlive the
  /// engine. `progress`, if given, says meanwhile how far it has come.
  static absl::StatusOr<std::unique_ptr<Engine>> Open(const EngineOptions& options,
                                                      cold::Store& store, const Clock& clock,
                                                      RecoveryProgress* progress = nullptr);
  ~Engine();

  /// Starts the commit and maintenance threads. Poll may be called from now on.
  void Start(Waker waker);

  /// In the place of Start(), for tests that replay: there are no threads, the caller turns
  /// everything.
  void StartByHand(Waker waker);
  /// One turn of the commit and the maintenance thread's work, without waiting. True: it wrote
  /// something.
  bool Turn();

  /// Writes a last checkpoint and stops the threads. The workers' threads must go on calling Poll
  /// until this returns (by hand: it polls); no Submit after it was called. kResourceExhausted: the
  /// disk is full; what was acknowledged is on it all the same.
  absl::Status Stop();

  unsigned workers() const;
  const EngineOptions& options() const;
  const Clock& clock() const;

  // --- writing
  /// Applies waiting batches and runs waiting completions, a bounded amount at a time.
  void Poll(unsigned worker);

  /// The id of a series, registered if it is new. kNone, kInvalidName, kMoved (the pair is of
  /// another node's share), kTooManySeries or, if others may be taken in a while,
  /// kTooManyNewSeries.
  Refusal Resolve(const SymbolView& symbol, SeriesId& series);
  /// Resolve() of symbol(0) to symbol(count - 1), faster than one by one; resolved(i, refusal,
  /// series) is called in order. symbol(i) is called more than once.
  void ResolveAll(size_t count, absl::FunctionRef<SymbolView(size_t)> symbol,
                  absl::FunctionRef<void(size_t, Refusal, SeriesId)> resolved);
  /// True if Resolve() ever gave this id.
  bool IsSeries(SeriesId series) const;

  /// `events`: how many are probably added.
  EventBatch NewBatch(size_t events = 0) const;
  void Submit(unsigned worker, EventBatch batch, Ack ack, Done done);

  /// Where records of Kafka are submitted: one submitter, so that all shards see the same order.
  static constexpr unsigned kPassingWorker = 0;
  /// Submits events, if there are any, with what they pass: durable in one write, or not at all,
  /// and never before what was submitted so earlier. On the thread of kPassingWorker.
  /// OK: `done` is called when they are durable, or will never be; a disk that is full meanwhile
  /// only takes longer. Else nothing was taken, `batch` and `passed` are as they were.
  /// kResourceExhausted: the disk is full, offer them again; any other error is final.
  absl::Status SubmitPassing(EventBatch& batch, Passed& passed, Done done);

  /// False: too much is on its way to the disk; the session stops reading its socket and asks
  /// WhenRoom().
  bool HasRoom(unsigned worker) const;
  void WhenRoom(unsigned worker, absl::AnyInvocable<void()> resume);

  /// Counts an event that did not reach Submit().
  void CountRejected(Refusal refusal, uint64_t events = 1);

  // --- reading
  /// nullopt: never registered.
  std::optional<SeriesId> Find(const SymbolView& symbol) const;
  /// nullopt: no event was ever seen; a series that was only registered is unknown to readers.
  std::optional<SeriesId> FindSeen(const SymbolView& symbol) const;
  SymbolView NamesOf(SeriesId series) const;  // valid as long as the engine
  /// False: the pair is of another node's share; what is here of it is from before it moved away.
  /// `series` must be one.
  bool IsHere(SeriesId series) const;
  /// nullopt: no event was ever seen. No lock, no allocation, no system call.
  std::optional<Price> Latest(SeriesId series) const;
  /// For a Latest() that comes soon. Any id.
  void Prefetch(SeriesId series) const;

  /// InvalidArgument: the request cannot be answered (limit, interval, range). May read the disk.
  absl::StatusOr<CandlesReply> Candles(SeriesId series, const CandlesRequest& request) const;
  /// The same on a worker's thread; nullopt: it is not all in memory.
  std::optional<absl::StatusOr<CandlesReply>> HotCandles(SeriesId series,
                                                         const CandlesRequest& request) const;
  /// Candles of the disk as they lie there; see QueryHistory(). Reads the disk.
  absl::StatusOr<HistoryReply> History(SeriesId series, const CandlesRequest& request) const;

  // Listings leave out pairs of other nodes' shares.
  /// Everything that was ever seen, sorted by name (bytes). `only`: that exchange (empty answer:
  /// unknown).
  std::vector<ExchangeListing> Exchanges(std::optional<std::string_view> only, bool pairs) const;
  /// One reference price per base currency, sorted by name; `only`: those bases (unknown ones are
  /// left out).
  std::vector<BaseListing> Bases(const std::vector<std::string>& only) const;
  /// Every latest price of a base currency, newest first, then by quote currency and exchange.
  std::vector<PriceEvent> PricesOfBase(std::string_view base_currency) const;

  // --- references: the mapping base -> (quote, exchange)
  std::vector<Reference> References() const;  // by base currency
  /// Each calls back (on the commit thread, or from within if it is refused) when the change is
  /// durable. Names must be valid.
  void SetReference(Reference reference, absl::AnyInvocable<void(absl::Status)> done);
  /// NotFound if there is none.
  void RemoveReference(std::string_view base_currency, absl::AnyInvocable<void(absl::Status)> done);
  void ReplaceReferences(std::vector<Reference> references,
                         absl::AnyInvocable<void(absl::Status)> done);

  // --- Kafka: what is durable; by topic, partition (and offset)
  absl::StatusOr<std::vector<cold::KafkaOffset>> KafkaOffsets() const;
  /// From `from` on, the first `limit`. Reads the disk.
  absl::StatusOr<std::vector<cold::DeadLetter>> DeadLetters(const cold::KafkaPlace& from,
                                                            size_t limit) const;
  /// The same, of the partition of `from` alone.
  absl::StatusOr<std::vector<cold::DeadLetter>> DeadLettersOf(const cold::KafkaPlace& from,
                                                              size_t limit) const;
  /// What the letters of each partition take. Reads them all.
  absl::StatusOr<std::map<std::pair<std::string, uint32_t>, uint64_t>> DeadLetterBytes() const;

  // --- operation
  /// Calls back (on the commit thread) when a checkpoint that began after this call is durable.
  void Checkpoint(absl::AnyInvocable<void(absl::Status)> done);
  /// Store::Backup(): blocks for as long as copying takes; any thread but a worker.
  absl::StatusOr<cold::BackupInfo> Backup(const cold::BackupOptions& options);
  /// Ends a running backup soon, and refuses further ones.
  void StopBackups();
  /// OK: recovered and able to write. kResourceExhausted: not as long as the disk is full; any
  /// other error: no more in this process.
  absl::Status Ready() const;
  EngineStatus Status() const;

 private:
  explicit Engine(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace wick::engine
