// How much the dead letters may take, and which go when they take more.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "engine/engine.h"

namespace wick::feed {

/// Counts the bytes of the letters that are kept. Over the bound, letters of the partition that
/// holds most go, its oldest first (the published ones are): a producer that writes nothing but
/// what cannot be read costs the others none of theirs. Letters that are not yet durable cannot be
/// dropped, so chunks on their way may exceed it. Threads: one at a time.
class DeadLetterBound {
 public:
  DeadLetterBound(const engine::Engine& engine, uint64_t bytes_max)
      : engine_(engine), bytes_max_(bytes_max) {}

  /// Counts what an earlier process kept.
  absl::Status Load();
  void Add(const cold::DeadLetter& letter);
  /// Letters to be dropped now, so many at most that a chunk takes them along; each is named once.
  absl::StatusOr<std::vector<cold::KafkaPlace>> Drop();

  uint64_t bytes() const { return bytes_; }

 private:
  struct Kept {
    uint64_t bytes = 0;
    uint64_t first = 0;  // offset before which all were dropped
  };

  const engine::Engine& engine_;
  const uint64_t bytes_max_;
  uint64_t bytes_ = 0;  // of all
  std::map<std::pair<std::string, uint32_t>, Kept> kept_;
};

}  // namespace wick::feed
