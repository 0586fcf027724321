#include "feed/synthetic_market.h"

#include <algorithm>
#include <set>

#include "catch.h"
#include "market/validation.h"

namespace wick::feed {
namespace {

constexpr uint64_t kNowMs = 1'700'000'000'000;

std::vector<SyntheticMarket::Event> Events(const SyntheticMarketOptions& options, size_t count) {
  SyntheticMarket market(options);
  std::vector<SyntheticMarket::Event> events;
  for (size_t i = 0; i < count; ++i) events.push_back(market.Next(kNowMs + i));
  return events;
}

bool Same(const SyntheticMarket::Event& a, const SyntheticMarket::Event& b) {
  return a.series == b.series && a.price == b.price;
}

}  // namespace

TEST_CASE("the same seed gives the same market, another seed another one", "[feed][synthetic]") {
  const auto events = Events({.exchanges = 3, .pairs = 7, .seed = 42}, 5'000);
  const auto again = Events({.exchanges = 3, .pairs = 7, .seed = 42}, 5'000);
  const auto other = Events({.exchanges = 3, .pairs = 7, .seed = 43}, 5'000);
  CHECK(std::equal(events.begin(), events.end(), again.begin(), again.end(), Same));
  CHECK_FALSE(std::equal(events.begin(), events.end(), other.begin(), other.end(), Same));
}

TEST_CASE("a market has one valid series for each exchange and pair", "[feed][synthetic]") {
  const SyntheticMarket market({.exchanges = 4, .pairs = 25});
  std::set<std::string> names;
  for (const Symbol& symbol : market.symbols()) {
    CHECK(market::CheckSymbol(symbol) == Refusal::kNone);
    names.insert(symbol.exchange + ":" + symbol.base_currency + "/" + symbol.quote_currency);
  }
  CHECK(names.size() == 100);
}

TEST_CASE("every event is valid, its price within 1e-8 and 1e5", "[feed][synthetic]") {
  for (const auto& event : Events({.exchanges = 5, .pairs = 200, .seed = 7}, 100'000)) {
    REQUIRE(market::CheckPrice(event.price, kNowMs + 200'000, 0) == Refusal::kNone);
    REQUIRE(event.price.price >= 1e-8);
    REQUIRE(event.price.price <= 1e5);
    REQUIRE(event.price.base_volume_last_24h >= 0);
  }
}

TEST_CASE("without popular series they take turns, with nothing else a few get most events",
          "[feed][synthetic]") {
  const auto even = Events({.exchanges = 2, .pairs = 50, .popular_share = 0}, 300);
  for (size_t i = 0; i < even.size(); ++i) REQUIRE(even[i].series == i % 100);

  std::vector<size_t> count(100);
  for (const auto& event : Events({.exchanges = 2, .pairs = 50, .popular_share = 1}, 100'000)) {
    ++count[event.series];
  }
  std::sort(count.rbegin(), count.rend());
  // Zipf's law over 100 ranks: the first gets 1/5.19 of all, the tenth a tenth of that.
  CHECK(count[0] > 18'000);
  CHECK(count[0] < 21'000);
  CHECK(count[9] > 1'600);
  CHECK(count[9] < 2'300);
  CHECK(count[99] > 0);
}

TEST_CASE("a market of one series works", "[feed][synthetic]") {
  const auto events = Events({.exchanges = 1, .pairs = 1}, 100);
  CHECK(std::all_of(events.begin(), events.end(), [](const auto& e) { return e.series == 0; }));
}

TEST_CASE("events due follow the rate without drift", "[feed][synthetic]") {
  CHECK(EventsDue(1'000, 0) == 0);
  CHECK(EventsDue(1'000, 999) == 0);
  CHECK(EventsDue(1'000, 1'000) == 1);
  CHECK(EventsDue(0.5, 3'999'999) == 1);
  CHECK(EventsDue(1e6, 3'600'000'000) == 3'600'000'000);
}

}  // namespace wick::feed
