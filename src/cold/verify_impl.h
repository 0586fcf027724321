// Inside of a verification, shared by its rooms.
#pragma once

#include <rocksdb/db.h>

#include <array>
#include <memory>
#include <string>
#include <utility>

#include "cold/families.h"
#include "cold/keys.h"
#include "cold/verify.h"
#include "market/retention.h"

namespace wick::cold {

/// A database open for reading, and what was found in it so far.
class Verification {
 public:
  Verification(rocksdb::DB& db,
               const std::array<rocksdb::ColumnFamilyHandle*, kFamilyCount>& families,
               absl::FunctionRef<void(const Finding&)> each, VerifyCounts& counts)
      : db_(db), families_(families), each_(each), counts_(counts) {}

  void CheckTables();      // verify.cc
  void CheckCatalogue();   // verify_records.cc
  void CheckReferences();  // verify_records.cc
  void CheckJournal();     // verify_records.cc
  void CheckSeries();      // verify_series.cc; after the records
  void CheckKafka();       // verify_kafka.cc

  template <typename... Args>
  void Find(std::string where, fmt::format_string<Args...> what, Args&&... args) {
    ++counts_.findings;
    each_({fmt::format(what, std::forward<Args>(args)...), std::move(where)});
  }

  rocksdb::DB& db() { return db_; }
  VerifyCounts& counts() { return counts_; }
  rocksdb::ColumnFamilyHandle* Of(Family family) const { return families_[Index(family)]; }
  /// Reads through a family once, checking every block's checksum.
  std::unique_ptr<rocksdb::Iterator> Walk(Family family) const;

  /// What ended a walk, unless it was the end.
  void CheckEnd(const rocksdb::Iterator& iterator, Family family);

  /// "Kraken:BTC/USD (series 7)"; without the names where the catalogue has none.
  std::string NameOf(uint32_t series) const;
  bool IsKnown(uint32_t series) const;

  /// Buckets behind these may lack events that were refused, or be gone.
  const market::Horizons& incomplete_until() const { return incomplete_until_; }
  void ReadHorizons();  // verify_records.cc; after the journal
  uint64_t newest_event_ms = 0;

 private:
  rocksdb::DB& db_;
  const std::array<rocksdb::ColumnFamilyHandle*, kFamilyCount>& families_;
  const absl::FunctionRef<void(const Finding&)> each_;
  VerifyCounts& counts_;
  bool catalogue_is_dense_ = true;
  market::Horizons incomplete_until_;
};

/// "2026-11-22T10:00:00Z", for findings.
std::string TimeText(uint64_t timestamp_ms);

inline std::string In(Family family) {
  return fmt::format("column family {}", kFamilyNames[Index(family)]);
}

}  // namespace wick::cold
