// Verify: states and candles, series by series, and each tier against the next finer one.
#include <algorithm>
#include <optional>
#include <vector>

#include "cold/candle_checks.h"
#include "cold/chunk_merge.h"
#include "cold/possible.h"
#include "cold/state_record.h"
#include "cold/verify_impl.h"
#include "market/validation.h"

namespace wick::cold {
namespace {

using market::Bucket;
using market::FoldedCandle;
using market::Tier;

constexpr uint64_t kNoSeries64 = UINT64_MAX;  // behind the last series

std::string Where(Verification& verification, Tier tier, uint32_t series, uint64_t time_ms) {
  return fmt::format("{}, {}, {}", In(CandlesOf(tier)), verification.NameOf(series),
                     TimeText(time_ms));
}

/// The chunks of one tier, series by series.
class TierWalk {
 public:
  TierWalk(Verification& verification, Tier tier)
      : verification_(verification), tier_(tier), iterator_(verification.Walk(CandlesOf(tier))) {
    iterator_->SeekToFirst();
    SkipBadKeys();
    if (!iterator_->status().ok()) Resume(0);
  }

  /// The series at which it stands; kNoSeries64 at the end.
  uint64_t series() const { return iterator_->Valid() ? SeriesHere() : kNoSeries64; }

  bool IsReadable(uint64_t series) const { return series >= readable_from_; }

  /// Checks every chunk of the series at which it stands, and goes on to the next series. False:
  /// something was found, the candles are not to be trusted. `newest`: the candle in the state
  /// record, if there is one.
  bool CheckSeries(uint32_t series, const FoldedCandle* newest) {
    const uint64_t before = verification_.counts().findings;
    for (; iterator_->Valid() && SeriesHere() == series; iterator_->Next(), SkipBadKeys())
      CheckChunk(series, newest);
    if (!iterator_->status().ok()) Resume(uint64_t{series} + 1);
    return verification_.counts().findings == before;
  }

 private:
  static constexpr int kResumesMax = 1'000;  // series behind a damaged block that are tried

  uint32_t SeriesHere() const { return ReadBigEndian<uint32_t>(ToView(iterator_->key())); }

  void SkipBadKeys() {
    for (; iterator_->Valid() && iterator_->key().size() != sizeof(ChunkKey); iterator_->Next()) {
      verification_.Find(In(CandlesOf(tier_)), "a key of {} bytes instead of 8",
                         iterator_->key().size());
    }
  }

  void CheckChunk(uint32_t series, const FoldedCandle* newest) {
    const Chunk chunk = ReadBigEndian<Chunk>(ToView(iterator_->key()).substr(sizeof(uint32_t)));
    ++verification_.counts().chunks;
    candles_.clear();
    const absl::Status decoded = DecodeValue(ToView(iterator_->value()), chunk, candles_);
    if (!decoded.ok()) {
      verification_.Find(
          fmt::format("{}, chunk {}",
                      Where(verification_, tier_, series, StartMs(tier_, FirstBucket(chunk))),
                      chunk),
          "candle chunk damaged: {}", Message(decoded));
      return;
    }
    verification_.counts().candles += candles_.size();
    for (const FoldedCandle& candle : candles_) {
      if (const std::string fault = FaultOf(tier_, candle); !fault.empty()) {
        verification_.Find(Where(verification_, tier_, series, StartMs(tier_, candle.bucket)),
                           "a candle makes no sense: {}", fault);
      }
    }
    if (newest != nullptr && candles_.back().bucket >= newest->bucket) {
      verification_.Find(
          Where(verification_, tier_, series, StartMs(tier_, candles_.back().bucket)),
          "a candle that is not older than the newest one, of {}",
          TimeText(StartMs(tier_, newest->bucket)));
    }
  }

  /// After an error that ended the iteration: goes on at the first series from `next` on that can
  /// be read.
  void Resume(uint64_t next) {
    const auto last = static_cast<uint32_t>(std::max<uint64_t>(next, 1) - 1);
    verification_.Find(
        fmt::format("{}, at or behind {}", In(CandlesOf(tier_)), verification_.NameOf(last)),
        "candles cannot be read: {}", iterator_->status().ToString());
    for (int tried = 0; tried < kResumesMax && next <= UINT32_MAX; ++tried, ++next) {
      iterator_->Seek(ToSlice(MakeChunkKey(static_cast<uint32_t>(next), 0).view()));
      SkipBadKeys();
      readable_from_ = next;
      if (iterator_->status().ok()) return;
    }
    readable_from_ = kNoSeries64;
    verification_.Find(In(CandlesOf(tier_)),
                       "the candles of {} series and all behind cannot be read", kResumesMax);
  }

