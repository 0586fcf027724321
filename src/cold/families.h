// The column families: what they hold, their numbers and names.
#pragma once

#include <rocksdb/db.h>

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/assert.h"
#include "market/tier.h"

namespace wick::cold {

/// RocksDB's own number of each family. They are made in this order in an empty directory. On disk
/// for ever: append, never renumber.
enum class Family : uint32_t {
  kMeta = 0,  // format version, last number, horizons
  kJournal = 1,
  kSeries = 2,
  kState = 3,
  kReferences = 4,
  kCandles1s = 5,
  kCandles1m = 6,
  kCandles1h = 7,
  kCandles1d = 8,
  kKafkaOffsets = 9,
  kDeadLetters = 10,
};
inline constexpr size_t kFamilyCount = 11;
/// A directory of format 1 has so many; format 2 says that all of them were made.
inline constexpr size_t kFirstFamilyCount = 9;

constexpr std::array<std::string_view, kFamilyCount> kFamilyNames = {
    "default",    "journal",    "series",     "state",         "references",  "candles-1s",
    "candles-1m", "candles-1h", "candles-1d", "kafka-offsets", "dead-letters"};

constexpr uint32_t Index(Family family) { return static_cast<uint32_t>(family); }
/// nullopt: no family of this version has the name.
constexpr std::optional<Family> FamilyOf(std::string_view name) {
  for (uint32_t i = 0; i < kFamilyCount; ++i) {
    if (kFamilyNames[i] == name) return static_cast<Family>(i);
  }
  return std::nullopt;
}
constexpr Family CandlesOf(market::Tier tier) {
  return static_cast<Family>(Index(Family::kCandles1s) + market::Index(tier));
}

inline constexpr std::string_view kFormatKey = "format";
inline constexpr std::string_view kLastNumberKey = "last_number";
inline constexpr std::string_view kRefusedUntilKey = "refused_until";
inline constexpr std::string_view kRemovedUntilKey = "removed_until";

inline rocksdb::Slice ToSlice(std::string_view bytes) { return {bytes.data(), bytes.size()}; }
inline std::string_view ToView(const rocksdb::Slice& slice) { return {slice.data(), slice.size()}; }

/// Names a family to a write batch without an open store; the store checks at opening that RocksDB
/// gave its families the same numbers.
class FamilyName final : public rocksdb::ColumnFamilyHandle {
 public:
  explicit FamilyName(Family family) : family_(family), name_(kFamilyNames[Index(family)]) {}
  const std::string& GetName() const override { return name_; }
  uint32_t GetID() const override { return Index(family_); }
  const rocksdb::Comparator* GetComparator() const override {
    return rocksdb::BytewiseComparator();
  }
  rocksdb::Status GetDescriptor(rocksdb::ColumnFamilyDescriptor*) override {
    return rocksdb::Status::NotSupported("a name has no options");
  }

 private:
  Family family_;
  std::string name_;
};

}  // namespace wick::cold
