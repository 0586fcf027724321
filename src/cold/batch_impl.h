// Inside of a batch, shared by its maker and the store that commits it.
#pragma once

#include <rocksdb/write_batch.h>

#include "cold/store.h"

namespace wick::cold {

struct Batch::Impl {
  rocksdb::WriteBatch writes;
};

}  // namespace wick::cold
