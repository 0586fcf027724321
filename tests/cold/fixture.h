// What the tests of the cold floor share: directories of their own, and candles of codec/candles.h.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "catch.h"
#include "codec/candles.h"
#include "cold/store.h"
#include "market/fold.h"

namespace wick::cold {

/// A new directory, removed with everything in it.
class TempDirectory {
 public:
  TempDirectory() {
    std::string name = std::filesystem::temp_directory_path() / "wick-cold-XXXXXX";
    path_ = mkdtemp(name.data());
  }
  ~TempDirectory() { std::filesystem::remove_all(path_); }
  TempDirectory(const TempDirectory&) = delete;
  TempDirectory& operator=(const TempDirectory&) = delete;

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

inline StoreOptions OptionsFor(const std::filesystem::path& directory) {
  StoreOptions options;
  options.directory = directory;
  return options;
}

inline std::unique_ptr<Store> MustOpen(const std::filesystem::path& directory) {
  absl::StatusOr<std::unique_ptr<Store>> store = Store::Open(OptionsFor(directory));
  INFO(store.status());
  REQUIRE(store.ok());
  return std::move(store).value();
}

inline void MustCommit(Store& store, Batch& batch) {
  const absl::Status status = store.Commit(batch);
  INFO(status);
  REQUIRE(status.ok());
  batch.Clear();
}

inline std::vector<market::FoldedCandle> ReadAll(const Store& store, market::Tier tier,
                                                 SeriesId series) {
  std::vector<market::FoldedCandle> candles;
  const absl::Status status =
      store.GetSnapshot()->ReadForward(tier, series, 0, UINT32_MAX, SIZE_MAX, candles);
  INFO(status);
  REQUIRE(status.ok());
  return candles;
}

using codec::RandomCandle;
using codec::SameBits;
using codec::Single;
using codec::ToHex;

}  // namespace wick::cold

template <>
struct Catch::StringMaker<absl::Status> {
  static std::string convert(const absl::Status& status) { return status.ToString(); }
};
