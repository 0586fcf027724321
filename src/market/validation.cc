#include "market/validation.h"

#include <fmt/format.h>

#include <cmath>

namespace wick::market {
namespace {

// 2000-01-01 in seconds, and in the finer units a sender may take for milliseconds. Milliseconds
// themselves stay below all of these until the year 31969; small values are old milliseconds.
constexpr uint64_t kSecondsFrom = 946'684'800;
constexpr uint64_t kSecondsTo = 10'000'000'000;
constexpr uint64_t kMicrosecondsFrom = kSecondsFrom * 1'000'000;
constexpr uint64_t kMicrosecondsTo = 100'000'000'000'000'000;
constexpr uint64_t kNanosecondsFrom = kSecondsFrom * 1'000'000'000;

/// One character at the front of a text; 0 bytes: what stands there is no UTF-8.
struct Character {
  char32_t code = 0;
  size_t bytes = 0;
};

/// Strict: no overlong forms, no surrogates, nothing above U+10FFFF. `text` is not empty.
Character FirstCharacter(std::string_view text) {
  const auto byte = [text](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned lead = byte(0);
  if (lead < 0x80) return {lead, 1};

  const size_t bytes = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || text.size() < bytes) return {};
  char32_t code = lead & (0x7Fu >> bytes);
  for (size_t i = 1; i < bytes; ++i) {
    if ((byte(i) & 0xC0u) != 0x80u) return {};
    code = code << 6 | (byte(i) & 0x3Fu);
  }
  const bool overlong = (bytes == 3 && code < 0x800) || (bytes == 4 && code < 0x10000);
  const bool surrogate = code >= 0xD800 && code <= 0xDFFF;
  if (overlong || surrogate || code > 0x10FFFF) return {};
  return {code, bytes};
}

/// C0, DEL and C1.
bool IsControl(char32_t code) { return code < 0x20 || (code >= 0x7F && code < 0xA0); }

/// What is wrong with a name; empty: nothing. "Space" at the ends is the ASCII one: other blanks
/// (U+00A0, U+3000) are letters of a name like any other.
std::string_view NameFault(std::string_view name, char separator) {
  if (name.empty()) return "is empty; 1 to 64 bytes are needed";
  if (name.size() > kNameBytesMax) return "is longer than 64 bytes";
  if (name.front() == ' ' || name.back() == ' ') return "begins or ends with a space; trim it";
  while (!name.empty()) {
    const Character c = FirstCharacter(name);
    if (c.bytes == 0) return "is not valid UTF-8";
    if (IsControl(c.code)) return "holds a control character; remove it";
    if (c.code == static_cast<unsigned char>(separator)) {
      return separator == '/' ? "holds '/', which separates the currencies of a pair"
                              : "holds ':', which separates exchange and pair";
    }
    name.remove_prefix(c.bytes);
  }
  return {};
}
static_assert(kNameBytesMax == 64);  // the texts above

std::string_view CurrencyFault(std::string_view name) { return NameFault(name, '/'); }
std::string_view ExchangeFault(std::string_view name) { return NameFault(name, ':'); }

/// The unit a timestamp looks to be in, and what turns it into milliseconds. No unit: milliseconds.
struct Unit {
  std::string_view name;
  std::string_view remedy;
};

Unit LooksLike(uint64_t timestamp) {
  if (timestamp >= kSecondsFrom && timestamp < kSecondsTo) return {"seconds", "multiply by 1000"};
  if (timestamp >= kMicrosecondsFrom && timestamp < kMicrosecondsTo) {
    return {"microseconds", "divide by 1000"};
  }
  if (timestamp >= kNanosecondsFrom) return {"nanoseconds", "divide by 1000000"};
  return {};
}

bool IsVolume(double volume) { return std::isfinite(volume) && volume >= 0; }

std::string DescribeTimestamp(uint64_t timestamp_ms) {
  if (timestamp_ms == 0) return "timestampInMs must be greater than 0";
  const Unit unit = LooksLike(timestamp_ms);
  if (unit.name.empty()) {
    return fmt::format("timestampInMs {} is not before the year 2100; check the clocks",
                       timestamp_ms);
  }
  return fmt::format("timestampInMs {} looks like {}; {}", timestamp_ms, unit.name, unit.remedy);
}

}  // namespace

bool IsCurrencyName(std::string_view name) { return CurrencyFault(name).empty(); }
bool IsExchangeName(std::string_view name) { return ExchangeFault(name).empty(); }

bool IsValidUtf8(std::string_view text) {
  while (!text.empty()) {
    const Character c = FirstCharacter(text);
    if (c.bytes == 0) return false;
    text.remove_prefix(c.bytes);
  }
  return true;
}

Refusal CheckSymbol(const SymbolView& symbol) {
  const bool valid = IsCurrencyName(symbol.base_currency) &&
                     IsCurrencyName(symbol.quote_currency) && IsExchangeName(symbol.exchange);
  return valid ? Refusal::kNone : Refusal::kInvalidName;
}

Refusal CheckPrice(const Price& price, uint64_t now_ms, uint64_t future_skew_ms_max) {
  if (!std::isfinite(price.price) || price.price <= 0) return Refusal::kInvalidPrice;
  if (!IsVolume(price.base_volume_last_24h) || !IsVolume(price.quote_volume_last_24h)) {
    return Refusal::kInvalidVolume;
  }
  if (price.timestamp_ms == 0 || !LooksLike(price.timestamp_ms).name.empty()) {
    return Refusal::kInvalidTimestamp;
  }
  if (price.timestamp_ms > now_ms && price.timestamp_ms - now_ms > future_skew_ms_max) {
    return Refusal::kFutureTimestamp;
  }
  if (price.timestamp_ms >= kTimestampEndMs) return Refusal::kInvalidTimestamp;
  return Refusal::kNone;
}

std::string DescribeSymbol(const SymbolView& symbol) {
  const auto describe = [](std::string_view field, std::string_view name, std::string_view fault) {
    return fmt::format("{} \"{}\" {}", field, Printable(name), fault);
  };
  if (const auto fault = CurrencyFault(symbol.base_currency); !fault.empty()) {
    return describe("baseCurrency", symbol.base_currency, fault);
  }
  if (const auto fault = CurrencyFault(symbol.quote_currency); !fault.empty()) {
    return describe("quoteCurrency", symbol.quote_currency, fault);
  }
  return describe("exchange", symbol.exchange, ExchangeFault(symbol.exchange));
}

std::string DescribePrice(Refusal refusal, const Price& price, uint64_t now_ms,
                          uint64_t future_skew_ms_max) {
  switch (refusal) {
    case Refusal::kInvalidPrice:
      return fmt::format("price {} must be a finite number greater than 0", price.price);
    case Refusal::kInvalidVolume: {
      const bool base = !IsVolume(price.base_volume_last_24h);
      return fmt::format("{} {} must be a finite number of at least 0",
                         base ? "baseVolumeLast24h" : "quoteVolumeLast24h",
                         base ? price.base_volume_last_24h : price.quote_volume_last_24h);
    }
    case Refusal::kInvalidTimestamp:
      return DescribeTimestamp(price.timestamp_ms);
    case Refusal::kFutureTimestamp:
      return fmt::format(
          "timestampInMs {} is {} ms ahead of this server's clock, at most {} ms are accepted; "
          "check the sender's clock",
          price.timestamp_ms, price.timestamp_ms - now_ms, future_skew_ms_max);
    default:
      return std::string(RefusalCode(refusal));
  }
}

std::string Printable(std::string_view name, size_t bytes_max) {
  std::string printable;
  size_t read = 0;
  while (read < name.size()) {
    const Character c = FirstCharacter(name.substr(read));
    const size_t bytes = c.bytes == 0 ? 1 : c.bytes;
    if (read + bytes > bytes_max) return printable + "...";
    if (c.bytes == 0) {
      printable += fmt::format("\\x{:02x}", static_cast<unsigned char>(name[read]));
    } else if (IsControl(c.code)) {
      printable += fmt::format("\\u{:04x}", static_cast<uint32_t>(c.code));
    } else {
      if (c.code == '"' || c.code == '\\') printable += '\\';
      printable += name.substr(read, bytes);
    }
    read += bytes;
  }
  return printable;
}

}  // namespace wick::market
