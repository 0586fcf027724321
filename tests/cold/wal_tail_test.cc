// The end of a log: torn by a power cut, or damaged.
#include "cold/wal_tail.h"

#include <dlfcn.h>

#include "base/bytes.h"
#include "cold/crc32c.h"
#include "ledger.h"

namespace rocksdb::crc32c {
uint32_t Extend(uint32_t crc, const char* bytes, size_t size);
}

namespace wick::cold {
namespace {

using test::PowerLossEnv;

constexpr uint64_t kBlock = 32'768;

TEST_CASE("the checksum is CRC-32C, and masked as RocksDB does it", "[cold][wal]") {
  REQUIRE(Crc32c(0, "123456789") == 0xe3069283);
  REQUIRE(Crc32c(0, std::string(32, '\0')) == 0x8a9136aa);  // RFC 3720, B.4
  REQUIRE(Crc32c(Crc32c(0, "1234"), "56789") == 0xe3069283);
  REQUIRE(MaskedCrc(0) == 0xa282ead8);
}

TEST_CASE("the dynamic linker finds our checksum before RocksDB's", "[cold][wal]") {
  // Debian's library leaves its own calls to the linker; one that binds them would be slower only.
  void* const found = dlsym(RTLD_DEFAULT, "_ZN7rocksdb6crc32c6ExtendEjPKcm");
  REQUIRE(found == reinterpret_cast<void*>(&rocksdb::crc32c::Extend));
  Dl_info here, rocksdb;
  REQUIRE(dladdr(found, &here) != 0);
  REQUIRE(dladdr(dlsym(RTLD_DEFAULT, "_ZN7rocksdb6crc32c13Crc32cCombineEjjm"), &rocksdb) != 0);
  REQUIRE(here.dli_fbase != rocksdb.dli_fbase);
}

/// A log of its own making, by the format's description.
class LogText {
 public:
  /// A batch of one write; returns where it begins.
  uint64_t Add(uint64_t bytes, std::optional<uint64_t> sequence = {}) {
    return Add(std::string(bytes, 'p'), sequence);
  }
  uint64_t Add(std::string_view content, std::optional<uint64_t> sequence = {}) {
    std::string payload;
    AppendLittleEndian(sequence.value_or(next_++), payload);
    AppendLittleEndian(uint32_t{1}, payload);
    payload += content;
    if (kBlock - text_.size() % kBlock < 7) text_.resize((text_.size() / kBlock + 1) * kBlock);
    const uint64_t begin = text_.size();
    std::string_view left = payload;
    for (bool first = true; first || !left.empty(); first = false) {
      const uint64_t room = kBlock - text_.size() % kBlock;
      if (room < 7) text_.append(room, '\0');
      const std::string_view piece = left.substr(0, kBlock - text_.size() % kBlock - 7);
      left.remove_prefix(piece.size());
      const char type = first ? (left.empty() ? 1 : 2) : (left.empty() ? 4 : 3);
      AppendLittleEndian(MaskedCrc(Crc32c(Crc32c(0, {&type, 1}), piece)), text_);
      AppendLittleEndian(static_cast<uint16_t>(piece.size()), text_);
      text_ += type;
      text_ += piece;
    }
    return begin;
  }
  std::string& text() { return text_; }

