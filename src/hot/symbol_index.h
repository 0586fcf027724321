// Names to ids and back, and the sorted orders in which they are listed.
#pragma once

#include <absl/container/btree_set.h>
#include <absl/container/flat_hash_map.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/segmented_array.h"
#include "hot/series.h"
#include "wick/series.h"

namespace wick::hot {

/// Every registered symbol. Ids are dense and in order of registration; nothing is ever removed.
/// Threads: any. Find() and NamesOf() take no lock; registering and listing do.
class SymbolIndex {
 public:
  SymbolIndex();
  ~SymbolIndex();
  SymbolIndex(const SymbolIndex&) = delete;
  SymbolIndex& operator=(const SymbolIndex&) = delete;

  std::optional<SeriesId> Find(const SymbolView& symbol) const {
    return Find(symbol, Hash(symbol));
  }

  // Many symbols, each in these steps and others between them: what a step asks for comes from
  // memory before the next one needs it.
  static uint64_t Hash(const SymbolView& symbol);
  void PrefetchCell(uint64_t hash) const;
  void PrefetchNames(uint64_t hash) const;
  void PrefetchText(uint64_t hash) const;
  std::optional<SeriesId> Find(const SymbolView& symbol, uint64_t hash) const;

  /// The id of a valid symbol, a new one if there is none. `before_visible(id)` runs under the
  /// index's lock before anyone can find a new id. nullopt: there are `series_max` already.
  std::optional<SeriesId> Register(const SymbolView& symbol, size_t series_max,
                                   const std::function<void(SeriesId)>& before_visible);

  /// Ids below this are registered.
  size_t size() const { return symbols_.size(); }
  SymbolView NamesOf(SeriesId series) const;

  /// Ids sorted by (exchange, base, quote), those of one exchange or all.
  std::vector<SeriesId> ByExchange(std::optional<std::string_view> exchange) const;
  /// Ids sorted by (base, quote, exchange), those of one base or all.
  std::vector<SeriesId> ByBase(std::optional<std::string_view> base_currency) const;

  size_t MemoryBytes() const;

 private:
  struct Names {  // numbers of interned names
    uint32_t base_currency;
    uint32_t quote_currency;
    uint32_t exchange;
  };
  struct Table;  // open addressing; a cell is (upper half of the hash, id + 1), 0 if empty

  // Orders of the listings; a name compares with the first key alone.
  struct ExchangeOrder {
    using is_transparent = void;
    const SymbolIndex* index;
    bool operator()(SeriesId a, SeriesId b) const;
    bool operator()(SeriesId a, std::string_view exchange) const;
    bool operator()(std::string_view exchange, SeriesId b) const;
  };
  struct BaseOrder {
    using is_transparent = void;
    const SymbolIndex* index;
    bool operator()(SeriesId a, SeriesId b) const;
    bool operator()(SeriesId a, std::string_view base_currency) const;
    bool operator()(std::string_view base_currency, SeriesId b) const;
  };

  /// The id in the cell where a symbol of this hash would be, if it could be that.
  std::optional<SeriesId> FirstOf(uint64_t hash) const;
  uint32_t Intern(std::string_view name);
  void Insert(Table& table, uint64_t hash, SeriesId series);
  void GrowIfFull();

  // the registering thread writes under mutex_, anyone reads
  SegmentedArray<Names, 12, (kSeriesMax >> 12)> symbols_;
  SegmentedArray<std::string_view, 10, (kSeriesMax >> 10)> names_;
  std::atomic<Table*> table_;

  mutable std::shared_mutex mutex_;  // everything below
  std::vector<std::unique_ptr<Table>>
      tables_;  // outgrown ones stay for readers: half of the size in all
  std::vector<std::unique_ptr<char[]>> name_blocks_;
  size_t name_block_left_ = 0;
  absl::flat_hash_map<std::string_view, uint32_t> interned_;
  absl::btree_set<SeriesId, ExchangeOrder> by_exchange_;
  absl::btree_set<SeriesId, BaseOrder> by_base_;
};

}  // namespace wick::hot
