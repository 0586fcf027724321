#include "cli/price_table.h"

#include "cli/symbol_text.h"
#include "cli/time_text.h"

namespace wick::cli {

PriceTable::PriceTable(uint64_t now_ms)
    : now_ms_(now_ms),
      table_({"SYMBOL", ">PRICE", ">BASE VOLUME 24H", ">QUOTE VOLUME 24H", "TIME", ">AGE"}) {}

void PriceTable::Add(const SymbolView& symbol, const Price& price) {
  empty_ = false;
  table_.Add({SymbolText(symbol), NumberText(price.price), NumberText(price.base_volume_last_24h),
              NumberText(price.quote_volume_last_24h), FormatTime(price.timestamp_ms),
              FormatAge(price.timestamp_ms, now_ms_)});
}

std::string PriceTable::Text() const { return empty_ ? std::string() : table_.Text(); }

}  // namespace wick::cli
