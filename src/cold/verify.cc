// Verify: the lock, the opening, the tables; the order of everything else.
#include "cold/verify.h"

#include <fcntl.h>
#include <fmt/chrono.h>
#include <rocksdb/cache.h>
#include <rocksdb/sst_file_reader.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <optional>
#include <vector>

#include "cold/backup.h"
#include "cold/damage_log.h"
#include "cold/database.h"
#include "cold/directory_check.h"
#include "cold/rocks_options.h"
#include "cold/rocks_status.h"
#include "cold/store_impl.h"
#include "cold/verify_impl.h"
#include "cold/wal_tail.h"

namespace wick::cold {
namespace {

namespace fs = std::filesystem;

template <typename... Args>
absl::Status CannotCheck(fmt::format_string<Args...> format, Args&&... args) {
  return Error(absl::StatusCode::kFailedPrecondition, format, std::forward<Args>(args)...);
}

/// Keeps servers out, for as long as it lives, without writing: RocksDB's own lock conflicts with a
/// read lock.
class UseLock {
 public:
  UseLock() = default;
  ~UseLock() {
    if (descriptor_ >= 0) close(descriptor_);
  }
  UseLock(const UseLock&) = delete;
  UseLock& operator=(const UseLock&) = delete;

  absl::Status Take(const std::string& directory) {
    const std::string path = directory + "/LOCK";
    descriptor_ = open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor_ < 0 && errno == ENOENT) return absl::OkStatus();  // a copy: nobody uses it
    if (descriptor_ < 0) return CannotCheck("cannot read {}: {}", path, std::strerror(errno));
    struct flock lock = {};
    lock.l_type = F_RDLCK;
    lock.l_whence = SEEK_SET;
    if (fcntl(descriptor_, F_OFD_SETLK, &lock) == 0) return absl::OkStatus();
    return CannotCheck("the data directory {} is in use by another process; stop that one first",
                       directory);
  }

 private:
  int descriptor_ = -1;
};

/// The directory may be opened: it is there, whole in outline, and this version's.
absl::Status CheckPlace(const std::string& directory) {
  std::error_code error;
  if (!fs::is_directory(directory, error)) {
    return CannotCheck("there is no data directory {}; name it with --data", directory);
  }
  if (fs::exists(fs::path(directory) / kRestoringName, error)) {
    return CannotCheck("a restore into {} did not end; empty it and restore again", directory);
  }
  if (access(directory.c_str(), R_OK | X_OK) != 0) {
    return CannotCheck("cannot read the data directory {}: {}", directory, std::strerror(errno));
  }
  return absl::OkStatus();
}

bool HoldsTables(const std::string& directory) {
  std::error_code error;
  const fs::directory_iterator entries(directory, error);
  return std::any_of(begin(entries), end(entries),
                     [](const auto& entry) { return entry.path().extension() == ".sst"; });
}

/// An open database with its handles; closes in their order.
struct OpenedForReading {
  ~OpenedForReading() {
    for (rocksdb::ColumnFamilyHandle* handle : families) {
      if (handle != nullptr) db->DestroyColumnFamilyHandle(handle).PermitUncheckedError();
    }
  }
  std::unique_ptr<rocksdb::DB> db;
  std::array<rocksdb::ColumnFamilyHandle*, kFamilyCount> families = {};
};

/// Opens without writing: no log file, no new write-ahead log, no lock. A torn last write is left
/// out, as a start would cut it off. A status of the database's own.
rocksdb::Status OpenToRead(const std::string& directory, const std::vector<Family>& on_disk,
                           bool torn, const std::shared_ptr<DamageLog>& log,
                           OpenedForReading& opened) {
  StoreOptions options;
  options.directory = directory;
  rocksdb::DBOptions db_options = MakeDbOptions(options);
  db_options.info_log = log;
  if (torn) db_options.wal_recovery_mode = rocksdb::WALRecoveryMode::kPointInTimeRecovery;
  const auto cache = rocksdb::NewLRUCache(options.block_cache_bytes);
  std::vector<rocksdb::ColumnFamilyDescriptor> descriptors;
  descriptors.reserve(on_disk.size());
  for (const Family family : on_disk) {
    descriptors.emplace_back(std::string(kFamilyNames[Index(family)]),
                             MakeFamilyOptions(family, options, cache));
  }
  rocksdb::DB* db = nullptr;
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  rocksdb::Status status =
      rocksdb::DB::OpenForReadOnly(db_options, directory, descriptors, &handles, &db);
  if (!status.ok()) return status;
  opened.db.reset(db);
  for (size_t i = 0; i < on_disk.size(); ++i) opened.families[Index(on_disk[i])] = handles[i];
  return status;
}

}  // namespace

