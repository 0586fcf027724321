// Candles as JSON, CSV and the arrays of CCXT.

#include <cmath>

#include "market/interval.h"
#include "protocol/json_number.h"
#include "protocol/json_replies.h"
#include "protocol/json_string.h"

namespace wick::protocol {
namespace {

/// Bytes of a usual candle in each form, to make the room once.
constexpr size_t kJsonCandleBytes = 220;
constexpr size_t kCsvCandleBytes = 120;
constexpr size_t kCcxtCandleBytes = 72;

/// A candle made by fill=null.
bool HasNoPrices(const Candle& candle) { return std::isnan(candle.close); }

std::string_view Word(bool value) { return value ? "true" : "false"; }

/// Appends a price or volume of the candle; `absent` if it has none.
void AppendValue(std::string& out, const Candle& candle, double value, std::string_view absent) {
  if (HasNoPrices(candle)) {
    out += absent;
  } else {
    AppendNumber(out, value);
  }
}

void AppendCandle(std::string& out, const Candle& candle, bool with_interval) {
  const auto field = [&](std::string_view name, double value) {
    out += name;
    AppendValue(out, candle, value, "null");
  };
  out += R"({"timestampInMs":)";
  AppendNumber(out, candle.timestamp_ms);
  if (with_interval) {
    out += R"(,"interval":)";
    AppendString(out, market::ToString(candle.interval));
  }
  field(R"(,"open":)", candle.open);
  field(R"(,"high":)", candle.high);
  field(R"(,"low":)", candle.low);
  field(R"(,"close":)", candle.close);
  out += R"(,"count":)";
  AppendNumber(out, candle.count);
  field(R"(,"baseVolumeLast24h":)", candle.base_volume_last_24h);
  field(R"(,"quoteVolumeLast24h":)", candle.quote_volume_last_24h);
  out += R"(,"closed":)";
  out += Word(candle.closed);
  if (candle.filled) out += R"(,"filled":true)";
  out += '}';
}

}  // namespace

void AppendCandlesJson(std::string& out, const SymbolView& symbol, const CandlesReply& reply) {
  const bool finest = reply.grain == Grain::kFinest;
  out.reserve(out.size() + 256 + reply.candles.size() * kJsonCandleBytes);
  out += R"({"baseCurrency":)";
  AppendString(out, symbol.base_currency);
  out += R"(,"quoteCurrency":)";
  AppendString(out, symbol.quote_currency);
  out += R"(,"exchange":)";
  AppendString(out, symbol.exchange);
  out += R"(,"interval":)";
  AppendString(out, finest ? "finest" : market::ToString(reply.interval));
  out += R"(,"availableFrom":)";
  AppendNumber(out, reply.available_from_ms);
  out += R"(,"candles":[)";
  bool first = true;
  for (const Candle& candle : reply.candles) {
    if (!first) out += ',';
    first = false;
    AppendCandle(out, candle, finest);
  }
  out += R"(],"next":)";
  if (reply.next_ms) {
    AppendNumber(out, *reply.next_ms);
  } else {
    out += "null";
  }
  out += '}';
}

void AppendCandlesCsv(std::string& out, const CandlesReply& reply, Fill fill) {
  const bool finest = reply.grain == Grain::kFinest;
  out.reserve(out.size() + 256 + reply.candles.size() * kCsvCandleBytes);
  out += "timestampInMs,open,high,low,close,count,baseVolumeLast24h,quoteVolumeLast24h,closed";
  if (finest) out += ",interval";
  if (fill != Fill::kNone) out += ",filled";
  out += '\n';
  for (const Candle& candle : reply.candles) {
    const auto column = [&](double value) {
      out += ',';
      AppendValue(out, candle, value, "");
    };
    AppendNumber(out, candle.timestamp_ms);
    column(candle.open);
    column(candle.high);
    column(candle.low);
    column(candle.close);
    out += ',';
    AppendNumber(out, candle.count);
    column(candle.base_volume_last_24h);
    column(candle.quote_volume_last_24h);
    out += ',';
    out += Word(candle.closed);
    if (finest) {
      out += ',';
      out += market::ToString(candle.interval);
    }
    if (fill != Fill::kNone) {
      out += ',';
      out += Word(candle.filled);
    }
    out += '\n';
  }
}

void AppendCandlesCcxt(std::string& out, const CandlesReply& reply) {
  out.reserve(out.size() + 2 + reply.candles.size() * kCcxtCandleBytes);
  out += '[';
  bool first = true;
  for (const Candle& candle : reply.candles) {
    if (!first) out += ',';
    first = false;
    out += '[';
    AppendNumber(out, candle.timestamp_ms);
    for (const double price : {candle.open, candle.high, candle.low, candle.close}) {
      out += ',';
      AppendValue(out, candle, price, "null");
    }
    out += ',';
    AppendNumber(out, candle.count);
    out += ']';
  }
  out += ']';
}

}  // namespace wick::protocol
