// Store: removing what has grown too old.
#include <limits>

#include "cold/horizons_record.h"
#include "cold/keys.h"
#include "cold/rocks_status.h"
#include "cold/store_impl.h"

namespace wick::cold {
namespace {

using market::Tier;

/// Chunks below this number end at or before the tier's horizon with every bucket.
Chunk FirstKeptChunk(Tier tier, const market::Horizons& horizons) {
  return ChunkOf(market::BucketOf(tier, horizons[tier]));
}

constexpr uint64_t kSeriesEnd = uint64_t{std::numeric_limits<uint32_t>::max()} + 1;

/// Adds to `deletions` that candles up to these ends are gone.
absl::Status RememberRemoved(rocksdb::DB& db, rocksdb::ColumnFamilyHandle* meta,
                             market::Horizons removed_until, rocksdb::WriteBatch& deletions) {
  std::string value;
  const rocksdb::Status read =
      db.Get(rocksdb::ReadOptions(), meta, ToSlice(kRemovedUntilKey), &value);
  if (!read.IsNotFound()) {
    WICK_RETURN_IF_ERROR(FromRocks(read, "reading what was removed"));
    WICK_ASSIGN_OR_RETURN(const market::Horizons before, DecodeHorizons(value));
    removed_until = market::Furthest(before, removed_until);
  }
  return FromRocks(deletions.Put(meta, ToSlice(kRemovedUntilKey), EncodeHorizons(removed_until)),
                   "collecting expired candles");
}

/// Adds deletions of one tier's chunks below `first_kept` to `deletions`, from `series` on, until
/// `left` is used up. Leaves `series` where it stopped, kSeriesEnd if there is no more.
absl::Status CollectExpired(rocksdb::DB& db, rocksdb::ColumnFamilyHandle* family, Chunk first_kept,
                            uint64_t& series, uint64_t& left, rocksdb::WriteBatch& deletions) {
  rocksdb::ReadOptions options;
  options.fill_cache = false;
  const std::unique_ptr<rocksdb::Iterator> iterator(db.NewIterator(options, family));
  const auto seek = [&] {
    iterator->Seek(ToSlice(MakeChunkKey(static_cast<uint32_t>(series), 0).view()));
  };
  for (seek(); iterator->Valid();) {
    const std::string_view key = ToView(iterator->key());
    series = ReadBigEndian<uint32_t>(key);
    if (ReadBigEndian<Chunk>(key.substr(sizeof(uint32_t))) >= first_kept) {
      if (++series == kSeriesEnd) return absl::OkStatus();
      seek();  // over the chunks that stay
      continue;
    }
    if (left == 0) return absl::OkStatus();
    WICK_RETURN_IF_ERROR(
        FromRocks(deletions.Delete(family, iterator->key()), "collecting expired candles"));
    --left;
    iterator->Next();
  }
  series = kSeriesEnd;
  return FromRocks(iterator->status(),
                   fmt::format("looking for expired candles in '{}'", family->GetName()));
}

}  // namespace

absl::StatusOr<uint64_t> Store::RemoveExpired(const market::Horizons& horizons,
                                              uint64_t chunks_max) {
  WICK_RETURN_IF_ERROR(impl_->CheckWritable());
  const std::lock_guard lock(impl_->removal_mutex);
  // A removal in several steps does not look at the first series again in each; its last step is
  // the one that removes less than its limit, and the next one begins anew.
  if (impl_->removal_horizons.ms != horizons.ms) {
    impl_->removal_horizons = horizons;
    impl_->removal_tier = 0;
    impl_->removal_series = 0;
  }
  WICK_ASSIGN_OR_RETURN(std::shared_ptr<Database> database, impl_->CurrentOrError());
  rocksdb::WriteBatch deletions;
  market::Horizons removed_until;
  uint64_t left = chunks_max;
  while (impl_->removal_tier < market::kTierCount) {
    const Tier tier = market::kTiers[impl_->removal_tier];
    const Chunk first_kept = FirstKeptChunk(tier, horizons);
    if (first_kept > 0) {
      const uint64_t left_before = left;
      WICK_RETURN_IF_ERROR(CollectExpired(database->db(), database->Of(CandlesOf(tier)), first_kept,
                                          impl_->removal_series, left, deletions));
      if (left < left_before)
        removed_until.ms[Index(tier)] = StartMs(tier, FirstBucket(first_kept));
      if (impl_->removal_series != kSeriesEnd && left == 0) break;
    }
    ++impl_->removal_tier;
    impl_->removal_series = 0;
  }
  if (impl_->removal_tier == market::kTierCount) impl_->removal_tier = 0;
  if (left < chunks_max) {
    WICK_RETURN_IF_ERROR(
        RememberRemoved(database->db(), database->Of(Family::kMeta), removed_until, deletions));
    database.reset();  // a store that resumes need not wait for this
    if (const absl::Status written = impl_->Write(deletions); !written.ok()) {
      impl_->removal_tier = 0;  // what was not removed is looked for again
      impl_->removal_series = 0;
      return written;
    }
  }
  return chunks_max - left;
}

}  // namespace wick::cold
