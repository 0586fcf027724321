// What an ingestor has in flight: batches in the order of Add(), in parts for the nodes.
#pragma once

#include <cstdint>
#include <list>
#include <span>
#include <vector>

#include "client/name_cache.h"
#include "client/socket.h"
#include "wick/client.h"

namespace wick::client {

/// Events that are reported together. They name their series by the number in the NameCache.
struct Batch {
  explicit Batch(uint64_t first_event, std::vector<Tick> added);

  std::vector<Tick> events;
  std::vector<uint32_t> unsent;  // indexes of events, ascending
  uint32_t parts = 0;            // sent and not yet answered
  uint32_t turns = 0;            // times that a node sent a part on to another one
  bool sending = false;          // its parts are being made: there may be more
  BatchReport report;            // of what was answered so far

  bool done() const { return !sending && unsent.empty() && parts == 0; }

  /// Takes what a node answered to a part; false: a rejection is of no event of it.
  bool Take(const wire::IngestReply& reply, std::span<const uint32_t> part);
  /// A node takes nothing of a part.
  void Refuse(ClientError error);
  /// An event is not sent: its name was refused.
  void Reject(uint32_t index, const NameCache::Entry& name);
  /// The connection of a part was lost.
  void TakeBack(std::span<const uint32_t> part);
  /// The first rejections; nothing but the error if `alone`, for then all of it was one part.
  BatchReport Report(bool alone);
};

/// The events of a batch that travel to one node in one frame.
struct Part {
  std::list<Batch>::iterator batch;
  std::vector<uint32_t> events;  // indexes in the batch, ascending
  uint64_t request_id = 0;
  Deadline deadline;
};

}  // namespace wick::client
