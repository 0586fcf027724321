#include "cold/manifest.h"

#include <algorithm>
#include <charconv>

#include "base/bytes.h"
#include "cold/rocks_status.h"

namespace wick::cold {
namespace {

/// Tags of a version edit's fields: RocksDB's, on its disk for ever.
enum Tag : uint64_t {
  kComparator = 1,
  kLogNumber = 2,
  kNextFileNumber = 3,
  kLastSequence = 4,
  kCompactCursor = 5,
  kDeletedFile = 6,
  kPreviousLogNumber = 9,
  kFirstLogToKeep = 10,
  kNewFile = 103,
  kColumnFamily = 200,
  kColumnFamilyAdd = 201,
  kColumnFamilyDrop = 202,
  kMaxColumnFamily = 203,
  kInAtomicGroup = 300,
};
constexpr std::string_view kManifestPrefix = "MANIFEST-";

constexpr uint64_t kSkippable = 1 << 13;  // a field with this bit is | bytes | ... | whatever it is
constexpr uint64_t kNewFileEnd = 1;       // ends the further fields of a new file

bool SkipNumbers(std::string_view& bytes, int numbers) {
  for (uint64_t skipped; numbers > 0; --numbers) {
    if (!TakeVarint(bytes, skipped)) return false;
  }
  return true;
}

bool SkipBytes(std::string_view& bytes) {
  uint64_t size;
  if (!TakeVarint(bytes, size) || size > bytes.size()) return false;
  bytes.remove_prefix(size);
  return true;
}

/// | level | number | bytes | smallest key | greatest key | smallest sequence | greatest sequence |
/// then | tag | bytes ... | until the end's tag.
bool SkipNewFile(std::string_view& bytes) {
  if (!SkipNumbers(bytes, 3) || !SkipBytes(bytes) || !SkipBytes(bytes) || !SkipNumbers(bytes, 2)) {
    return false;
  }
  for (uint64_t tag;;) {
    if (!TakeVarint(bytes, tag)) return false;
    if (tag == kNewFileEnd) return true;
    if (!SkipBytes(bytes)) return false;
  }
}

}  // namespace

bool ApplyVersionEdit(std::string_view record, Manifest& manifest) {
  while (!record.empty()) {
    uint64_t tag;
    uint64_t number = 0;
    if (!TakeVarint(record, tag)) return false;
    bool sense = true;
    switch (tag) {
      case kLastSequence:
        sense = TakeVarint(record, number);
        manifest.last_sequence = std::max(manifest.last_sequence, number);
        break;
      case kFirstLogToKeep:
        sense = TakeVarint(record, number);
        manifest.first_log_to_keep = std::max(manifest.first_log_to_keep, number);
        break;
      case kLogNumber:
      case kNextFileNumber:
      case kPreviousLogNumber:
      case kColumnFamily:
      case kMaxColumnFamily:
      case kInAtomicGroup:
        sense = SkipNumbers(record, 1);
        break;
      case kDeletedFile:
        sense = SkipNumbers(record, 2);
        break;
      case kCompactCursor:
        sense = SkipNumbers(record, 1) && SkipBytes(record);
        break;
      case kComparator:
        sense = SkipBytes(record);
        break;
      case kColumnFamilyAdd:
        sense = TakeVarint(record, number) && number <= record.size();
        if (!sense) break;
        manifest.families.emplace(record.substr(0, number));
        record.remove_prefix(number);
        break;
      case kColumnFamilyDrop:
        break;
      case kNewFile:
        sense = SkipNewFile(record);
        break;
      default:
        sense = (tag & kSkippable) != 0 && SkipBytes(record);
    }
    if (!sense) return false;
  }
  return true;
}

uint64_t ManifestNumber(std::string_view name) {
  if (!name.starts_with(kManifestPrefix)) return 0;
  name.remove_prefix(kManifestPrefix.size());
  uint64_t number = 0;
  const auto [stopped, error] = std::from_chars(name.data(), name.data() + name.size(), number);
  return error == std::errc() && stopped == name.data() + name.size() ? number : 0;
}

uint64_t Manifest::number() const { return ManifestNumber(file); }

absl::StatusOr<std::string> CurrentManifest(rocksdb::Env& env, const std::string& directory) {
  std::string name;
  WICK_RETURN_IF_ERROR(FromRocks(rocksdb::ReadFileToString(&env, directory + "/CURRENT", &name),
                                 fmt::format("reading {}/CURRENT", directory)));
  if (name.ends_with('\n')) {
    name.pop_back();
    if (ManifestNumber(name) != 0) return name;
  }
  return Error(
      absl::StatusCode::kDataLoss,
      "the data directory {} is damaged: CURRENT does not name a manifest; restore it from "
      "a backup",
      directory);
}

absl::StatusOr<Manifest> ReadManifest(rocksdb::Env& env, const std::string& directory) {
  Manifest manifest;
  WICK_ASSIGN_OR_RETURN(manifest.file, CurrentManifest(env, directory));
  const std::string path = directory + "/" + manifest.file;
  if (env.FileExists(path).IsNotFound()) {
    return Error(
        absl::StatusCode::kDataLoss,
        "the data directory {} is damaged: {}, which CURRENT names, is missing; restore it "
        "from a backup",
        directory, manifest.file);
  }
  bool sense = true;
  WICK_ASSIGN_OR_RETURN(manifest.scan, ScanManifest(env, path, [&](std::string_view record) {
                          sense = sense && ApplyVersionEdit(record, manifest);
                        }));
  if (sense) return manifest;
  return Error(
      absl::StatusCode::kDataLoss,
      "the data directory {} is damaged, or a newer wick wrote it: a record of {} makes no "
      "sense; restore it from a backup",
      directory, manifest.file);
}

}  // namespace wick::cold
