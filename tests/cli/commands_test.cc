// The binary as a user meets it: exit codes, messages, help.
#include <sys/wait.h>

#include <array>
#include <cstdio>
#include <string>

#include "catch.h"

namespace wick::cli {
namespace {

struct Outcome {
  int exit_code = -1;
  std::string output;  // stdout and stderr
};

Outcome Wick(const std::string& arguments) {
  FILE* const pipe = popen((WICK_BINARY " " + arguments + " 2>&1 </dev/null").c_str(), "r");
  REQUIRE(pipe != nullptr);
  Outcome outcome;
  std::array<char, 4096> chunk;
  while (const size_t n = fread(chunk.data(), 1, chunk.size(), pipe))
    outcome.output.append(chunk.data(), n);
  const int status = pclose(pipe);
  REQUIRE(WIFEXITED(status));
  outcome.exit_code = WEXITSTATUS(status);
  return outcome;
}

bool Says(const Outcome& outcome, const std::string& text) {
  return outcome.output.find(text) != std::string::npos;
}

/// A port of the reserved range that nobody listens on.
constexpr const char* kNobody = " --server 127.0.0.1:1";

}  // namespace

TEST_CASE("every subcommand has help, and every one that takes arguments shows examples", "[cli]") {
  const Outcome top = Wick("--help");
  CHECK(top.exit_code == 0);
  for (const std::string name :
       {"serve", "config", "ingest", "feed", "latest", "candles", "exchanges", "bases", "reference",
        "status", "checkpoint", "backup", "backups", "restore", "version"}) {
    INFO(name);
    CHECK(Says(top, "\n  " + name + " "));
    const Outcome help = Wick(name + " --help");
    CHECK(help.exit_code == 0);
    CHECK((name == "version" || Says(help, "Examples:\n  wick " + name)));
  }
}

TEST_CASE("wrong arguments exit with 2 and say what is wrong", "[cli]") {
  CHECK(Wick("").exit_code == 2);
  CHECK(Wick("nonsense").exit_code == 2);
  CHECK(Wick("latest --nonsense").exit_code == 2);
  CHECK(Wick("ingest").exit_code == 2);
  CHECK(Wick("reference").exit_code == 2);
  CHECK(Wick("reference set BTC").exit_code == 2);
  CHECK(Wick("candles X:A/B --limit 0").exit_code == 2);
  CHECK(Wick("feed --pairs 0").exit_code == 2);
  CHECK(Wick("backup").exit_code == 2);
  CHECK(Wick("backup /x --keep -1").exit_code == 2);
  CHECK(Wick("backup /x --rate fast").exit_code == 2);
  CHECK(Wick("restore /x").exit_code == 2);
  CHECK(Wick("restore /x --data /y --id 0").exit_code == 2);
  CHECK(Wick("bases BTC --all ETH").exit_code == 2);

  const struct {
    std::string arguments;
    std::string says;
  } kCases[] = {
      {"latest", "name at least one symbol"},
      {"latest BTC/USDT", "\"BTC/USDT\" is no symbol; write EXCHANGE:BASE/QUOTE"},
      {"candles X:A/B --interval 5x", "--interval \"5x\" is none"},
      {"candles X:A/B --from yesterday", "--from \"yesterday\" is no time"},
      {"candles X:A/B --fill maybe", "--fill \"maybe\" is none of"},
      {"status --server localhost", "--server \"localhost\" is not HOST:PORT"},
      {"status --server 127.0.0.1:99999", "is not HOST:PORT"},
  };
  for (const auto& c : kCases) {
    INFO(c.arguments);
    const Outcome outcome = Wick(c.arguments);
    CHECK(outcome.exit_code == 2);
    CHECK(Says(outcome, c.says));
  }
}

TEST_CASE("a server that is not there gives exit code 1 and one line with the address", "[cli]") {
  for (const std::string command :
       {"status", "checkpoint", "backup /tmp/wick-no-such", "exchanges", "bases", "reference list", "latest X:A/B",
        "candles X:A/B --from -1h", "feed --duration 1", "ingest /dev/null"}) {
    INFO(command);
    const Outcome outcome = Wick(command + kNobody);
    CHECK(outcome.exit_code == 1);
    CHECK(Says(outcome, "wick: cannot connect to 127.0.0.1:1: "));
    CHECK(Says(outcome, "is `wick serve` running there?\n"));
    CHECK(outcome.output.find('\n') == outcome.output.size() - 1);
  }
}

TEST_CASE("a file that cannot be read is named", "[cli]") {
  const Outcome outcome = Wick("ingest /no/such/file.csv" + std::string(kNobody));
  CHECK(outcome.exit_code == 1);
  CHECK(outcome.output == "wick: cannot open /no/such/file.csv: No such file or directory\n");
}

TEST_CASE("config prints what the command line says, and refuses what is no setting", "[cli]") {
  const Outcome config = Wick("config --http 127.0.0.1:9 --set storage.directory=/a --data /b");
  CHECK(config.exit_code == 0);
  CHECK(Says(config, "http = \"127.0.0.1:9\""));
  CHECK(Says(config, "directory = \"/b\""));  // the option is more explicit than --set
  CHECK(Wick("config --set no.such=1").exit_code == 1);
  CHECK(Wick("config --config /no/such.toml").exit_code == 1);
}

TEST_CASE("the version is one line", "[cli]") {
  const Outcome version = Wick("version");
  CHECK(version.exit_code == 0);
  CHECK(version.output.starts_with("wick "));
  CHECK(version.output.find('\n') == version.output.size() - 1);
}

}  // namespace wick::cli
