// Price events into the value of a record: what RecordReader reads.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "wick/event.h"

namespace wick::feed {

enum class RecordFormat : uint8_t { kJson, kBinary };

/// Gathers events into one record. Threads: one at a time.
class RecordWriter {
 public:
  explicit RecordWriter(RecordFormat format) : format_(format) {}

  void Add(const SymbolView& symbol, const Price& price);
  size_t events() const { return events_; }

  /// One event as JSON stands alone, several are an array. Empty afterwards.
  std::string Take();

 private:
  const RecordFormat format_;
  size_t events_ = 0;
  std::string json_;             // events with commas between them
  std::vector<Symbol> symbols_;  // a record is of one pair: as many as there are exchanges
  std::vector<Tick> ticks_;
};

}  // namespace wick::feed
