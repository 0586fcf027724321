// Backups on request.
#pragma once

#include <chrono>

#include "engine/engine.h"
#include "wick/wire.h"

namespace wick::server {

/// Engine::Backup() with the time it took. Blocks; Services::backups runs it.
inline absl::StatusOr<wire::BackupReply> MakeBackup(engine::Engine& engine,
                                                    const cold::BackupOptions& options) {
  const auto begin = std::chrono::steady_clock::now();
  WICK_ASSIGN_OR_RETURN(const cold::BackupInfo made, engine.Backup(options));
  const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::steady_clock::now() - begin);
  return wire::BackupReply{made.id, made.files, made.bytes, static_cast<uint64_t>(took.count())};
}

}  // namespace wick::server
