// Store: writing, and what it says of itself. Opening: open.cc; reading: recovery.cc and
// snapshot.cc.
#include "cold/store.h"

#include <filesystem>

#include "cold/batch_impl.h"
#include "cold/directory_check.h"
#include "cold/manifest.h"
#include "cold/rocks_options.h"
#include "cold/rocks_status.h"
#include "cold/snapshot_impl.h"
#include "cold/store_impl.h"

namespace wick::cold {

absl::Status Store::Impl::FirstError() const {
  const std::lock_guard guard(error_mutex);
  return first_error;
}

absl::Status Store::Impl::Remember(absl::Status status) {
  const std::lock_guard guard(error_mutex);
  if (first_error.ok()) first_error = std::move(status);
  return first_error;
}

absl::StatusOr<std::shared_ptr<Database>> Store::Impl::CurrentOrError() const {
  std::shared_ptr<Database> current = Current();
  if (current != nullptr) return current;
  WICK_RETURN_IF_ERROR(FirstError());
  return DiskFull("it could not be opened again");
}

absl::Status Store::Impl::CheckWritable() const {
  WICK_RETURN_IF_ERROR(FirstError());
  if (disk_full.load(std::memory_order_acquire)) return DiskFull("writing stopped");
  WICK_ASSIGN_OR_RETURN(const std::shared_ptr<Database> current, CurrentOrError());
  return current->met_full_disk() ? DiskFull("a table did not fit") : absl::OkStatus();
}

absl::Status Store::Impl::Judge(const rocksdb::Status& status) {
  if (status.ok()) return absl::OkStatus();
  // A stalled write is given up, incomplete, when what stalls it has failed.
  if (MeansFullDisk(status) || (status.IsIncomplete() && Current()->met_full_disk())) {
    disk_full.store(true, std::memory_order_release);
    return DiskFull(status.ToString());
  }
  return Remember(
      FromRocks(status, fmt::format("writing to the data directory {}", options.directory)));
}

absl::Status Store::Impl::Write(rocksdb::WriteBatch& writes) {
  const std::lock_guard guard(write_mutex);
  WICK_RETURN_IF_ERROR(CheckWritable());
  const std::shared_ptr<Database> current = Current();
  rocksdb::WriteOptions synced;
  synced.sync = true;
  const rocksdb::Status written = current->db().Write(synced, &writes);
  if (written.ok()) acknowledged = EndOfLog(*current);
  return Judge(written);
}

void Store::Impl::Note(const Database& of) {
  const std::lock_guard guard(note_mutex);
  rocksdb::Env& env = *EnvOf(options);
  const auto manifest = CurrentManifest(env, options.directory);
  const DirectoryNote note = {of.db().GetLatestSequenceNumber(),
                              manifest.ok() ? ManifestNumber(*manifest) : 0, of.first_log()};
  WriteNote(env, options.directory, note).IgnoreError();
}

Store::Store(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Store::~Store() = default;

absl::StatusOr<std::unique_ptr<Store>> Store::Open(const StoreOptions& options) {
  auto impl = std::make_unique<Impl>();
  WICK_RETURN_IF_ERROR(impl->Open(options));
  return std::unique_ptr<Store>(new Store(std::move(impl)));
}

absl::Status Store::Commit(Batch& batch) {
  if (batch.empty()) return impl_->FirstError();
  return impl_->Write(batch.impl_->writes);
}

absl::Status Store::Resume() {
  const std::lock_guard guard(impl_->write_mutex);
  return impl_->Resume();
}

absl::Status Store::CheckWritable() const { return impl_->CheckWritable(); }
uint64_t Store::CapacityBytes() const {
  std::error_code error;  // then it answers the greatest number
  return std::filesystem::space(impl_->options.directory, error).capacity;
}
uint64_t Store::FreeBytes() const { return impl_->FreeBytes(); }
const std::vector<LogRepair>& Store::repairs() const { return impl_->repairs; }

absl::Status Store::Flush() {
  WICK_RETURN_IF_ERROR(impl_->CheckWritable());
  WICK_ASSIGN_OR_RETURN(const std::shared_ptr<Database> current, impl_->CurrentOrError());
  const rocksdb::Status flushed =
      current->db().Flush(rocksdb::FlushOptions(), current->AllFamilies());
  if (flushed.ok()) impl_->Note(*current);
  const std::lock_guard guard(impl_->write_mutex);
  // After a write that met a full disk RocksDB refuses to flush, with an error of its own.
  if (!flushed.ok()) WICK_RETURN_IF_ERROR(impl_->CheckWritable());
  return impl_->Judge(flushed);
}

std::unique_ptr<const Snapshot> Store::GetSnapshot() const {
  auto impl = std::make_unique<Snapshot::Impl>(impl_->CurrentOrError());
  return std::unique_ptr<const Snapshot>(new Snapshot(std::move(impl)));
}

StoreUsage Store::Usage() const {
  StoreUsage usage;
  const std::shared_ptr<Database> current = impl_->Current();
  if (current == nullptr) return usage;
  const auto property = [&](Family family, const std::string& name) {
    uint64_t bytes = 0;
    return current->db().GetIntProperty(current->Of(family), name, &bytes) ? bytes : 0;
  };
  for (size_t i = 0; i < kFamilyCount; ++i) {
    const auto family = static_cast<Family>(i);
    if (current->Of(family) == nullptr) continue;
    usage.disk_bytes += property(family, rocksdb::DB::Properties::kTotalSstFilesSize);
    usage.memtable_bytes += property(family, rocksdb::DB::Properties::kCurSizeAllMemTables);
  }
  for (market::Tier tier : market::kTiers) {
    usage.tier_disk_bytes[Index(tier)] =
        property(CandlesOf(tier), rocksdb::DB::Properties::kTotalSstFilesSize);
  }
  rocksdb::VectorLogPtr logs;
  if (current->db().GetSortedWalFiles(logs).ok()) {
    for (const auto& log : logs) usage.wal_bytes += log->SizeFileBytes();
  }
  usage.block_cache_bytes = impl_->block_cache->GetUsage();
  return usage;
}

}  // namespace wick::cold
