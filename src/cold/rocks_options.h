// How wick sets RocksDB up, with the reasons.
#pragma once

#include <rocksdb/cache.h>
#include <rocksdb/options.h>

#include <memory>

#include "cold/families.h"
#include "cold/store.h"

namespace wick::cold {

rocksdb::Env* EnvOf(const StoreOptions& options);

rocksdb::DBOptions MakeDbOptions(const StoreOptions& options);

rocksdb::ColumnFamilyOptions MakeFamilyOptions(Family family, const StoreOptions& options,
                                               const std::shared_ptr<rocksdb::Cache>& block_cache);

}  // namespace wick::cold