 private:
  std::string text_;
  uint64_t next_ = 1;
};

LogScan Scan(const std::string& text) {
  PowerLossEnv disk;
  disk.Put("/d/000004.log", text);
  const auto scan = ScanLog(*disk.env(), "/d/000004.log");
  INFO(scan.status());
  REQUIRE(scan.ok());
  REQUIRE(scan->file_bytes == text.size());
  return *scan;
}

TEST_CASE("a log of RocksDB's checks as a whole", "[cold][wal]") {
  PowerLossEnv disk;
  const auto store = Store::Open(OptionsOn(disk)).value();
  const Ledger ledger(1, 3'000);  // up to 108 kB: batches of one block and of four
  Batch batch;
  for (uint64_t number = 1; number <= 20; ++number) {
    ledger.Fill(number, batch);
    MustCommit(*store, batch);
  }
  const auto logs = LogsIn(*disk.env(), kDataDirectory).value();
  REQUIRE(logs.size() == 1);
  const LogScan scan = ScanLog(*disk.env(), kDataDirectory + "/" + logs[0]).value();
  REQUIRE(scan.end == LogScan::End::kWhole);
  REQUIRE(scan.whole_bytes == scan.file_bytes);
  REQUIRE(scan.file_bytes > 10 * kBlock);
}

TEST_CASE("a log ends anywhere in its last batch: torn, kept up to that batch", "[cold][wal]") {
  for (uint64_t bytes : {0, 1, 100, 32'700, 32'749, 32'750, 70'000}) {
    for (uint64_t before : {10, 30'000, 32'735, 32'736, 32'742, 32'749}) {
      LogText log;
      log.Add(before);
      const uint64_t whole = log.text().size();
      log.Add(bytes);
      CAPTURE(before, bytes, whole);
      REQUIRE(Scan(log.text()).end == LogScan::End::kWhole);
      for (uint64_t cut = whole; cut < log.text().size();
           cut += cut < whole + 40 || cut + 40 > log.text().size() ? 1 : 997) {
        const LogScan scan = Scan(log.text().substr(0, cut));
        CAPTURE(cut, scan.what, scan.damage_at);
        REQUIRE(scan.whole_bytes == whole);
        // Zeros that fill up a block belong to no batch.
        const bool filled =
            cut <= (whole + kBlock - 1) / kBlock * kBlock && kBlock - whole % kBlock < 7;
        REQUIRE(scan.end == (cut == whole || (filled && cut % kBlock == 0) ? LogScan::End::kWhole
                                                                           : LogScan::End::kTorn));
      }
    }
  }
}

TEST_CASE("pages of the last batch that did not arrive: torn", "[cold][wal]") {
  LogText log;
  log.Add(5'000);
  const uint64_t whole = log.text().size();
  log.Add(100'000);
  const std::string& text = log.text();
  for (uint64_t pages = 1; pages < 1u << 10; pages += 3) {
    std::string torn = text;
    bool lost = false;
    for (uint64_t page = 0; page < 10; ++page) {
      const uint64_t begin = std::max(whole, (whole / 4096 + page * 3) * 4096);
      const uint64_t end = std::min<uint64_t>(text.size(), (begin / 4096 + 1) * 4096);
      if ((pages >> page & 1) == 0 || begin >= end || end - begin < 512) continue;
      std::fill(torn.begin() + begin, torn.begin() + end, '\0');
      lost = true;
    }
    if (!lost) continue;
    const LogScan scan = Scan(torn);
    CAPTURE(pages, scan.what, scan.damage_at);
    REQUIRE(scan.end == LogScan::End::kTorn);
    REQUIRE(scan.whole_bytes == whole);
  }
}

TEST_CASE("the last page of the last batch, which did not arrive, is less than a sector: torn",
          "[cold][wal]") {
  for (const uint64_t on_next_page : {1, 2, 31, 32, 33, 100}) {
    LogText log;
    log.Add(3'000);
    const uint64_t whole = log.text().size();
    log.Add(4'096 - whole - 19 + on_next_page);
    std::string torn = log.text();
    REQUIRE(torn.size() == 4'096 + on_next_page);
    std::fill(torn.begin() + 4'096, torn.end(), '\0');
    const LogScan scan = Scan(torn);
    CAPTURE(on_next_page, scan.what);
    REQUIRE(scan.end == LogScan::End::kTorn);
    REQUIRE(scan.whole_bytes == whole);
  }
}

TEST_CASE("a flipped bit before a last page of a few bytes that arrived is damage", "[cold][wal]") {
  for (const uint64_t on_next_page : {1, 2, 31}) {
    LogText log;
    log.Add(3'000);
    const uint64_t whole = log.text().size();
    log.Add(4'096 - whole - 19 + on_next_page);
    std::string flipped = log.text();
    flipped[whole + 500] ^= 1;
    const LogScan scan = Scan(flipped);
    CAPTURE(on_next_page, scan.what);
    REQUIRE(scan.end == LogScan::End::kDamaged);
  }
}

TEST_CASE("a flipped bit of the last batch is damage: it may have been acknowledged",
          "[cold][wal]") {
  for (uint64_t bytes : {5ull, 600ull, 40'000ull}) {
    LogText log;
    log.Add(500);
    const uint64_t whole = log.text().size();
    log.Add(bytes);
    const uint64_t step = bytes > 10'000 ? 97 : 1;
    for (uint64_t at = whole; at < log.text().size(); at += step) {
      for (int bit = 0; bit < 8; ++bit) {
        std::string flipped = log.text();
        flipped[at] = static_cast<char>(flipped[at] ^ 1 << bit);
        const LogScan scan = Scan(flipped);
        CAPTURE(bytes, at, bit, scan.what);
        REQUIRE(scan.end == LogScan::End::kDamaged);
        REQUIRE(scan.damage_at >= whole);
        REQUIRE(scan.damage_at <= at);
      }
    }
  }
}

TEST_CASE("zeros before a batch that is whole are damage, wherever that batch begins",
          "[cold][wal]") {
  for (uint64_t bytes : {600ull, 4'096ull, 33'000ull, 70'000ull}) {
    LogText log;
    log.Add(100);
    const uint64_t damaged = log.Add(bytes);
    const uint64_t behind = log.text().size();
    log.Add(50);
    std::string text = log.text();
    std::fill(text.begin() + damaged, text.begin() + behind, '\0');
    const LogScan scan = Scan(text);
    CAPTURE(bytes, scan.what);
    REQUIRE(scan.end == LogScan::End::kDamaged);
    REQUIRE(scan.damage_at == damaged);
    REQUIRE(scan.what.find("whole batches follow") != std::string::npos);
  }
}

TEST_CASE("a damaged length does not hide the batch behind it", "[cold][wal]") {
  LogText log;
  const uint64_t damaged = log.Add(100);
  log.Add(100);
  log.text()[damaged + 5] = 0x7f;  // 32 KiB, beyond the end of the file
  REQUIRE(Scan(log.text()).end == LogScan::End::kDamaged);
}

/// A whole batch of one record, as it stands in a log.
std::string BatchText(uint64_t sequence) {
  LogText log;
  log.Add(20, sequence);
  return log.text();
}

TEST_CASE("what a client sent may look like a record: torn all the same", "[cold][wal]") {
  std::string price;  // 2.1250029110290467: a record of one byte
  AppendLittleEndian(2.1250029110290467, price);
  for (const std::string& text : {price, BatchText(2), BatchText(3), BatchText(1'000)}) {
    std::string sent;
    while (sent.size() < 100'000) sent += text + "some of something else";
    LogText log;
    log.Add(200, 1);
    const uint64_t whole = log.text().size();
    log.Add(sent, 2);
    for (uint64_t cut = whole + 500; cut < log.text().size(); cut += 997) {
      const std::string torn = log.text().substr(0, cut);
      if (torn.ends_with(text)) continue;  // not to be told from a batch that was written last
      const LogScan scan = Scan(torn);
      CAPTURE(text.size(), cut, scan.what);
      REQUIRE(scan.end == LogScan::End::kTorn);
      REQUIRE(scan.whole_bytes == whole);
    }
    std::string pages = log.text();  // and its first page did not arrive
    std::fill(pages.begin() + 4'096, pages.begin() + 8'192, '\0');
    REQUIRE(Scan(pages).end == LogScan::End::kTorn);
  }
}

TEST_CASE("a batch that is missing between two is damage", "[cold][wal]") {
  LogText log;
  log.Add(100, 7);
  const uint64_t next = log.Add(100, 9);
  const LogScan scan = Scan(log.text());
  REQUIRE(scan.end == LogScan::End::kDamaged);
  REQUIRE(scan.damage_at == next);
  REQUIRE(scan.what == "a batch is missing before it: write 7 is followed by write 9");
}

TEST_CASE("a file of nothing but zeros is torn, an empty one whole", "[cold][wal]") {
  REQUIRE(Scan("").end == LogScan::End::kWhole);
  for (uint64_t bytes : {1, 6, 7, 511, 512, 5'000, 40'000}) {
    const LogScan scan = Scan(std::string(bytes, '\0'));
    CAPTURE(bytes);
    REQUIRE(scan.end == LogScan::End::kTorn);
    REQUIRE(scan.whole_bytes == 0);
  }
}

TEST_CASE("log files are known by their names", "[cold][wal]") {
  REQUIRE(LogNumber("000012.log") == 12);
  for (std::string_view name : {"LOG", "000012.sst", ".log", "x12.log", "12x.log", "000012.log2"}) {
    REQUIRE(LogNumber(name) == 0);
  }
}

TEST_CASE("a torn last write is cut off, said, and cut off for good", "[cold][wal]") {
  const Ledger ledger(2);
  PowerLossEnv disk;
  {
    const auto store = Store::Open(OptionsOn(disk)).value();
    Batch batch;
    for (uint64_t number = 1; number <= 4; ++number) {
      ledger.Fill(number, batch);
      MustCommit(*store, batch);
    }
    disk.Kill();
  }
  const std::string name = LogsIn(*disk.env(), kDataDirectory).value().back();
  const std::string path = kDataDirectory + "/" + name;
  const std::string whole = disk.Read(path);
  disk.Put(path, whole + std::string(5'000, '\0'));
  {
    const auto store = Store::Open(OptionsOn(disk)).value();
    REQUIRE(store->repairs() == std::vector<LogRepair>{{name, whole.size(), 5'000}});
    MustHold(*store, ledger, 4, 4);
    disk.Kill();
  }
  const auto again = Store::Open(OptionsOn(disk)).value();
  REQUIRE(again->repairs().empty());
  MustHold(*again, ledger, 4, 4);
}

}  // namespace
}  // namespace wick::cold
