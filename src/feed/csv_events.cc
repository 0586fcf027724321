#include "feed/csv_events.h"

#include <algorithm>
#include <cstring>
#include <optional>

#include "market/validation.h"
#include "protocol/json_number.h"

namespace wick::feed {
namespace {

bool IsBlank(const CsvRecord& record) {
  return record.cells.size() == 1 &&
         record.cells[0].find_first_not_of(" \t") == std::string_view::npos;
}

std::string_view Trimmed(std::string_view text) {
  const size_t from = text.find_first_not_of(" \t");
  if (from == text.npos) return {};
  return text.substr(from, text.find_last_not_of(" \t") - from + 1);
}

/// The JSON number that is the whole cell; nullopt if it is none.
std::optional<protocol::JsonNumber> NumberOf(std::string_view cell) {
  protocol::JsonNumber number;
  const char* const end = cell.data() + cell.size();
  if (protocol::ScanNumber(cell.data(), end, number) != end) return std::nullopt;
  return number;
}

/// Always false. The message is made only if the report keeps it.
template <typename MakeMessage>
bool Refuse(uint64_t line, Refusal refusal, FileEvents& out, const MakeMessage& message) {
  out.report.AddError(line, refusal, out.report.Keeps(line) ? message() : std::string());
  return false;
}

}  // namespace

absl::StatusOr<size_t> CsvEvents::Parse(std::span<char> text, bool at_end, const TimeLimits& limits,
                                        FileEvents& out) {
  size_t at = 0;
  while (at < text.size()) {
    const std::span<char> rest = text.subspan(at);
    if (skipping_) {
      const void* line_end = std::memchr(rest.data(), '\n', rest.size());
      if (line_end == nullptr) return text.size();
      at += static_cast<size_t>(static_cast<const char*>(line_end) - rest.data()) + 1;
      skipping_ = false;
      ++line_;
      continue;
    }
    const size_t window = std::min(rest.size(), kRecordBytesMax);
    const CsvCut cut = CutCsvRecord(rest.first(window), at_end && window == rest.size(), record_);
    const bool too_long = cut == CsvCut::kIncomplete && window == kRecordBytesMax;
    if (cut == CsvCut::kIncomplete && !too_long) break;
    if (cut != CsvCut::kRecord) {
      if (!has_header_) {
        return InvalidArgument("line {}: the header is no CSV: {}", line_,
                               too_long ? "it is too long" : "its quotes do not match");
      }
      Refuse(line_, Refusal::kMissingField, out, [too_long] {
        return too_long
                   ? fmt::format("longer than {} bytes, or a quote is not closed", kRecordBytesMax)
                   : std::string("the quotes do not match, so the cells cannot be told apart");
      });
      skipping_ = true;
      continue;
    }
    const uint64_t line = line_;
    at += record_.bytes;
    line_ += record_.lines;
    if (IsBlank(record_)) continue;
    if (!has_header_) {
      WICK_RETURN_IF_ERROR(ReadHeader(line));
      has_header_ = true;
      continue;
    }
    FileEvent event;
    event.line = line;
    if (ReadEvent(limits, event, out)) out.events.push_back(event);
  }
  return at;
}

absl::Status CsvEvents::ReadHeader(uint64_t line) {
  cell_of_.fill(kNoCell);
  cells_ = record_.cells.size();
  for (size_t i = 0; i < cells_; ++i) {
    const std::string_view name = Trimmed(record_.cells[i]);
    for (size_t column = 0; column < kColumns; ++column) {
      if (name != kNames[column]) continue;
      if (cell_of_[column] != kNoCell) {
        return InvalidArgument("line {}: the header names column {} twice", line, name);
      }
      cell_of_[column] = i;
    }
  }
  for (size_t column = 0; column <= kTimestamp; ++column) {
    if (cell_of_[column] != kNoCell) continue;
    return InvalidArgument(
        "line {}: the header has no column {}; a CSV file begins with the names of its columns: {}",
        line, kNames[column], fmt::join(kNames, ","));
  }
  return absl::OkStatus();
}

bool CsvEvents::ReadVolume(Column column, uint64_t line, double& volume, FileEvents& out) const {
  volume = 0;
  if (cell_of_[column] == kNoCell || Cell(column).empty()) return true;
  if (const std::optional<protocol::JsonNumber> number = NumberOf(Cell(column))) {
    volume = protocol::ToDouble(*number, Cell(column));
    return true;
  }
  return Refuse(line, Refusal::kInvalidVolume, out, [this, column] {
    return fmt::format("{} \"{}\" is not a number", kNames[column],
                       market::Printable(Cell(column)));
  });
}

bool CsvEvents::ReadEvent(const TimeLimits& limits, FileEvent& event, FileEvents& out) const {
  if (record_.cells.size() != cells_) {
    return Refuse(event.line, Refusal::kMissingField, out, [this] {
      return fmt::format("{} cells where the header has {}", record_.cells.size(), cells_);
    });
  }
  for (size_t column = 0; column <= kTimestamp; ++column) {
    if (!Cell(static_cast<Column>(column)).empty()) continue;
    return Refuse(event.line, Refusal::kMissingField, out,
                  [column] { return fmt::format("{} is empty", kNames[column]); });
  }
  event.symbol = {Cell(kBase), Cell(kQuote), Cell(kExchange)};
  Price& price = event.price;
  const std::optional<protocol::JsonNumber> number = NumberOf(Cell(kPrice));
  if (!number) {
    return Refuse(event.line, Refusal::kInvalidPrice, out, [this] {
      return fmt::format("price \"{}\" is not a number", market::Printable(Cell(kPrice)));
    });
  }
  price.price = protocol::ToDouble(*number, Cell(kPrice));
  if (!ReadVolume(kBaseVolume, event.line, price.base_volume_last_24h, out)) return false;
  if (!ReadVolume(kQuoteVolume, event.line, price.quote_volume_last_24h, out)) return false;
  const std::optional<protocol::JsonNumber> time = NumberOf(Cell(kTimestamp));
  const std::optional<uint64_t> timestamp_ms = time ? protocol::ToUint64(*time) : std::nullopt;
  if (!timestamp_ms) {
    return Refuse(event.line, Refusal::kInvalidTimestamp, out, [this] {
      return fmt::format("timestampInMs \"{}\" is not a whole number of milliseconds",
                         market::Printable(Cell(kTimestamp)));
    });
  }
  price.timestamp_ms = *timestamp_ms;
  const Refusal refusal = market::CheckPrice(price, limits.now_ms, limits.future_skew_ms_max);
  if (refusal == Refusal::kNone) return true;
  return Refuse(event.line, refusal, out, [&] {
    return market::DescribePrice(refusal, price, limits.now_ms, limits.future_skew_ms_max);
  });
}

}  // namespace wick::feed
