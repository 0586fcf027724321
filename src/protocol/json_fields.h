// The fields of a price event in JSON.
#pragma once

#include <array>
#include <cstddef>
#include <cstring>
#include <string_view>

namespace wick::protocol {

/// Order of the checks of an event.
enum Field : size_t {
  kBase,
  kQuote,
  kExchange,
  kPrice,
  kBaseVolume,
  kQuoteVolume,
  kTimestamp,
  kFieldCount,
  kEnvelope = kFieldCount,  // "priceEvent"
  kUnknown,
};
inline constexpr std::array<std::string_view, kFieldCount> kFieldNames = {
    "baseCurrency",      "quoteCurrency",      "exchange",     "price",
    "baseVolumeLast24h", "quoteVolumeLast24h", "timestampInMs"};

/// Which field a key names: lengths tell all names apart but two.
inline Field FieldOf(std::string_view key) {
  const auto is = [key](std::string_view name) {
    return std::memcmp(key.data(), name.data(), name.size()) == 0;
  };
  switch (key.size()) {
    case 5:
      return is("price") ? kPrice : kUnknown;
    case 8:
      return is("exchange") ? kExchange : kUnknown;
    case 10:
      return is("priceEvent") ? kEnvelope : kUnknown;
    case 12:
      return is("baseCurrency") ? kBase : kUnknown;
    case 13:
      return is("timestampInMs") ? kTimestamp : is("quoteCurrency") ? kQuote : kUnknown;
    case 17:
      return is("baseVolumeLast24h") ? kBaseVolume : kUnknown;
    case 18:
      return is("quoteVolumeLast24h") ? kQuoteVolume : kUnknown;
    default:
      return kUnknown;
  }
}

}  // namespace wick::protocol
