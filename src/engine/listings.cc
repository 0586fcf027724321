// What exists: exchanges with their pairs, base currencies with their prices.
#include <algorithm>
#include <tuple>

#include "engine/impl.h"

namespace wick::engine {
namespace {

PriceEvent EventOf(const SymbolView& names, const Price& price) { return {Symbol(names), price}; }

}  // namespace

std::vector<ExchangeListing> Impl::Exchanges(std::optional<std::string_view> only,
                                             bool pairs) const {
  std::vector<ExchangeListing> listings;
  for (const SeriesId id : index.ByExchange(only)) {
    const auto latest = LatestHere(id);
    if (!latest) continue;
    const SymbolView names = index.NamesOf(id);
    if (listings.empty() || listings.back().exchange != names.exchange) {
      listings.push_back({std::string(names.exchange), 0, {}});
    }
    ExchangeListing& listing = listings.back();
    listing.last_seen_ms = std::max(listing.last_seen_ms, latest->timestamp_ms);
    if (pairs) {
      listing.pairs.push_back({std::string(names.base_currency), std::string(names.quote_currency),
                               latest->timestamp_ms});
    }
  }
  return listings;
}

std::vector<BaseListing> Impl::Bases(const std::vector<std::string>& only) const {
  std::vector<SeriesId> ids;
  if (only.empty()) {
    ids = index.ByBase(std::nullopt);
  } else {
    std::vector<std::string> bases = only;
    std::sort(bases.begin(), bases.end());
    bases.erase(std::unique(bases.begin(), bases.end()), bases.end());
    for (const std::string& base : bases) {
      const auto of_base = index.ByBase(base);
      ids.insert(ids.end(), of_base.begin(), of_base.end());
    }
  }

  std::vector<BaseListing> listings;
  std::optional<Reference> reference;
  bool is_by_mapping = false;  // the listing under construction has the price the mapping asks for
  for (const SeriesId id : ids) {
    const auto latest = LatestHere(id);
    if (!latest) continue;
    const SymbolView names = index.NamesOf(id);
    if (listings.empty() || listings.back().reference.symbol.base_currency != names.base_currency) {
      listings.push_back({EventOf(names, *latest), 0});
      reference = references.Of(names.base_currency);
      is_by_mapping = false;
    }
    BaseListing& listing = listings.back();
    ++listing.series;
    if (reference && reference->quote_currency == names.quote_currency &&
        reference->exchange == names.exchange) {
      listing.reference = EventOf(names, *latest);
      is_by_mapping = true;
    } else if (!is_by_mapping && latest->timestamp_ms > listing.reference.price.timestamp_ms) {
      listing.reference = EventOf(names, *latest);
    }
  }
  return listings;
}

std::vector<PriceEvent> Impl::PricesOfBase(std::string_view base_currency) const {
  std::vector<PriceEvent> prices;
  for (const SeriesId id : index.ByBase(base_currency)) {
    if (const auto latest = LatestHere(id)) prices.push_back(EventOf(index.NamesOf(id), *latest));
  }
  std::stable_sort(prices.begin(), prices.end(), [](const PriceEvent& a, const PriceEvent& b) {
    return a.price.timestamp_ms > b.price.timestamp_ms;
  });
  return prices;
}

}  // namespace wick::engine