  Verification& verification_;
  const Tier tier_;
  std::unique_ptr<rocksdb::Iterator> iterator_;
  std::vector<FoldedCandle> candles_;
  uint64_t readable_from_ = 0;  // series before it were not read, or not whole
};

/// Reads the candles of one sound series and tier again: the chunks', then the newest one.
class CandleReader {
 public:
  CandleReader(Verification& verification, Tier tier)
      : iterator_(verification.Walk(CandlesOf(tier))) {}

  void Begin(uint32_t series, Bucket from, const FoldedCandle& newest) {
    series_ = series;
    from_ = from;
    newest_ = newest;
    candles_.clear();
    at_ = 0;
    iterator_->Seek(ToSlice(MakeChunkKey(series, ChunkOf(from)).view()));
  }

  std::optional<FoldedCandle> Next() {
    while (true) {
      while (at_ < candles_.size()) {
        if (candles_[at_].bucket >= from_) return candles_[at_++];
        ++at_;
      }
      if (!Load()) break;
    }
    return std::exchange(newest_, std::nullopt);
  }

 private:
  bool Load() {
    candles_.clear();
    at_ = 0;
    if (!iterator_->Valid() || ReadBigEndian<uint32_t>(ToView(iterator_->key())) != series_)
      return false;
    const Chunk chunk = ReadBigEndian<Chunk>(ToView(iterator_->key()).substr(sizeof(uint32_t)));
    // What does not decode was found before.
    DecodeValue(ToView(iterator_->value()), chunk, candles_).IgnoreError();
    iterator_->Next();
    return true;
  }

  std::unique_ptr<rocksdb::Iterator> iterator_;
  uint32_t series_ = 0;
  Bucket from_ = 0;
  std::optional<FoldedCandle> newest_;
  std::vector<FoldedCandle> candles_;
  size_t at_ = 0;
};

/// A tier and the next finer one, held against each other.
class TierPair {
 public:
  TierPair(Verification& verification, Tier fine, Tier coarse)
      : verification_(verification),
        fine_(fine),
        coarse_(coarse),
        fine_candles_(verification, fine),
        coarse_candles_(verification, coarse) {}

  void Compare(uint32_t series, const SeriesState& state) {
    const Bucket from = FirstComparable();
    const FoldedCandle& newest_fine = state.newest[Index(fine_)];
    const FoldedCandle& newest_coarse = state.newest[Index(coarse_)];
    if (newest_coarse.bucket < from) return;
    fine_candles_.Begin(series, market::BucketOf(fine_, StartMs(coarse_, from)), newest_fine);
    coarse_candles_.Begin(series, from, newest_coarse);
    auto fine = fine_candles_.Next();
    auto coarse = coarse_candles_.Next();
    while (fine || coarse) {
      std::optional<FoldedCandle> expected;
      if (fine) expected = AsPartOf(coarse_, fine_, *fine);
      if (coarse && (!expected || coarse->bucket < expected->bucket)) {
        Find(series, coarse->bucket,
             fmt::format("a {} candle of {} events, of which there is no {} candle", Name(coarse_),
                         coarse->count, Name(fine_)));
        coarse = coarse_candles_.Next();
        continue;
      }
      for (fine = fine_candles_.Next(); fine; fine = fine_candles_.Next()) {
        const FoldedCandle part = AsPartOf(coarse_, fine_, *fine);
        if (part.bucket != expected->bucket) break;
        market::Fold(*expected, part);
      }
      if (!coarse || expected->bucket < coarse->bucket) {
        Find(series, expected->bucket,
             fmt::format("there is no {} candle of the {} events in its {} candles", Name(coarse_),
                         expected->count, Name(fine_)));
        continue;
      }
      ++verification_.counts().compared;
      if (const std::string difference = DifferenceOf(*coarse, *expected); !difference.empty()) {
        Find(series, coarse->bucket,
             fmt::format("a {} candle is not what its {} candles say: {}", Name(coarse_),
                         Name(fine_), difference));
      }
      coarse = coarse_candles_.Next();
    }
  }

 private:
  /// The first coarse bucket that lost nothing in either tier.
  Bucket FirstComparable() const {
    const market::Horizons& until = verification_.incomplete_until();
    Bucket bucket = market::BucketOf(coarse_, std::max(until[fine_], until[coarse_]));
    const Bucket first_fine = market::BucketOf(fine_, StartMs(coarse_, bucket));
    if (until.Behind(fine_, first_fine) || until.Behind(coarse_, bucket)) ++bucket;
    return bucket;
  }

