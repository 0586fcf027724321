// What is done with backups when no server runs: listing and restoring.
#include <rocksdb/utilities/backup_engine.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <memory>

#include "base/sync_directory.h"
#include "cold/backup.h"
#include "cold/directory_lock.h"
#include "cold/make_directories.h"
#include "cold/rocks_status.h"

namespace wick::cold {
namespace {

namespace fs = std::filesystem;
using Engine = std::unique_ptr<rocksdb::BackupEngineReadOnly>;

absl::StatusOr<Engine> OpenBackups(const std::string& directory) {
  std::error_code error;
  if (!fs::is_directory(fs::path(directory) / "meta", error)) {
    return Error(absl::StatusCode::kNotFound,
                 "{} holds no backups; give the directory that `wick backup` was given", directory);
  }
  rocksdb::BackupEngineReadOnly* opened = nullptr;
  WICK_RETURN_IF_ERROR(
      FromRocks(rocksdb::BackupEngineReadOnly::Open(rocksdb::BackupEngineOptions(directory),
                                                    rocksdb::Env::Default(), &opened),
                fmt::format("reading the backups in {}", directory)));
  return Engine(opened);
}

std::vector<BackupInfo> InfosOf(const rocksdb::BackupEngineReadOnly& engine) {
  std::vector<rocksdb::BackupInfo> sound;
  std::vector<rocksdb::BackupID> damaged;
  engine.GetBackupInfo(&sound);
  engine.GetCorruptedBackups(&damaged);
  std::vector<BackupInfo> infos;
  infos.reserve(sound.size() + damaged.size());
  for (const auto& info : sound) {
    infos.push_back({info.backup_id, static_cast<uint64_t>(info.timestamp) * 1'000, info.size,
                     info.number_files, false});
  }
  for (const rocksdb::BackupID id : damaged) infos.push_back({.id = id, .damaged = true});
  std::ranges::sort(infos, {}, &BackupInfo::id);
  return infos;
}

absl::Status Sync(const fs::path& directory) {
  if (wick::SyncDirectory(directory)) return absl::OkStatus();
  return Error(absl::StatusCode::kUnavailable, "cannot sync {}: {}", directory.string(),
               std::strerror(errno));
}

/// Makes `directory` and locks it; FailedPrecondition if something is in it or a server uses it.
absl::StatusOr<std::unique_ptr<DirectoryLock>> TakeEmpty(const fs::path& directory) {
  const auto refused = [&](const std::string& why) {
    return Error(absl::StatusCode::kPermissionDenied,
                 "cannot restore into {}: {}; give a directory you may write to",
                 directory.string(), why);
  };
  rocksdb::Env& env = *rocksdb::Env::Default();
  if (const auto made = MakeDirectories(env, directory); !made.ok()) {
    return refused(made.ToString());
  }
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(directory, error)) {
    if (entry.path().filename() == DirectoryLock::kFileName) continue;
    return Error(absl::StatusCode::kFailedPrecondition,
                 "{} is not empty (it holds {}); restore into an empty or new directory",
                 directory.string(), entry.path().filename().string());
  }
  if (error) return refused(error.message());
  return DirectoryLock::Take(env, directory);
}

/// Moves what was restored up into `data`. CURRENT is the last file and the folder goes at the very
/// end, so that a directory half moved is never taken for a whole one.
absl::Status MoveUp(const fs::path& restored, const fs::path& data) {
  std::vector<fs::path> names;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(restored, error))
    names.push_back(entry.path().filename());
  std::partition(names.begin(), names.end(),
                 [](const fs::path& name) { return name != "CURRENT"; });
  for (const fs::path& name : names) {
    if (!error) fs::rename(restored / name, data / name, error);
  }
  if (error) {
    return Error(absl::StatusCode::kUnavailable, "cannot move the restored files within {}: {}",
                 data.string(), error.message());
  }
  WICK_RETURN_IF_ERROR(Sync(data));
  fs::remove(restored, error);
  if (error) {
    return Error(absl::StatusCode::kUnavailable, "cannot remove {}: {}", restored.string(),
                 error.message());
  }
  return Sync(data);
}

}  // namespace

absl::StatusOr<std::vector<BackupInfo>> ListBackups(const std::string& directory) {
  WICK_ASSIGN_OR_RETURN(const Engine engine, OpenBackups(directory));
  std::vector<BackupInfo> infos = InfosOf(*engine);
  if (!infos.empty()) return infos;
  return Error(absl::StatusCode::kNotFound, "{} holds no backups; none was ever completed there",
               directory);
}

absl::StatusOr<BackupInfo> Restore(const RestoreOptions& options) {
  WICK_ASSIGN_OR_RETURN(Engine engine, OpenBackups(options.backup_directory));
  std::vector<BackupInfo> infos = InfosOf(*engine);
  if (options.id == 0) std::erase_if(infos, [](const BackupInfo& info) { return info.damaged; });
  const auto chosen = options.id == 0 ? (infos.empty() ? infos.end() : std::prev(infos.end()))
                                      : std::ranges::find(infos, options.id, &BackupInfo::id);
  if (chosen == infos.end()) {
    return Error(absl::StatusCode::kNotFound,
                 "{} holds no {}; `wick backups {}` lists what it holds", options.backup_directory,
                 options.id == 0 ? "sound backup" : fmt::format("backup {}", options.id),
                 options.backup_directory);
  }
  if (chosen->damaged) {
    return Error(absl::StatusCode::kDataLoss,
                 "backup {} in {} is damaged: files are missing or cut; restore another one",
                 chosen->id, options.backup_directory);
  }
  const fs::path data(options.data_directory);
  std::error_code ignored;
  const bool is_new = !fs::exists(data, ignored);
  WICK_ASSIGN_OR_RETURN(const auto held, TakeEmpty(data));
  const fs::path restored = data / kRestoringName;
  absl::Status status =
      FromRocks(engine->RestoreDBFromBackup(chosen->id, restored, restored),
                fmt::format("restoring backup {} of {}", chosen->id, options.backup_directory));
  if (status.ok()) {
    status = MoveUp(restored, data);
  } else if (const auto damage = engine->VerifyBackup(chosen->id, /*verify_with_checksum=*/true);
             !damage.ok()) {
    status = FromRocks(damage, fmt::format("backup {} of {} is damaged: checking it", chosen->id,
                                           options.backup_directory));  // names the file
  }
  if (status.ok()) return *chosen;
  engine.reset();  // its threads may still be copying
  // What cannot be removed is refused as an unfinished restore.
  for (const auto& entry : fs::directory_iterator(data, ignored)) {
    if (entry.path().filename() != kRestoringName) fs::remove_all(entry.path(), ignored);
  }
  fs::remove_all(restored, ignored);
  if (is_new) fs::remove(data, ignored);  // an empty one would be served as a new one
  return status;
}

}  // namespace wick::cold
