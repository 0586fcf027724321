#include "cold/directory_check.h"

#include <algorithm>

#include "base/bytes.h"
#include "cold/crc32c.h"
#include "cold/families.h"
#include "cold/make_directories.h"
#include "cold/manifest.h"
#include "cold/rocks_status.h"
#include "cold/wal_tail.h"

namespace wick::cold {
namespace {

//   | sequence u64 | manifest u64 | first log u64 | masked crc32c of those u32 |     all LE
constexpr std::string_view kNoteName = "wick-note";

absl::Status Damaged(const std::string& directory, std::string_view what) {
  return Error(absl::StatusCode::kDataLoss,
               "the data directory {} is damaged: {}; restore it from a backup", directory, what);
}

/// All 0: there is no note.
absl::StatusOr<DirectoryNote> ReadNote(rocksdb::Env& env, const std::string& directory) {
  const std::string path = fmt::format("{}/{}", directory, kNoteName);
  DirectoryNote note;
  if (env.FileExists(path).IsNotFound()) return note;
  std::string bytes;
  WICK_RETURN_IF_ERROR(
      FromRocks(rocksdb::ReadFileToString(&env, path, &bytes), fmt::format("reading {}", path)));
  std::string_view rest = bytes;
  uint32_t crc = 0;
  if (!TakeLittleEndian(rest, note.sequence) || !TakeLittleEndian(rest, note.manifest) ||
      !TakeLittleEndian(rest, note.first_log) || !TakeLittleEndian(rest, crc) || !rest.empty() ||
      crc != MaskedCrc(Crc32c(0, std::string_view(bytes).substr(0, bytes.size() - sizeof(crc))))) {
    return Damaged(directory, fmt::format("{} does not check", kNoteName));
  }
  return note;
}

/// Nothing if the file is whole or may be torn and is.
absl::Status Judge(const std::string& directory, const std::string& file, const LogScan& scan,
                   bool may_be_torn, std::vector<LogRepair>& torn) {
  if (scan.end == LogScan::End::kWhole) return absl::OkStatus();
  if (scan.end == LogScan::End::kTorn && may_be_torn) {
    torn.push_back({file, scan.whole_bytes, scan.file_bytes - scan.whole_bytes});
    return absl::OkStatus();
  }
  return Damaged(directory, fmt::format("{} at byte {} of {}: {}", file, scan.damage_at,
                                        scan.file_bytes, scan.what));
}

/// What the manifest lacks of what it had when the note was written. A log may be missing with
/// every newer one: it was begun, and the power went before anything in it was synced.
absl::Status CheckAgainst(const DirectoryNote& note, const std::string& directory,
                          const Manifest& manifest, const std::vector<std::string>& logs) {
  if (note.manifest == 0) return absl::OkStatus();
  if (manifest.number() < note.manifest) {
    return Damaged(directory, fmt::format("CURRENT names {}, which is older than manifest {}",
                                          manifest.file, note.manifest));
  }
  // The later ones are made where an older wick left off; the format record knows if they were.
  for (size_t i = 1; i < kFirstFamilyCount; ++i) {
    if (manifest.families.contains(std::string(kFamilyNames[i]))) continue;
    return Damaged(directory, fmt::format("{} does not know the column family '{}'", manifest.file,
                                          kFamilyNames[i]));
  }
  if (manifest.number() > note.manifest) return absl::OkStatus();
  const uint64_t first = std::max(manifest.first_log_to_keep, note.first_log);
  const uint64_t newest = logs.empty() ? 0 : LogNumber(logs.back());
  const bool is_there = std::ranges::find(logs, first, LogNumber) != logs.end();
  if (is_there || (newest < first && first != note.first_log)) return absl::OkStatus();
  return Damaged(directory,
                 fmt::format("log {} is missing, or the end of {}, which says that it is "
                             "not needed any more",
                             first, manifest.file));
}

/// The newest log with anything in it; empty: there is none. A log that was begun after a write had
/// met a full disk is empty.
absl::StatusOr<std::string> NewestWritten(rocksdb::Env& env, const std::string& directory,
                                          const std::vector<std::string>& logs) {
  for (auto log = logs.rbegin(); log != logs.rend(); ++log) {
    uint64_t bytes = 0;
    WICK_RETURN_IF_ERROR(FromRocks(env.GetFileSize(fmt::format("{}/{}", directory, *log), &bytes),
                                   fmt::format("looking at the size of {}/{}", directory, *log)));
    if (bytes > 0) return *log;
  }
  return std::string();
}

}  // namespace

absl::Status CheckDirectory(rocksdb::Env& env, const std::string& directory,
                            std::vector<LogRepair>& torn) {
  WICK_ASSIGN_OR_RETURN(const DirectoryNote note, ReadNote(env, directory));
  WICK_ASSIGN_OR_RETURN(const Manifest manifest, ReadManifest(env, directory));
  WICK_RETURN_IF_ERROR(Judge(directory, manifest.file, manifest.scan, true, torn));
  WICK_ASSIGN_OR_RETURN(const std::vector<std::string> logs, LogsIn(env, directory));
  WICK_RETURN_IF_ERROR(CheckAgainst(note, directory, manifest, logs));

  // The manifest's number may be ahead of the tables: the first log that is kept begins at or
  // before it, and from there on each follows the one before.
  const uint64_t after_tables = manifest.last_sequence + 1;
  uint64_t after_logs = 0;
  std::string before = manifest.file;
  WICK_ASSIGN_OR_RETURN(const std::string newest, NewestWritten(env, directory, logs));
  for (const std::string& file : logs) {
    if (LogNumber(file) < manifest.first_log_to_keep) continue;  // a crash undid its deletion
    WICK_ASSIGN_OR_RETURN(const LogScan scan, ScanLog(env, fmt::format("{}/{}", directory, file)));
    WICK_RETURN_IF_ERROR(Judge(directory, file, scan, file == newest, torn));
    if (scan.next_sequence == 0) continue;
    const uint64_t expected = after_logs == 0 ? after_tables : after_logs;
    if (scan.first_sequence > expected || (after_logs != 0 && scan.first_sequence < expected)) {
      return Damaged(directory,
                     fmt::format("write {} should follow {}, and {} begins with write {}", expected,
                                 before, file, scan.first_sequence));
    }
    after_logs = scan.next_sequence;
    before = file;
  }
  const uint64_t next = std::max(after_tables, after_logs);
  if (note.sequence < next) return absl::OkStatus();
  return Damaged(directory, fmt::format("writes {} to {} are missing: the end of {} or of a log is "
                                        "gone",
                                        next, note.sequence, manifest.file));
}

absl::Status WriteNote(rocksdb::Env& env, const std::string& directory, const DirectoryNote& note) {
  std::string bytes;
  AppendLittleEndian(note.sequence, bytes);
  AppendLittleEndian(note.manifest, bytes);
  AppendLittleEndian(note.first_log, bytes);
  AppendLittleEndian(MaskedCrc(Crc32c(0, bytes)), bytes);
  const std::string path = fmt::format("{}/{}", directory, kNoteName);
  const std::string made = path + ".new";
  rocksdb::Status status = rocksdb::WriteStringToFile(&env, bytes, made, /*should_sync=*/true);
  if (status.ok()) status = env.RenameFile(made, path);
  if (status.ok()) status = SyncDirectory(env, directory);
  return FromRocks(status, fmt::format("writing {}", path));
}

}  // namespace wick::cold
