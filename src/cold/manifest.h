// What a start must know of RocksDB's manifest: how far it says that the tables reach.
#pragma once

#include <rocksdb/env.h>

#include <cstdint>
#include <set>
#include <string>

#include "base/status.h"
#include "cold/wal_tail.h"

namespace wick::cold {

struct Manifest {
  std::string file;                // name in the data directory
  LogScan scan;                    // of the file
  uint64_t last_sequence = 0;      // number of the last write when it was last changed
  uint64_t first_log_to_keep = 0;  // logs below this number are not read any more
  std::set<std::string> families;  // names of those that were added to the default one

  uint64_t number() const;  // in its name
};

/// Name in the data directory of the manifest that CURRENT names.
absl::StatusOr<std::string> CurrentManifest(rocksdb::Env& env, const std::string& directory);
/// 5 of "MANIFEST-000005"; 0: it is none.
uint64_t ManifestNumber(std::string_view name);

/// The manifest that CURRENT names. DataLoss names the file: CURRENT names none, or a record of it
/// makes no sense. Its records are those of RocksDB's VersionEdit (db/version_edit.h), of which
/// three fields are wanted here; the others are skipped.
absl::StatusOr<Manifest> ReadManifest(rocksdb::Env& env, const std::string& directory);

/// Takes over what one record says. False: it makes no sense.
[[nodiscard]] bool ApplyVersionEdit(std::string_view record, Manifest& manifest);

}  // namespace wick::cold
