// What a store keeps of Kafka: offsets and dead letters, their bytes, and directories from before
// there were any.
#include <rocksdb/db.h>

#include "base/bytes.h"
#include "cold/families.h"
#include "cold/kafka_records.h"
#include "cold/names_record.h"
#include "cold/verify.h"
#include "ledger.h"

namespace wick::cold {
namespace {

namespace fs = std::filesystem;

DeadLetter LetterAt(const KafkaPlace& place) {
  return {place, 1'700'000'000'123, "no JSON", 7, 9, "BTC/USD", "{\"price\":"};
}

/// Opens a directory behind wick's back.
template <typename Act>
void Raw(const fs::path& directory, Act act) {
  std::vector<rocksdb::ColumnFamilyDescriptor> descriptors;
  for (size_t i = 0; i < kFamilyCount; ++i) {
    descriptors.emplace_back(std::string(kFamilyNames[i]), rocksdb::ColumnFamilyOptions());
  }
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  rocksdb::DB* opened = nullptr;
  const auto status = rocksdb::DB::Open({}, directory, descriptors, &handles, &opened);
  INFO(status.ToString());
  REQUIRE(status.ok());
  const std::unique_ptr<rocksdb::DB> db(opened);
  act(*db, handles);
  for (auto* handle : handles) REQUIRE(db->DestroyColumnFamilyHandle(handle).ok());
}

/// A directory of format 1 with a reference in it.
void MakeOlder(const fs::path& directory, rocksdb::Env* disk = rocksdb::Env::Default()) {
  rocksdb::Options options;
  options.env = disk;
  options.create_if_missing = true;
  rocksdb::DB* opened = nullptr;
  REQUIRE(rocksdb::DB::Open(options, directory, &opened).ok());
  const std::unique_ptr<rocksdb::DB> db(opened);
  std::string format;
  AppendLittleEndian(uint32_t{1}, format);
  REQUIRE(db->Put({}, ToSlice(kFormatKey), format).ok());
  for (size_t i = 1; i < kFirstFamilyCount; ++i) {
    rocksdb::ColumnFamilyHandle* family = nullptr;
    REQUIRE(db->CreateColumnFamily({}, std::string(kFamilyNames[i]), &family).ok());
    if (static_cast<Family>(i) == Family::kReferences) {
      REQUIRE(db->Put({}, family, "BTC", EncodeNames<2>({"USD", "Kraken"})).ok());
    }
    REQUIRE(db->DestroyColumnFamilyHandle(family).ok());
  }
}

VerifyCounts MustVerify(const fs::path& directory) {
  const auto counts = Verify(directory, [](const Finding& finding) { FAIL(finding.what); });
  INFO(counts.status());
  REQUIRE(counts.ok());
  return *counts;
}

TEST_CASE("an offset's bytes are those of docs/disk-format.md", "[cold][kafka]") {
  REQUIRE(ToHex(MakeKafkaOffsetKey("ticks", 258)) ==
          "7469636b73"
          "00000102");
  REQUIRE(ToHex(EncodeKafkaOffset({"ticks", 258, 1'000, 999})) ==
          "01"
          "e803000000000000"
          "e703000000000000");
}

TEST_CASE("a dead letter's bytes are those of docs/disk-format.md", "[cold][kafka]") {
  const DeadLetter letter = LetterAt({"ticks", 258, 998});
  REQUIRE(ToHex(MakeDeadLetterKey(letter.place)) ==
          "7469636b73"
          "00000102"
          "00000000000003e6");
  REQUIRE(ToHex(EncodeDeadLetter(letter)) ==
          "01"
          "7b68e5cf8b010000"
          "07000000"
          "09000000"
          "07000000"
          "6e6f204a534f4e"
          "07000000"
          "4254432f555344"
          "09000000"
          "7b227072696365223a");
}

TEST_CASE("offsets and dead letters come back, and damaged ones are refused", "[cold][kafka]") {
  const KafkaOffset offset{"a.b-c_D", INT32_MAX, INT64_MAX, 3};
  const std::string offset_key = MakeKafkaOffsetKey(offset.topic, offset.partition);
  const std::string offset_value = EncodeKafkaOffset(offset);
  REQUIRE(*DecodeKafkaOffset(offset_key, offset_value) == offset);
  DeadLetter letter = LetterAt({std::string(kTopicBytesMax, 't'), 0, 0});
  letter.key = std::string("\0\xff", 2);
  const std::string key = MakeDeadLetterKey(letter.place);
  const std::string value = EncodeDeadLetter(letter);
  REQUIRE(*DecodeDeadLetter(key, value) == letter);
  REQUIRE(KeptBytes(letter) == key.size() + value.size());

  for (size_t size = 0; size < value.size(); ++size) {
    CAPTURE(size);
    REQUIRE(absl::IsDataLoss(DecodeDeadLetter(key, value.substr(0, size)).status()));
  }
  for (size_t size = 0; size < offset_value.size(); ++size) {
    CAPTURE(size);
    REQUIRE(absl::IsDataLoss(DecodeKafkaOffset(offset_key, offset_value.substr(0, size)).status()));
  }
  REQUIRE(absl::IsDataLoss(DecodeDeadLetter(key, value + "x").status()));
  REQUIRE(absl::IsDataLoss(DecodeDeadLetter(key + "x", value).status()));
  REQUIRE(absl::IsDataLoss(DecodeKafkaOffset(offset_key.substr(7), offset_value).status()));
  REQUIRE(absl::IsDataLoss(
      DecodeKafkaOffset(offset_key, EncodeKafkaOffset({"t", 0, 3, 4})).status()));  // not yet in
  std::string newer = value;
  newer.front() = 2;
  REQUIRE(Message(DecodeDeadLetter(key, newer).status()).find("version is 2") != std::string::npos);
}

TEST_CASE("what is kept of a dead letter is bounded, its sizes are the record's", "[cold][kafka]") {
  DeadLetter letter = LetterAt({"ticks", 0, 1});
  letter.key_bytes = letter.value_bytes = 1'000'000;
  letter.key = letter.value = letter.reason = std::string(1'000'000, 'x');
  const auto kept = DecodeDeadLetter(MakeDeadLetterKey(letter.place), EncodeDeadLetter(letter));
  REQUIRE(kept.ok());
  REQUIRE(kept->value.size() == kDeadLetterValueBytesMax);
  REQUIRE(kept->key.size() == kDeadLetterKeyBytesMax);
  REQUIRE(kept->reason.size() == kDeadLetterReasonBytesMax);
  REQUIRE(kept->value_bytes == 1'000'000);
}

TEST_CASE("offsets and dead letters are read back in order, from any place", "[cold][kafka]") {
  const TempDirectory directory;
  const KafkaPlace places[] = {{"a", 0, 5}, {"a", 0, 300}, {"a", 1, 0}, {"b", 0, 1}};
  {
    const auto store = MustOpen(directory.path());
    Batch batch;
    for (const KafkaPlace& place : places) batch.PutDeadLetter(LetterAt(place));
    batch.PutKafkaOffset({"b", 0, 2, 0});
    batch.PutKafkaOffset({"a", 256, 1, 0});
    batch.PutKafkaOffset({"a", 0, 301, 6});
    batch.PutKafkaOffset({"a", 1, 7, 0});
    MustCommit(*store, batch);
    batch.PutKafkaOffset({"a", 1, 8, 1});
    MustCommit(*store, batch);
  }
  const auto store = MustOpen(directory.path());
  REQUIRE(
      *store->KafkaOffsets() ==
      std::vector<KafkaOffset>{{"a", 0, 301, 6}, {"a", 1, 8, 1}, {"a", 256, 1, 0}, {"b", 0, 2, 0}});
  const auto letters = store->DeadLetters({}, 10);
  REQUIRE(letters.ok());
  REQUIRE(letters->size() == 4);
  for (size_t i = 0; i < 4; ++i) REQUIRE((*letters)[i] == LetterAt(places[i]));
  const auto some = store->DeadLetters({"a", 0, 6}, 2);
  REQUIRE(some->size() == 2);
  REQUIRE(some->front().place == places[1]);
  REQUIRE(store->DeadLetters({"b", 0, 2}, 10)->empty());
}

TEST_CASE("the letters of a partition are read without those of others", "[cold][kafka]") {
  const TempDirectory directory;
  const auto store = MustOpen(directory.path());
  const KafkaPlace places[] = {{"a", 0, 5}, {"a", 0, 300}, {"a", 1, 0}, {"ab", 0, 1}};
  Batch batch;
  for (const KafkaPlace& place : places) batch.PutDeadLetter(LetterAt(place));
  MustCommit(*store, batch);
  REQUIRE(store->DeadLettersOf({"a", 0, 0}, 10)->size() == 2);
  REQUIRE(store->DeadLettersOf({"a", 0, 0}, 1)->size() == 1);
  REQUIRE(store->DeadLettersOf({"a", 0, 6}, 10)->front().place == places[1]);
  REQUIRE(store->DeadLettersOf({"a", 0, 301}, 10)->empty());
  REQUIRE(store->DeadLettersOf({"a", 2, 0}, 10)->empty());
}

TEST_CASE("an offset that is set back takes its letters and its mark with it", "[cold][kafka]") {
  const TempDirectory directory;
  {
    const auto store = MustOpen(directory.path());
    Batch batch;
    for (uint64_t at = 3'000; at < 3'250; ++at) batch.PutDeadLetter(LetterAt({"a", 1, at}));
    for (uint32_t other : {0, 2}) batch.PutDeadLetter(LetterAt({"a", other, 4'000}));
    for (uint32_t partition : {0, 1, 2}) batch.PutKafkaOffset({"a", partition, 5'000, 4'001});
    MustCommit(*store, batch);
    REQUIRE(*store->SetKafkaOffset({"a", 1, 3'010}) == 240);
    REQUIRE(*store->SetKafkaOffset({"a", 2, 9'000}) == 0);
    REQUIRE(absl::IsNotFound(store->SetKafkaOffset({"a", 3, 0}).status()));
    REQUIRE(*store->KafkaOffsets() == std::vector<KafkaOffset>{{"a", 0, 5'000, 4'001},
                                                               {"a", 1, 3'010, 3'010},
                                                               {"a", 2, 9'000, 4'001}});
    REQUIRE(store->DeadLettersOf({"a", 1, 0}, 1'000)->size() == 10);
  }
  REQUIRE(MustVerify(directory.path()).dead_letters == 12);
}

TEST_CASE("a directory of an older wick is opened, and stamped", "[cold][kafka]") {
  const TempDirectory directory;
  MakeOlder(directory.path());
  REQUIRE(MustVerify(directory.path()).references == 1);
  for (int start = 0; start < 2; ++start) {
    const auto store = MustOpen(directory.path());
    Batch batch;
    batch.PutKafkaOffset({"a", 0, 1, 0});
    MustCommit(*store, batch);
    uint64_t references = 0;
    REQUIRE(store->ReadReferences([&](const Reference&) { ++references; }).ok());
    REQUIRE(references == 1);
  }
  REQUIRE(MustVerify(directory.path()).kafka_offsets == 1);
}

TEST_CASE("a directory of an older wick on a full disk is read, and goes on when there is room",
          "[cold][kafka][full]") {
  test::PowerLossEnv disk;
  const StoreOptions options = OptionsOn(disk);
  REQUIRE(disk.env()->CreateDirIfMissing("/data").ok());
  MakeOlder(options.directory, disk.env());
  disk.SetSpace(disk.used_bytes());
  auto opened = Store::Open(options);
  INFO(opened.status());
  REQUIRE(opened.ok());
  Store& store = **opened;
  REQUIRE_FALSE(store.CheckWritable().ok());
  uint64_t references = 0;
  REQUIRE(store.ReadReferences([&](const Reference&) { ++references; }).ok());
  REQUIRE(references == 1);
  REQUIRE(store.KafkaOffsets()->empty());
  REQUIRE(store.DeadLetters({}, 10)->empty());
  REQUIRE(store.DeadLetterBytes()->empty());
  store.Usage();
  disk.SetSpace(UINT64_MAX);
  const absl::Status resumed = store.Resume();
  INFO(resumed);
  REQUIRE(resumed.ok());
  Batch batch;
  batch.PutKafkaOffset({"a", 0, 1, 0});
  MustCommit(store, batch);
  REQUIRE(store.KafkaOffsets()->size() == 1);
}

TEST_CASE("families that were made and are gone are damage", "[cold][kafka]") {
  const TempDirectory directory;
  MustOpen(directory.path());
  Raw(directory.path(), [](rocksdb::DB& db, auto& handles) {
    for (size_t i = kFirstFamilyCount; i < kFamilyCount; ++i) {
      REQUIRE(db.DropColumnFamily(handles[i]).ok());
    }
  });
  uint64_t findings = 0;
  REQUIRE(Verify(directory.path(), [&](const Finding&) { ++findings; }).ok());
  REQUIRE(findings == 1);
  const auto store = Store::Open(OptionsFor(directory.path()));
  INFO(store.status());
  REQUIRE(absl::IsDataLoss(store.status()));
}

TEST_CASE("a verification names damaged offsets and dead letters, and those not passed",
          "[cold][kafka][verify]") {
  const TempDirectory directory;
  {
    const auto store = MustOpen(directory.path());
    Batch batch;
    batch.PutKafkaOffset({"a", 0, 6, 0});
    batch.PutDeadLetter(LetterAt({"a", 0, 5}));
    batch.PutDeadLetter(LetterAt({"a", 0, 6}));
    MustCommit(*store, batch);
  }
  Raw(directory.path(), [](rocksdb::DB& db, auto& handles) {
    REQUIRE(db.Put({}, handles[Index(Family::kKafkaOffsets)], "b", "x").ok());
    REQUIRE(db.Put({}, handles[Index(Family::kDeadLetters)], "b", "x").ok());
  });
  std::string found;
  const auto counts = Verify(directory.path(), [&](const Finding& finding) {
    found += finding.where + ": " + finding.what + "\n";
  });
  REQUIRE(counts.ok());
  CAPTURE(found);
  REQUIRE(counts->findings == 3);
  REQUIRE(counts->dead_letters == 3);
  REQUIRE(found.find("topic a, partition 0, offset 6: the partition's own offset is not behind") !=
          std::string::npos);
}

}  // namespace
}  // namespace wick::cold
