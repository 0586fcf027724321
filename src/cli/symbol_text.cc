#include "cli/symbol_text.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>

namespace wick::cli {

std::optional<Symbol> ParseSymbol(std::string_view text) {
  const size_t colon = text.find(':');
  if (colon == text.npos) return std::nullopt;
  const size_t slash = text.find('/', colon);
  if (slash == text.npos) return std::nullopt;
  Symbol symbol(std::string(text.substr(colon + 1, slash - colon - 1)),
                std::string(text.substr(slash + 1)), std::string(text.substr(0, colon)));
  if (symbol.base_currency.empty() || symbol.quote_currency.empty() || symbol.exchange.empty()) {
    return std::nullopt;
  }
  return symbol;
}

Symbol SymbolArgument(const std::string& text) {
  if (std::optional<Symbol> symbol = ParseSymbol(text)) return *std::move(symbol);
  throw CLI::ValidationError(
      fmt::format("\"{}\" is no symbol; write EXCHANGE:BASE/QUOTE, as in Binance:BTC/USDT", text));
}

std::string SymbolText(const SymbolView& symbol) {
  return fmt::format("{}:{}/{}", symbol.exchange, symbol.base_currency, symbol.quote_currency);
}

}  // namespace wick::cli
