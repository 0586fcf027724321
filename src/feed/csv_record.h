// Cuts CSV text (RFC 4180) into records and cells.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

namespace wick::feed {

enum class CsvCut {
  kRecord,      // the cells are there
  kIncomplete,  // the text ends before the record does
  kMalformed,   // a quote that is not closed, or one with text before or behind it; skip to the
                // line's end
};

struct CsvRecord {
  std::vector<std::string_view> cells;  // without quotes; point into the text
  size_t bytes = 0;                     // of the record with its line end; kRecord only
  size_t lines = 0;                     // of the text: more than 1 if a quoted cell holds line ends
};

/// Cuts the record at the start of `text`. Cells with doubled quotes are unescaped in place, in
/// `text`, and only if the answer is kRecord. `at_end`: no text follows, so the last record may
/// lack its line end.
CsvCut CutCsvRecord(std::span<char> text, bool at_end, CsvRecord& record);

}  // namespace wick::feed
