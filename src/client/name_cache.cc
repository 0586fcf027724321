#include "client/name_cache.h"

#include <algorithm>
#include <functional>

#include "client/codec.h"

namespace wick::client {

size_t NameCache::Hash::operator()(const SymbolView& symbol) const {
  const std::hash<std::string_view> hash;
  // Odd factors keep (BTC, ETH) and (ETH, BTC) apart.
  return (hash(symbol.base_currency) * 31 + hash(symbol.quote_currency)) * 31 +
         hash(symbol.exchange);
}

uint32_t NameCache::Number(const SymbolView& symbol) {
  if (const auto known = numbers_.find(symbol); known != numbers_.end()) return known->second;
  const auto number = static_cast<uint32_t>(entries_.size());
  const auto added = numbers_.emplace(Symbol(symbol), number).first;
  entries_.emplace_back().symbol = &added->first;
  return number;
}

std::vector<uint32_t> NameCache::NotRegistered(std::span<const Tick> events,
                                               std::span<const uint32_t> indexes,
                                               uint64_t connection) const {
  std::vector<uint32_t> missing;
  for (const uint32_t index : indexes) {
    const uint32_t number = events[index].series;
    if (entries_[number].connection != connection) missing.push_back(number);
  }
  std::ranges::sort(missing);
  missing.erase(std::unique(missing.begin(), missing.end()), missing.end());
  return missing;
}

size_t NameCache::WriteFront(std::span<const uint32_t> numbers, const wire::Limits& limits,
                             wire::Writer writer) const {
  std::vector<SymbolView> symbols;
  for (size_t i = 0; i < std::min<size_t>(numbers.size(), limits.entries_per_request); ++i) {
    symbols.push_back(*entries_[numbers[i]].symbol);
  }
  const auto front = FittingFront(symbols, limits);
  WriteSymbols(front, writer);
  return front.size();
}

void NameCache::SetRegistered(std::span<const uint32_t> numbers, const wire::RegisterReply& reply,
                              uint64_t connection) {
  auto rejection = reply.rejections.begin();
  for (size_t i = 0; i < numbers.size(); ++i) {
    Entry& entry = entries_[numbers[i]];
    const wire::Registration& registered = reply.entries[i];
    // That refusal is for now: the next batch asks again.
    entry.connection = registered.refusal == Refusal::kTooManyNewSeries ? 0 : connection;
    entry.id = registered.refusal == Refusal::kNone ? registered.series : kNoSeries;
    entry.refusal = registered.refusal;
    entry.message.clear();
    while (rejection != reply.rejections.end() && rejection->index < i) ++rejection;
    if (rejection != reply.rejections.end() && rejection->index == i) {
      entry.message = rejection->message;
    }
  }
}

}  // namespace wick::client
