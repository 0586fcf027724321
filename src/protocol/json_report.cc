#include "protocol/json_report.h"

#include <algorithm>
#include <utility>

namespace wick::protocol {

void IngestReport::AddError(uint64_t index, Refusal refusal, std::string message) {
  ++rejected_;
  ++by_refusal_[static_cast<size_t>(refusal)];
  if (!Keeps(index)) return;
  if (errors_.size() == kReportedErrorsMax) errors_.pop_back();
  const auto place = std::upper_bound(errors_.begin(), errors_.end(), index,
                                      [](uint64_t i, const EventError& e) { return i < e.index; });
  errors_.insert(place, {index, refusal, std::move(message)});
}

bool IngestReport::Keeps(uint64_t index) const {
  return errors_.size() < kReportedErrorsMax || index < errors_.back().index;
}

void IngestReport::Clear() { *this = {}; }

}  // namespace wick::protocol
