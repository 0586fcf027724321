// Backup, restore and verify as an operator uses them.
#include "catch.h"
#include "wick_process.h"

using namespace wick;
using wick::test::CommandResult;
using wick::test::RunWick;
using wick::test::TemporaryDirectory;
using wick::test::WickServer;

namespace {

CommandResult MustRun(const std::vector<std::string>& args) {
  const CommandResult result = RunWick(args);
  INFO(result.err);
  INFO(result.out);
  REQUIRE(result.exit_code == 0);
  return result;
}

/// What a server says of everything it holds.
std::string Content(const WickServer& server) {
  std::string content =
      MustRun({"bases", "--all", "B0", "--json", "--server", server.binary_address()}).out;
  for (const char* interval : {"1s", "1m", "1h", "1d"}) {
    content += MustRun({"candles", "E0:B0/Q0", "--interval", interval, "--from", "0", "--limit",
                        "10000", "--json", "--server", server.binary_address()})
                   .out;
  }
  return content;
}

}  // namespace

TEST_CASE(
    "a running server is backed up, the backup restored, and the restored server says the same",
    "[integration][backup]") {
  const TemporaryDirectory directory;
  const std::string data = directory / "data";
  const std::string backups = directory / "backups";
  const std::string restored = directory / "restored";
  std::string before;
  {
    WickServer server(data, {"--set", "checkpoint.interval=100ms"});
    Client client = server.Connect();
    const std::vector<SymbolView> symbols = {{"B0", "Q0", "E0"}, {"B1", "Q0", "E0"}};
    const auto registered = client.Register(symbols);
    REQUIRE(registered.ok());
    std::vector<Tick> ticks;
    for (uint64_t i = 0; i < 10'000; ++i) {
      ticks.push_back(TickOf(registered->entries[i % 2].series,
                             {1 + static_cast<double>(i % 7), 0, 0, 1'700'000'000'000 + i * 300}));
    }
    REQUIRE(client.Ingest(ticks)->accepted == ticks.size());
    before = Content(server);
    const CommandResult made = MustRun({"backup", backups, "--server", server.binary_address()});
    CHECK(made.out.find("backup 1 in " + backups + ": ") == 0);
    ticks.assign(1, TickOf(registered->entries[0].series, {9, 0, 0, 1'700'010'000'000}));
    REQUIRE(client.Ingest(ticks).ok());  // not in the backup
    CHECK(RunWick({"verify", "--data", data}).exit_code == 2);
    MustRun({"backup", backups, "--keep", "2", "--server", server.binary_address()});
    MustRun({"backup", backups, "--keep", "2", "--server", server.binary_address()});
    CHECK(server.Terminate() == 0);
  }
  const std::string listed = MustRun({"backups", backups, "--json"}).out;
  CHECK(listed.find(R"([{"id":2,"createdInMs":)") == 0);
  CHECK(listed.find(R"({"id":3,)") != std::string::npos);
  CHECK(RunWick({"restore", backups, "--data", restored, "--id", "1"}).exit_code == 1);
  CHECK(RunWick({"restore", backups, "--data", data}).exit_code == 1);

  MustRun({"restore", backups, "--data", restored});
  const CommandResult verified = MustRun({"verify", "--data", restored});
  CHECK(verified.out.find(restored + " is sound\n") != std::string::npos);
  WickServer again(restored);
  const std::string after = Content(again);
  CHECK(after != before);  // the last event is in it
  WickServer original(data);
  CHECK(after == Content(original));
}

TEST_CASE("verify says what is damaged and where, as lines or as JSON", "[integration][verify]") {
  const TemporaryDirectory directory;
  const std::string data = directory / "data";
  {
    WickServer server(data);
    Client client = server.Connect();
    const std::vector<SymbolView> symbols = {{"B0", "Q0", "E0"}};
    const auto registered = client.Register(symbols);
    const std::vector<Tick> ticks = {
        TickOf(registered->entries[0].series, {1, 0, 0, 1'700'000'000'000})};
    REQUIRE(client.Ingest(ticks).ok());
    CHECK(server.Terminate() == 0);
  }
  CHECK(MustRun({"verify", "--data", data, "--json"})
            .out.find(R"({"findings":[],"sound":true,"checked":{"series":1,)") == 0);
  for (const auto& entry : std::filesystem::directory_iterator(data)) {
    if (entry.path().extension() == ".sst")
      std::filesystem::resize_file(entry.path(), entry.file_size() - 1);
  }
  const CommandResult lines = RunWick({"verify", "--data", data});
  CHECK(lines.exit_code == 1);
  CHECK(lines.out.find("damaged: ") == 0);
  const CommandResult json = RunWick({"verify", "--data", data, "--json"});
  CHECK(json.exit_code == 1);
  CHECK(json.out.find(R"({"findings":[{"what":")") == 0);
  CHECK(json.out.find(R"("sound":false)") != std::string::npos);
}
