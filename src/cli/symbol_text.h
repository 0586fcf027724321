// Names of a series in one word: "Binance:BTC/USDT".
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "wick/series.h"

namespace wick::cli {

/// The exchange ends at the first ':', the base at the first '/' behind it. nullopt: a part is
/// missing.
std::optional<Symbol> ParseSymbol(std::string_view text);

/// The same for an argument; throws CLI::ValidationError, which says how a symbol is written.
Symbol SymbolArgument(const std::string& text);

std::string SymbolText(const SymbolView& symbol);

}  // namespace wick::cli
