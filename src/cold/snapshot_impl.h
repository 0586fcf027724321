// Inside of a snapshot.
#pragma once

#include <rocksdb/db.h>

#include <memory>
#include <utility>

#include "cold/database.h"
#include "cold/store.h"

namespace wick::cold {

struct Snapshot::Impl {
  explicit Impl(absl::StatusOr<std::shared_ptr<Database>> of) : database(std::move(of)) {
    if (database.ok()) snapshot = (*database)->db().GetSnapshot();
  }
  ~Impl() {
    if (database.ok()) (*database)->db().ReleaseSnapshot(snapshot);
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  const absl::StatusOr<std::shared_ptr<Database>> database;  // kept open; or why there is none
  const rocksdb::Snapshot* snapshot = nullptr;
};

}  // namespace wick::cold
