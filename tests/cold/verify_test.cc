// What a verification finds: nothing in what wick writes, and each kind of damage by its name.
#include "cold/verify.h"

#include <rocksdb/db.h>

#include <fstream>
#include <functional>
#include <map>

#include "base/bytes.h"
#include "cold/chunk_merge.h"
#include "cold/database.h"
#include "cold/families.h"
#include "cold/horizons_record.h"
#include "cold/keys.h"
#include "cold/names_record.h"
#include "cold/state_record.h"
#include "fixture.h"

namespace wick::cold {
namespace {

namespace fs = std::filesystem;
using market::FoldedCandle;
using market::Tier;

constexpr uint64_t kStartMs = 1'699'999'200'000;  // a whole hour
constexpr SeriesId kBtc{0};
constexpr SeriesId kEth{1};

struct Verified {
  VerifyCounts counts;
  std::vector<Finding> findings;

  /// True if one finding has both texts.
  bool Names(std::string_view what, std::string_view where) const {
    return std::ranges::any_of(findings, [&](const Finding& finding) {
      return finding.what.find(what) != std::string::npos &&
             finding.where.find(where) != std::string::npos;
    });
  }
  std::string Text() const {
    std::string text;
    for (const Finding& finding : findings) text += finding.what + " | " + finding.where + "\n";
    return text;
  }
};

Verified VerifyAll(const fs::path& directory) {
  Verified verified;
  const auto counts =
      Verify(directory, [&](const Finding& finding) { verified.findings.push_back(finding); });
  INFO(counts.status());
  REQUIRE(counts.ok());
  verified.counts = *counts;
  CHECK(counts->findings == verified.findings.size());
  return verified;
}

std::string WhyNot(const fs::path& directory) {
  const auto counts = Verify(directory, [](const Finding&) {});
  REQUIRE_FALSE(counts.ok());
  return Message(counts.status());
}

/// Content of every file, to see that nothing has changed.
std::map<std::string, std::string> BytesOf(const fs::path& directory) {
  std::map<std::string, std::string> files;
  for (const auto& entry : fs::directory_iterator(directory)) {
    std::ifstream file(entry.path(), std::ios::binary);
    files[entry.path().filename()] = {std::istreambuf_iterator<char>(file), {}};
  }
  return files;
}

/// Events of a series every 7 s for three hours, as a checkpoint with the number 5 has them.
void PutSeries(Batch& batch, SeriesId series) {
  SeriesState state;
  state.applied = 5;
  std::array<std::map<market::Bucket, FoldedCandle>, market::kTierCount> candles;
  for (uint64_t ms = kStartMs; ms < kStartMs + 3 * 3'600'000; ms += 7'010) {
    const Price price{100 + static_cast<double>(ms / 7'010 % 13), 1, 2, ms};
    for (const Tier tier : market::kTiers) {
      const FoldedCandle piece = market::StartCandle(tier, price);
      const auto [at, is_new] = candles[Index(tier)].try_emplace(piece.bucket, piece);
      if (!is_new) market::Fold(at->second, piece);
    }
    state.latest = price;
  }
  for (const Tier tier : market::kTiers) {
    std::vector<FoldedCandle> all;
    for (const auto& [bucket, candle] : candles[Index(tier)]) all.push_back(candle);
    state.newest[Index(tier)] = all.back();
    all.pop_back();
    if (!all.empty()) batch.WriteCandles(tier, series, CandleOp::kReplace, all);
  }
  batch.PutState(series, state);
}

/// A sound directory: two series, a frame that is not yet applied, a reference.
void MakeSound(const fs::path& directory) {
  const auto store = MustOpen(directory);
  Batch batch;
  batch.PutSymbol(kBtc, {"BTC", "USD", "Kraken"});
  batch.PutSymbol(kEth, {"ETH", "USD", "Kraken"});
  PutSeries(batch, kBtc);
  PutSeries(batch, kEth);
  batch.PutLastNumber(5);
  const std::vector<Tick> ticks = {TickOf(kEth, {1, 0, 0, kStartMs})};
  const std::span<const Tick> part = ticks;
  batch.PutFrame(6, {&part, 1});
  batch.PutReference({"BTC", "USD", "Kraken"});
  MustCommit(*store, batch);
  REQUIRE(store->Flush().ok());
}

/// A database opened behind wick's back.
class RawStore {
 public:
  explicit RawStore(const fs::path& directory) {
    std::vector<rocksdb::ColumnFamilyDescriptor> descriptors;
    for (size_t i = 0; i < kFamilyCount; ++i) {
      rocksdb::ColumnFamilyOptions options;
      if (i >= Index(Family::kCandles1s) && i <= Index(Family::kCandles1d))
        options.merge_operator = std::make_shared<ChunkMerge>();
      descriptors.emplace_back(std::string(kFamilyNames[i]), options);
    }
    rocksdb::DB* opened = nullptr;
    REQUIRE(rocksdb::DB::Open({}, directory, descriptors, &handles_, &opened).ok());
    db_.reset(opened);
  }
  ~RawStore() {
    for (auto* handle : handles_) db_->DestroyColumnFamilyHandle(handle).PermitUncheckedError();
  }
  RawStore(const RawStore&) = delete;
  RawStore& operator=(const RawStore&) = delete;

  void Put(Family family, std::string_view key, std::string_view value) {
    REQUIRE(db_->Put({}, handles_[Index(family)], ToSlice(key), ToSlice(value)).ok());
  }
  void Delete(Family family, std::string_view key) {
    REQUIRE(db_->Delete({}, handles_[Index(family)], ToSlice(key)).ok());
  }
  std::string Get(Family family, std::string_view key) {
    std::string value;
    REQUIRE(db_->Get({}, handles_[Index(family)], ToSlice(key), &value).ok());
    return value;
  }
  std::vector<FoldedCandle> Candles(Tier tier, SeriesId series, Chunk chunk) {
    std::vector<FoldedCandle> candles;
    REQUIRE(
        DecodeValue(Get(CandlesOf(tier), MakeChunkKey(Raw(series), chunk).view()), chunk, candles)
            .ok());
    return candles;
  }
  void PutCandles(Tier tier, SeriesId series, std::span<const FoldedCandle> candles) {
    std::string value;
    EncodeOperand(CandleOp::kReplace, candles, value);
    Put(CandlesOf(tier), MakeChunkKey(Raw(series), ChunkOf(candles.front().bucket)).view(), value);
  }
  SeriesState State(SeriesId series) {
    return DecodeState(Get(Family::kState, MakeSeriesKey(series).view())).value();
  }
  void PutState(SeriesId series, const SeriesState& state) {
    std::string value;
    EncodeState(state, value);
    Put(Family::kState, MakeSeriesKey(series).view(), value);
  }

 private:
  std::vector<rocksdb::ColumnFamilyHandle*> handles_;
  std::unique_ptr<rocksdb::DB> db_;
};

constexpr Chunk ChunkAt(Tier tier, uint64_t ms) { return ChunkOf(market::BucketOf(tier, ms)); }

TEST_CASE("a sound directory is counted through, and no byte of it changes", "[cold][verify]") {
  const TempDirectory directory;
  MakeSound(directory.path());
  const auto before = BytesOf(directory.path());
  const Verified verified = VerifyAll(directory.path());
  INFO(verified.Text());
  CHECK(verified.findings.empty());
  CHECK(verified.counts.series == 2);
  CHECK(verified.counts.states == 2);
  CHECK(verified.counts.references == 1);
  CHECK(verified.counts.frames == 1);
  CHECK(verified.counts.events == 1);
  CHECK(verified.counts.candles == 2 * (1'541 + 180 + 3 + 2));
  CHECK(verified.counts.compared == 2 * (180 + 3 + 2));
  CHECK(verified.counts.tables > 0);
  CHECK(verified.counts.table_bytes > 0);
  CHECK(BytesOf(directory.path()) == before);
}

TEST_CASE("data that is in the write-ahead log only is checked, too", "[cold][verify]") {
  const TempDirectory directory;
  {
    const auto store = MustOpen(directory.path());
    Batch batch;
    batch.PutSymbol(kBtc, {"BTC", "USD", "Kraken"});
    PutSeries(batch, kBtc);
    MustCommit(*store, batch);
  }
  const Verified verified = VerifyAll(directory.path());
  CHECK(verified.findings.empty());
  CHECK(verified.counts.tables == 0);
  CHECK(verified.counts.log_bytes > 0);
  CHECK(verified.counts.compared == 185);
}

TEST_CASE("each kind of damage is named with its place", "[cold][verify]") {
  const std::string btc = "Kraken:BTC/USD (series 0)";
  const struct {
    std::string_view what;
    std::string where;
    std::function<void(RawStore&)> damage;
  } kCases[] = {
      {"a 1m candle is not what its 1s candles say: count 10 instead of 9",
       "column family candles-1m, " + btc + ", 2023-11-14T22:01:00Z",
       [](RawStore& raw) {
         auto candles = raw.Candles(Tier::k1m, kBtc, ChunkAt(Tier::k1m, kStartMs));
         ++candles[1].count;
         raw.PutCandles(Tier::k1m, kBtc, candles);
       }},
      {"a 1h candle is not what its 1m candles say: close",
       "column family candles-1h, " + btc + ", 2023-11-14T22:00:00Z",
       [](RawStore& raw) {
         auto candles = raw.Candles(Tier::k1h, kBtc, ChunkAt(Tier::k1h, kStartMs));
         candles[0].close = candles[0].low;
         raw.PutCandles(Tier::k1h, kBtc, candles);
       }},
      {"a 1d candle is not what its 1h candles say: high", btc,
       [](RawStore& raw) {
         SeriesState state = raw.State(kBtc);
         state.newest[Index(Tier::k1d)].high += 1;
         raw.PutState(kBtc, state);
       }},
      {"of which there is no 1s candle", btc,
       [](RawStore& raw) {
         raw.Delete(Family::kCandles1s,
                    MakeChunkKey(0, ChunkAt(Tier::k1s, kStartMs + 3'600'000)).view());
       }},
      {"there is no 1m candle of the 9 events in its 1s candles", "2023-11-14T22:01:00Z",
       [](RawStore& raw) {
         auto candles = raw.Candles(Tier::k1m, kBtc, ChunkAt(Tier::k1m, kStartMs));
         candles.erase(candles.begin() + 1);
         raw.PutCandles(Tier::k1m, kBtc, candles);
       }},
      {"a candle makes no sense: high",
       "column family candles-1s, " + btc + ", 2023-11-14T22:00:00Z",
       [](RawStore& raw) {
         auto candles = raw.Candles(Tier::k1s, kBtc, ChunkAt(Tier::k1s, kStartMs));
         candles[0].high = candles[0].low / 2;
         raw.PutCandles(Tier::k1s, kBtc, candles);
       }},
      {"it opens 0 ms and closes 60000 ms", btc,
       [](RawStore& raw) {
         auto candles = raw.Candles(Tier::k1m, kBtc, ChunkAt(Tier::k1m, kStartMs));
         candles[0].close_offset_ms = 60'000;
         raw.PutCandles(Tier::k1m, kBtc, candles);
       }},
      {"candle chunk damaged", "column family candles-1s, " + btc,
       [](RawStore& raw) {
         raw.Put(Family::kCandles1s, MakeChunkKey(0, ChunkAt(Tier::k1s, kStartMs)).view(),
                 std::string("\0\1garbage", 9));
       }},
      {"a candle that is not older than the newest one", "column family candles-1h, " + btc,
       [](RawStore& raw) {
         auto candles = raw.Candles(Tier::k1h, kBtc, ChunkAt(Tier::k1h, kStartMs));
         candles.push_back(raw.State(kBtc).newest[Index(Tier::k1h)]);
         raw.PutCandles(Tier::k1h, kBtc, candles);
       }},
      {"a key of 3 bytes instead of 8", "column family candles-1d",
       [](RawStore& raw) { raw.Put(Family::kCandles1d, "abc", "x"); }},
      {"a series with candles has no state record", "column family state, " + btc,
       [](RawStore& raw) { raw.Delete(Family::kState, MakeSeriesKey(kBtc).view()); }},
      {"state record damaged", "column family state, " + btc,
       [](RawStore& raw) { raw.Put(Family::kState, MakeSeriesKey(kBtc).view(), "\1"); }},
      {"state record damaged: its values are impossible", "column family state, " + btc,
       [](RawStore& raw) {
         SeriesState state = raw.State(kBtc);
         state.latest.price = -1;
         raw.PutState(kBtc, state);
       }},
      {"the newest 1m candle does not close with the latest price", "column family state, " + btc,
       [](RawStore& raw) {
         SeriesState state = raw.State(kBtc);
         --state.newest[Index(Tier::k1m)].bucket;
         raw.PutState(kBtc, state);
       }},
      {"it has candles or a state, but the catalogue does not know it", "series 7",
       [](RawStore& raw) { raw.PutState(SeriesId{7}, raw.State(kBtc)); }},
      {"the catalogue lacks series 2 to 8", "column family series, series 9",
       [](RawStore& raw) {
         raw.Put(Family::kSeries, MakeSeriesKey(SeriesId{9}).view(),
                 EncodeNames<3>({"A", "B", "C"}));
       }},
      {"the same names as another series", "Kraken:BTC/USD (series 1)",
       [](RawStore& raw) {
         raw.Put(Family::kSeries, MakeSeriesKey(kEth).view(),
                 EncodeNames<3>({"BTC", "USD", "Kraken"}));
       }},
      {"names damaged", "column family series, series 1",
       [](RawStore& raw) { raw.Put(Family::kSeries, MakeSeriesKey(kEth).view(), "\1\7x"); }},
      {"names that are none", "column family series, series 1",
       [](RawStore& raw) {
         raw.Put(Family::kSeries, MakeSeriesKey(kEth).view(),
                 EncodeNames<3>({"E/TH", "USD", "Kraken"}));
       }},
      {"a frame that the checkpoint up to 6 has deleted", "column family journal, frame 6",
       [](RawStore& raw) {
         std::string number;
         AppendLittleEndian(uint64_t{6}, number);
         raw.Put(Family::kMeta, kLastNumberKey, number);
       }},
      {"frame damaged", "column family journal, frame 8",
       [](RawStore& raw) { raw.Put(Family::kJournal, MakeFrameKey(8).view(), "\1"); }},
      {"event 0 is of series 5, which the catalogue does not know",
       "column family journal, frame 6",
       [](RawStore& raw) {
         std::string frame = raw.Get(Family::kJournal, MakeFrameKey(6).view());
         frame[5] = 5;
         raw.Put(Family::kJournal, MakeFrameKey(6).view(), frame);
       }},
      {"frame damaged: its tick 1 of ", "column family journal, frame 6",
       [](RawStore& raw) {
         std::string frame = raw.Get(Family::kJournal, MakeFrameKey(6).view());
         frame.replace(5 + 12, 8, 8, '\0');
         raw.Put(Family::kJournal, MakeFrameKey(6).view(), frame);
       }},
      {"reference damaged", "column family references, base currency BTC",
       [](RawStore& raw) { raw.Put(Family::kReferences, "BTC", "x"); }},
      {"last_number damaged", "column family default",
       [](RawStore& raw) { raw.Put(Family::kMeta, kLastNumberKey, "x"); }},
      {"refused_until damaged", "column family default",
       [](RawStore& raw) { raw.Put(Family::kMeta, kRefusedUntilKey, "x"); }},
      {"its format version makes no sense", "",
       [](RawStore& raw) { raw.Put(Family::kMeta, kFormatKey, "x"); }},
  };
  for (const auto& c : kCases) {
    INFO(c.what);
    const TempDirectory directory;
    MakeSound(directory.path());
    {
      RawStore raw(directory.path());
      c.damage(raw);
    }
    const Verified verified = VerifyAll(directory.path());
    INFO(verified.Text());
    CHECK(verified.Names(c.what, c.where));
  }
}

TEST_CASE("candles that lost what was refused or removed are not compared, the others are",
          "[cold][verify]") {
  const TempDirectory directory;
  MakeSound(directory.path());
  const auto damage_minutes = [&](size_t minute) {
    RawStore raw(directory.path());
    auto candles = raw.Candles(Tier::k1m, kBtc, ChunkAt(Tier::k1m, kStartMs));
    ++candles[minute].count;
    raw.PutCandles(Tier::k1m, kBtc, candles);
  };
  const auto refuse_until = [&](Tier tier, uint64_t ms) {
    RawStore raw(directory.path());
    market::Horizons until;
    until.ms[Index(tier)] = ms;
    raw.Put(Family::kMeta, kRefusedUntilKey, EncodeHorizons(until));
  };
  damage_minutes(10);
  CHECK(VerifyAll(directory.path()).counts.findings == 2);  // against 1s, and 1h against it
  const uint64_t minute_ms = kStartMs + 10 * 60'000;
  refuse_until(Tier::k1s, minute_ms);  // up to the second before the minute
  CHECK(VerifyAll(directory.path()).counts.findings == 2);
  refuse_until(Tier::k1s, minute_ms + 1'000);  // its first second
  CHECK(VerifyAll(directory.path()).counts.findings == 1);
  refuse_until(Tier::k1m, minute_ms + 60'000);  // the minute itself, and thereby its hour
  CHECK(VerifyAll(directory.path()).counts.findings == 0);
}

TEST_CASE(
    "a directory that keeps no account of what was refused is compared behind its newest event "
    "only",
    "[cold][verify]") {
  const TempDirectory directory;
  MakeSound(directory.path());
  {
    RawStore raw(directory.path());
    raw.Delete(Family::kMeta, kRefusedUntilKey);
  }
  const Verified verified = VerifyAll(directory.path());
  CHECK(verified.findings.empty());
  CHECK(verified.counts.compared <= 2);
  CHECK(verified.counts.candles == 2 * (1'541 + 180 + 3 + 2));
}

TEST_CASE("removing expired chunks leaves an account of it", "[cold][verify][retention]") {
  const TempDirectory directory;
  MakeSound(directory.path());
  {
    const auto store = MustOpen(directory.path());
    market::Horizons horizons;
    horizons.ms[Index(Tier::k1s)] = kStartMs + 2 * 3'600'000;
    CHECK(store->RemoveExpired(horizons, 1'000).value() > 0);
  }
  const Verified verified = VerifyAll(directory.path());
  INFO(verified.Text());
  CHECK(verified.findings.empty());
  CHECK(verified.counts.compared > 2 * 50);  // the minutes of the last hour
  {
    RawStore raw(directory.path());
    raw.Delete(Family::kMeta, kRemovedUntilKey);
  }
  CHECK(VerifyAll(directory.path()).Names("of which there is no 1s candle", "Kraken:BTC/USD"));
}

TEST_CASE("damaged files are named", "[cold][verify]") {
  const TempDirectory directory;
  MakeSound(directory.path());
  fs::path table;
  for (const auto& entry : fs::directory_iterator(directory.path())) {
    if (entry.path().extension() == ".sst" &&
        (table.empty() || entry.file_size() > fs::file_size(table)))
      table = entry.path();
  }
  {
    std::fstream file(table, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(100);
    file.put('\x7f');
  }
  const Verified flipped = VerifyAll(directory.path());
  INFO(flipped.Text());
  CHECK(flipped.Names("candles cannot be read", "column family candles-1s"));
  CHECK_FALSE(flipped.Names("of which there is no 1s candle", ""));  // nobody knows
  CHECK(flipped.Names("table damaged", table.filename().string()));
  fs::remove(table);
  const Verified missing = VerifyAll(directory.path());
  CHECK(missing.Names("a start would be refused", directory.path().string()));
  CHECK(missing.Names(table.stem().string(), ""));
  fs::remove(directory.path() / "CURRENT");
  CHECK(VerifyAll(directory.path()).Names("CURRENT is missing", ""));
}

/// The one write-ahead log of a store that was not flushed: a series, then a frame of many events.
fs::path MakeLogged(const fs::path& directory) {
  const auto store = MustOpen(directory);
  Batch batch;
  batch.PutSymbol(kBtc, {"BTC", "USD", "Kraken"});
  PutSeries(batch, kBtc);
  MustCommit(*store, batch);
  const std::vector<Tick> ticks(1'000, TickOf(kBtc, {1, 0, 0, kStartMs}));
  const std::span<const Tick> part = ticks;
  batch.PutFrame(6, {&part, 1});
  MustCommit(*store, batch);
  fs::path log;
  for (const auto& entry : fs::directory_iterator(directory)) {
    if (entry.path().extension() == ".log" && entry.file_size() > 0) log = entry.path();
  }
  REQUIRE_FALSE(log.empty());
  return log;
}

TEST_CASE("a last write that a power cut tore is no damage, and is left as it is",
          "[cold][verify]") {
  const auto check = [](const std::function<void(const fs::path&)>& tear) {
    const TempDirectory directory;
    tear(MakeLogged(directory.path()));
    const auto before = BytesOf(directory.path());
    const Verified verified = VerifyAll(directory.path());
    INFO(verified.Text());
    CHECK(verified.findings.empty());
    CHECK(verified.counts.frames == 0);
    CHECK(verified.counts.series == 1);
    CHECK(verified.counts.compared == 185);
    CHECK(verified.counts.torn_bytes > 30'000);
    CHECK(BytesOf(directory.path()) == before);
    CHECK(MustOpen(directory.path())->repairs().size() == 1);  // a start agrees
  };
  check([](const fs::path& log) { fs::resize_file(log, fs::file_size(log) - 3); });
  check([](const fs::path& log) {  // a page that did not arrive, within the write
    std::fstream file(log, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(static_cast<std::streamoff>((fs::file_size(log) - 10'000) / 4'096 * 4'096));
    file << std::string(4'096, '\0');
  });
}

TEST_CASE("damage in the middle of a write-ahead log is named with file and place",
          "[cold][verify]") {
  const TempDirectory directory;
  const fs::path log = MakeLogged(directory.path());
  {
    std::fstream file(log, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(2'000);
    file.put('\x7f');
  }
  const Verified verified = VerifyAll(directory.path());
  INFO(verified.Text());
  CHECK(verified.Names("a start would be refused", directory.path().string()));
  CHECK(verified.Names(log.filename().string() + " at byte ", ""));
}

TEST_CASE("what cannot be checked is refused with its reason", "[cold][verify]") {
  const TempDirectory directory;
  CHECK(WhyNot(directory.path() / "nothing").find("there is no data directory") !=
        std::string::npos);
  CHECK(WhyNot(directory.path()).find("holds no data of wick") != std::string::npos);
  const fs::path data = directory.path() / "data";
  {
    const auto store = MustOpen(data);
    CHECK(WhyNot(data).find("is in use by another process") != std::string::npos);
  }
  CHECK(VerifyAll(data).findings.empty());
  {
    RawStore raw(data);
    std::string newer;
    AppendLittleEndian(kFormat + 1, newer);
    raw.Put(Family::kMeta, kFormatKey, newer);
  }
  CHECK(WhyNot(data).find("its format is 3, this one reads 2") != std::string::npos);
  fs::create_directory(data / "restoring");
  CHECK(WhyNot(data).find("a restore into") != std::string::npos);
}

}  // namespace
}  // namespace wick::cold
