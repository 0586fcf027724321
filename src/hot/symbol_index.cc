#include "hot/symbol_index.h"

#include <absl/hash/hash.h>

#include <algorithm>
#include <cstring>
#include <tuple>

#include "base/assert.h"

namespace wick::hot {
namespace {

constexpr size_t kNameBlockBytes = 16 * 1024;
constexpr size_t kFirstTableCells = 1024;

}  // namespace

struct SymbolIndex::Table {
  explicit Table(size_t size)
      : mask(size - 1), cells(std::make_unique<std::atomic<uint64_t>[]>(size)) {}

  const size_t mask;
  std::unique_ptr<std::atomic<uint64_t>[]> cells;
};

SymbolIndex::SymbolIndex() : by_exchange_(ExchangeOrder{this}), by_base_(BaseOrder{this}) {
  tables_.push_back(std::make_unique<Table>(kFirstTableCells));
  table_.store(tables_.back().get(), std::memory_order_release);
}

SymbolIndex::~SymbolIndex() = default;

uint64_t SymbolIndex::Hash(const SymbolView& s) {
  return absl::HashOf(std::tuple(s.base_currency, s.quote_currency, s.exchange));
}

SymbolView SymbolIndex::NamesOf(SeriesId series) const {
  const Names& names = symbols_[Raw(series)];
  return {names_[names.base_currency], names_[names.quote_currency], names_[names.exchange]};
}

std::optional<SeriesId> SymbolIndex::FirstOf(uint64_t hash) const {
  const Table& table = *table_.load(std::memory_order_acquire);
  const uint64_t cell = table.cells[hash & table.mask].load(std::memory_order_acquire);
  if (cell == 0 || cell >> 32 != hash >> 32) return std::nullopt;
  return SeriesId{static_cast<uint32_t>(cell) - 1};
}

void SymbolIndex::PrefetchCell(uint64_t hash) const {
  const Table& table = *table_.load(std::memory_order_acquire);
  __builtin_prefetch(&table.cells[hash & table.mask]);
}

void SymbolIndex::PrefetchNames(uint64_t hash) const {
  if (const auto series = FirstOf(hash)) __builtin_prefetch(&symbols_[Raw(*series)]);
}

void SymbolIndex::PrefetchText(uint64_t hash) const {
  // Quote currencies and exchanges are few.
  if (const auto series = FirstOf(hash)) {
    __builtin_prefetch(&names_[symbols_[Raw(*series)].base_currency]);
  }
}

std::optional<SeriesId> SymbolIndex::Find(const SymbolView& symbol, uint64_t hash) const {
  // Acquire; pairs with the release in Insert() and GrowIfFull(): a cell that is seen has its
  // names.
  const Table& table = *table_.load(std::memory_order_acquire);
  for (size_t at = hash & table.mask;; at = (at + 1) & table.mask) {
    const uint64_t cell = table.cells[at].load(std::memory_order_acquire);
    if (cell == 0) return std::nullopt;
    if (cell >> 32 == hash >> 32) {
      const SeriesId series{static_cast<uint32_t>(cell) - 1};
      if (NamesOf(series) == symbol) return series;
    }
  }
}

std::optional<SeriesId> SymbolIndex::Register(const SymbolView& symbol, size_t series_max,
                                              const std::function<void(SeriesId)>& before_visible) {
  const std::unique_lock lock(mutex_);
  if (auto found = Find(symbol)) return found;
  if (size() >= std::min(series_max, kSeriesMax)) return std::nullopt;
  GrowIfFull();
  const SeriesId series{static_cast<uint32_t>(size())};
  symbols_.Next() = {Intern(symbol.base_currency), Intern(symbol.quote_currency),
                     Intern(symbol.exchange)};
  before_visible(series);
  symbols_.Publish();
  by_exchange_.insert(series);
  by_base_.insert(series);
  Insert(*tables_.back(), Hash(symbol), series);
  return series;
}

void SymbolIndex::Insert(Table& table, uint64_t hash, SeriesId series) {
  size_t at = hash & table.mask;
  while (table.cells[at].load(std::memory_order_relaxed) != 0) at = (at + 1) & table.mask;
  table.cells[at].store(hash >> 32 << 32 | (Raw(series) + 1), std::memory_order_release);
}

void SymbolIndex::GrowIfFull() {
  const size_t cells = tables_.back()->mask + 1;
  if (size() < cells / 2) return;
  auto grown = std::make_unique<Table>(cells * 2);
  for (uint32_t id = 0; id < size(); ++id)
    Insert(*grown, Hash(NamesOf(SeriesId{id})), SeriesId{id});
  table_.store(grown.get(), std::memory_order_release);
  tables_.push_back(std::move(grown));
}

uint32_t SymbolIndex::Intern(std::string_view name) {
  if (auto found = interned_.find(name); found != interned_.end()) return found->second;
  if (name_block_left_ < name.size()) {
    name_blocks_.push_back(std::make_unique<char[]>(kNameBlockBytes));
    name_block_left_ = kNameBlockBytes;
  }
  char* const at = name_blocks_.back().get() + (kNameBlockBytes - name_block_left_);
  std::memcpy(at, name.data(), name.size());
  name_block_left_ -= name.size();
  const auto number = static_cast<uint32_t>(names_.size());
  names_.Next() = std::string_view(at, name.size());
  names_.Publish();
  interned_.emplace(std::string_view(at, name.size()), number);
  return number;
}

bool SymbolIndex::ExchangeOrder::operator()(SeriesId a, SeriesId b) const {
  const SymbolView x = index->NamesOf(a), y = index->NamesOf(b);
  return std::tie(x.exchange, x.base_currency, x.quote_currency) <
         std::tie(y.exchange, y.base_currency, y.quote_currency);
}

bool SymbolIndex::BaseOrder::operator()(SeriesId a, SeriesId b) const {
  const SymbolView x = index->NamesOf(a), y = index->NamesOf(b);
  return std::tie(x.base_currency, x.quote_currency, x.exchange) <
         std::tie(y.base_currency, y.quote_currency, y.exchange);
}

bool SymbolIndex::ExchangeOrder::operator()(SeriesId a, std::string_view exchange) const {
  return index->NamesOf(a).exchange < exchange;
}
bool SymbolIndex::ExchangeOrder::operator()(std::string_view exchange, SeriesId b) const {
  return exchange < index->NamesOf(b).exchange;
}
bool SymbolIndex::BaseOrder::operator()(SeriesId a, std::string_view base_currency) const {
  return index->NamesOf(a).base_currency < base_currency;
}
bool SymbolIndex::BaseOrder::operator()(std::string_view base_currency, SeriesId b) const {
  return base_currency < index->NamesOf(b).base_currency;
}

namespace {

template <typename Set>
std::vector<SeriesId> ListOf(const Set& set, std::optional<std::string_view> name) {
  if (!name) return {set.begin(), set.end()};
  return {set.lower_bound(*name), set.upper_bound(*name)};
}

}  // namespace

std::vector<SeriesId> SymbolIndex::ByExchange(std::optional<std::string_view> exchange) const {
  const std::shared_lock lock(mutex_);
  return ListOf(by_exchange_, exchange);
}

std::vector<SeriesId> SymbolIndex::ByBase(std::optional<std::string_view> base_currency) const {
  const std::shared_lock lock(mutex_);
  return ListOf(by_base_, base_currency);
}

size_t SymbolIndex::MemoryBytes() const {
  const std::shared_lock lock(mutex_);
  size_t bytes =
      symbols_.MemoryBytes() + names_.MemoryBytes() + name_blocks_.size() * kNameBlockBytes;
  for (const auto& table : tables_) bytes += (table->mask + 1) * sizeof(uint64_t);
  bytes += interned_.capacity() * (sizeof(std::pair<std::string_view, uint32_t>) + 1);
  constexpr size_t kSetBytesPerId = 6;  // a B-tree node is two thirds full on average
  bytes += (by_exchange_.size() + by_base_.size()) * kSetBytesPerId;
  return bytes;
}

}  // namespace wick::hot
