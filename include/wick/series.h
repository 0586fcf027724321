// Names of a price series: (base currency, quote currency, exchange).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace wick {

/// Dense number of a series on one server, from 0. Kept for the life of a data directory; another
/// server gives other numbers, so a client asks for them again after every connect.
enum class SeriesId : uint32_t {};
inline constexpr SeriesId kNoSeries{UINT32_MAX};
constexpr uint32_t Raw(SeriesId id) { return static_cast<uint32_t>(id); }

/// Longest base currency, quote currency or exchange, in bytes of UTF-8.
inline constexpr size_t kNameBytesMax = 64;

/// Names by reference: valid as long as what they point into. Case counts.
struct SymbolView {
  std::string_view base_currency;
  std::string_view quote_currency;
  std::string_view exchange;

  friend bool operator==(const SymbolView&, const SymbolView&) = default;
};

/// Names by value.
struct Symbol {
  std::string base_currency;
  std::string quote_currency;
  std::string exchange;

  Symbol() = default;
  Symbol(std::string base, std::string quote, std::string on_exchange)
      : base_currency(std::move(base)),
        quote_currency(std::move(quote)),
        exchange(std::move(on_exchange)) {}
  explicit Symbol(const SymbolView& view)
      : base_currency(view.base_currency),
        quote_currency(view.quote_currency),
        exchange(view.exchange) {}
  operator SymbolView() const { return {base_currency, quote_currency, exchange}; }

  friend bool operator==(const Symbol&, const Symbol&) = default;
};

}  // namespace wick
