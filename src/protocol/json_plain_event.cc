#include "protocol/json_plain_event.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "protocol/json_fields.h"
#include "protocol/json_number.h"

namespace wick::protocol {
namespace {

/// These of its bytes tell a name from the others.
constexpr std::ptrdiff_t kTellingBytes = 7;  // `"quoteC`

const char* SkipSpaces(const char* p, const char* end) {
  while (p != end && *p == ' ') ++p;
  return p;
}

template <Field kField>
Field PassOver(const char*& p, const char* end) {
  constexpr std::string_view kName = kFieldNames[kField];
  constexpr size_t kBytes = kName.size() + 3;  // with its quotes and the colon
  const bool is_name = static_cast<size_t>(end - p) >= kBytes && p[0] == '"' &&
                       std::memcmp(p + 1, kName.data(), kName.size()) == 0 &&
                       p[kBytes - 2] == '"' && p[kBytes - 1] == ':';
  if (!is_name) return kUnknown;
  p += kBytes;
  return kField;
}

/// Passes over the field name at `p` and its colon.
Field ReadName(const char*& p, const char* end) {
  if (end - p < kTellingBytes) return kUnknown;
  switch (p[1]) {
    case 'b':
      return p[5] == 'C' ? PassOver<kBase>(p, end) : PassOver<kBaseVolume>(p, end);
    case 'q':
      return p[6] == 'C' ? PassOver<kQuote>(p, end) : PassOver<kQuoteVolume>(p, end);
    case 'e':
      return PassOver<kExchange>(p, end);
    case 'p':
      return PassOver<kPrice>(p, end);
    case 't':
      return PassOver<kTimestamp>(p, end);
    default:
      return kUnknown;
  }
}

constexpr std::array<bool, 256> kPlain = [] {
  std::array<bool, 256> plain = {};
  for (size_t c = 0x20; c < 0x7F; ++c) plain[c] = c != '"' && c != '\\';
  return plain;
}();

/// Passes over the string at `p`. False: it is none, or not plain.
bool ReadString(const char*& p, const char* end, std::string_view& text) {
  if (p == end || *p != '"') return false;
  const char* const begin = ++p;
  while (p != end && kPlain[static_cast<unsigned char>(*p)]) ++p;
  if (p == end || *p != '"') return false;
  text = {begin, static_cast<size_t>(p - begin)};
  ++p;
  return true;
}

bool ReadNumber(const char*& p, const char* end, Field field, Price& price) {
  JsonNumber number;
  const char* const begin = p;
  p = ScanNumber(begin, end, number);
  if (p == nullptr) return false;
  if (field == kTimestamp) {
    price.timestamp_ms = ToUint64(number).value_or(0);
    return true;
  }
  const double value = ToDouble(number, {begin, static_cast<size_t>(p - begin)});
  (field == kPrice        ? price.price
   : field == kBaseVolume ? price.base_volume_last_24h
                          : price.quote_volume_last_24h) = value;
  return true;
}

}  // namespace

const char* ReadPlainEvent(const char* begin, const char* end, SymbolView& symbol, Price& price) {
  constexpr uint32_t kNeeded =
      1u << kBase | 1u << kQuote | 1u << kExchange | 1u << kPrice | 1u << kTimestamp;
  if (begin == end || *begin != '{') return nullptr;
  const std::array<std::string_view*, 3> names = {&symbol.base_currency, &symbol.quote_currency,
                                                  &symbol.exchange};
  price = {};
  uint32_t seen = 0;
  for (const char* p = begin + 1;;) {
    p = SkipSpaces(p, end);
    const Field field = ReadName(p, end);
    if (field == kUnknown || (seen >> field & 1u) != 0) return nullptr;
    seen |= 1u << field;
    p = SkipSpaces(p, end);
    const bool is_value =
        field <= kExchange ? ReadString(p, end, *names[field]) : ReadNumber(p, end, field, price);
    if (!is_value || p == end) return nullptr;
    if (*p == '}') return (seen & kNeeded) == kNeeded ? p + 1 : nullptr;
    if (*p++ != ',') return nullptr;
  }
}

}  // namespace wick::protocol
