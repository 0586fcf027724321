#include "hot/symbol_index.h"

#include <fmt/format.h>

#include <atomic>
#include <thread>

#include "catch.h"
#include "sanitized.h"

using namespace wick;
using hot::SymbolIndex;

namespace {

std::optional<SeriesId> Register(SymbolIndex& index, const SymbolView& symbol,
                                 size_t series_max = 1'000'000) {
  return index.Register(symbol, series_max, [](SeriesId) {});
}

}  // namespace

TEST_CASE("a symbol keeps the id it got first", "[hot][index]") {
  SymbolIndex index;
  CHECK_FALSE(index.Find({"BTC", "USD", "a"}).has_value());
  CHECK(Register(index, {"BTC", "USD", "a"}) == SeriesId{0});
  CHECK(Register(index, {"BTC", "USD", "b"}) == SeriesId{1});
  CHECK(Register(index, {"BTC", "USD", "a"}) == SeriesId{0});
  CHECK(index.Find({"BTC", "USD", "b"}) == SeriesId{1});
  CHECK(index.NamesOf(SeriesId{1}) == SymbolView{"BTC", "USD", "b"});
}

TEST_CASE("names that only differ in case or in where they are cut are different series",
          "[hot][index]") {
  SymbolIndex index;
  CHECK(Register(index, {"BTC", "USD", "a"}) != Register(index, {"btc", "USD", "a"}));
  CHECK(Register(index, {"AB", "C", "a"}) != Register(index, {"A", "BC", "a"}));
}

TEST_CASE("a symbol is found in steps as at once, known or not", "[hot][index]") {
  SymbolIndex index;
  for (int i = 0; i < 3'000; ++i) {
    const std::string base = fmt::format("B{}", i);
    const SymbolView symbol{base, "USD", "a"};
    const uint64_t hash = SymbolIndex::Hash(symbol);
    const auto find = [&] {
      index.PrefetchCell(hash);
      index.PrefetchNames(hash);
      index.PrefetchText(hash);
      return index.Find(symbol, hash);
    };
    REQUIRE_FALSE(find().has_value());
    const auto id = Register(index, symbol);
    REQUIRE(find() == id);
  }
}

TEST_CASE("a full index refuses new symbols and still finds old ones", "[hot][index]") {
  SymbolIndex index;
  CHECK(Register(index, {"A", "B", "x"}, 1) == SeriesId{0});
  CHECK_FALSE(Register(index, {"A", "C", "x"}, 1).has_value());
  CHECK(Register(index, {"A", "B", "x"}, 1) == SeriesId{0});
}

TEST_CASE("listings are sorted by name and narrowed by it", "[hot][index]") {
  SymbolIndex index;
  Register(index, {"ETH", "USD", "kraken"});
  Register(index, {"BTC", "USD", "kraken"});
  Register(index, {"BTC", "EUR", "binance"});
  Register(index, {"BTC", "EUR", "币安"});
  using Ids = std::vector<SeriesId>;
  CHECK(index.ByExchange(std::nullopt) == Ids{SeriesId{2}, SeriesId{1}, SeriesId{0}, SeriesId{3}});
  CHECK(index.ByExchange("kraken") == Ids{SeriesId{1}, SeriesId{0}});
  CHECK(index.ByExchange("kraken2").empty());
  CHECK(index.ByBase("BTC") == Ids{SeriesId{2}, SeriesId{3}, SeriesId{1}});
  CHECK(index.ByBase(std::nullopt) == Ids{SeriesId{2}, SeriesId{3}, SeriesId{1}, SeriesId{0}});
}

TEST_CASE("readers find every published symbol while the index grows", "[hot][index][threads]") {
  SymbolIndex index;
  constexpr uint32_t kSymbols = test::Rounds(20'000);
  std::atomic<uint32_t> published{0};
  std::thread writer([&] {
    for (uint32_t i = 0; i < kSymbols; ++i) {
      const std::string base = fmt::format("B{}", i);
      Register(index, {base, "USD", "x"});
      published.store(i + 1, std::memory_order_release);
    }
  });
  for (uint32_t checked = 0; checked < kSymbols;) {
    const uint32_t end = published.load(std::memory_order_acquire);
    for (; checked < end; ++checked) {
      REQUIRE(index.Find({fmt::format("B{}", checked), "USD", "x"}) == SeriesId{checked});
    }
    REQUIRE_FALSE(index.Find({"B", "USD", "x"}).has_value());
  }
  writer.join();
  CHECK(index.size() == kSymbols);
}
