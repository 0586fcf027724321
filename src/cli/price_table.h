// Prices for people.
#pragma once

#include <cstdint>
#include <string>

#include "cli/table.h"
#include "wick/event.h"

namespace wick::cli {

/// One line a price: the series, the price, its volumes, its time and age.
class PriceTable {
 public:
  explicit PriceTable(uint64_t now_ms);
  void Add(const SymbolView& symbol, const Price& price);
  /// Empty without prices.
  std::string Text() const;

 private:
  const uint64_t now_ms_;
  bool empty_ = true;
  Table table_;
};

}  // namespace wick::cli
