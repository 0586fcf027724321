// GET /metrics: what the engine and the sessions counted, as Prometheus text.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "engine/status.h"
#include "protocol/kafka_status.h"
#include "server/auth.h"
#include "server/cluster.h"
#include "server/request_stats.h"

namespace wick::server {

struct Services;

/// What the sessions of all workers counted, a plain copy.
struct RequestCounts {
  std::array<RouteCounts, kRoutesMax> http = {};    // by route, see HttpRouteName()
  std::array<RouteCounts, kRoutesMax> binary = {};  // by wire::Type, see BinaryRouteName()
  uint64_t http_connections = 0;                    // open
  uint64_t binary_connections = 0;                  // open
  uint64_t refused_connections = 0;                 // since the start
  uint64_t failed_handshakes = 0;                   // since the start
  std::array<uint64_t, kDenialCount> denials = {};  // since the start, by Denial
  uint64_t reads = 0;                               // under way or waiting
  uint64_t refused_reads = 0;                       // since the start
  uint64_t request_bytes = 0;                       // of limits.max_buffered_requests
  uint64_t answer_bytes = 0;                        // of limits.max_buffered_answers
  uint64_t uptime_ms = 0;
  std::optional<protocol::KafkaStatus> kafka;  // nullopt: no topic is read
  std::optional<ClusterCounts> cluster;        // nullopt: the node stands alone
};

/// Any thread.
RequestCounts CountRequests(const Services& services);

/// The whole page. Names and units follow the conventions of Prometheus; nothing is counted by
/// series.
std::string MetricsText(const engine::EngineStatus& status, const RequestCounts& counts);

}  // namespace wick::server
