// The disk is full: a small file system of its own, and a file beside the data that fills it.
// Amount: WICK_DISK_FULLS.
#include <fcntl.h>
#include <fmt/format.h>
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <thread>

#include "catch.h"
#include "integration/http_client.h"
#include "torture/run.h"

using namespace wick;
using namespace wick::torture;
using wick::test::HttpClient;
using wick::test::TemporaryDirectory;

namespace {

constexpr const char* kDiskBytes = "size=96m";

/// A tmpfs that only this process and its children see; gone with them.
class SmallDisk {
 public:
  explicit SmallDisk(std::string path) : path_(std::move(path)) {
    std::filesystem::create_directories(path_);
    static const bool alone =
        unshare(CLONE_NEWNS) == 0 && mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0;
    mounted_ = alone && mount("wick-torture", path_.c_str(), "tmpfs", 0, kDiskBytes) == 0;
    if (!mounted_) why_not_ = std::strerror(errno);
  }
  ~SmallDisk() {
    if (mounted_) umount2(path_.c_str(), MNT_DETACH);
  }
  bool mounted() const { return mounted_; }
  const std::string& why_not() const { return why_not_; }

  /// Takes all space but `left` bytes.
  void Fill(uint64_t left) {
    const int file = open(filler().c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_APPEND, 0600);
    REQUIRE(file >= 0);
    const std::vector<char> block(4'096, 'x');
    while (write(file, block.data(), block.size()) > 0) {
    }
    const uint64_t size = std::filesystem::file_size(filler());
    REQUIRE(ftruncate(file, static_cast<off_t>(size > left ? size - left : 0)) == 0);
    close(file);
  }
  void Free() { std::filesystem::remove(filler()); }

 private:
  std::string filler() const { return path_ + "/filler"; }

  const std::string path_;
  bool mounted_ = false;
  std::string why_not_;
};

void CheckReadsGoOn(const Server& server, std::vector<ConnectionLedger>& ledgers) {
  auto client = server.Connect();
  REQUIRE(client.has_value());
  for (ConnectionLedger& ledger : ledgers) {
    for (SeriesLedger& series : ledger.series()) {
      const auto events = CountEvents(*client, series.symbol());
      REQUIRE(events.ok());
      CHECK(*events >= series.oracle().events());
    }
  }
  HttpClient http(server.http_port());
  CHECK(http.Get("/v1/exchanges").status == 200);
  CHECK(http.Get("/healthz").status == 200);
}

void CheckNotReady(const Server& server) {
  HttpClient http(server.http_port());
  const auto ready = http.Get("/readyz");
  INFO(ready.body);
  CHECK(ready.status == 503);
  CHECK((ready.body.find(" is full (") != std::string::npos ||
         ready.body.find("free on the disk") != std::string::npos));
}

void CheckRefusals(const Senders& senders) {
  for (const Refusals& refusals : senders.refusals()) {
    CAPTURE(refusals.first);
    CHECK(refusals.problem.empty());
    if (refusals.first.starts_with("HTTP")) CHECK(refusals.first.starts_with("HTTP 507"));
  }
}

/// Waits until the space that is left is used up. Small writes may find room in what the log has
/// claimed.
void AwaitRefusal(Server& server, const Senders& senders, SmallDisk& disk) {
  while (senders.refused() == 0) {
    REQUIRE(server.Running());
    disk.Fill(0);
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

}  // namespace

TEST_CASE("on a full disk reads go on, writes are refused, and both go on when space returns",
          "[disk-full]") {
  Tally tally("disk-full", "full disks");
  const uint64_t fulls = Amount("WICK_DISK_FULLS", 1);
  const TemporaryDirectory directory;
  for (uint64_t seed = Seed(); tally.cases() < fulls; ++seed) {
    INFO(Again("disk-full", seed));
    std::mt19937_64 random(seed);
    SmallDisk disk(directory / "disk");
    if (!disk.mounted()) {
      tally.Note("SKIPPED: no file system can be mounted here (" + disk.why_not() +
                 "); run it as root");
      WARN("the test of a full disk was SKIPPED: no file system can be mounted here: "
           << disk.why_not());
      return;
    }
    Load load;
    load.connections = {How::kBinary, How::kHttp, How::kBinary};
    auto ledgers = MakeLedgers(seed, load, kLongAgoMs);
    const Server::Options options{directory / "disk/data", HarshSettings(random), {}};
    {
      Server server(options);
      RequireExact(server, ledgers, tally);
      Senders senders(server, ledgers, load, random());
      std::this_thread::sleep_for(std::chrono::milliseconds(100 + random() % 500));
      disk.Fill(random() % 3'000'000);
      AwaitRefusal(server, senders, disk);
      CheckReadsGoOn(server, ledgers);
      CheckNotReady(server);
      if (random() % 2 == 0) {  // space returns while the server lives
        disk.Free();
        const uint64_t before = senders.acknowledged();
        while (senders.acknowledged() < before + 20) {
          REQUIRE(server.Running());
          std::this_thread::sleep_for(std::chrono::milliseconds(5));
        }
        disk.Fill(random() % 500'000);
        const uint64_t refused = senders.refused();
        while (senders.refused() == refused) {
          REQUIRE(server.Running());
          disk.Fill(0);
          std::this_thread::sleep_for(std::chrono::milliseconds(5));
        }
      }
      if (random() % 2 == 0) {
        server.Kill();
      } else {
        server.Terminate();
        INFO(server.log());
        CHECK(server.exit_code() < 126);
      }
      senders.Stop();
      CheckRefusals(senders);
    }
    {
      disk.Fill(0);
      Server server(options);  // it starts on a full disk, and serves what there is
      REQUIRE(server.Await([] { return false; }, "/healthz"));
      while (!server.Connect().has_value()) REQUIRE(server.Running());
      auto client = server.Connect();
      const CheckResult result = Check(*client, ledgers);
      tally.Add(result);
      INFO(server.log() << result.Text());
      REQUIRE(result.problems.empty());
      CheckNotReady(server);
      Senders senders(server, ledgers, load, random());
      AwaitRefusal(server, senders, disk);
      const uint64_t before = senders.acknowledged();
      disk.Free();
      REQUIRE(server.Await());  // without a restart
      while (senders.acknowledged() < before + 20) {
        REQUIRE(server.Running());
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
      }
      server.Kill();
      senders.Stop();
      CheckRefusals(senders);
    }
    Server server(options);
    RequireExact(server, ledgers, tally);
    CHECK(server.Terminate() == 0);
    tally.Case();
    tally.Add(ledgers);
  }
}
