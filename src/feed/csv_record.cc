#include "feed/csv_record.h"

#include <cstring>

namespace wick::feed {
namespace {

char* Find(char* from, char* end, char wanted) {
  return static_cast<char*>(std::memchr(from, wanted, static_cast<size_t>(end - from)));
}

std::string_view View(const char* from, const char* end) {
  return {from, static_cast<size_t>(end - from)};
}

/// The record has no quotes: it ends with its line.
void CutPlainLine(char* begin, char* end, CsvRecord& record) {
  if (end > begin && end[-1] == '\r') --end;
  while (char* comma = Find(begin, end, ',')) {
    record.cells.push_back(View(begin, comma));
    begin = comma + 1;
  }
  record.cells.push_back(View(begin, end));
}

std::string_view Unescape(std::string_view cell) {
  char* const begin = const_cast<char*>(cell.data());  // points into the caller's writable text
  char* to = begin;
  for (size_t i = 0; i < cell.size(); ++i) {
    *to++ = cell[i];
    if (cell[i] == '"') ++i;  // the quote that doubles it
  }
  return View(begin, to);
}

CsvCut CutQuoted(char* const begin, char* const end, bool at_end, CsvRecord& record) {
  const CsvCut out_of_text = at_end ? CsvCut::kMalformed : CsvCut::kIncomplete;
  char* at = begin;
  while (true) {
    if (at < end && *at == '"') {
      char* const cell = ++at;
      while (true) {
        char* const quote = Find(at, end, '"');
        if (quote == nullptr) return out_of_text;
        at = quote + 1;
        if (at == end && !at_end) return CsvCut::kIncomplete;  // a second quote may follow
        if (at == end || *at != '"') {
          record.cells.push_back(View(cell, quote));
          break;
        }
        ++at;
      }
      if (at + 1 < end && at[0] == '\r' && at[1] == '\n') ++at;
      if (at + 1 == end && *at == '\r') {
        if (!at_end) return CsvCut::kIncomplete;
        ++at;
      }
      if (at < end && *at != ',' && *at != '\n') return CsvCut::kMalformed;
    } else {
      char* const cell = at;
      while (at < end && *at != ',' && *at != '\n' && *at != '"') ++at;
      if (at == end && !at_end) return CsvCut::kIncomplete;
      if (at < end && *at == '"') return CsvCut::kMalformed;
      const bool line_ends = at == end || *at == '\n';
      record.cells.push_back(View(cell, line_ends && at > cell && at[-1] == '\r' ? at - 1 : at));
    }
    if (at == end) break;
    if (*at++ == '\n') break;
  }
  record.bytes = static_cast<size_t>(at - begin);
  record.lines = 1;
  for (char* p = begin; (p = Find(p, at - 1, '\n')) != nullptr; ++p) ++record.lines;
  for (std::string_view& cell : record.cells) {
    if (cell.find('"') != cell.npos) cell = Unescape(cell);
  }
  return CsvCut::kRecord;
}

}  // namespace

CsvCut CutCsvRecord(std::span<char> text, bool at_end, CsvRecord& record) {
  record.cells.clear();
  record.bytes = 0;
  record.lines = 0;
  char* const begin = text.data();
  char* const end = begin + text.size();
  char* const line_end = Find(begin, end, '\n');
  char* const stop = line_end ? line_end : end;
  if (Find(begin, stop, '"') != nullptr) return CutQuoted(begin, end, at_end, record);
  if (line_end == nullptr && !at_end) return CsvCut::kIncomplete;
  CutPlainLine(begin, stop, record);
  record.bytes = static_cast<size_t>(stop - begin) + (line_end ? 1 : 0);
  record.lines = 1;
  return CsvCut::kRecord;
}

}  // namespace wick::feed
