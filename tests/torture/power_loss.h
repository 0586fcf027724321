// Puts a data directory into the state in which a power cut would have left it.
#pragma once

#include <cstdint>
#include <random>
#include <string>

namespace wick::torture {

/// What becomes of bytes and names that were not synced. Synced ones are always kept.
enum class Unsynced {
  kForgotten,  // all of them are gone
  kCut,        // a random first part of each file's bytes and of the changes of names is there
  kTorn,       // as kCut, and random pages among those bytes are zero
};
inline constexpr int kUnsyncedCount = 3;

struct LossReport {
  uint64_t bytes_lost = 0;
  uint64_t names_lost = 0;  // changes of names that are undone
};

std::string Describe(Unsynced unsynced, const LossReport& report);

/// Begins a record (tests/torture/preload/shadow.h) in `shadow`: all that is in `directory` is
/// safe. Call it before each start of the server. Both must be on one file system.
void BeginRecord(const std::string& directory, const std::string& shadow);

/// Replaces `directory`; call it when the server has been killed.
LossReport CutPower(const std::string& directory, const std::string& shadow, Unsynced unsynced,
                    std::mt19937_64& random);

}  // namespace wick::torture
