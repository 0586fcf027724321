#include "torture/event_script.h"

namespace wick::torture {
namespace {

constexpr uint64_t kEventsAtOneTime = 3;
constexpr uint64_t kStepMs = 120;
constexpr uint64_t kEventsPerStretch = 1'000;
constexpr uint64_t kPauseMs = 47 * 60'000;  // between stretches

/// How late an event is: mostly within the candles in memory, sometimes far behind them.
uint64_t LatenessMs(uint64_t hash) {
  constexpr uint64_t kMaxMs[] = {1'000,   1'000,   20'000,        20'000,
                                 300'000, 300'000, 5 * 3'600'000, 5 * 86'400'000};
  return 1 + hash / 8 % kMaxMs[hash % 8];
}

}  // namespace

uint64_t EventScript::Hash(uint64_t number, uint64_t salt) const {
  // SplitMix64.
  uint64_t z = seed_ * 0x9E3779B97F4A7C15 + number * 0xD1B54A32D192ED03 + salt * 0x8CB92BA72F3D8DD7;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
  return z ^ (z >> 31);
}

uint64_t EventScript::InOrderMs(uint64_t number) const {
  return start_ms_ + number / kEventsAtOneTime * kStepMs + number / kEventsPerStretch * kPauseMs;
}

Price EventScript::EventAt(uint64_t number) const {
  const uint64_t kind = Hash(number, 0) % 100;
  if (kind < 5 && number > 0 && Hash(number - 1, 0) % 100 >= 15) return EventAt(number - 1);
  Price event;
  event.timestamp_ms = InOrderMs(number);
  if (kind >= 5 && kind < 15) event.timestamp_ms -= LatenessMs(Hash(number, 1));
  const uint64_t price = Hash(number, 2);
  event.price = seed_ % 2 == 0 ? static_cast<double>(1 + price % 10'000'000) / 100
                               : 1 + static_cast<double>(price >> 11) / (1ull << 40);
  event.base_volume_last_24h = static_cast<double>(Hash(number, 3) % 1'000'000) / 8;
  event.quote_volume_last_24h = event.base_volume_last_24h * event.price;
  return event;
}

}  // namespace wick::torture
