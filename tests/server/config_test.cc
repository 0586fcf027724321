#include "server/config.h"

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "catch.h"
#include "market/retention.h"
#include "paths.h"

namespace wick::server {
namespace {

std::string ReasonOf(const absl::Status& status) {
  CHECK_FALSE(status.ok());
  return Message(status);
}

std::string TomlReason(std::string_view toml) {
  ServerConfig config = DefaultConfig();
  return ReasonOf(ApplyToml(toml, "wick.toml", config));
}

std::string OverrideReason(std::string_view assignment) {
  ServerConfig config = DefaultConfig();
  return ReasonOf(ApplyOverride(assignment, config));
}

ServerConfig WithOverride(std::string_view assignment) {
  ServerConfig config = DefaultConfig();
  const absl::Status status = ApplyOverride(assignment, config);
  INFO(Message(status));
  CHECK(status.ok());
  return config;
}

TEST_CASE("the table of settings is complete in itself", "[server][config]") {
  std::set<std::string_view> keys;
  std::set<std::string_view> sections;
  std::set<const void*> fields;
  ServerConfig config = DefaultConfig();
  std::string_view section;
  for (const Setting& setting : Settings()) {
    INFO(setting.key);
    CHECK(keys.insert(setting.key).second);
    CHECK_FALSE(setting.help.empty());
    CHECK(setting.key.find('.') != std::string_view::npos);
    CHECK(SetValue(setting, setting.default_text, config).ok());
    CHECK(fields
              .insert(std::visit([](auto* f) { return static_cast<const void*>(f); },
                                 setting.field(config)))
              .second);
    if (setting.section() != section) {
      section = setting.section();
      CHECK(sections.insert(section).second);  // settings of a section stand together
    }
  }
}

TEST_CASE("the defaults of the table are the defaults of engine and storage", "[server][config]") {
  const ServerConfig config = DefaultConfig();
  const engine::EngineOptions engine;
  const cold::StoreOptions storage;
  CHECK(config.engine.workers == 0);
  CHECK(config.engine.keep.ms == engine.keep.ms);
  CHECK(config.engine.window_candles == engine.window_candles);
  CHECK(config.engine.future_skew_ms_max == engine.future_skew_ms_max);
  CHECK(config.engine.series_max == engine.series_max);
  CHECK(config.engine.candles_per_request_max == engine.candles_per_request_max);
  CHECK(config.engine.checkpoint_interval_ms == engine.checkpoint_interval_ms);
  CHECK(config.engine.journal_bytes_max == engine.journal_bytes_max);
  CHECK(config.engine.unwritten_candles_max == engine.unwritten_candles_max);
  CHECK(config.engine.retention_interval_ms == engine.retention_interval_ms);
  CHECK(config.engine.inflight_events_max == engine.inflight_events_max);
  CHECK(config.storage.block_cache_bytes == storage.block_cache_bytes);
  CHECK(config.storage.journal_memtable_bytes == storage.journal_memtable_bytes);
  CHECK(config.storage.candle_memtable_bytes == storage.candle_memtable_bytes);
  CHECK(config.storage.wal_bytes_max == storage.wal_bytes_max);
}

TEST_CASE("config/wick.toml is what `wick config` prints without arguments", "[server][config]") {
  std::ifstream file(std::string(wick::test::kSourceDirectory) + "/config/wick.toml",
                     std::ios::binary);
  REQUIRE(file.is_open());
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  CHECK(text == ConfigText(DefaultConfig()));
}

TEST_CASE("docs/operations.md has a line for every setting", "[server][config]") {
  std::ifstream file(std::string(wick::test::kSourceDirectory) + "/docs/operations.md",
                     std::ios::binary);
  REQUIRE(file.is_open());
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  for (const Setting& setting : Settings()) {
    const std::string line =
        fmt::format("\n| `{}` | {} | {} |\n", setting.key, DescribeBounds(setting), setting.help);
    INFO(line);
    CHECK(text.find(line) != std::string::npos);
  }
}

TEST_CASE("a path that no TOML file can hold is refused", "[server][config]") {
  ServerConfig config = DefaultConfig();
  CHECK_FALSE(ApplyOverride("storage.directory=/data/\xff", config).ok());
  CHECK_FALSE(ApplyToml("[storage]\ndirectory = \"a\\u0000b\"", "test.toml", config).ok());
  CHECK(config.storage.directory == DefaultConfig().storage.directory);
}

TEST_CASE("a printed configuration reads back as the same", "[server][config]") {
  ServerConfig config = DefaultConfig();
  for (const char* assignment :
       {"server.http=[::1]:0", "server.pin_workers=false", "server.spin_us=50", "tiers.1s.keep=90m",
        "tiers.1s.window=61s", "tiers.1h.keep=forever", "storage.directory=/var/\"odd\" \\ dir\t",
        "storage.max_wal=17000KiB", "ingest.max_future_skew=0s", "checkpoint.interval=1500ms",
        "series.max=7", "log.level=off", "tls.key=/etc/my key", "http.hosts=a.example.com,b",
        "cluster.nodes=[::1]:1:2, wick-{0-2}.wick:8080:8081", "cluster.shares=0-3+9, 4",
        "cluster.partitions=12", "cluster.node=hostname"}) {
    INFO(assignment);
    CHECK(ApplyOverride(assignment, config).ok());
  }
  const std::string printed = ConfigText(config);
  ServerConfig read = DefaultConfig();
  const absl::Status status = ApplyToml(printed, "printed", read);
  INFO(Message(status));
  REQUIRE(status.ok());
  for (const Setting& setting : Settings()) {
    CHECK(ValueText(setting, read) == ValueText(setting, config));
  }
  CHECK(read.engine.window_candles[0] == 61);
  CHECK(read.storage.directory == "/var/\"odd\" \\ dir\t");
  CHECK(read.http == Endpoint{"::1", 0});
  CHECK(read.engine.future_skew_ms_max == 0);
}

TEST_CASE("properties of librdkafka are taken by name, and read back but for secrets",
          "[server][config][kafka]") {
  ServerConfig config = DefaultConfig();
  REQUIRE(ApplyToml("[kafka.properties]\nsecurity.protocol = \"ssl\"\n\"sasl.password\" = \"hush\"",
                    "wick.toml", config)
              .ok());
  REQUIRE(ApplyOverride("kafka.properties.fetch.wait.max.ms=7", config).ok());
  const std::map<std::string, std::string> set = {
      {"fetch.wait.max.ms", "7"}, {"sasl.password", "hush"}, {"security.protocol", "ssl"}};
  CHECK(config.kafka.properties == set);
  const std::string printed = ConfigText(config);
  CHECK(printed.find("hush") == std::string::npos);
  ServerConfig read = DefaultConfig();
  REQUIRE(ApplyToml(printed, "printed", read).ok());
  CHECK(read.kafka.properties.size() == 2);
  CHECK(read.kafka.properties["security.protocol"] == "ssl");

  CHECK(TomlReason("[kafka.properties]\nno.such = \"1\"").find("wick.toml:2: ") == 0);
  CHECK(TomlReason("[kafka.properties]\nsecurity.protocol = 1").find("text in quotes") !=
        std::string::npos);
  CHECK(TomlReason("[kafka.properties]\n\"auto.offset.reset\" = \"latest\"")
            .find("wick sets it itself") != std::string::npos);
  CHECK_FALSE(ApplyOverride("kafka.properties.client.id=\xff", config).ok());
}

TEST_CASE("brokers and topics go together, a start is one of three", "[server][config][kafka]") {
  const std::vector<std::string> brokers = {"kafka.brokers=a:9092, b:9092"};
  CHECK(ReasonOf(LoadConfig("", brokers).status()).find("go together") != std::string::npos);
  const std::vector<std::string> both = {"kafka.brokers=a:9092, b:9092", "kafka.topics=t, u",
                                         "kafka.start=latest"};
  const auto config = LoadConfig("", both);
  REQUIRE(config.ok());
  CHECK(config->kafka.brokers == std::vector<std::string>{"a:9092", "b:9092"});
  CHECK(config->kafka.topics == std::vector<std::string>{"t", "u"});
  CHECK(config->kafka.start == "latest");
  ServerConfig other = DefaultConfig();
  CHECK(Message(ApplyOverride("kafka.start=now", other)) ==
        "--set kafka.start=now: 'now' is no start: write refuse, earliest or latest");
}

TEST_CASE("tables and dotted keys name the same settings", "[server][config]") {
  for (const char* toml : {"[tiers.1s]\nkeep = \"2h\"", "[tiers.\"1s\"]\nkeep = \"2h\"",
                           "tiers.1s.keep = \"2h\"", "[tiers]\n1s = {keep = \"2h\"}"}) {
    INFO(toml);
    ServerConfig config = DefaultConfig();
    CHECK(ApplyToml(toml, "wick.toml", config).ok());
    CHECK(config.engine.keep.ms[0] == 7'200'000);
  }
}

TEST_CASE("the command line beats the file, and the file the defaults", "[server][config]") {
  const std::filesystem::path path =
      std::filesystem::temp_directory_path() / ("wick_config_test_" + std::to_string(::getpid()));
  std::ofstream(path) << "[server]\nworkers = 3\nreader_threads = 4\n";
  const std::vector<std::string> overrides = {"server.workers=5", "server.workers=6"};
  const auto config = LoadConfig(path.string(), overrides);
  std::filesystem::remove(path);
  REQUIRE(config.ok());
  CHECK(config->engine.workers == 6);
  CHECK(config->reader_threads == 4);
  CHECK(config->connections_max == 10'000);
}

TEST_CASE("a configuration file that cannot be read is refused by name", "[server][config]") {
  CHECK(ReasonOf(LoadConfig("/nowhere/wick.toml", {}).status()) ==
        "cannot read the configuration file /nowhere/wick.toml");
}

TEST_CASE("a refusal names file, line and reason", "[server][config]") {
  CHECK(TomlReason("\n[server]\nworker = 1\n") ==
        "wick.toml:3: there is no setting server.worker; `wick config` prints all there are");
  CHECK(TomlReason("verbose = true") ==
        "wick.toml:1: there is no setting verbose; `wick config` prints all there are");
  CHECK(TomlReason("[server]\nworkers = 257") ==
        "wick.toml:2: server.workers: '257' is out of bounds: number, 0 to 256, default 0");
  CHECK(TomlReason("[server]\nworkers = \"2\"") ==
        "wick.toml:2: server.workers must be a whole number without quotes, as in workers = 0");
  CHECK(TomlReason("[server]\nworkers = -1") ==
        "wick.toml:2: server.workers: '-1' is no whole number");
  CHECK(TomlReason("[server]\npin_workers = 1") ==
        "wick.toml:2: server.pin_workers must be true or false, without quotes, as in pin_workers "
        "= true");
  CHECK(TomlReason("[tiers.1s]\n\nkeep = 300") ==
        "wick.toml:3: tiers.1s.keep must be text in quotes, as in keep = \"24h\"");
  CHECK(TomlReason("server = 1") ==
        "wick.toml:1: there is no setting server; `wick config` prints all there are");
  CHECK(TomlReason("[server.http]\nhost = \"x\"") ==
        "wick.toml:1: server.http must be text in quotes, as in http = \"127.0.0.1:8080\"");
  CHECK(TomlReason("[server]\n\nworkers = = 1").rfind("wick.toml:3: ", 0) == 0);
  CHECK(TomlReason("[server]\nworkers = 1\nworkers = 2").rfind("wick.toml:3: ", 0) == 0);
}

TEST_CASE("an override names itself when it is refused", "[server][config]") {
  CHECK(OverrideReason("log.level") ==
        "--set log.level: write section.name=value, as in --set log.level=debug");
  CHECK(OverrideReason("log.colour=red") ==
        "--set log.colour=red: there is no setting log.colour; `wick config` prints all there are");
  CHECK(
      OverrideReason("log.level=loud") ==
      "--set log.level=loud: 'loud' is no log level: write trace, debug, info, warn, error or off");
}

TEST_CASE("durations are whole numbers with a unit", "[server][config]") {
  CHECK(WithOverride("tiers.1s.keep=300s").engine.keep.ms[0] == 300'000);
  CHECK(WithOverride("tiers.1s.keep=24h").engine.keep.ms[0] == 86'400'000);
  CHECK(WithOverride("tiers.1m.keep=30d").engine.keep.ms[1] == 2'592'000'000);
  CHECK(WithOverride("tiers.1s.keep=forever").engine.keep.ms[0] == market::kKeepForever);
  CHECK(WithOverride("checkpoint.interval=250ms").engine.checkpoint_interval_ms == 250);
  CHECK(WithOverride("tiers.1s.window=5m").engine.window_candles[0] == 300);
  CHECK(WithOverride("tiers.1m.window=4h").engine.window_candles[1] == 240);
  for (const char* bad :
       {"", "5", "m", "5x", "5 m", "-5m", "+5m", "5.5m", "5M", "0x5s", "Forever"}) {
    INFO(bad);
    CHECK(OverrideReason(std::string("tiers.1s.keep=") + bad).find("is no duration") !=
          std::string::npos);
  }
  CHECK(OverrideReason("checkpoint.interval=forever").find("is no duration") != std::string::npos);
  CHECK(OverrideReason("tiers.1s.keep=999ms")
            .find("out of bounds: duration, 1s to forever, default 24h") != std::string::npos);
  CHECK(WithOverride("tiers.1s.keep=60s").engine.keep.ms[0] == 60'000);
  CHECK(OverrideReason("tiers.1s.window=1500ms").find("is no multiple of 1s") != std::string::npos);
  CHECK(OverrideReason("tiers.1s.keep=18446744073709551615ms").find("too large") !=
        std::string::npos);
  CHECK(OverrideReason("tiers.1s.keep=18446744073709551616ms").find("too large") !=
        std::string::npos);
  CHECK(OverrideReason("tiers.1s.keep=18446744073709551615d").find("too large") !=
        std::string::npos);
}

TEST_CASE("a worker spins for no more than a millisecond, in whole microseconds",
          "[server][config]") {
  CHECK(DefaultConfig().spin_us == 0);
  CHECK(WithOverride("server.spin_us=50").spin_us == 50);
  CHECK(WithOverride("server.spin_us=1000").spin_us == 1'000);
  CHECK(OverrideReason("server.spin_us=1001") ==
        "--set server.spin_us=1001: '1001' is out of bounds: number, 0 to 1000, default 0");
  CHECK(OverrideReason("server.spin_us=50us").find("is no whole number") != std::string::npos);
  CHECK(TomlReason("[server]\nspin_us = \"50us\"") ==
        "wick.toml:2: server.spin_us must be a whole number without quotes, as in spin_us = 0");
}

TEST_CASE("sizes are whole numbers with a binary unit", "[server][config]") {
  CHECK(WithOverride("limits.max_body=1024B").body_bytes_max == 1'024);
  CHECK(WithOverride("limits.max_body=64KiB").body_bytes_max == 65'536);
  CHECK(WithOverride("limits.max_body=1GiB").body_bytes_max == 1'073'741'824);
  for (const char* bad : {"", "64", "64MB", "64mib", "64 MiB", "MiB", "1.5MiB"}) {
    INFO(bad);
    CHECK(OverrideReason(std::string("limits.max_body=") + bad).find("is no size") !=
          std::string::npos);
  }
  CHECK(OverrideReason("limits.max_body=1023B")
            .find("out of bounds: size, 1KiB to 1GiB, default 1MiB") != std::string::npos);
}

TEST_CASE("addresses are numeric with a port", "[server][config]") {
  CHECK(WithOverride("server.http=0.0.0.0:0").http == Endpoint{"0.0.0.0", 0});
  CHECK(WithOverride("server.http=[::]:65535").http == Endpoint{"::", 65535});
  CHECK(ToString(Endpoint{"::1", 80}) == "[::1]:80");
  for (const char* bad : {"", "127.0.0.1", ":8080", "127.0.0.1:", "127.0.0.1:65536",
                          "127.0.0.1:80x", "::1:8080", "[127.0.0.1]:8080", "[::1]"}) {
    INFO(bad);
    CHECK_FALSE(OverrideReason(std::string("server.http=") + bad).empty());
  }
}

TEST_CASE("any tier may be kept for any time, whatever the others are", "[server][config]") {
  CHECK(WithOverride("tiers.1s.keep=forever").engine.keep[market::Tier::k1s] ==
        market::kKeepForever);
  CHECK(WithOverride("tiers.1s.keep=10s").engine.keep[market::Tier::k1s] == 10'000);
  CHECK(WithOverride("tiers.1d.keep=1d").engine.keep[market::Tier::k1d] == 86'400'000);
}

TEST_CASE("a list has commas, with or without spaces", "[server][config]") {
  using List = std::vector<std::string>;
  CHECK(DefaultConfig().http_hosts.empty());
  CHECK(WithOverride("http.hosts=a.example.com").http_hosts == List{"a.example.com"});
  CHECK(WithOverride("http.hosts= a.example.com ,b,").http_hosts == List{"a.example.com", "b"});
  CHECK(WithOverride("http.hosts=").http_hosts.empty());
  CHECK(OverrideReason("http.hosts=b\u00fccher.example").find("ASCII") != std::string::npos);
}

TEST_CASE("a path may be empty where none is the default", "[server][config]") {
  CHECK(WithOverride("auth.tokens=").tokens_file.empty());
  CHECK(OverrideReason("storage.directory=").find("the path is empty") != std::string::npos);
}

TEST_CASE("localhost is the loopback address", "[server][config]") {
  CHECK(WithOverride("server.http=[0:0::1]:80").http == Endpoint{"::1", 80});
  CHECK(WithOverride("server.http=localhost:8080").http == Endpoint{"127.0.0.1", 8080});
}

}  // namespace
}  // namespace wick::server
