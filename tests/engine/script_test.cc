// Random scripts of events, checkpoints, steps of the clock, full disks, failing disks, crashes and
// power cuts in one process and on one thread, against a fold that knows nothing of them.
//
// WICK_SEEDS: how many scripts (2,000; a tenth in a sanitizer's build). WICK_SEED_FIRST: the number
// of the first (1). WICK_SEED: that one alone.
#include <deque>
#include <map>
#include <optional>
#include <random>

#include "catch.h"
#include "engine/hand_turned.h"
#include "engine/naive_market.h"
#include "engine/read_history.h"
#include "engine/script_setting.h"
#include "environment.h"
#include "sanitized.h"
#include "support/power_loss_env.h"

using namespace wick;
using engine::Ack;
using engine::IngestResult;
using wick::test::DiskCall;
using wick::test::Fault;
using wick::test::HandTurnedEngine;
using wick::test::kTierMs;
using wick::test::kTierUnits;
using wick::test::kWorkerCounts;
using wick::test::NaiveCandle;
using wick::test::NaiveSeries;
using wick::test::Picture;
using wick::test::PowerLossEnv;
using wick::test::SeriesPicture;

namespace {

constexpr uint64_t kBaseMs = 1'700'000'000'000;
constexpr uint64_t kHourMs = 3'600'000;
constexpr DiskCall kFailingCalls[] = {
    DiskCall::kWrite,    DiskCall::kWrite,  DiskCall::kSync,
    DiskCall::kSync,     DiskCall::kOpen,   DiskCall::kRename,
    DiskCall::kTruncate, DiskCall::kDelete, DiskCall::kSyncDirectory};
using ReferenceMap = std::map<std::string, std::pair<std::string, std::string>>;

/// What the scripts of a run met, so that nobody believes in scripts that did nothing.
struct Totals {
  uint64_t lives = 0, acknowledged = 0, kept_unacknowledged = 0, lost_unacknowledged = 0,
           refused_full = 0, failed = 0, power_cuts = 0, stops = 0, candles = 0;
};

/// A batch, from its hand-over to its answer.
struct Submission {
  Ack ack = Ack::kDurable;
  std::shared_ptr<std::optional<IngestResult>> answer;
  uint64_t accepted = 0, duplicates = 0;  // as the model counts them
  bool answered = false;
};

/// The series of one pair share a shard, whatever the number of workers: what a batch has for them
/// counts as a whole or not at all, and only after what was handed over before.
struct Pair {
  struct Handed {
    size_t submission = 0;
    std::vector<std::pair<size_t, Price>> events;  // series, in order
  };
  std::vector<size_t> series;
  std::deque<Handed> uncertain;  // applied, and not known to be durable
};

class Script {
 public:
  Script(uint64_t seed, Totals& totals) : random_(seed), totals_(totals) {
    for (size_t pair = 0, pairs = 1 + Random(4); pair < pairs; ++pair) {
      Pair& made = pairs_.emplace_back();
      for (size_t n = 1 + Random(3); n > 0; --n) {
        made.series.push_back(symbols_.size());
        pair_of_.push_back(pair);
        symbols_.emplace_back("B" + std::to_string(pair), "Q", "X" + std::to_string(n));
      }
    }
    durable_.resize(symbols_.size());
    live_.resize(symbols_.size());
    next_ms_.assign(symbols_.size(), kBaseMs);
    options_.keep.ms.fill(market::kKeepForever);
    if (OneIn(2)) {
      options_.keep.ms = {Random(600'000), Random(20 * kHourMs), Random(2'000 * kHourMs),
                          market::kKeepForever};
    }
    options_.window_candles = {1 + static_cast<uint32_t>(Random(20)),
                               1 + static_cast<uint32_t>(Random(6)), 1, 1};
    options_.checkpoint_interval_ms = OneIn(3) ? 0 : kHourMs;
    options_.retention_interval_ms = OneIn(2) ? 0 : kHourMs;
    options_.min_free_bytes = OneIn(2) ? 0 : 16_KiB;
    if (OneIn(8)) return;  // some see the whole making and opening of a directory
    disk_.Load(EmptyData());
    disk_.RefuseFiles("OPTIONS");
  }

