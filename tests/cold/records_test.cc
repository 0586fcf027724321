// Journal frames, states and names: their bytes, and what is refused.
#include <cmath>
#include <limits>

#include "cold/journal_frame.h"
#include "cold/names_record.h"
#include "cold/state_record.h"
#include "fixture.h"

namespace wick::cold {
namespace {

using market::Tier;

const Tick kTick = TickOf(SeriesId{7}, {100.5, 12, 1'206, 1'700'000'000'123});

std::string FrameOf(std::span<const Tick> ticks) {
  const FrameHeader header = MakeFrameHeader(static_cast<uint32_t>(ticks.size()));
  std::string value(header.data(), header.size());
  value.append(reinterpret_cast<const char*>(ticks.data()), ticks.size_bytes());
  return value;
}

TEST_CASE("a frame's bytes are those of docs/disk-format.md", "[cold][frame]") {
  REQUIRE(ToHex(FrameOf({&kTick, 1})) ==
          "0101000000"          // version, one tick
          "07000000"            // series
          "7b68e5cf8b010000"    // timestamp
          "0000000000205940"    // price
          "0000000000002840"    // base volume
          "0000000000d89240");  // quote volume
}

TEST_CASE("a frame gives its ticks back in place", "[cold][frame]") {
  const std::vector<Tick> ticks = {kTick, TickOf(SeriesId{8}, {1, 2, 3, 4})};
  const std::string value = FrameOf(ticks);
  const auto read = DecodeFrame(value);
  REQUIRE(read.ok());
  REQUIRE(read->size() == 2);
  REQUIRE(+(*read)[1].series == 8);  // a reference to it would be misaligned
  REQUIRE(PriceOf((*read)[0]) == PriceOf(kTick));
  REQUIRE(DecodeFrame(FrameOf({})).value().empty());
}

TEST_CASE("a frame of another length or version is refused", "[cold][frame]") {
  const std::string value = FrameOf({&kTick, 1});
  for (size_t size = 0; size < value.size(); ++size) {
    CAPTURE(size);
    REQUIRE_FALSE(DecodeFrame(std::string_view(value).substr(0, size)).ok());
  }
  REQUIRE_FALSE(DecodeFrame(value + "x").ok());
  std::string newer = value;
  newer[0] = 2;
  REQUIRE(Message(DecodeFrame(newer).status()) == "its version is 2, this wick reads 1");
  std::string huge = value;
  huge[4] = '\x7f';
  REQUIRE_FALSE(DecodeFrame(huge).ok());
}

/// Events at 100 and, 40.123 s later, at 100.5: alone in its second and minute, second in its hour.
SeriesState WorkedState() {
  SeriesState state;
  state.applied = 258;
  state.latest = {100.5, 12, 1'206, 1'700'000'040'123};
  for (Tier tier : {Tier::k1s, Tier::k1m, Tier::k1h}) {
    state.newest[Index(tier)] = market::StartCandle(tier, state.latest);
  }
  market::FoldedCandle hour = market::StartCandle(Tier::k1h, {100, 11, 1'100, 1'700'000'000'000});
  market::Fold(hour, state.newest[Index(Tier::k1h)]);
  state.newest[Index(Tier::k1h)] = hour;
  return state;
}

std::string EncodedState(const SeriesState& state) {
  std::string value;
  EncodeState(state, value);
  return value;
}

TEST_CASE("a state record's bytes are those of docs/disk-format.md", "[cold][state]") {
  REQUIRE(ToHex(EncodedState(WorkedState())) ==
          "010201000000000000"                                // version, applied
          "000000000020594000000000000028400000000000d89240"  // latest price and volumes
          "bb04e6cf8b010000"                                  // latest timestamp
          "0707"                                              // 1s, 1m: the latest price alone
          "0300350c000200000000000000"                        // 1h: open offset, count,
          "000000000000594000000000002059400000000000005940"  // open, high, low
          "00");                                              // 1d: none
}

TEST_CASE("states come back in every field, shared with the latest price or not", "[cold][state]") {
  std::mt19937_64 random(1);
  for (int round = 0; round < 1'000; ++round) {
    SeriesState state;
    state.applied = random() >> 2;  // all that are possible
    state.latest = {static_cast<double>(1 + random() % 1'000) / 8, 1, -0.0,
                    1'700'000'000'000 + random() % 100'000};
    for (Tier tier : market::kTiers) {
      market::FoldedCandle& candle = state.newest[Index(tier)];
      const uint64_t kind = random() % 4;
      if (kind == 1) candle = market::StartCandle(tier, state.latest);
      if (kind == 2) candle = RandomCandle(random, static_cast<uint32_t>(random()));
      if (kind == 3) {
        candle = RandomCandle(random, market::BucketOf(tier, state.latest.timestamp_ms));
        market::Fold(candle, market::StartCandle(tier, state.latest));
      }
    }
    const auto read = DecodeState(EncodedState(state));
    CAPTURE(round);
    REQUIRE(read.ok());
    REQUIRE(read->applied == state.applied);
    REQUIRE(read->latest == state.latest);
    REQUIRE(std::signbit(read->latest.quote_volume_last_24h));
    REQUIRE(SameBits(read->newest, state.newest));
    REQUIRE(DecodeApplied(EncodedState(state)).value() == state.applied);
  }
}

TEST_CASE("a state without a price is of no series", "[cold][state]") {
  REQUIRE_FALSE(DecodeState(EncodedState({})).ok());
}

TEST_CASE("no damaged state record decodes into the wrong number of fields", "[cold][state]") {
  const std::string value = EncodedState(WorkedState());
  for (size_t size = 0; size < value.size(); ++size) {
    CAPTURE(size);
    REQUIRE_FALSE(DecodeState(std::string_view(value).substr(0, size)).ok());
  }
  REQUIRE_FALSE(DecodeState(value + '\0').ok());
  std::string newer = value;
  newer[0] = 2;
  REQUIRE(Message(DecodeState(newer).status()) == "its version is 2, this wick reads 1");
  REQUIRE(Message(DecodeApplied(newer).status()) == "its version is 2, this wick reads 1");
  std::string unknown_flag = value;
  unknown_flag.back() = 8;  // of the 1d candle, which is not there
  REQUIRE_FALSE(DecodeState(unknown_flag).ok());
}

TEST_CASE("values that no wick wrote are damage, not events", "[cold][frame]") {
  const double infinity = std::numeric_limits<double>::infinity();
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const Price possible = {100.5, 0, 1'206, 1'700'000'000'123};
  REQUIRE(DecodeFrame(FrameOf({{TickOf(SeriesId{1}, possible)}})).ok());
  for (int field = 0; field < 9; ++field) {
    Price price = possible;
    if (field == 0) price.price = 0;
    if (field == 1) price.price = -1;
    if (field == 2) price.price = nan;
    if (field == 3) price.price = infinity;
    if (field == 4) price.base_volume_last_24h = -1;
    if (field == 5) price.base_volume_last_24h = nan;
    if (field == 6) price.quote_volume_last_24h = infinity;
    if (field == 7) price.timestamp_ms = 0;
    if (field == 8)
      price.timestamp_ms = 4'294'967'296'000;  // 2106: the first bucket of 1s too many
    const std::vector<Tick> ticks = {kTick, TickOf(SeriesId{1}, price)};
    CAPTURE(field);
    const absl::Status frame = DecodeFrame(FrameOf(ticks)).status();
    REQUIRE(absl::IsDataLoss(frame));
    REQUIRE(Message(frame) == "its tick 2 of 2 has impossible values");
    SeriesState state;
    state.latest = price;
    REQUIRE(absl::IsDataLoss(DecodeState(EncodedState(state)).status()));
  }
}

TEST_CASE("a state with a candle that cannot be is damage", "[cold][state]") {
  const auto with = [](auto change) {
    SeriesState state = WorkedState();
    change(state.newest[Index(Tier::k1h)]);
    return DecodeState(EncodedState(state)).status();
  };
  using Candle = market::FoldedCandle;
  REQUIRE(with([](Candle&) {}).ok());
  REQUIRE(absl::IsDataLoss(with([](Candle& c) { c.high = 100; })));
  REQUIRE(absl::IsDataLoss(with([](Candle& c) { c.low = 100.25; })));
  REQUIRE(absl::IsDataLoss(with([](Candle& c) { c.low = -1; })));
  REQUIRE(absl::IsDataLoss(with([](Candle& c) { c.open = std::nan(""); })));
  REQUIRE(absl::IsDataLoss(with([](Candle& c) { c.open_offset_ms = 3'600'000; })));
  REQUIRE(absl::IsDataLoss(with([](Candle& c) {
    c.close_offset_ms = c.open_offset_ms - 1;
    c.close = 100;
  })));
  SeriesState late = WorkedState();
  late.applied = uint64_t{1} << 62;
  REQUIRE(absl::IsDataLoss(DecodeState(EncodedState(late)).status()));
  REQUIRE(absl::IsDataLoss(DecodeApplied(EncodedState(late)).status()));
}

TEST_CASE("names of every length come back", "[cold][names]") {
  const std::string longest(kNameBytesMax, 'x');
  const std::string value = EncodeNames<3>({"a", longest, "某 交易所"});
  const auto names = DecodeNames<3>(value);
  REQUIRE(names.ok());
  REQUIRE(*names == std::array<std::string_view, 3>{"a", longest, "某 交易所"});
  REQUIRE(ToHex(EncodeNames<3>({"BTC", "USD", "kraken"})) == "010342544303555344066b72616b656e");
}

TEST_CASE("a names record that ends early or goes on is refused", "[cold][names]") {
  const std::string value = EncodeNames<3>({"BTC", "USD", "kraken"});
  for (size_t size = 0; size < value.size(); ++size) {
    CAPTURE(size);
    REQUIRE_FALSE(DecodeNames<3>(std::string_view(value).substr(0, size)).ok());
  }
  REQUIRE_FALSE(DecodeNames<3>(value + "x").ok());
  REQUIRE_FALSE(DecodeNames<2>(value).ok());
  std::string newer = value;
  newer[0] = 2;
  REQUIRE(Message(DecodeNames<3>(newer).status()) == "its version is 2, this wick reads 1");
}

}  // namespace
}  // namespace wick::cold