std::string TimeText(uint64_t timestamp_ms) {
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}",
                     fmt::gmtime(static_cast<std::time_t>(timestamp_ms / 1'000)));
}

void Verification::CheckTables() {
  std::vector<rocksdb::LiveFileMetaData> tables;
  db_.GetLiveFilesMetaData(&tables);
  for (const auto& table : tables) {
    const std::string path = table.db_path + table.name;
    rocksdb::SstFileReader reader{rocksdb::Options()};
    rocksdb::Status status = reader.Open(path);
    if (status.ok()) status = reader.VerifyChecksum();
    if (!status.ok()) {
      Find(fmt::format("column family {}, file {}", table.column_family_name, path),
           "table damaged: {}", status.ToString());
    }
    ++counts_.tables;
    counts_.table_bytes += table.size;
  }
}

absl::StatusOr<VerifyCounts> Verify(const std::string& directory,
                                    absl::FunctionRef<void(const Finding&)> each) {
  WICK_RETURN_IF_ERROR(CheckPlace(directory));
  UseLock lock;
  WICK_RETURN_IF_ERROR(lock.Take(directory));

  VerifyCounts counts;
  const auto find = [&](std::string what) {
    ++counts.findings;
    each({std::move(what), directory});
    return counts;
  };
  std::error_code error;
  if (!fs::exists(fs::path(directory) / "CURRENT", error)) {
    if (HoldsTables(directory))
      return find("the file CURRENT is missing; the tables cannot be read without it");
    return CannotCheck("{} holds no data of wick", directory);
  }
  std::vector<LogRepair> torn;
  if (const absl::Status whole = CheckDirectory(*rocksdb::Env::Default(), directory, torn);
      !whole.ok()) {
    if (!absl::IsDataLoss(whole)) return whole;
    return find(
        fmt::format("a start would be refused, and nothing else was checked: {}", Message(whole)));
  }
  std::vector<std::string> names;
  if (const auto listed = rocksdb::DB::ListColumnFamilies(rocksdb::DBOptions(), directory, &names);
      !listed.ok()) {
    return find(fmt::format("the manifest cannot be read: {}", listed.ToString()));
  }
  std::vector<Family> on_disk;
  for (const std::string& name : names) {
    const std::optional<Family> family = FamilyOf(name);
    if (!family) {
      return CannotCheck(
          "{} was written by a newer wick (it holds a column family '{}') or by another program",
          directory, name);
    }
    on_disk.push_back(*family);
  }
  const auto log = std::make_shared<DamageLog>(nullptr);
  OpenedForReading opened;
  if (const auto status = OpenToRead(directory, on_disk, !torn.empty(), log, opened);
      !status.ok()) {
    if (!status.IsCorruption())
      return FromRocks(status, fmt::format("opening {} to read", directory));
    const std::string complaint = log->complaint();
    return find(fmt::format("a start would be refused, and nothing else was checked: {}{}{}",
                            status.ToString(), complaint.empty() ? "" : ": ", complaint));
  }
  std::string format;
  const auto stamped =
      opened.db->Get(rocksdb::ReadOptions(), opened.families[0], ToSlice(kFormatKey), &format);
  if (stamped.ok()) {
    const auto known = DecodeFormat(format, directory);
    if (absl::IsDataLoss(known.status())) return find(Message(known.status()));
    WICK_RETURN_IF_ERROR(known.status());
    if (names.size() < (*known == kFormat ? kFamilyCount : kFirstFamilyCount)) {
      return find("the manifest does not know all column families that were made");
    }
  } else if (names.size() == kFamilyCount) {
    return find("the format version is missing");
  }
  WICK_ASSIGN_OR_RETURN(counts.log_bytes, LogBytes(*rocksdb::Env::Default(), directory));
  for (const LogRepair& repair : torn) counts.torn_bytes += repair.dropped_bytes;
  Verification verification(*opened.db, opened.families, each, counts);
  verification.CheckTables();
  if (!stamped.ok()) return counts;  // its making was interrupted: there is nothing in it
  verification.CheckCatalogue();
  verification.CheckReferences();
  verification.CheckJournal();
  verification.ReadHorizons();
  verification.CheckSeries();
  if (names.size() == kFamilyCount) verification.CheckKafka();  // an older wick knew none
  return counts;
}

}  // namespace wick::cold