  void Run() {
    for (uint64_t lives = 1 + Random(4); lives > 0; --lives) Live();
    // Whatever the number of workers, the server holds the same.
    std::optional<uint64_t> digest;
    const size_t first = Random(std::size(kWorkerCounts));
    const size_t second =
        (first + 1 + Random(std::size(kWorkerCounts) - 1)) % std::size(kWorkerCounts);
    for (const size_t count : {first, second}) {
      options_.workers = kWorkerCounts[count];
      CAPTURE(options_.workers);
      HandTurnedEngine engine(Storage(), options_, clock_);
      INFO(engine.status());
      REQUIRE(engine.status().ok());
      REQUIRE(Recognize(engine));
      const uint64_t seen = DigestOf(SeenPicture(engine));
      REQUIRE(seen == DigestOf(ModelPicture()));
      REQUIRE(digest.value_or(seen) == seen);
      digest = seen;
    }
  }

 private:
  uint64_t Random(uint64_t below) { return random_() % below; }
  bool OneIn(uint64_t n) { return Random(n) == 0; }

  cold::StoreOptions Storage() const { return test::SmallStorageOn(disk_); }

  /// A data directory that was made: most of a short script's time would go into making it.
  static const PowerLossEnv::Image& EmptyData() {
    static const PowerLossEnv::Image image = [] {
      const PowerLossEnv disk;
      REQUIRE(cold::Store::Open(test::SmallStorageOn(disk)).ok());
      return disk.Save();
    }();
    return image;
  }

  // --- a life of the process
  void Live() {
    ++totals_.lives;
    options_.workers = kWorkerCounts[Random(std::size(kWorkerCounts))];
    if (OneIn(5)) disk_.CutPowerAfter(Random(400));  // some in the middle of the start
    HandTurnedEngine engine(Storage(), options_, clock_);
    if (!engine.status().ok()) {
      INFO(engine.status());
      REQUIRE(disk_.power_is_cut());
      return EndWithPowerLoss();
    }
    if (!Recognize(engine)) return EndWithPowerLoss();
    failed_ = false;
    for (uint64_t actions = 2 + Random(14); actions > 0; --actions) {
      Act(engine);
      if (disk_.power_is_cut() && OneIn(3)) break;
    }
    if (OneIn(3)) Stop(engine);
    if (disk_.power_is_cut() || OneIn(2)) return EndWithPowerLoss();
    disk_.Kill();
    ClearDisk();
  }

  void EndWithPowerLoss() {
    ++totals_.power_cuts;
    disk_.PowerLoss(random_());
    ClearDisk();
  }
  void ClearDisk() {
    submissions_.clear();
    disk_.SetSpace(UINT64_MAX);
    disk_.ClearFaults();
    is_full_ = cut_may_fail_ = false;
  }

  void Stop(HandTurnedEngine& engine) {
    const absl::Status stopped = engine.Stop();
    TakeAnswers(engine);
    if (!stopped.ok()) return;
    ++totals_.stops;
    REQUIRE_FALSE(failed_);
    for (Pair& pair : pairs_) MakeDurable(pair, SIZE_MAX);
    references_ = {references_.back()};
  }

