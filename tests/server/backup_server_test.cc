// Backups on request, over both protocols, under load.
#include <atomic>
#include <cmath>
#include <thread>

#include "running_server.h"

namespace wick::server {
namespace {

namespace fs = std::filesystem;

bool Contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

/// A directory beside the server's.
class Backups {
 public:
  explicit Backups(const RunningServer& running)
      : path_(running.config().storage.directory + "-backups") {}
  ~Backups() { fs::remove_all(path_); }
  const std::string& path() const { return path_; }

 private:
  const std::string path_;
};

/// The count of all events of Kraken:BTC/USD in a data directory restored from a backup.
uint64_t CountIn(const std::string& backups, uint32_t id) {
  const std::string data = backups + "/restored";
  const auto restored =
      cold::Restore({.backup_directory = backups, .data_directory = data, .id = id});
  INFO(restored.status().message());
  REQUIRE(restored.ok());
  uint64_t count = 0;
  {
    RunningServer running({"storage.directory=" + data});
    CandlesRequest request;
    request.interval = {1, IntervalUnit::kMonth};
    const auto candles = running.Connect().Candles(Symbol{"BTC", "USD", "Kraken"}, request);
    REQUIRE(candles.ok());
    for (const Candle& candle : candles->candles) count += candle.count;
  }
  fs::remove_all(data);
  return count;
}

TEST_CASE("a backup made while events stream in holds all that were acknowledged before it",
          "[server][backup]") {
  RunningServer running({"checkpoint.interval=50ms"});
  const Backups backups(running);
  std::atomic<uint64_t> acknowledged{0};
  std::atomic<bool> stop{false};
  Client feeder = running.Connect();
  std::thread feed([&] {
    const std::vector<SymbolView> symbols = {{"BTC", "USD", "Kraken"}};
    const SeriesId series = feeder.Register(symbols)->entries[0].series;
    for (uint64_t sent = 0; !stop;) {
      std::vector<Tick> ticks;
      for (int i = 0; i < 500; ++i, ++sent) {
        ticks.push_back(TickOf(
            series, {1.0 + static_cast<double>(sent % 7), 0, 0, kNowMs - 100'000'000 + sent}));
      }
      if (!feeder.Ingest(ticks).ok()) break;
      acknowledged = sent;
    }
  });
  Client client = running.Connect();
  std::vector<uint64_t> before;
  std::vector<bool> made;
  for (uint64_t i = 0; i < 4; ++i) {
    while (acknowledged < (i + 1) * 2'000) std::this_thread::yield();
    before.push_back(acknowledged);
    const auto backup = client.Backup(backups.path());
    made.push_back(backup.ok() && backup->id == i + 1 && backup->bytes > 0 && backup->files > 0);
  }
  const uint64_t last_sent_before_stop = acknowledged;
  stop = true;
  feed.join();
  CHECK(made == std::vector<bool>(4, true));
  CHECK(last_sent_before_stop >= before.back());
  for (uint32_t id = 1; id <= before.size(); ++id) {
    const uint64_t count = CountIn(backups.path(), id);
    CHECK(count >= before[id - 1]);
    CHECK(count % 500 == 0);  // whole batches
  }
}

TEST_CASE("the answers tell what was made, and why not", "[server][backup]") {
  RunningServer running;
  const Backups backups(running);
  Connection http(running.server().http());
  const auto ask = [&](const std::string& body) {
    return http.Ask(WithBody("POST", "/v1/admin/backup", body));
  };
  const Answer made = ask(fmt::format(R"({{"directory":"{}"}})", backups.path()));
  CHECK(made.status == 200);
  CHECK(Contains(made.body,
                 fmt::format(R"({{"action":"backup","directory":"{}","id":1,)", backups.path())));
  CHECK(ask(fmt::format(R"({{"directory":"{}","keep":1}})", backups.path())).status == 200);
  CHECK(cold::ListBackups(backups.path())->size() == 1);

  const Answer relative = ask(R"({"directory":"backups"})");
  CHECK(relative.status == 400);
  CHECK(Contains(relative.body, "is relative"));
  const Answer impossible = ask(R"({"directory":"/proc/backups"})");
  CHECK(impossible.status == 503);
  CHECK(Contains(impossible.body, "cannot make the backup directory /proc/backups"));

  Client client = running.Connect();
  CHECK(client.Backup("backups").error().code == ErrorCode::kBadRequest);
  CHECK(client.Backup("/proc/backups").error().code == ErrorCode::kUnavailable);
}

TEST_CASE("a stop ends a backup that would take long", "[server][backup]") {
  RunningServer running({"tiers.1s.keep=forever", "tiers.1m.keep=forever"});
  const Backups backups(running);
  {
    Client client = running.Connect();
    const std::vector<SymbolView> symbols = {{"BTC", "USD", "Kraken"}};
    const SeriesId series = client.Register(symbols)->entries[0].series;
    std::vector<Tick> ticks;
    constexpr uint64_t kEvents = 60'000;  // of a minute each: half a minute of copying
    for (uint64_t i = 0; i < kEvents; ++i) {
      const double price = 1 + std::sqrt(static_cast<double>(i));
      ticks.push_back(TickOf(series, {price, price, 0, kNowMs - (kEvents - i) * 60'000}));
    }
    REQUIRE(client.Ingest(ticks).ok());
    REQUIRE(client.Checkpoint().ok());
  }
  Connection http(running.server().http());
  http.Send(WithBody("POST", "/v1/admin/backup",
                     fmt::format(R"({{"directory":"{}","bytesPerSecond":{}}})", backups.path(),
                                 cold::kBackupRateMin)));
  while (!fs::exists(backups.path() + "/LOCK")) std::this_thread::yield();
  Connection second(running.server().http());
  const Answer refused =
      second.Ask(WithBody("POST", "/v1/admin/backup", R"({"directory":"/tmp/wick-no-such"})"));
  CHECK(refused.status == 503);
  CHECK(Contains(refused.body, "a backup is under way"));
  running.Restart();
  const Answer given_up = http.Receive();
  CHECK(given_up.status == 503);
  CHECK(Contains(given_up.body, "the server is stopping"));
}

}  // namespace
}  // namespace wick::server
