// Whether the files of a closed data directory can hold everything that was acknowledged.
#pragma once

#include <rocksdb/env.h>

#include <cstdint>
#include <string>
#include <vector>

#include "base/status.h"
#include "cold/store.h"

namespace wick::cold {

/// Reads the manifest and every log and changes nothing. RocksDB reads them, too, but takes a
/// manifest that lost its end, zeros within a log, and a log that is missing, for granted. Here
/// - every record checks; only the newest log and the manifest may end in a torn one: it is in
/// `torn`;
/// - the log that the manifest wants kept is there, if a newer one is;
/// - the writes go on without a gap from where the manifest says that it was written last through
/// the
///   logs, and reach as far as the note says.
/// DataLoss is one line for the operator, with the file and the offset in it.
absl::Status CheckDirectory(rocksdb::Env& env, const std::string& directory,
                            std::vector<LogRepair>& torn);

/// What wick itself remembers of a directory. A manifest that loses the change which says that a
/// log is in tables now would otherwise be taken for that of an older state: its tables would be
/// deleted, and the log is gone already.
struct DirectoryNote {
  uint64_t sequence = 0;   // the tables and logs hold every write up to this one
  uint64_t manifest = 0;   // number of the manifest when it was written
  uint64_t first_log = 0;  // number of the log that was begun with that manifest
};

/// Writes the note in place of the one before, synced with its directory.
absl::Status WriteNote(rocksdb::Env& env, const std::string& directory, const DirectoryNote& note);

}  // namespace wick::cold