  void Find(uint32_t series, Bucket bucket, std::string what) {
    verification_.Find(Where(verification_, coarse_, series, StartMs(coarse_, bucket)), "{}", what);
  }

  Verification& verification_;
  const Tier fine_;
  const Tier coarse_;
  CandleReader fine_candles_;
  CandleReader coarse_candles_;
};

/// The state records, one by one.
class StateWalk {
 public:
  explicit StateWalk(Verification& verification)
      : verification_(verification), iterator_(verification.Walk(Family::kState)) {
    iterator_->SeekToFirst();
    Settle();
  }

  uint64_t series() const {
    return iterator_->Valid() ? ReadBigEndian<uint32_t>(ToView(iterator_->key())) : kNoSeries64;
  }
  /// False: some states could not be read, so that one that is not found need not be missing.
  bool complete() const { return complete_; }

  /// The state of the series at which it stands, if it is sound; goes on to the next.
  std::optional<SeriesState> Take(uint32_t series) {
    ++verification_.counts().states;
    const std::string where =
        fmt::format("{}, {}", In(Family::kState), verification_.NameOf(series));
    const auto state = DecodeState(ToView(iterator_->value()));
    if (!state.ok()) verification_.Find(where, "state record damaged: {}", Message(state.status()));
    const bool sound = state.ok() && IsSound(*state, where);
    iterator_->Next();
    Settle();
    return sound ? std::optional(*state) : std::nullopt;
  }

 private:
  void Settle() {
    for (; iterator_->Valid() && iterator_->key().size() != sizeof(uint32_t); iterator_->Next()) {
      verification_.Find(In(Family::kState), "a key of {} bytes instead of 4",
                         iterator_->key().size());
    }
    if (iterator_->status().ok() || !complete_) return;
    complete_ = false;
    verification_.Find(In(Family::kState), "it cannot be read any further: {}",
                       iterator_->status().ToString());
  }

  bool IsSound(const SeriesState& state, const std::string& where) {
    const uint64_t before = verification_.counts().findings;
    const Price& latest = state.latest;
    if (const Refusal refusal = market::CheckPrice(latest, UINT64_MAX, 0);
        refusal != Refusal::kNone) {
      verification_.Find(where, "the latest price is none: {}",
                         market::DescribePrice(refusal, latest, UINT64_MAX, 0));
      return false;
    }
    for (const Tier tier : market::kTiers) {
      const FoldedCandle& newest = state.newest[Index(tier)];
      ++verification_.counts().candles;
      if (const std::string fault = FaultOf(tier, newest); !fault.empty()) {
        verification_.Find(where, "the newest {} candle makes no sense: {}", Name(tier), fault);
      } else if (!EndsWith(tier, newest, latest)) {
        verification_.Find(where, "the newest {} candle does not close with the latest price",
                           Name(tier));
      }
    }
    return verification_.counts().findings == before;
  }

  Verification& verification_;
  std::unique_ptr<rocksdb::Iterator> iterator_;
  bool complete_ = true;
};

}  // namespace

void Verification::CheckSeries() {
  StateWalk states(*this);
  std::vector<TierWalk> tiers;
  tiers.reserve(market::kTierCount);
  for (const Tier tier : market::kTiers) tiers.emplace_back(*this, tier);
  std::vector<TierPair> pairs;
  for (int i = 0; i + 1 < market::kTierCount; ++i)
    pairs.emplace_back(*this, market::kTiers[i], market::kTiers[i + 1]);

  while (true) {
    uint64_t next = states.series();
    for (const TierWalk& tier : tiers) next = std::min(next, tier.series());
    if (next == kNoSeries64) return;
    const auto series = static_cast<uint32_t>(next);
    if (!IsKnown(series))
      Find(fmt::format("series {}", series),
           "it has candles or a state, but the catalogue does not know it");

    const bool has_state = states.series() == next;
    std::optional<SeriesState> state;
    if (has_state) {
      state = states.Take(series);
    } else if (states.complete()) {
      Find(fmt::format("{}, {}", In(Family::kState), NameOf(series)),
           "a series with candles has no state record");
    }
    std::array<bool, market::kTierCount> sound = {};
    for (const Tier tier : market::kTiers) {
      TierWalk& walk = tiers[Index(tier)];
      const FoldedCandle* const newest = state ? &state->newest[Index(tier)] : nullptr;
      sound[Index(tier)] =
          (walk.series() != next || walk.CheckSeries(series, newest)) && walk.IsReadable(next);
    }
    if (!state) continue;
    for (size_t i = 0; i < pairs.size(); ++i) {
      if (sound[i] && sound[i + 1]) pairs[i].Compare(series, *state);
    }
  }
}

}  // namespace wick::cold
