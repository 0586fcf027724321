// The events of a series, each a pure function of its number: whoever knows how many came knows
// which.
#pragma once

#include <cstdint>

#include "wick/event.h"

namespace wick::torture {

/// A mixture on purpose: several events at one millisecond, late ones by seconds to days,
/// duplicates of the latest, hours without any, prices of two decimals and of all 53 bits.
class EventScript {
 public:
  /// `start_ms`: time of the first event.
  EventScript(uint64_t seed, uint64_t start_ms) : seed_(seed), start_ms_(start_ms) {}

  Price EventAt(uint64_t number) const;

 private:
  uint64_t Hash(uint64_t number, uint64_t salt) const;
  uint64_t InOrderMs(uint64_t number) const;

  uint64_t seed_;
  uint64_t start_ms_;
};

}  // namespace wick::torture
