#include "client/batch.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace wick::client {

Batch::Batch(uint64_t first_event, std::vector<Tick> added) : events(std::move(added)) {
  unsent.resize(events.size());
  std::iota(unsent.begin(), unsent.end(), 0u);
  report.first_event = first_event;
  report.events = static_cast<uint32_t>(events.size());
}

bool Batch::Take(const wire::IngestReply& reply, std::span<const uint32_t> part) {
  report.accepted += reply.accepted;
  report.duplicates += reply.duplicates;
  report.rejected += reply.rejected;
  for (const wire::Rejection& rejection : reply.rejections) {
    if (rejection.index >= part.size()) return false;
    report.rejections.push_back({part[rejection.index], rejection.refusal, rejection.message});
  }
  return true;
}

void Batch::Refuse(ClientError error) {
  if (!report.error) report.error = std::move(error);
}

void Batch::Reject(uint32_t index, const NameCache::Entry& name) {
  ++report.rejected;
  report.rejections.push_back({index, name.refusal, name.message});
}

void Batch::TakeBack(std::span<const uint32_t> part) {
  const size_t before = unsent.size();
  unsent.insert(unsent.end(), part.begin(), part.end());
  std::inplace_merge(unsent.begin(), unsent.begin() + static_cast<ptrdiff_t>(before), unsent.end());
}

BatchReport Batch::Report(bool alone) {
  BatchReport made = std::move(report);
  if (alone && made.error) {
    BatchReport refused;
    refused.first_event = made.first_event;
    refused.events = made.events;
    refused.error = std::move(made.error);
    return refused;
  }
  std::ranges::sort(made.rejections, {}, &wire::Rejection::index);
  if (made.rejections.size() > wire::kRejectionsPerReplyMax) {
    made.rejections.resize(wire::kRejectionsPerReplyMax);
  }
  return made;
}

}  // namespace wick::client
