#include "cold/state_record.h"

#include <bit>

#include "base/bytes.h"
#include "cold/possible.h"

namespace wick::cold {
namespace {

using market::FoldedCandle;
using market::Tier;

// Flags of a tier's candle. None: there is no candle.
constexpr uint8_t kPresent = 1;
constexpr uint8_t kClosedByLatest =
    2;                        // bucket, close offset, close and volumes are the latest price's
constexpr uint8_t kFlat = 4;  // one event: open, high, low are the close, and so is the offset
constexpr uint8_t kFlagsMax = kPresent | kClosedByLatest | kFlat;

uint64_t Bits(double value) { return std::bit_cast<uint64_t>(value); }

/// The candle that the latest price alone would make; its end is that of any candle it closed.
FoldedCandle CandleOfLatest(Tier tier, const Price& latest) {
  return market::StartCandle(tier, latest);
}

bool IsClosedBy(const FoldedCandle& candle, const FoldedCandle& latest) {
  return candle.bucket == latest.bucket && candle.close_offset_ms == latest.close_offset_ms &&
         Bits(candle.close) == Bits(latest.close) &&
         Bits(candle.base_volume_last_24h) == Bits(latest.base_volume_last_24h) &&
         Bits(candle.quote_volume_last_24h) == Bits(latest.quote_volume_last_24h);
}

bool IsFlat(const FoldedCandle& c) {
  return c.count == 1 && c.open_offset_ms == c.close_offset_ms && Bits(c.open) == Bits(c.close) &&
         Bits(c.high) == Bits(c.close) && Bits(c.low) == Bits(c.close);
}

void AppendCandle(const FoldedCandle& candle, const FoldedCandle& latest, std::string& out) {
  if (candle.count == 0) {
    out.push_back('\0');
    return;
  }
  const bool closed_by_latest = IsClosedBy(candle, latest);
  const bool flat = IsFlat(candle);
  out.push_back(
      static_cast<char>(kPresent | (closed_by_latest ? kClosedByLatest : 0) | (flat ? kFlat : 0)));
  if (!closed_by_latest) {
    AppendLittleEndian(candle.bucket, out);
    AppendLittleEndian(candle.close_offset_ms, out);
    AppendLittleEndian(candle.close, out);
    AppendLittleEndian(candle.base_volume_last_24h, out);
    AppendLittleEndian(candle.quote_volume_last_24h, out);
  }
  if (!flat) {
    AppendLittleEndian(candle.open_offset_ms, out);
    AppendLittleEndian(candle.count, out);
    AppendLittleEndian(candle.open, out);
    AppendLittleEndian(candle.high, out);
    AppendLittleEndian(candle.low, out);
  }
}

bool TakeCandle(std::string_view& value, const FoldedCandle& latest, FoldedCandle& candle) {
  uint8_t flags;
  if (!TakeLittleEndian(value, flags) || flags > kFlagsMax) return false;
  if ((flags & kPresent) == 0) return flags == 0;
  if ((flags & kClosedByLatest) != 0) {
    candle = latest;
  } else if (!TakeLittleEndian(value, candle.bucket) ||
             !TakeLittleEndian(value, candle.close_offset_ms) ||
             !TakeLittleEndian(value, candle.close) ||
             !TakeLittleEndian(value, candle.base_volume_last_24h) ||
             !TakeLittleEndian(value, candle.quote_volume_last_24h)) {
    return false;
  }
  if ((flags & kFlat) != 0) {
    candle.open_offset_ms = candle.close_offset_ms;
    candle.count = 1;
    candle.open = candle.high = candle.low = candle.close;
    return true;
  }
  return TakeLittleEndian(value, candle.open_offset_ms) && TakeLittleEndian(value, candle.count) &&
         candle.count > 0 && TakeLittleEndian(value, candle.open) &&
         TakeLittleEndian(value, candle.high) && TakeLittleEndian(value, candle.low);
}

absl::StatusOr<uint64_t> TakeApplied(std::string_view& value) {
  StateVersion version;
  uint64_t applied;
  if (!TakeLittleEndian(value, version)) return absl::DataLossError("it is empty");
  if (version != StateVersion::kV1) {
    return Error(absl::StatusCode::kDataLoss, "its version is {}, this wick reads {}",
                 static_cast<int>(version), static_cast<int>(StateVersion::kV1));
  }
  if (!TakeLittleEndian(value, applied)) return absl::DataLossError("it is too short");
  if (applied >= kNumberEnd) return absl::DataLossError("its journal number is impossible");
  return applied;
}

}  // namespace

void EncodeState(const SeriesState& state, std::string& out) {
  AppendLittleEndian(StateVersion::kV1, out);
  AppendLittleEndian(state.applied, out);
  AppendLittleEndian(state.latest.price, out);
  AppendLittleEndian(state.latest.base_volume_last_24h, out);
  AppendLittleEndian(state.latest.quote_volume_last_24h, out);
  AppendLittleEndian(state.latest.timestamp_ms, out);
  for (Tier tier : market::kTiers) {
    AppendCandle(state.newest[Index(tier)], CandleOfLatest(tier, state.latest), out);
  }
}

absl::StatusOr<SeriesState> DecodeState(std::string_view value) {
  SeriesState state;
  WICK_ASSIGN_OR_RETURN(state.applied, TakeApplied(value));
  bool whole = TakeLittleEndian(value, state.latest.price) &&
               TakeLittleEndian(value, state.latest.base_volume_last_24h) &&
               TakeLittleEndian(value, state.latest.quote_volume_last_24h) &&
               TakeLittleEndian(value, state.latest.timestamp_ms);
  for (Tier tier : market::kTiers) {
    whole =
        whole && TakeCandle(value, CandleOfLatest(tier, state.latest), state.newest[Index(tier)]);
  }
  if (!whole || !value.empty()) {
    return absl::DataLossError("its fields make no sense");
  }
  bool possible = IsPossible(state.latest);
  for (Tier tier : market::kTiers) {
    const FoldedCandle& candle = state.newest[Index(tier)];
    possible = possible && (candle.count == 0 || IsPossible(tier, candle));
  }
  if (!possible) return absl::DataLossError("its values are impossible");
  return state;
}

absl::StatusOr<uint64_t> DecodeApplied(std::string_view value) { return TakeApplied(value); }

}  // namespace wick::cold
