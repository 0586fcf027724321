#include "torture/check.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

namespace wick::torture {
namespace {

constexpr uint32_t kCandlesPerRequest = 10'000;
constexpr size_t kProblemsShown = 20;

/// FNV-1a.
class Digest {
 public:
  void Add(uint64_t value) {
    for (int i = 0; i < 8; ++i, value >>= 8) hash_ = (hash_ ^ (value & 0xFF)) * 0x100000001B3;
  }
  void Add(double value) {
    uint64_t bits;
    std::memcpy(&bits, &value, sizeof(bits));
    Add(bits);
  }
  void Add(const std::string& text) {
    for (const char c : text) hash_ = (hash_ ^ static_cast<unsigned char>(c)) * 0x100000001B3;
    Add(text.size());
  }
  void Add(const Price& price) {
    Add(price.timestamp_ms);
    Add(price.price);
    Add(price.base_volume_last_24h);
    Add(price.quote_volume_last_24h);
  }
  void Add(const Candle& c) {
    Add(c.timestamp_ms);
    for (const double value :
         {c.open, c.high, c.low, c.close, c.base_volume_last_24h, c.quote_volume_last_24h}) {
      Add(value);
    }
    Add(c.count);
  }
  uint64_t value() const { return hash_; }

 private:
  uint64_t hash_ = 0xCBF29CE484222325;
};

/// All candles of one tier; none if the series is not known.
Result<std::vector<Candle>> ReadTier(Client& client, const Symbol& symbol, Interval interval) {
  std::vector<Candle> all;
  CandlesRequest request;
  request.interval = interval;
  request.from_ms = 0;
  request.limit = kCandlesPerRequest;
  do {
    const auto reply = client.Candles(symbol, request);
    if (!reply) {
      if (reply.error().code == ErrorCode::kUnknownSeries) break;
      return reply.error();
    }
    all.insert(all.end(), reply->candles.begin(), reply->candles.end());
    request.from_ms = reply->next_ms;
  } while (request.from_ms);
  return all;
}

uint64_t CountOf(const std::vector<Candle>& candles) {
  uint64_t events = 0;
  for (const Candle& candle : candles) events += candle.count;
  return events;
}

std::string Name(const Symbol& symbol) {
  return fmt::format("{}:{}/{}", symbol.exchange, symbol.base_currency, symbol.quote_currency);
}

/// Reads and compares one series; its settlement.
Settlement CheckSeries(Client& client, SeriesLedger& series, CheckResult& result, Digest& digest) {
  const auto problem = [&](const std::string& text) {
    result.problems.push_back(Name(series.symbol()) + ": " + text);
  };
  std::array<std::vector<Candle>, kTierCount> tiers;
  for (size_t tier = 0; tier < kTierCount; ++tier) {
    auto candles = ReadTier(client, series.symbol(), kTierIntervals[tier]);
    if (!candles) {
      problem("cannot be read: " + candles.error().message);
      return {};
    }
    tiers[tier] = std::move(*candles);
  }
  const Settlement settled = series.Settle(CountOf(tiers.back()));
  if (settled.lost > 0) problem(fmt::format("{} acknowledged events are lost", settled.lost));
  if (settled.surplus > 0)
    problem(fmt::format("{} events were counted twice or invented", settled.surplus));
  if (settled.torn) problem(fmt::format("batch {} is there in part", settled.last_present));
  result.lost += settled.lost;
  result.surplus += settled.surplus;

  std::vector<std::string> differences;
  for (size_t tier = 0; tier < kTierCount; ++tier) {
    series.oracle().Compare(static_cast<int>(tier), tiers[tier], differences);
    result.candles += tiers[tier].size();
    for (const Candle& candle : tiers[tier]) digest.Add(candle);
  }
  for (const std::string& difference : differences) problem(difference);

  const std::vector<SymbolView> symbols = {series.symbol()};
  const auto latest = client.Latest(symbols);
  if (!latest) {
    problem("latest price cannot be read: " + latest.error().message);
  } else if (!(latest->front() == series.oracle().latest())) {
    problem(fmt::format("latest price is {} at {}, should be {} at {}", latest->front().price,
                        latest->front().timestamp_ms, series.oracle().latest().price,
                        series.oracle().latest().timestamp_ms));
  } else {
    digest.Add(latest->front());
  }
  return settled;
}

/// Both exchanges of a pair are applied by one worker: a batch is there for both or for neither.
void CheckPair(const Settlement& x, const Settlement& y, const Symbol& symbol,
               CheckResult& result) {
  if (x.last_present >= y.first_absent || y.last_present >= x.first_absent) {
    result.problems.push_back(
        fmt::format("{}/{}: a batch is there on one exchange and not on the other",
                    symbol.base_currency, symbol.quote_currency));
  }
}

void CheckExchanges(Client& client, const std::vector<ConnectionLedger>& ledgers,
                    CheckResult& result, Digest& digest) {
  std::map<std::pair<std::string, std::string>, uint64_t>
      expected;  // (exchange, base currency) -> last seen
  for (const ConnectionLedger& ledger : ledgers) {
    for (const SeriesLedger& series : ledger.series()) {
      const uint64_t seen = series.oracle().latest().timestamp_ms;
      if (seen > 0) expected[{series.symbol().exchange, series.symbol().base_currency}] = seen;
    }
  }
  const auto exchanges = client.Exchanges();
  if (!exchanges) {
    result.problems.push_back("exchanges cannot be read: " + exchanges.error().message);
    return;
  }
  size_t found = 0;
  for (const ExchangeListing& exchange : *exchanges) {
    for (const PairListing& pair : exchange.pairs) {
      digest.Add(exchange.exchange);
      digest.Add(pair.base_currency);
      digest.Add(pair.last_seen_ms);
      const auto wanted = expected.find({exchange.exchange, pair.base_currency});
      if (wanted != expected.end() && wanted->second == pair.last_seen_ms) {
        ++found;
      } else {
        result.problems.push_back(fmt::format("exchange {} lists {} as last seen at {}",
                                              exchange.exchange, pair.base_currency,
                                              pair.last_seen_ms));
      }
    }
  }
  if (found != expected.size()) {
    result.problems.push_back(fmt::format("{} of {} pairs are listed", found, expected.size()));
  }
}

}  // namespace

std::string CheckResult::Text() const {
  std::string text;
  for (size_t i = 0; i < std::min(problems.size(), kProblemsShown); ++i) text += problems[i] + "\n";
  if (problems.size() > kProblemsShown)
    text += fmt::format("and {} more\n", problems.size() - kProblemsShown);
  return text;
}

CheckResult Check(Client& client, std::vector<ConnectionLedger>& ledgers) {
  CheckResult result;
  Digest digest;
  for (ConnectionLedger& ledger : ledgers) {
    std::vector<SeriesLedger>& series = ledger.series();
    for (size_t i = 0; i + 1 < series.size(); i += 2) {
      const Settlement x = CheckSeries(client, series[i], result, digest);
      const Settlement y = CheckSeries(client, series[i + 1], result, digest);
      CheckPair(x, y, series[i].symbol(), result);
    }
  }
  CheckExchanges(client, ledgers, result, digest);
  result.digest = digest.value();
  return result;
}

Result<uint64_t> CountEvents(Client& client, const Symbol& symbol) {
  const auto candles = ReadTier(client, symbol, kTierIntervals.back());
  if (!candles) return candles.error();
  return CountOf(*candles);
}

}  // namespace wick::torture
