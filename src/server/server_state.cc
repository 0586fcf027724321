#include "server/server_state.h"

namespace wick::server {
namespace {

/// "journal, 120000 events so far", "states, 1000 of 25000".
std::string Describe(const engine::RecoveryProgress& progress) {
  const auto phase = progress.phase.load(std::memory_order_relaxed);
  const uint64_t records = progress.records.load(std::memory_order_relaxed);
  const uint64_t total = progress.records_total.load(std::memory_order_relaxed);
  switch (phase) {
    case engine::RecoveryPhase::kSeries:
      return fmt::format("series, {} so far", records);
    case engine::RecoveryPhase::kStates:
      return fmt::format("states, {} of {}", records, total);
    case engine::RecoveryPhase::kJournal:
      return fmt::format("journal, {} events so far", records);
    default:
      return std::string(engine::Name(phase));
  }
}

}  // namespace

std::string_view ServerState::Name() const {
  if (stopping_.load(std::memory_order_relaxed)) return "stopping";
  if (!recovered()) return "recovering";
  const absl::Status ready = engine().Ready();
  if (ready.ok()) return Lagging().empty() ? "ready" : "lagging";
  return ready.code() == absl::StatusCode::kResourceExhausted ? "disk_full" : "failed";
}

absl::Status ServerState::Ready() const {
  if (stopping_.load(std::memory_order_relaxed)) {
    return Error(absl::StatusCode::kUnavailable, "the server is stopping");
  }
  if (!recovered()) {
    return Error(absl::StatusCode::kUnavailable,
                 "the server is recovering: {}; ask again in a second", Describe(progress_));
  }
  return engine().Ready();
}

std::string ServerState::Lagging() const {
  const std::optional<protocol::KafkaStatus> kafka = Kafka();
  return kafka ? kafka->lag.behind : "";
}

}  // namespace wick::server
