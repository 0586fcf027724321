// Questions a server answers beside the latest price, and the shape of the answers.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "wick/candle.h"
#include "wick/event.h"

namespace wick {

/// Which grain a candle request asks for.
enum class Grain : uint8_t {
  kFixed = 0,   // the interval given
  kAuto = 1,    // the finest tier that reaches back to `from` and needs at most `limit` candles
  kFinest = 2,  // each stretch of the range in the finest tier that keeps it, coarse first
};

/// What stands in buckets without events.
enum class Fill : uint8_t {
  kNone = 0,      // nothing
  kPrevious = 1,  // the previous close in all four prices, count 0, filled
  kNull = 2,      // no prices (NaN), count 0, filled
};

inline constexpr uint32_t kCandlesPerRequestDefault = 1'000;

/// Times are ms since the Unix epoch; a candle belongs to [from, to) if its bucket's start does.
/// Without `from` the newest `limit` candles (before `to`) are answered.
struct CandlesRequest {
  Grain grain = Grain::kFixed;
  Interval interval;  // read if grain is kFixed
  std::optional<uint64_t> from_ms;
  std::optional<uint64_t> to_ms;
  uint32_t limit = kCandlesPerRequestDefault;  // candles, > 0
  Fill fill = Fill::kNone;

  friend bool operator==(const CandlesRequest&, const CandlesRequest&) = default;
};

struct CandlesReply {
  Grain grain = Grain::kFixed;     // kFixed or kFinest: auto is answered with the interval it chose
  Interval interval;               // of every candle, unless grain is kFinest
  uint64_t available_from_ms = 0;  // candles that start before this are not kept; 0: all are
  std::vector<Candle> candles;     // ascending
  std::optional<uint64_t> next_ms;  // `from` of the following page
};

struct PairListing {
  std::string base_currency;
  std::string quote_currency;
  uint64_t last_seen_ms = 0;  // timestamp of the newest event

  friend bool operator==(const PairListing&, const PairListing&) = default;
};

struct ExchangeListing {
  std::string exchange;
  uint64_t last_seen_ms = 0;  // the newest of its pairs
  std::vector<PairListing>
      pairs;  // by base, then quote currency; empty where only names were asked for

  friend bool operator==(const ExchangeListing&, const ExchangeListing&) = default;
};

/// One base currency with its reference price.
struct BaseListing {
  PriceEvent reference;  // by the mapping, else of the series with the newest event
  uint64_t series = 0;   // series of this base that have a price
};

/// The series that gives the price of a base currency.
struct Reference {
  std::string base_currency;
  std::string quote_currency;
  std::string exchange;

  friend bool operator==(const Reference&, const Reference&) = default;
};

}  // namespace wick
