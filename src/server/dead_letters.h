// Dead letters, as both protocols answer them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/engine.h"
#include "protocol/json_replies.h"

namespace wick::server {

/// Appends the document of the first `limit` from `from` on. Reads the disk.
inline absl::Status AppendDeadLetters(const engine::Engine& engine, const cold::KafkaPlace& from,
                                      uint32_t limit, std::string& out) {
  WICK_ASSIGN_OR_RETURN(std::vector<cold::DeadLetter> letters,
                        engine.DeadLetters(from, limit + size_t{1}));
  std::optional<cold::KafkaPlace> next;
  if (letters.size() > limit) {
    next = letters.back().place;
    letters.pop_back();
  }
  protocol::AppendDeadLetters(out, letters, next);
  return absl::OkStatus();
}

}  // namespace wick::server
