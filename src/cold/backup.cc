// Store: backups while it runs.
#include "cold/backup.h"

#include <rocksdb/utilities/backup_engine.h>

#include <filesystem>
#include <memory>

#include "cold/directory_lock.h"
#include "cold/make_directories.h"
#include "cold/rocks_status.h"
#include "cold/store_impl.h"

namespace wick::cold {
namespace {

namespace fs = std::filesystem;

/// InvalidArgument: no backup belongs there.
absl::Status CheckPlace(const std::string& directory, const std::string& data_directory) {
  const fs::path path(directory);
  if (!path.is_absolute()) {
    return InvalidArgument(
        "the backup directory \"{}\" is relative; give an absolute path on the server's machine",
        directory);
  }
  std::error_code error;
  const fs::path place = fs::weakly_canonical(path, error);
  const fs::path data = fs::weakly_canonical(fs::absolute(data_directory, error), error);
  const auto [rest, unused] = std::mismatch(data.begin(), data.end(), place.begin(), place.end());
  if (rest == data.end()) {
    return InvalidArgument(
        "the backup directory {} lies in the data directory {}; give one outside of it, "
        "best on another disk",
        directory, data_directory);
  }
  if (fs::exists(path / "meta", error)) return absl::OkStatus();  // of generations made before
  if (fs::exists(path, error) && !fs::is_directory(path, error)) {
    return InvalidArgument("the backup directory {} is a file; give a directory", directory);
  }
  for (const auto& entry : fs::directory_iterator(path, error)) {
    if (entry.path().filename() == DirectoryLock::kFileName) continue;
    return InvalidArgument(
        "the directory {} holds {} and no backups; give an empty one, or one of earlier backups",
        directory, entry.path().filename().string());
  }
  return absl::OkStatus();
}

absl::Status GivenUp(std::string_view doing, std::string_view why) {
  return Error(absl::StatusCode::kUnavailable, "{} was given up: {}", doing, why);
}
constexpr std::string_view kStopping = "the server is stopping";
constexpr std::string_view kWasFull =
    "the disk of the data directory was full meanwhile; ask again when writing goes on";

/// Makes a backup directory if there is none, and locks it: two processes that write generations
/// would damage each other's.
absl::StatusOr<std::unique_ptr<DirectoryLock>> LockPlace(rocksdb::Env& env,
                                                         const std::string& directory) {
  if (const rocksdb::Status made = MakeDirectories(env, directory); !made.ok()) {
    return Error(absl::StatusCode::kFailedPrecondition,
                 "cannot make the backup directory {}: {}; give one that the server may write to",
                 directory, made.ToString());
  }
  std::unique_ptr<DirectoryLock> lock;
  const rocksdb::Status status = DirectoryLock::TryTake(env, directory, lock);
  if (status.ok()) return lock;
  return Error(
      absl::StatusCode::kFailedPrecondition,
      "cannot lock the backup directory {}: {}; another server writes there, or this one may not",
      directory, status.ToString());
}

}  // namespace

absl::StatusOr<BackupInfo> Store::Backup(const BackupOptions& options) {
  const std::unique_lock turn(impl_->backup_mutex, std::try_to_lock);
  if (!turn.owns_lock()) {
    return Error(absl::StatusCode::kUnavailable,
                 "a backup is under way; ask again when it has ended");
  }
  WICK_RETURN_IF_ERROR(CheckPlace(options.directory, impl_->options.directory));
  if (options.bytes_per_second > 0 && options.bytes_per_second < kBackupRateMin) {
    return InvalidArgument("a backup of {} bytes per second would not end; give at least {}",
                           options.bytes_per_second, kBackupRateMin);
  }
  const auto check_writable = [this] {
    const std::lock_guard lock(impl_->write_mutex);
    return impl_->CheckWritable();
  };
  // What a failed write left in the log is for the store to cut off: no backup of it.
  WICK_RETURN_IF_ERROR(check_writable());
  WICK_ASSIGN_OR_RETURN(const std::shared_ptr<Database> database, impl_->CurrentOrError());
  rocksdb::DB& db = database->db();
  WICK_ASSIGN_OR_RETURN(const auto place, LockPlace(*db.GetEnv(), options.directory));

  const std::string doing = fmt::format("the backup into {}", options.directory);
  rocksdb::BackupEngineOptions settings(options.directory);
  settings.sync = true;  // a generation that was answered survives power loss
  settings.share_files_with_checksum =
      true;  // tables of equal number and other content are told apart
  settings.backup_rate_limit = options.bytes_per_second;
  rocksdb::BackupEngine* made = nullptr;
  WICK_RETURN_IF_ERROR(FromRocks(rocksdb::BackupEngine::Open(settings, db.GetEnv(), &made), doing));
  const std::unique_ptr<rocksdb::BackupEngine> engine(made);

  // A flush first keeps the logs out of the backup that tables make needless. It may fail: the logs
  // are copied after it, and in them is all that was acknowledged.
  db.Flush(rocksdb::FlushOptions(), database->AllFamilies()).PermitUncheckedError();

  rocksdb::CreateBackupOptions create;
  create.flush_before_backup = false;
  create.decrease_background_thread_cpu_priority = true;
  create.background_thread_cpu_priority = rocksdb::CpuPriority::kLow;
  rocksdb::BackupID id = 0;
  {
    const std::lock_guard lock(impl_->stop_mutex);
    if (impl_->backups_stopped) return GivenUp(doing, kStopping);
    impl_->running_backup = engine.get();
  }
  const rocksdb::IOStatus created = engine->CreateNewBackup(create, &db, &id);
  bool stopped = false;
  {
    const std::lock_guard lock(impl_->stop_mutex);
    impl_->running_backup = nullptr;
    stopped = impl_->backups_stopped;
  }
  if (!created.ok()) {
    engine->GarbageCollect().PermitUncheckedError();  // or the next backup does it
    if (!created.IsIncomplete()) return FromRocks(created, doing);
    return GivenUp(doing, stopped ? kStopping : kWasFull);
  }
  if (!check_writable().ok()) {
    WICK_RETURN_IF_ERROR(FromRocks(engine->DeleteBackup(id), doing));
    return GivenUp(doing, kWasFull);
  }
  rocksdb::BackupInfo info;
  WICK_RETURN_IF_ERROR(FromRocks(engine->GetBackupInfo(id, &info), doing));
  if (options.keep > 0) {
    WICK_RETURN_IF_ERROR(FromRocks(
        engine->PurgeOldBackups(options.keep),
        fmt::format("backup {} is made, but removing older ones from {}", id, options.directory)));
  }
  return BackupInfo{id, static_cast<uint64_t>(info.timestamp) * 1'000, info.size, info.number_files,
                    false};
}

void Store::Impl::EndBackup() {
  const std::lock_guard lock(stop_mutex);
  if (running_backup != nullptr) running_backup->StopBackup();
}

void Store::StopBackups() {
  {
    const std::lock_guard lock(impl_->stop_mutex);
    impl_->backups_stopped = true;
  }
  impl_->EndBackup();
}

}  // namespace wick::cold