  void Act(HandTurnedEngine& engine) {
    switch (Random(16)) {
      case 0:
      case 1:
        engine.Settle();
        break;
      case 2:
        engine->Turn();
        engine.TurnWorkers();  // answers are taken before a later write can fail
        break;
      case 3:
        if (OneIn(2)) {
          WriteOneWorkersPart(engine);
        } else {
          engine->Checkpoint([](absl::Status) {});
        }
        break;
      case 4:
      case 5:
        StepClock();
        break;
      case 6:
        ChangeReferences(engine);
        break;
      case 7:
        Check(engine);
        break;
      case 8:
        is_full_ = !is_full_ && OneIn(2);
        disk_.SetSpace(is_full_ ? disk_.used_bytes() + Random(2) * Random(30'000) : UINT64_MAX);
        break;
      case 9:
        if (OneIn(3)) FailACall();
        break;
      default:
        Submit(engine);
    }
    TakeAnswers(engine);
  }

  void FailACall() {
    const DiskCall call = kFailingCalls[Random(std::size(kFailingCalls))];
    const Fault fault = OneIn(2) ? Fault::kIo : Fault::kNoSpace;
    disk_.Fail(call, fault, Random(3));
    const bool cuts =
        call == DiskCall::kOpen || call == DiskCall::kTruncate || call == DiskCall::kSync;
    cut_may_fail_ = cut_may_fail_ || (cuts && fault == Fault::kNoSpace);
  }

  /// A checkpoint of which the disk has the part of one worker, and the others' is on its way.
  void WriteOneWorkersPart(HandTurnedEngine& engine) {
    engine.Settle();
    engine->Checkpoint([](absl::Status) {});
    engine->Turn();
    engine.TurnWorker(static_cast<unsigned>(Random(options_.workers)));
    engine->Turn();
    engine.TurnWorkers();
  }

  void StepClock() {
    const uint64_t steps_ms[] = {1, 900, 60'000, kHourMs, 30 * 24 * kHourMs};
    const uint64_t by_ms = 1 + Random(steps_ms[Random(std::size(steps_ms))]);
    const uint64_t now_ms = clock_.NowMs();
    clock_.Set(OneIn(3) ? now_ms - std::min(by_ms, now_ms - kBaseMs / 2) : now_ms + by_ms);
    ObserveHorizon();
  }

  // --- events
  Price NextPrice(size_t series) {
    if (OneIn(16)) return live_[series].latest();  // a duplicate, if there was one before
    uint64_t& next_ms = next_ms_[series];
    if (!OneIn(3)) next_ms += Random(OneIn(30) ? 50 * kHourMs : 900);
    uint64_t ms = next_ms;
    if (OneIn(5)) ms -= Random(OneIn(3) ? 60 * kHourMs : 9'000);  // late
    return {1 + static_cast<double>(Random(1'000)) / 8, static_cast<double>(Random(3)),
            static_cast<double>(Random(1'000)) / 3, ms};
  }

  void Submit(HandTurnedEngine& engine) {
    std::vector<std::pair<size_t, Price>> events;
    for (uint64_t n = 1 + Random(OneIn(8) ? 200 : 12); n > 0; --n) {
      const size_t series = Random(symbols_.size());
      if (const Price price = NextPrice(series); price.timestamp_ms > 0)
        events.emplace_back(series, price);
    }
    std::vector<PriceEvent> batch;
    for (const auto& [series, price] : events) batch.push_back({symbols_[series], price});

    Submission submission;
    submission.ack = OneIn(6) ? Ack::kMemory : OneIn(9) ? Ack::kNone : Ack::kDurable;
    submission.answer =
        engine.Submit(static_cast<unsigned>(Random(options_.workers)), batch, submission.ack);
    if (*submission.answer && !(*submission.answer)->status.ok()) {  // at once: nothing was applied
      CHECK((*submission.answer)->accepted == 0);
      totals_.refused_full +=
          (*submission.answer)->status.code() == absl::StatusCode::kResourceExhausted;
      return;
    }
    REQUIRE_FALSE(failed_);
    engine.TurnWorkers();  // so that batches are applied in the order of this script
    for (const auto& [series, price] : events) {
      ++(live_[series].Take(price) ? submission.accepted : submission.duplicates);
      newest_ms_ = std::max(newest_ms_, price.timestamp_ms);
      Pair& pair = pairs_[pair_of_[series]];
      if (pair.uncertain.empty() || pair.uncertain.back().submission != submissions_.size()) {
        pair.uncertain.push_back({submissions_.size(), {}});
      }
      pair.uncertain.back().events.emplace_back(series, price);
    }
    submissions_.push_back(std::move(submission));
    ObserveHorizon();
  }

  void TakeAnswers(HandTurnedEngine& engine) {
    for (size_t i = 0; i < submissions_.size(); ++i) {
      Submission& submission = submissions_[i];
      if (submission.answered || !*submission.answer) continue;
      submission.answered = true;
      const IngestResult& result = **submission.answer;
      if (!result.status.ok() || submission.ack == Ack::kNone) continue;
      REQUIRE(result.accepted == submission.accepted);
      REQUIRE(result.duplicates == submission.duplicates);
      if (submission.ack != Ack::kDurable) continue;
      REQUIRE_FALSE(failed_);
      totals_.acknowledged += submission.accepted;
      for (Pair& pair : pairs_) {
        // Pairs that the batch has nothing for are not concerned.
        for (const auto& handed : pair.uncertain) {
          if (handed.submission != i) continue;
          MakeDurable(pair, i);
          break;
        }
      }
    }
    if (!failed_ && HasFailed(engine)) {
      failed_ = true;
      ++totals_.failed;
    }
  }

  static bool HasFailed(HandTurnedEngine& engine) {
    const absl::Status ready = engine->Ready();
    return !ready.ok() && !absl::IsResourceExhausted(ready);
  }

  /// What was handed over for the pair up to that submission is durable.
  void MakeDurable(Pair& pair, size_t submission) {
    while (!pair.uncertain.empty() && pair.uncertain.front().submission <= submission) {
      for (const auto& [series, price] : pair.uncertain.front().events)
        durable_[series].Take(price);
      pair.uncertain.pop_front();
    }
  }

  // --- references
  void ChangeReferences(HandTurnedEngine& engine) {
    ReferenceMap next = references_.back();
    const std::string base = "B" + std::to_string(Random(4));
    const Reference reference{base, "Q", "X" + std::to_string(Random(3))};
    auto answer = std::make_shared<std::optional<absl::Status>>();
    auto done = [answer](absl::Status status) { *answer = std::move(status); };
    switch (Random(3)) {
      case 0:
        next[base] = {reference.quote_currency, reference.exchange};
        engine->SetReference(reference, done);
        break;
      case 1:
        next.erase(base);
        engine->RemoveReference(base, done);
        break;
      default:
        next = {{base, {reference.quote_currency, reference.exchange}}};
        engine->ReplaceReferences({reference}, done);
    }
    if (!*answer) references_.push_back(std::move(next));  // otherwise it was refused at once
  }

  /// Forgets the states of the mapping that the server has left behind, or (`only`) all but the one
  /// it shows.
  void RecognizeReferences(HandTurnedEngine& engine, bool only) {
    ReferenceMap seen;
    for (const Reference& reference : engine->References()) {
      seen[reference.base_currency] = {reference.quote_currency, reference.exchange};
    }
    const auto found = std::find(references_.begin(), references_.end(), seen);
    REQUIRE(found != references_.end());
    references_.erase(references_.begin(), found);
    if (only) references_.resize(1);
  }

  // --- the two pictures
  /// What was behind a horizon once may be seen again when the clock steps back, but is not
  /// complete.
  void ObserveHorizon() {
    const uint64_t reference_ms = std::min(clock_.NowMs(), newest_ms_);
    for (size_t tier = 0; tier < kTierMs.size(); ++tier) {
      const uint64_t keep_ms = options_.keep.ms[tier];
      if (reference_ms > keep_ms)
        horizon_ms_[tier] = std::max(horizon_ms_[tier], reference_ms - keep_ms);
    }
  }

  SeriesPicture Modelled(const NaiveSeries& series) const {
    SeriesPicture picture;
    picture.latest = series.latest();
    for (size_t tier = 0; tier < kTierMs.size(); ++tier) {
      picture.tiers[tier] = series.Candles(tier, horizon_ms_[tier], clock_.NowMs());
    }
    return picture;
  }
  Picture ModelPicture() const {
    Picture picture;
    for (const NaiveSeries& series : live_) picture.push_back(Modelled(series));
    return picture;
  }

  SeriesPicture Seen(HandTurnedEngine& engine, size_t series) {
    SeriesPicture picture;
    const auto id = engine->Find(symbols_[series]);
    if (!id) return picture;
    picture.latest = engine->Latest(*id).value_or(Price{});
    for (size_t tier = 0; tier < kTierMs.size(); ++tier) {
      CandlesRequest request;
      request.interval = {1, kTierUnits[tier]};
      request.from_ms = 0;
      request.limit = 10'000;
      const auto reply = engine->Candles(*id, request);
      INFO(reply.status());
      const bool log_stays_uncut =
          cut_may_fail_ &&
          Message(reply.status()).find("could not be opened again") != std::string::npos;
      if (!reply.ok() && (disk_.power_is_cut() || log_stays_uncut || HasFailed(engine))) {
        unreadable_ = true;
        return {};
      }
      REQUIRE(reply.ok());
      REQUIRE_FALSE(reply->next_ms.has_value());
      request.limit = 1 + static_cast<uint32_t>(reply->candles.size()) / 2;
      const auto history = test::HistoryOf(*engine, *id, market::kTiers[tier], request);
      if (history.ok()) {
        test::RequireSame(*history, reply->candles);
      } else {
        INFO(history.status());
        REQUIRE((disk_.power_is_cut() || HasFailed(engine)));
      }
      for (const Candle& c : reply->candles) {
        if (c.timestamp_ms + kTierMs[tier] <= horizon_ms_[tier]) continue;
        picture.tiers[tier].push_back({c.timestamp_ms, c.open, c.high, c.low, c.close, c.count,
                                       c.base_volume_last_24h, c.quote_volume_last_24h, c.closed});
        ++totals_.candles;
      }
    }
    return picture;
  }
  /// Sets unreadable_ if the power is cut, the disk failed or the log could not be cut.
  Picture SeenPicture(HandTurnedEngine& engine) {
    unreadable_ = false;
    Picture picture;
    for (size_t series = 0; series < symbols_.size(); ++series)
      picture.push_back(Seen(engine, series));
    return picture;
  }

  /// A running server shows everything that was applied.
  void Check(HandTurnedEngine& engine) {
    const Picture seen = SeenPicture(engine);
    if (unreadable_) return;
    for (size_t series = 0; series < symbols_.size(); ++series) {
      CAPTURE(symbols_[series].base_currency, symbols_[series].exchange);
      RequireSame(seen[series], Modelled(live_[series]));
    }
    RecognizeReferences(engine, /*only=*/false);
  }

  /// After a start: what was acknowledged is there; of what was not, the model takes over what the
  /// server has. False: the power was cut meanwhile, and nobody knows.
  bool Recognize(HandTurnedEngine& engine) {
    const Picture seen = SeenPicture(engine);
    if (unreadable_) return false;
    for (Pair& pair : pairs_) {
      const auto is_seen = [&] {
        return std::all_of(pair.series.begin(), pair.series.end(), [&](size_t series) {
          return Modelled(durable_[series]) == seen[series];
        });
      };
      while (!is_seen() && !pair.uncertain.empty()) {
        totals_.kept_unacknowledged += pair.uncertain.front().events.size();
        MakeDurable(pair, pair.uncertain.front().submission);
      }
      for (const size_t series : pair.series) {
        CAPTURE(symbols_[series].base_currency, symbols_[series].exchange);
        RequireSame(seen[series], Modelled(durable_[series]));
      }
      for (const auto& handed : pair.uncertain) totals_.lost_unacknowledged += handed.events.size();
      pair.uncertain.clear();
    }
    live_ = durable_;
    RecognizeReferences(engine, /*only=*/true);
    return true;
  }

  static void RequireSame(const SeriesPicture& seen, const SeriesPicture& expected) {
    if (seen == expected) return;
    CAPTURE(seen.latest.timestamp_ms, expected.latest.timestamp_ms, seen.latest.price,
            expected.latest.price);
    CHECK(seen.latest == expected.latest);
    for (size_t tier = 0; tier < kTierMs.size(); ++tier) {
      CAPTURE(tier);
      const auto& a = seen.tiers[tier];
      const auto& b = expected.tiers[tier];
      CHECK(a.size() == b.size());
      for (size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
        CAPTURE(i, a[i].start_ms, b[i].start_ms, a[i].count, b[i].count, a[i].open, b[i].open,
                a[i].close, b[i].close, a[i].closed, b[i].closed);
        REQUIRE(a[i] == b[i]);
      }
    }
    FAIL("the server does not hold what it should");
  }

  std::mt19937_64 random_;
  Totals& totals_;
  PowerLossEnv disk_;
  ManualClock clock_{kBaseMs};
  engine::EngineOptions options_;
  std::vector<Symbol> symbols_;
  std::vector<size_t> pair_of_;  // by series
  std::vector<Pair> pairs_;
  std::vector<NaiveSeries> durable_;     // acknowledged
  std::vector<NaiveSeries> live_;        // applied
  std::vector<uint64_t> next_ms_;        // of the series' next event
  std::vector<Submission> submissions_;  // of this life
  std::deque<ReferenceMap> references_{
      ReferenceMap{}};  // the states it may be in; the last: all is written
  uint64_t newest_ms_ = 0;
  std::array<uint64_t, 4> horizon_ms_ = {};  // the farthest there ever was
  bool is_full_ = false;
  bool cut_may_fail_ = false;  // for want of room; what is on the disk is unread until it succeeds
  bool failed_ = false;        // a write failed for good in this life
  bool unreadable_ = false;
};

}  // namespace

TEST_CASE("the engine equals a pure fold over random scripts on a disk that loses power",
          "[engine][script]") {
  const uint64_t only = test::NumberOr("WICK_SEED", 0);
  const uint64_t first = only > 0 ? only : test::NumberOr("WICK_SEED_FIRST", 1);
  const uint64_t seeds =
      only > 0 ? 1 : test::NumberOr("WICK_SEEDS", static_cast<uint64_t>(test::Rounds(2'000)));
  Totals totals;
  for (uint64_t seed = first; seed < first + seeds; ++seed) {
    INFO("run it alone: WICK_SEED=" << seed << " engine_test '[script]'");
    Script(seed, totals).Run();
  }
  WARN(seeds << " scripts, " << totals.lives << " lives, " << totals.power_cuts << " power cuts, "
             << totals.stops << " stops, " << totals.failed
             << " failed disks; events: " << totals.acknowledged << " acknowledged, "
             << totals.refused_full << " batches refused on a full disk, "
             << totals.kept_unacknowledged << " unacknowledged kept, " << totals.lost_unacknowledged
             << " lost; " << totals.candles << " candles compared");
  if (seeds < 100) return;
  // The scripts met what they are for.
  CHECK(totals.acknowledged > 0);
  CHECK(totals.refused_full > 0);
  CHECK(totals.kept_unacknowledged > 0);
  CHECK(totals.lost_unacknowledged > 0);
  CHECK(totals.power_cuts > 0);
  CHECK(totals.stops > 0);
  CHECK(totals.failed > 0);
}
