// The oracle of the crash and damage tests: numbered batches, and what a store that holds the first
// n of them must hold, to the bit.
#pragma once

#include <cstdlib>
#include <map>
#include <random>
#include <utility>
#include <vector>

#include "fixture.h"
#include "sanitized.h"
#include "support/power_loss_env.h"

namespace wick::cold {

inline const std::string kDataDirectory = "/data/wick";

inline StoreOptions OptionsOn(const test::PowerLossEnv& disk) {
  StoreOptions options = OptionsFor(kDataDirectory);
  options.env = disk.env();
  options.resume_room_bytes = 1_MiB;
  return options;
}

/// How many cases a test runs: `by_default` (a tenth under a sanitizer), with WICK_TORTURE=1 forty
/// times as many, with a greater number that many.
inline uint64_t CasesOf(uint64_t by_default) {
  const char* const torture = std::getenv("WICK_TORTURE");
  const uint64_t wanted = torture == nullptr ? 0 : std::strtoull(torture, nullptr, 10);
  if (wanted == 0) return static_cast<uint64_t>(test::Rounds(static_cast<int>(by_default)));
  return wanted == 1 ? 40 * by_default : wanted;
}

/// What the batches left, besides the candles of kOldSeries.
struct Contents {
  uint64_t last_number = 0;
  std::map<uint64_t, std::vector<Tick>> frames;
  std::map<uint32_t, SeriesState> states;
  std::map<std::pair<uint8_t, uint32_t>, std::map<market::Bucket, market::FoldedCandle>> candles;
};

/// Makes batches from a seed: batch n has a frame, folded and replaced candles, states, the
/// deletion of a frame before it.
class Ledger {
 public:
  explicit Ledger(uint64_t seed, uint32_t ticks_max = 300) : seed_(seed), ticks_max_(ticks_max) {}

  /// Fills `batch` with batch `number`, counted from 1.
  void Fill(uint64_t number, Batch& batch) const {
    const Plan plan = PlanOf(number);
    batch.PutLastNumber(number);
    const std::span<const Tick> part = plan.ticks;
    batch.PutFrame(number, {&part, 1});
    if (plan.deleted > 0) batch.DeleteFrame(plan.deleted);
    for (const auto& [series, state] : plan.states) batch.PutState(SeriesId{series}, state);
    for (const Written& each : plan.written) {
      batch.WriteCandles(each.tier, SeriesId{each.series}, each.op, each.candles);
    }
  }

  /// What the first `count` batches leave.
  Contents After(uint64_t count) const {
    Contents contents;
    for (uint64_t number = 1; number <= count; ++number) {
      const Plan plan = PlanOf(number);
      contents.last_number = number;
      contents.frames[number] = plan.ticks;
      contents.frames.erase(plan.deleted);
      for (const auto& [series, state] : plan.states) contents.states[series] = state;
      for (const Written& each : plan.written) {
        auto& of = contents.candles[{market::Index(each.tier), each.series}];
        for (const market::FoldedCandle& candle : each.candles) {
          const auto [at, is_new] = of.try_emplace(candle.bucket, candle);
          if (is_new) continue;
          if (each.op == CandleOp::kFold) {
            market::Fold(at->second, candle);
          } else {
            at->second = candle;
          }
        }
      }
    }
    return contents;
  }

 private:
  struct Written {
    market::Tier tier;
    uint32_t series;
    CandleOp op;
    std::vector<market::FoldedCandle> candles;
  };
  struct Plan {
    std::vector<Tick> ticks;
    uint64_t deleted = 0;
    std::vector<std::pair<uint32_t, SeriesState>> states;
    std::vector<Written> written;
  };

