// Events in files: CSV and NDJSON give the same events and refusals wherever a read ends.
#include <algorithm>
#include <string>
#include <tuple>
#include <vector>

#include "base/assert.h"
#include "feed/csv_events.h"
#include "feed/ndjson_events.h"
#include "input.h"
#include "market/validation.h"

namespace {

using namespace wick;

constexpr feed::TimeLimits kLimits = {.now_ms = 1'700'000'000'000, .future_skew_ms_max = 10'000};

struct Outcome {
  std::vector<std::tuple<Symbol, std::string, uint64_t>> events;  // names, bits of the price, line
  std::vector<std::tuple<uint64_t, Refusal, std::string>> errors;
  uint64_t rejected = 0;
  std::string failure;  // of the file as a whole

  friend bool operator==(const Outcome&, const Outcome&) = default;
};

absl::StatusOr<size_t> Take(feed::CsvEvents& reader, std::span<char> text, bool at_end,
                            feed::FileEvents& out) {
  return reader.Parse(text, at_end, kLimits, out);
}
absl::StatusOr<size_t> Take(feed::NdjsonEvents& reader, std::span<char> text, bool at_end,
                            feed::FileEvents& out) {
  return reader.Parse(text, at_end, kLimits, out);
}

/// Reads `text` as feed::FileSource does, `piece` (> 0) bytes at a time.
template <typename Reader>
Outcome Read(std::string_view text, size_t piece) {
  Reader reader;
  feed::FileEvents out;
  Outcome outcome;
  std::vector<char> held;
  for (bool at_end = false; !at_end;) {
    const std::string_view next = text.substr(0, piece);
    text.remove_prefix(next.size());
    held.insert(held.end(), next.begin(), next.end());
    held.shrink_to_fit();  // AddressSanitizer sees a read beyond the end
    at_end = text.empty();
    const auto taken = Take(reader, held, at_end, out);
    for (const feed::FileEvent& event : out.events) {
      WICK_ASSERT(market::CheckPrice(event.price, kLimits.now_ms, kLimits.future_skew_ms_max) ==
                  Refusal::kNone);
      outcome.events.emplace_back(
          Symbol(event.symbol),
          std::string(reinterpret_cast<const char*>(&event.price), sizeof(Price)), event.line);
    }
    out.events.clear();
    if (!taken.ok()) {
      outcome.failure = Message(taken.status());
      break;
    }
    WICK_ASSERT(*taken <= held.size());
    WICK_ASSERT(!at_end || *taken == held.size());
    held.erase(held.begin(), held.begin() + static_cast<std::ptrdiff_t>(*taken));
  }
  for (const protocol::EventError& error : out.report.errors()) {
    outcome.errors.emplace_back(error.index, error.refusal, error.message);
  }
  outcome.rejected = out.report.rejected();
  return outcome;
}

template <typename Reader>
void CompareCuts(std::string_view text, size_t piece) {
  const Outcome whole = Read<Reader>(text, std::max<size_t>(text.size(), 1));
  WICK_ASSERT(Read<Reader>(text, piece) == whole);
  WICK_ASSERT(Read<Reader>(text, 1) == whole);
}

}  // namespace

/// Each byte is looked at once for every byte of its record.
constexpr size_t kBytesMax = 2'048;

/// The first byte says how long the pieces are and, in its highest bit, which format it is.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t bytes) {
  fuzz::Input input(data, std::min(bytes, kBytesMax));
  const uint8_t first = input.U8();
  const size_t piece = 1 + first % 0x80;
  if (first & 0x80) {
    CompareCuts<feed::NdjsonEvents>(input.Rest(), piece);
  } else {
    CompareCuts<feed::CsvEvents>(input.Rest(), piece);
  }
  return 0;
}
