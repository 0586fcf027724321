// How far the server is: recovering, serving, stopping.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/assert.h"
#include "base/status.h"
#include "engine/engine.h"
#include "engine/recovery_progress.h"
#include "feed/kafka/consumer.h"

namespace wick::server {

/// What probes are told, and whether the engine may be asked. Threads: any may read; Serve() and
/// Stop() the one that starts and stops the server.
class ServerState {
 public:
  /// From now on the engine is there; it must outlive all readers.
  void Serve(engine::Engine& engine) {
    // Release; pairs with the acquire in recovered(): who sees the engine sees it recovered.
    engine_.store(&engine, std::memory_order_release);
  }
  /// From now on topics are read; it must outlive all readers.
  void Read(const feed::KafkaConsumer& consumer) {
    consumer_.store(&consumer, std::memory_order_release);
  }
  void Stop() { stopping_.store(true, std::memory_order_relaxed); }

  bool recovered() const { return engine_.load(std::memory_order_acquire) != nullptr; }
  engine::Engine& engine() const {
    engine::Engine* const engine = engine_.load(std::memory_order_acquire);
    WICK_ASSERT(engine != nullptr);
    return *engine;
  }

  /// nullopt: no topic is read.
  std::optional<protocol::KafkaStatus> Kafka() const {
    const auto* const consumer = consumer_.load(std::memory_order_acquire);
    if (consumer == nullptr) return std::nullopt;
    return consumer->Status();
  }

  engine::RecoveryProgress& progress() { return progress_; }

  /// "recovering", "ready", "lagging" (behind Kafka), "disk_full" (writes are refused until there
  /// is room), "failed" (writes are refused until the process ends) or "stopping".
  std::string_view Name() const;

  /// OK: recovered and able to write. Else the reason; kResourceExhausted: the disk is full.
  absl::Status Ready() const;

  /// Why it is too far behind Kafka to be sent requests; empty: it is not, or it reads no topic.
  std::string Lagging() const;

 private:
  std::atomic<engine::Engine*> engine_{nullptr};
  std::atomic<const feed::KafkaConsumer*> consumer_{nullptr};
  std::atomic<bool> stopping_{false};
  engine::RecoveryProgress progress_;
};

}  // namespace wick::server
