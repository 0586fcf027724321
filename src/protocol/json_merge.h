// The answers of several nodes to the same question, as one: what a single node would answer that
// had the pairs of all of them.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "wick/query.h"

namespace wick::protocol {

// Each takes answers of this program by Add(), in the order of the nodes. False: the text is no
// such answer, and nothing of it was taken. A pair that two nodes list, because it is on its way
// from one to the other, is listed once, as it was seen last; only BaseListing::series counts it
// for each. Threads: one.

/// Of GET /v1/exchanges.
class ExchangesMerge {
 public:
  /// `pairs`: as they were asked for.
  explicit ExchangesMerge(bool pairs) : pairs_(pairs) {}

  bool Add(std::string_view answer);
  void AppendTo(std::string& out) const;

 private:
  struct Exchange {
    uint64_t last_seen_ms = 0;
    std::map<std::pair<std::string, std::string>, uint64_t> pairs;  // when each was last seen
  };
  const bool pairs_;
  std::map<std::string, Exchange> exchanges_;
};

/// Of GET /v1/bases. A node gives the price of a base currency by its reference if it has that
/// series, else of its newest event: so the same choice among their prices is that of all series.
class BasesMerge {
 public:
  explicit BasesMerge(std::vector<Reference> references);

  bool Add(std::string_view answer);
  void AppendTo(std::string& out) const;

 private:
  bool IsByMapping(const PriceEvent& price) const;
  /// True: `price` is rather the one of its base currency than `other`.
  bool IsBetter(const PriceEvent& price, const PriceEvent& other) const;

  std::map<std::string, Reference> references_;  // by base currency
  std::map<std::string, BaseListing> bases_;
};

/// Of GET /v1/bases/{base}.
class PriceEventsMerge {
 public:
  bool Add(std::string_view answer);
  void AppendTo(std::string& out) const;

 private:
  std::map<std::pair<std::string, std::string>, PriceEvent> events_;  // by quote and exchange
};

/// Of GET /v1/references. Of a base currency for which nodes have different ones the first counts.
class ReferencesMerge {
 public:
  bool Add(std::string_view answer);
  void AppendTo(std::string& out) const;

 private:
  std::map<std::string, Reference> references_;  // by base currency
};

}  // namespace wick::protocol
