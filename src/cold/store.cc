// Store: writing, and what it says of itself. Opening: open.cc; reading: recovery.cc and
// snapshot.cc.
#include "cold/store.h"

#include "cold/batch_impl.h"
#include "cold/rocks_status.h"
#include "cold/snapshot_impl.h"
#include "cold/store_impl.h"

namespace wick::cold {

absl::Status Store::Impl::FirstError() const {
  const std::lock_guard lock(error_mutex);
  return first_error;
}

absl::Status Store::Impl::Remember(const rocksdb::Status& status) {
  const std::lock_guard lock(error_mutex);
  if (first_error.ok()) {
    first_error = FromRocks(status, fmt::format("writing to the data directory {}", directory));
  }
  return first_error;
}

Store::Store(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Store::~Store() = default;

absl::StatusOr<std::unique_ptr<Store>> Store::Open(const StoreOptions& options) {
  auto impl = std::make_unique<Impl>();
  WICK_RETURN_IF_ERROR(impl->Open(options));
  return std::unique_ptr<Store>(new Store(std::move(impl)));
}

absl::Status Store::Commit(Batch& batch) {
  WICK_RETURN_IF_ERROR(impl_->FirstError());
  if (batch.empty()) return absl::OkStatus();
  rocksdb::WriteOptions synced;
  synced.sync = true;
  return impl_->Remember(impl_->db->Write(synced, &batch.impl_->writes));
}

absl::Status Store::Flush() {
  WICK_RETURN_IF_ERROR(impl_->FirstError());
  const std::vector<rocksdb::ColumnFamilyHandle*> all(impl_->families.begin(),
                                                      impl_->families.end());
  return impl_->Remember(impl_->db->Flush(rocksdb::FlushOptions(), all));
}

std::unique_ptr<const Snapshot> Store::GetSnapshot() const {
  auto impl = std::make_unique<Snapshot::Impl>(*impl_->db, impl_->families);
  return std::unique_ptr<const Snapshot>(new Snapshot(std::move(impl)));
}

StoreUsage Store::Usage() const {
  const auto property = [&](Family family, const std::string& name) {
    uint64_t bytes = 0;
    return impl_->db->GetIntProperty(impl_->Of(family), name, &bytes) ? bytes : 0;
  };
  StoreUsage usage;
  for (size_t i = 0; i < kFamilyCount; ++i) {
    const auto family = static_cast<Family>(i);
    usage.disk_bytes += property(family, rocksdb::DB::Properties::kTotalSstFilesSize);
    usage.memtable_bytes += property(family, rocksdb::DB::Properties::kCurSizeAllMemTables);
  }
  for (market::Tier tier : market::kTiers) {
    usage.tier_disk_bytes[Index(tier)] =
        property(CandlesOf(tier), rocksdb::DB::Properties::kTotalSstFilesSize);
  }
  rocksdb::VectorLogPtr logs;
  if (impl_->db->GetSortedWalFiles(logs).ok()) {
    for (const auto& log : logs) usage.wal_bytes += log->SizeFileBytes();
  }
  usage.block_cache_bytes = impl_->block_cache->GetUsage();
  return usage;
}

}  // namespace wick::cold
