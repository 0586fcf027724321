#include "cli/ingest_summary.h"

#include <fmt/format.h>

#include <algorithm>

#include "cli/table.h"

namespace wick::cli {
namespace {

constexpr size_t kExamplesMax = 10;

}  // namespace

std::string IngestSummary::Text(double seconds, const char* line_word) const {
  const uint64_t events_per_second =
      seconds > 0 ? static_cast<uint64_t>(static_cast<double>(answered()) / seconds) : 0;
  Table counts({"events", ">" + Grouped(answered())});
  counts.Add({"accepted", Grouped(accepted)});
  counts.Add({"duplicates", Grouped(duplicates)});
  counts.Add({"refused", Grouped(rejected())});
  for (int i = 0; i < kRefusalCount; ++i) {
    const auto refusal = static_cast<Refusal>(i);
    if (report.rejected(refusal) == 0) continue;
    counts.Add({fmt::format("  {}", RefusalCode(refusal)), Grouped(report.rejected(refusal))});
  }
  if (rejected_unnamed > 0) counts.Add({"  reason not listed", Grouped(rejected_unnamed)});
  if (reconnects > 0) counts.Add({"connections lost", Grouped(reconnects)});
  counts.Add({"seconds", fmt::format("{:.3f}", seconds)});
  counts.Add({"events/s", Grouped(events_per_second)});

  std::string text = counts.Text();
  if (reconnects > 0) {
    text += fmt::format(
        "{} events were on their way when the connection was lost and were sent again: each of "
        "them "
        "may be counted twice\n",
        Grouped(resent));
  }
  const auto& errors = report.errors();
  const size_t examples = std::min(errors.size(), kExamplesMax);
  for (size_t i = 0; i < examples; ++i) {
    text += fmt::format("{} {}: {}: {}\n", line_word, errors[i].index,
                        RefusalCode(errors[i].refusal), errors[i].message);
  }
  if (rejected() > examples && examples > 0) {
    text += fmt::format("and {} more\n", Grouped(rejected() - examples));
  }
  return text;
}

}  // namespace wick::cli
