#include "client/merge.h"

#include <algorithm>
#include <iterator>
#include <tuple>
#include <utility>

namespace wick::client {
namespace {

template <typename T>
std::vector<T> Joined(std::vector<std::vector<T>> lists) {
  std::vector<T> all;
  for (std::vector<T>& list : lists) std::ranges::move(list, std::back_inserter(all));
  return all;
}

/// Adds each entry to the one before it by `add(entry, other)` where `is_same(entry, other)`.
template <typename T, typename IsSame, typename Add>
std::vector<T> Folded(std::vector<T> sorted, IsSame is_same, Add add) {
  std::vector<T> folded;
  for (T& entry : sorted) {
    if (folded.empty() || !is_same(folded.back(), entry)) {
      folded.push_back(std::move(entry));
    } else {
      add(folded.back(), std::move(entry));
    }
  }
  return folded;
}

bool IsNewer(const PriceEvent& a, const PriceEvent& b) {
  if (a.price.timestamp_ms != b.price.timestamp_ms) {
    return a.price.timestamp_ms > b.price.timestamp_ms;
  }
  return std::tie(a.symbol.quote_currency, a.symbol.exchange) <
         std::tie(b.symbol.quote_currency, b.symbol.exchange);
}

bool IsByReference(const PriceEvent& event, std::span<const Reference> references) {
  const Symbol& symbol = event.symbol;
  const auto reference =
      std::ranges::lower_bound(references, symbol.base_currency, {}, &Reference::base_currency);
  return reference != references.end() && reference->base_currency == symbol.base_currency &&
         reference->quote_currency == symbol.quote_currency &&
         reference->exchange == symbol.exchange;
}

}  // namespace

std::vector<ExchangeListing> Merge(std::vector<std::vector<ExchangeListing>> of_nodes) {
  std::vector<ExchangeListing> all = Joined(std::move(of_nodes));
  std::ranges::stable_sort(all, {}, &ExchangeListing::exchange);
  all = Folded(
      std::move(all),
      [](const ExchangeListing& a, const ExchangeListing& b) { return a.exchange == b.exchange; },
      [](ExchangeListing& exchange, ExchangeListing&& other) {
        exchange.last_seen_ms = std::max(exchange.last_seen_ms, other.last_seen_ms);
        std::ranges::move(other.pairs, std::back_inserter(exchange.pairs));
      });
  for (ExchangeListing& exchange : all) {
    std::ranges::sort(exchange.pairs, {}, [](const PairListing& pair) {
      return std::tie(pair.base_currency, pair.quote_currency);
    });
  }
  return all;
}

std::vector<PriceEvent> Merge(std::vector<std::vector<PriceEvent>> of_nodes) {
  std::vector<PriceEvent> all = Joined(std::move(of_nodes));
  std::ranges::sort(all, IsNewer);
  return all;
}

std::vector<Reference> Merge(std::vector<std::vector<Reference>> of_nodes) {
  std::vector<Reference> all = Joined(std::move(of_nodes));
  std::ranges::stable_sort(all, {}, &Reference::base_currency);
  return Folded(
      std::move(all),
      [](const Reference& a, const Reference& b) { return a.base_currency == b.base_currency; },
      [](const Reference&, Reference&&) {});
}

std::vector<BaseListing> Merge(std::vector<std::vector<BaseListing>> of_nodes,
                               std::span<const Reference> references) {
  const auto base = [](const BaseListing& listing) -> const std::string& {
    return listing.reference.symbol.base_currency;
  };
  std::vector<BaseListing> all = Joined(std::move(of_nodes));
  std::ranges::stable_sort(all, {}, base);
  return Folded(
      std::move(all),
      [base](const BaseListing& a, const BaseListing& b) { return base(a) == base(b); },
      [references](BaseListing& listing, BaseListing&& other) {
        listing.series += other.series;
        if (IsByReference(listing.reference, references)) return;
        if (IsByReference(other.reference, references) ||
            IsNewer(other.reference, listing.reference)) {
          listing.reference = std::move(other.reference);
        }
      });
}

}  // namespace wick::client
