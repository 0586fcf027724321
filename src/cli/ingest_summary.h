// What became of the events a subcommand sent.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "protocol/json_report.h"
#include "wick/client.h"

namespace wick::cli {

struct IngestSummary {
  uint64_t accepted = 0;
  uint64_t duplicates = 0;
  uint64_t rejected_unnamed = 0;  // by the server, beyond the reasons it lists of each batch
  protocol::IngestReport report;  // refused events by reason
  uint64_t reconnects = 0;
  uint64_t resent = 0;  // events that were on their way then; each may count twice
  std::string failure;  // the first batch that was refused as a whole; empty: none

  uint64_t rejected() const { return report.rejected() + rejected_unnamed; }
  uint64_t answered() const { return accepted + duplicates + rejected(); }

  /// Takes the counts of a batch; `line_of(n)` names the n-th event in the report.
  template <typename LineOf>
  void Take(const BatchReport& batch, const LineOf& line_of) {
    accepted += batch.accepted;
    duplicates += batch.duplicates;
    rejected_unnamed += batch.rejected - batch.rejections.size();
    for (const wire::Rejection& r : batch.rejections) {
      report.AddError(line_of(batch.first_event + r.index), r.refusal, r.message);
    }
    if (batch.error && failure.empty()) failure = batch.error->message;
  }

  /// For people: counts, refusals by reason, the first examples ("line 17: invalid_price: ..."),
  /// seconds and rate.
  std::string Text(double seconds, const char* line_word) const;
};

}  // namespace wick::cli
