// Events from CSV text.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "base/status.h"
#include "feed/csv_record.h"
#include "feed/file_event.h"

namespace wick::feed {

/// Reads CSV whose first record names the columns: baseCurrency, quoteCurrency, exchange, price,
/// timestampInMs and optionally baseVolumeLast24h, quoteVolumeLast24h, in any order, beside any
/// others, which are ignored. A missing volume column and an empty volume are 0; every other empty
/// cell is a missing field. Numbers follow the rules of a JSON event. A refused record costs its
/// own line and no other. Threads: one at a time.
class CsvEvents {
 public:
  /// Takes the whole records of `text`, adds their events and refusals to `out` and returns the
  /// bytes taken; the rest is given again with more text behind it. `at_end`: there is no more.
  /// InvalidArgument: the header lacks a column or names one twice.
  absl::StatusOr<size_t> Parse(std::span<char> text, bool at_end, const TimeLimits& limits,
                               FileEvents& out);

 private:
  enum Column { kBase, kQuote, kExchange, kPrice, kTimestamp, kBaseVolume, kQuoteVolume, kColumns };
  static constexpr std::array<std::string_view, kColumns> kNames = {
      "baseCurrency",  "quoteCurrency",     "exchange",          "price",
      "timestampInMs", "baseVolumeLast24h", "quoteVolumeLast24h"};
  static constexpr size_t kNoCell = SIZE_MAX;

  absl::Status ReadHeader(uint64_t line);
  // False: refused, and reported.
  bool ReadEvent(const TimeLimits& limits, FileEvent& event, FileEvents& out) const;
  bool ReadVolume(Column column, uint64_t line, double& volume, FileEvents& out) const;
  std::string_view Cell(Column column) const { return record_.cells[cell_of_[column]]; }

  bool has_header_ = false;
  bool skipping_ = false;                      // inside a refused line whose end has not been seen
  uint64_t line_ = 1;                          // of the next record
  size_t cells_ = 0;                           // of the header
  std::array<size_t, kColumns> cell_of_ = {};  // kNoCell: the file has no such column
  CsvRecord record_;
};

}  // namespace wick::feed