  Plan PlanOf(uint64_t number) const {
    std::mt19937_64 random(seed_ * 1'000'003 + number);
    Plan plan;
    for (uint64_t left = random() % (ticks_max_ + 1); left > 0; --left) {
      const double price = static_cast<double>(1 + random() % 100'000) / 100;
      plan.ticks.push_back(TickOf(SeriesId{static_cast<uint32_t>(random() % 4)},
                                  {price, 1, 2, 1'000 + random() % 100'000}));
    }
    if (number > 3) plan.deleted = number - 3;
    for (uint32_t series = 0; series < 4; ++series) {
      if (random() % 2 == 0) continue;
      SeriesState state;
      state.applied = number;
      state.latest = {static_cast<double>(1 + random() % 100'000) / 100, 0, 0,
                      1'700'000'000'000 + number};
      plan.states.emplace_back(series, state);
      const market::Tier tier = market::kTiers[random() % market::kTierCount];
      const CandleOp op = random() % 3 == 0 ? CandleOp::kReplace : CandleOp::kFold;
      Written written{tier, series, op, {}};
      for (market::Bucket bucket = 50'000 + random() % 8; bucket < 50'040;
           bucket += 1 + random() % 30) {
        written.candles.push_back(RandomCandle(random, bucket));
      }
      plan.written.push_back(std::move(written));
    }
    return plan;
  }

  uint64_t seed_;
  uint32_t ticks_max_;
};

inline bool SameTicks(std::span<const Tick> a, std::span<const Tick> b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const Tick& x, const Tick& y) {
    return x.series == y.series && PriceOf(x) == PriceOf(y);
  });
}

/// Says how a store differs from what the batches left; empty: not at all.
inline std::string Difference(const Store& store, const Contents& expected) {
  const auto last = store.LastNumber();
  if (!last.ok()) return Message(last.status());
  if (*last != expected.last_number) return fmt::format("its last number is {}", *last);

  std::string difference;
  auto frame = expected.frames.begin();
  absl::Status read = store.ReadFrames([&](uint64_t number, std::span<const Tick> ticks) {
    if (frame == expected.frames.end() || frame->first != number ||
        !SameTicks(frame->second, ticks)) {
      if (difference.empty()) difference = fmt::format("frame {} differs", number);
      return;
    }
    ++frame;
  });
  if (!read.ok()) return Message(read);
  if (!difference.empty()) return difference;
  if (frame != expected.frames.end()) return fmt::format("frame {} is missing", frame->first);

  std::map<uint32_t, SeriesState> states;
  read = store.ReadStates(
      [&](SeriesId series, const SeriesState& state) { states[Raw(series)] = state; });
  if (!read.ok()) return Message(read);
  if (states != expected.states) return "states differ";

  const auto snapshot = store.GetSnapshot();
  for (market::Tier tier : market::kTiers) {
    for (uint32_t series = 0; series < 4; ++series) {
      std::vector<market::FoldedCandle> candles;
      read = snapshot->ReadForward(tier, SeriesId{series}, 0, UINT32_MAX, SIZE_MAX, candles);
      if (!read.ok()) return Message(read);
      std::vector<market::FoldedCandle> wanted;
      const auto of = expected.candles.find({market::Index(tier), series});
      if (of != expected.candles.end()) {
        for (const auto& [bucket, candle] : of->second) wanted.push_back(candle);
      }
      if (!SameBits(candles, wanted)) {
        return fmt::format("candles of tier {}, series {} differ", Name(tier), series);
      }
    }
  }
  return {};
}

/// Of an opened store: it holds `least` batches at least and `most` at most, each whole, none
/// twice. Returns how many.
inline uint64_t MustHold(const Store& store, const Ledger& ledger, uint64_t least, uint64_t most) {
  const auto last = store.LastNumber();
  INFO(last.status());
  REQUIRE(last.ok());
  CAPTURE(*last, least, most);
  REQUIRE(*last >= least);
  REQUIRE(*last <= most);
  const std::string difference = Difference(store, ledger.After(*last));
  CAPTURE(difference);
  REQUIRE(difference.empty());
  return *last;
}

}  // namespace wick::cold
