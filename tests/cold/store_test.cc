// Opening, committing and recovering.
#include <rocksdb/db.h>

#include <fstream>
#include <map>

#include "base/bytes.h"
#include "cold/database.h"
#include "cold/families.h"
#include "cold/keys.h"
#include "fixture.h"

namespace wick::cold {
namespace {

namespace fs = std::filesystem;
using market::FoldedCandle;
using market::Tier;

std::string ErrorOfOpen(const fs::path& directory) {
  const auto store = Store::Open(OptionsFor(directory));
  REQUIRE_FALSE(store.ok());
  return Message(store.status());
}

bool Contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

void PutFrame(Batch& batch, uint64_t number, const std::vector<Tick>& ticks) {
  const std::span<const Tick> part = ticks;
  batch.PutFrame(number, {&part, 1});
}

std::vector<Tick> Ticks(uint32_t n) {
  std::vector<Tick> ticks;
  for (uint32_t i = 0; i < n; ++i) ticks.push_back(TickOf(SeriesId{i}, {1.0 + i, 2, 3, 1'000 + i}));
  return ticks;
}

std::vector<uint64_t> FrameNumbers(const Store& store) {
  std::vector<uint64_t> numbers;
  REQUIRE(
      store.ReadFrames([&](uint64_t number, std::span<const Tick>) { numbers.push_back(number); })
          .ok());
  return numbers;
}

/// What a crash at this moment would leave: the files of an open store.
void CopyAsCrashed(const fs::path& from, const fs::path& to) {
  fs::copy(from, to, fs::copy_options::recursive | fs::copy_options::overwrite_existing);
}

/// The write-ahead logs, oldest first.
std::vector<fs::path> LogsOf(const fs::path& directory) {
  std::vector<fs::path> logs;
  for (const auto& entry : fs::directory_iterator(directory)) {
    if (entry.path().extension() == ".log") logs.push_back(entry.path());
  }
  std::ranges::sort(logs);
  return logs;
}

void FlipByte(const fs::path& file, uint64_t at) {
  std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
  stream.seekg(static_cast<std::streamoff>(at));
  const int byte = stream.get();
  REQUIRE(byte != EOF);
  stream.seekp(static_cast<std::streamoff>(at));
  stream.put(static_cast<char>(byte ^ 0x40));
  REQUIRE(stream.good());
}

TEST_CASE("a new store is empty", "[cold][store]") {
  const TempDirectory directory;
  const auto store = MustOpen(directory.path() / "made" / "on the way");
  REQUIRE(store->LastNumber().value() == 0);
  REQUIRE(FrameNumbers(*store).empty());
  int records = 0;
  REQUIRE(store->ReadSymbols([&](SeriesId, const SymbolView&) { ++records; }).ok());
  REQUIRE(store->ReadStates([&](SeriesId, const SeriesState&) { ++records; }).ok());
  REQUIRE(store->ReadReferences([&](const Reference&) { ++records; }).ok());
  REQUIRE(records == 0);
}

TEST_CASE("everything committed is read back in key order after a crash and after a clean end",
          "[cold][store]") {
  const TempDirectory directory;
  const TempDirectory crashed;
  auto store = MustOpen(directory.path());
  Batch batch;
  const std::vector<Tick> ticks = Ticks(3);
  const std::vector<std::span<const Tick>> parts = {
      std::span(ticks).first(1), {}, std::span(ticks).subspan(1)};
  batch.PutFrame(256, parts);
  batch.PutFrame(2, {});
  PutFrame(batch, 1ull << 40, Ticks(1));
  batch.PutSymbol(SeriesId{256}, {"BTC", "USD", "kraken"});
  batch.PutSymbol(SeriesId{1}, {"ETH", "USD", "某 交易所"});
  SeriesState state;
  state.applied = 7;
  state.latest = {100, 1, 2, 1'700'000'000'123};
  state.newest[0] = market::StartCandle(Tier::k1s, state.latest);
  batch.PutState(SeriesId{256}, state);
  SeriesState quiet;
  quiet.latest = {1, 0, 0, 1};
  batch.PutState(SeriesId{1}, quiet);
  batch.PutReference({"ETH", "USD", "kraken"});
  batch.PutReference({"BTC", "USDT", "binance"});
  batch.PutLastNumber(1ull << 40);
  batch.WriteCandles(Tier::k1d, SeriesId{1}, CandleOp::kReplace, {{Single(19'000, 3)}});
  REQUIRE_FALSE(batch.empty());
  REQUIRE(batch.bytes() > 4 * sizeof(Tick));
  MustCommit(*store, batch);
  REQUIRE(batch.empty());
  CopyAsCrashed(directory.path(), crashed.path());
  REQUIRE(store->Flush().ok());
  store.reset();

  for (const fs::path& path : {crashed.path(), directory.path()}) {
    CAPTURE(path);
    const auto reopened = MustOpen(path);
    std::vector<std::pair<uint64_t, size_t>> frames;
    REQUIRE(reopened
                ->ReadFrames([&](uint64_t number, std::span<const Tick> read) {
                  frames.emplace_back(number, read.size());
                  if (number == 256) {
                    REQUIRE(std::ranges::equal(read, ticks, [](const Tick& a, const Tick& b) {
                      return a.series == b.series && PriceOf(a) == PriceOf(b);
                    }));
                  }
                })
                .ok());
    REQUIRE(frames == std::vector<std::pair<uint64_t, size_t>>{{2, 0}, {256, 3}, {1ull << 40, 1}});

    std::vector<std::pair<uint32_t, Symbol>> symbols;
    REQUIRE(reopened
                ->ReadSymbols([&](SeriesId series, const SymbolView& symbol) {
                  symbols.emplace_back(Raw(series), Symbol(symbol));
                })
                .ok());
    REQUIRE(symbols == std::vector<std::pair<uint32_t, Symbol>>{{1, {"ETH", "USD", "某 交易所"}},
                                                                {256, {"BTC", "USD", "kraken"}}});

    std::vector<std::pair<uint32_t, SeriesState>> states;
    REQUIRE(reopened
                ->ReadStates([&](SeriesId series, const SeriesState& read) {
                  states.emplace_back(Raw(series), read);
                })
                .ok());
    REQUIRE(states == std::vector<std::pair<uint32_t, SeriesState>>{{1, quiet}, {256, state}});

    std::vector<Reference> references;
    REQUIRE(reopened->ReadReferences([&](const Reference& r) { references.push_back(r); }).ok());
    REQUIRE(references ==
            std::vector<Reference>{{"BTC", "USDT", "binance"}, {"ETH", "USD", "kraken"}});
    REQUIRE(reopened->LastNumber().value() == 1ull << 40);
    REQUIRE(ReadAll(*reopened, Tier::k1d, SeriesId{1}) ==
            std::vector<FoldedCandle>{Single(19'000, 3)});
  }
}

TEST_CASE("deleted frames and references are gone, a cleared batch writes nothing",
          "[cold][store]") {
  const TempDirectory directory;
  const auto store = MustOpen(directory.path());
  Batch batch;
  for (uint64_t number : {1, 2, 3}) PutFrame(batch, number, Ticks(1));
  batch.PutReference({"BTC", "USDT", "binance"});
  MustCommit(*store, batch);
  batch.DeleteFrame(1);
  batch.DeleteFrame(2);
  batch.DeleteReference("BTC");
  MustCommit(*store, batch);
  PutFrame(batch, 9, Ticks(1));
  batch.Clear();
  REQUIRE(batch.empty());
  MustCommit(*store, batch);
  REQUIRE(FrameNumbers(*store) == std::vector<uint64_t>{3});
  REQUIRE(store->ReadReferences([](const Reference&) { FAIL("it was deleted"); }).ok());
}

TEST_CASE("a batch cut short by a crash is gone as a whole, those before it are whole",
          "[cold][store]") {
  const TempDirectory directory;
  const auto store = MustOpen(directory.path());
  Batch batch;
  const auto commit = [&](uint64_t number) {
    PutFrame(batch, number,
             Ticks(2'000));  // longer than a block of the log, so that it is cut in pieces
    batch.PutLastNumber(number);
    batch.WriteCandles(Tier::k1s, SeriesId{1}, CandleOp::kFold, {{Single(1, 1)}});
    MustCommit(*store, batch);
  };
  commit(1);
  const uint64_t first_bytes = fs::file_size(LogsOf(directory.path()).back());
  commit(2);
  const uint64_t second_bytes = fs::file_size(LogsOf(directory.path()).back());

  for (uint64_t cut : {first_bytes, first_bytes + 1, first_bytes + 10, first_bytes + 40'000,
                       second_bytes - 1, second_bytes}) {
    const TempDirectory crashed;
    CopyAsCrashed(directory.path(), crashed.path());
    fs::resize_file(LogsOf(crashed.path()).back(), cut);
    const uint64_t last = cut == second_bytes ? 2 : 1;
    CAPTURE(first_bytes, second_bytes, cut);
    for (int start = 0; start < 2; ++start) {  // the repair lasts
      const auto reopened = MustOpen(crashed.path());
      REQUIRE(reopened->LastNumber().value() == last);
      REQUIRE(FrameNumbers(*reopened).back() == last);
      REQUIRE(ReadAll(*reopened, Tier::k1s, SeriesId{1}).front().count == last);
    }
  }
}

TEST_CASE("damage within the log is refused, and the message names the file", "[cold][store]") {
  const TempDirectory directory;
  const auto store = MustOpen(directory.path());
  Batch batch;
  PutFrame(batch, 1, Ticks(100));
  MustCommit(*store, batch);
  const uint64_t first_bytes = fs::file_size(LogsOf(directory.path()).back());
  PutFrame(batch, 2, Ticks(100));
  MustCommit(*store, batch);

  const TempDirectory damaged;
  CopyAsCrashed(directory.path(), damaged.path());
  const fs::path log = LogsOf(damaged.path()).back();
  FlipByte(log, first_bytes - 50);
  const std::string error = ErrorOfOpen(damaged.path());
  CAPTURE(error);
  REQUIRE(Contains(error, "damaged"));
  REQUIRE(Contains(error, log.filename().string()));
  REQUIRE(Contains(error, "restore it from a backup"));
}

TEST_CASE("a log that lost its end after a newer one was begun is refused", "[cold][store]") {
  const TempDirectory directory;
  StoreOptions options = OptionsFor(directory.path());
  options.candle_memtable_bytes = 64_KiB;
  auto store = Store::Open(options).value();
  Batch batch;
  batch.PutLastNumber(1);
  MustCommit(*store, batch);  // stays in the first log: nothing makes its family flush
  std::mt19937_64 random(5);
  for (uint32_t series = 0; LogsOf(directory.path()).size() < 2; ++series) {
    std::vector<FoldedCandle> candles;
    for (market::Bucket b = 0; b < kBucketsPerChunk; ++b)
      candles.push_back(RandomCandle(random, b));
    batch.WriteCandles(Tier::k1s, SeriesId{series}, CandleOp::kReplace, candles);
    MustCommit(*store, batch);
  }
  const TempDirectory damaged;
  CopyAsCrashed(directory.path(), damaged.path());
  const fs::path first = LogsOf(damaged.path()).front();
  fs::resize_file(first, fs::file_size(first) - 100);
  const std::string error = ErrorOfOpen(damaged.path());
  CAPTURE(error);
  REQUIRE(Contains(error, "damaged"));
}

TEST_CASE("two stores on one directory are refused", "[cold][store]") {
  const TempDirectory directory;
  const auto store = MustOpen(directory.path());
  const std::string error = ErrorOfOpen(directory.path());
  CAPTURE(error);
  REQUIRE(Contains(error, directory.path().string() + " is in use by another process"));
}

TEST_CASE("a directory that cannot be made is refused", "[cold][store]") {
  const TempDirectory directory;
  std::ofstream(directory.path() / "file") << "no directory";
  const std::string error = ErrorOfOpen(directory.path() / "file" / "data");
  CAPTURE(error);
  REQUIRE(Contains(error, "cannot make the data directory"));
}

/// Writes to a family of a closed store behind wick's back.
void Tamper(const fs::path& directory, Family family, std::string_view key,
            std::string_view value) {
  std::vector<rocksdb::ColumnFamilyDescriptor> descriptors;
  for (std::string_view name : kFamilyNames)
    descriptors.emplace_back(std::string(name), rocksdb::ColumnFamilyOptions());
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  rocksdb::DB* db = nullptr;
  REQUIRE(rocksdb::DB::Open({}, directory, descriptors, &handles, &db).ok());
  REQUIRE(db->Put({}, handles[Index(family)], ToSlice(key), ToSlice(value)).ok());
  for (auto* handle : handles) REQUIRE(db->DestroyColumnFamilyHandle(handle).ok());
  delete db;
}

TEST_CASE("a directory of a newer format is refused", "[cold][store]") {
  const TempDirectory directory;
  MustOpen(directory.path());
  std::string newer;
  AppendLittleEndian(kFormat + 1, newer);
  Tamper(directory.path(), Family::kMeta, kFormatKey, newer);
  const std::string error = ErrorOfOpen(directory.path());
  CAPTURE(error);
  REQUIRE(Contains(error, "was written by a newer wick: its format is 3, this one reads 2"));
}

TEST_CASE("a directory with a column family that this wick does not know is refused",
          "[cold][store]") {
  const TempDirectory directory;
  rocksdb::Options options;
  options.create_if_missing = true;
  rocksdb::DB* db = nullptr;
  REQUIRE(rocksdb::DB::Open(options, directory.path(), &db).ok());
  rocksdb::ColumnFamilyHandle* family = nullptr;
  REQUIRE(db->CreateColumnFamily({}, "candles-1w", &family).ok());
  REQUIRE(db->DestroyColumnFamilyHandle(family).ok());
  delete db;
  const std::string error = ErrorOfOpen(directory.path());
  CAPTURE(error);
  REQUIRE(Contains(error, "newer wick (it holds a column family 'candles-1w')"));
}

TEST_CASE("a directory whose making was interrupted is finished", "[cold][store]") {
  const TempDirectory directory;
  rocksdb::Options options;
  options.create_if_missing = true;
  rocksdb::DB* db = nullptr;
  REQUIRE(rocksdb::DB::Open(options, directory.path(), &db).ok());
  rocksdb::ColumnFamilyHandle* journal = nullptr;
  REQUIRE(db->CreateColumnFamily({}, "journal", &journal).ok());
  REQUIRE(db->DestroyColumnFamilyHandle(journal).ok());
  delete db;
  const auto store = MustOpen(directory.path());
  Batch batch;
  PutFrame(batch, 1, Ticks(1));
  batch.WriteCandles(Tier::k1d, SeriesId{1}, CandleOp::kFold, {{Single(1, 1)}});
  MustCommit(*store, batch);
  REQUIRE(FrameNumbers(*store) == std::vector<uint64_t>{1});
  REQUIRE(ReadAll(*store, Tier::k1d, SeriesId{1}).size() == 1);
}

TEST_CASE("tables without their CURRENT file are not taken for a new directory", "[cold][store]") {
  const TempDirectory directory;
  {
    const auto store = MustOpen(directory.path());
    REQUIRE(store->Flush().ok());
  }
  fs::remove(directory.path() / "CURRENT");
  const std::string error = ErrorOfOpen(directory.path());
  CAPTURE(error);
  REQUIRE(Contains(error, "but no file CURRENT"));
}

TEST_CASE("a missing table is refused, and the message names it", "[cold][store]") {
  const TempDirectory directory;
  {
    const auto store = MustOpen(directory.path());
    REQUIRE(store->Flush().ok());
  }
  std::string removed;
  for (const auto& entry : fs::directory_iterator(directory.path())) {
    if (entry.path().extension() == ".sst") removed = entry.path();
  }
  REQUIRE(fs::remove(removed));
  const std::string error = ErrorOfOpen(directory.path());
  CAPTURE(error);
  REQUIRE(Contains(error, "damaged"));
  REQUIRE(
      Contains(error, fs::path(removed).stem().string()));  // RocksDB also tries an older ending
}

TEST_CASE("damaged records are reported by what they belong to", "[cold][store]") {
  const TempDirectory directory;
  MustOpen(directory.path());
  Tamper(directory.path(), Family::kCandles1m, MakeChunkKey(5, 6).view(), "\x01garbage");
  Tamper(directory.path(), Family::kJournal, MakeFrameKey(77).view(), "\x01");
  Tamper(directory.path(), Family::kState, MakeSeriesKey(SeriesId{5}).view(), "\x01");
  Tamper(directory.path(), Family::kSeries, MakeSeriesKey(SeriesId{5}).view(), "\x01\x09");
  Tamper(directory.path(), Family::kReferences, "BTC", "");
  Tamper(directory.path(), Family::kMeta, kLastNumberKey, "123");
  const auto store = MustOpen(directory.path());
  const auto check = [](const absl::Status& status, std::string_view what) {
    INFO(status);
    REQUIRE(status.code() == absl::StatusCode::kDataLoss);
    REQUIRE(Contains(Message(status), what));
  };
  std::vector<FoldedCandle> candles;
  const auto snapshot = store->GetSnapshot();
  check(snapshot->ReadForward(Tier::k1m, SeriesId{5}, 0, 10'000, 1, candles),
        "candle chunk damaged: tier 1m, series 5, chunk 6: ");
  check(snapshot->ReadBackward(Tier::k1m, SeriesId{5}, 0, 10'000, 1, candles),
        "candle chunk damaged: tier 1m, series 5, chunk 6: ");
  REQUIRE(candles.empty());
  check(snapshot->Applied(SeriesId{5}).status(), "state record damaged: series 5: it is too short");
  check(store->ReadFrames([](uint64_t, std::span<const Tick>) {}),
        "journal frame damaged: number 77");
  check(store->ReadStates([](SeriesId, const SeriesState&) {}), "state record damaged: series 5");
  check(store->ReadSymbols([](SeriesId, const SymbolView&) {}), "series record damaged: series 5");
  check(store->ReadReferences([](const Reference&) {}), "reference damaged: BTC");
  check(store->LastNumber().status(), "last number damaged");

  // A merge with the damaged chunk fails as well, and says where.
  Batch batch;
  batch.WriteCandles(Tier::k1m, SeriesId{5}, CandleOp::kFold, {{Single(FirstBucket(6), 1)}});
  MustCommit(*store, batch);
  check(store->GetSnapshot()->ReadForward(Tier::k1m, SeriesId{5}, 0, 10'000, 1, candles),
        "tier 1m, series 5, chunks 0 to 9");
}

TEST_CASE("usage tells memory from disk", "[cold][store]") {
  const TempDirectory directory;
  const auto store = MustOpen(directory.path());
  Batch batch;
  PutFrame(batch, 1, Ticks(1'000));
  batch.WriteCandles(Tier::k1h, SeriesId{1}, CandleOp::kReplace, {{Single(1, 1)}});
  MustCommit(*store, batch);
  const StoreUsage before = store->Usage();
  REQUIRE(before.wal_bytes > 1'000 * sizeof(Tick));
  REQUIRE(before.memtable_bytes > 1'000 * sizeof(Tick));
  REQUIRE(before.disk_bytes == 0);
  REQUIRE(store->Flush().ok());
  const StoreUsage after = store->Usage();
  REQUIRE(after.wal_bytes < 1'000);
  REQUIRE(after.memtable_bytes < before.memtable_bytes);
  REQUIRE(after.tier_disk_bytes[Index(Tier::k1h)] > 0);
  REQUIRE(after.tier_disk_bytes[Index(Tier::k1s)] == 0);
  REQUIRE(after.disk_bytes > after.tier_disk_bytes[Index(Tier::k1h)] + 1'000 * sizeof(Tick));
  REQUIRE(ReadAll(*store, Tier::k1h, SeriesId{1}).size() == 1);
  REQUIRE(store->Usage().block_cache_bytes > 0);
}

}  // namespace
}  // namespace wick::cold
