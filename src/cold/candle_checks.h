// What a candle must be, by itself and beside those of a finer tier. Pure.
#pragma once

#include <string>

#include "market/fold.h"

namespace wick::cold {

/// What no candle of any event could be; empty: nothing.
std::string FaultOf(market::Tier tier, const market::FoldedCandle& candle);

/// How `got` differs from `expected`; empty: not at all.
std::string DifferenceOf(const market::FoldedCandle& got, const market::FoldedCandle& expected);

/// A candle as part of one of a coarser tier: with the bucket and the offsets of that.
market::FoldedCandle AsPartOf(market::Tier coarse, market::Tier fine, market::FoldedCandle candle);

}  // namespace wick::cold
