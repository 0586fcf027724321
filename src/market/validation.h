// What makes an event acceptable. Pure; the clock is an argument.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "wick/event.h"

namespace wick::market {

inline constexpr uint64_t kFutureSkewMsDefault = 10'000;

/// 2100-01-01. Later times are not taken, whatever the clock says: a Bucket of a second ends in
/// 2106.
inline constexpr uint64_t kTimestampEndMs = 4'102'444'800'000;

/// 1..64 bytes of valid UTF-8, no control characters, no leading or trailing space; no '/' in a
/// currency, no ':' in an exchange.
bool IsCurrencyName(std::string_view name);
bool IsExchangeName(std::string_view name);
bool IsValidUtf8(std::string_view text);

/// kNone or kInvalidName.
Refusal CheckSymbol(const SymbolView& symbol);

/// kNone, kInvalidPrice, kInvalidVolume, kInvalidTimestamp or kFutureTimestamp, the first that
/// applies in this order.
Refusal CheckPrice(const Price& price, uint64_t now_ms, uint64_t future_skew_ms_max);

/// What was wrong and what to do, for people. `refusal` must be what the check gave for the same
/// values.
std::string DescribeSymbol(const SymbolView& symbol);
std::string DescribePrice(Refusal refusal, const Price& price, uint64_t now_ms,
                          uint64_t future_skew_ms_max);

/// Name for logs and messages: control characters and quotes are escaped, long names are cut.
std::string Printable(std::string_view name, size_t bytes_max = kNameBytesMax);

}  // namespace wick::market
