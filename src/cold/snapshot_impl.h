// Inside of a snapshot.
#pragma once

#include <rocksdb/db.h>

#include <array>

#include "cold/families.h"
#include "cold/store.h"

namespace wick::cold {

struct Snapshot::Impl {
  using Families = std::array<rocksdb::ColumnFamilyHandle*, kFamilyCount>;

  Impl(rocksdb::DB& database, const Families& of)
      : db(database), families(of), snapshot(database.GetSnapshot()) {}
  ~Impl() { db.ReleaseSnapshot(snapshot); }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  rocksdb::DB& db;
  const Families& families;  // of the store
  const rocksdb::Snapshot* const snapshot;
};

}  // namespace wick::cold
