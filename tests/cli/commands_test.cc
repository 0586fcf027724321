// The binary as a user meets it: exit codes, messages, help.
#include <unistd.h>

#include <fstream>
#include <iterator>
#include <set>
#include <sstream>
#include <string>

#include "catch.h"
#include "cli/wick.h"
#include "paths.h"

namespace wick::cli {
namespace {

/// The long options that a command's help lists.
std::set<std::string> OptionsOf(const std::string& command) {
  std::istringstream help(Wick(command + " --help").output);
  std::set<std::string> options;
  for (std::string line; std::getline(help, line);) {
    const size_t at = line.find("--");
    if (at != line.find_first_not_of(' ') || at == std::string::npos) continue;
    options.insert(line.substr(at, line.find_first_of(" =,", at) - at));
  }
  return options;
}

/// The options that config/completion.bash lists for a command.
std::set<std::string> CompletionOf(const std::string& command) {
  std::ifstream file(std::string(wick::test::kSourceDirectory) + "/config/completion.bash");
  const std::string head = "    [" + command + "]=\"";
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with(head)) continue;
    std::istringstream words(line.substr(head.size(), line.rfind('"') - head.size()));
    return {std::istream_iterator<std::string>(words), {}};
  }
  return {"no line"};
}

/// A port of the reserved range that nobody listens on.
constexpr const char* kNobody = " --server 127.0.0.1:1";

}  // namespace

TEST_CASE("every subcommand has help, and every one that takes arguments shows examples", "[cli]") {
  const Outcome top = Wick("--help");
  CHECK(top.exit_code == 0);
  for (const std::string name :
       {"serve",     "config", "ingest",     "feed",    "produce",   "dead-letters",
        "offsets",   "bench",  "latest",     "candles", "exchanges", "bases",
        "reference", "status", "checkpoint", "backup",  "backups",   "restore",
        "verify",    "token",  "version",    "cluster"}) {
    INFO(name);
    CHECK(Says(top, "\n  " + name + " "));
    const Outcome help = Wick(name + " --help");
    CHECK(help.exit_code == 0);
    CHECK((name == "version" || Says(help, "Examples:\n  wick " + name)));
  }
}

TEST_CASE("the completion knows every command with its options and no other", "[cli]") {
  std::istringstream top(Wick("--help").output);
  bool in_commands = false;
  int commands = 0;
  for (std::string line; std::getline(top, line);) {
    if (line == "Subcommands:") in_commands = true;
    if (!in_commands || !line.starts_with("  ") || line[2] == ' ') continue;
    const std::string command = line.substr(2, line.find(' ', 2) - 2);
    ++commands;
    if (command == "reference" || command == "token") continue;  // their verbs have the options
    INFO(command);
    CHECK(CompletionOf(command) == OptionsOf(command));
  }
  CHECK(commands > 10);
}

TEST_CASE("offsets are of a data directory that is there", "[cli]") {
  const std::string directory = "/tmp/wick-cli-offsets-" + std::to_string(getpid());
  for (const char* arguments : {"", " --topic t --partition 1 --set 4"}) {
    const Outcome outcome = Wick("offsets --data " + directory + arguments);
    CHECK(outcome.exit_code == 2);
    CHECK(Says(outcome, directory + " holds no data of wick"));
    CHECK(access(directory.c_str(), F_OK) != 0);  // and none was made
  }
}

TEST_CASE("properties of Kafka come from a file, and no message shows them", "[cli]") {
  const std::string path = "/tmp/wick-cli-properties-" + std::to_string(getpid());
  const auto produce = [&](const std::string& lines) {
    std::ofstream(path) << lines;
    const Outcome outcome = Wick("produce --topic t --property-file " + path);
    unlink(path.c_str());
    return outcome;
  };
  CHECK(
      Says(produce("# who\n\nsecurity.protocol=nonsense\n"), "kafka.properties.security.protocol"));
  const Outcome torn = produce("client.id=x\r\nhush hush\n");
  CHECK(torn.exit_code == 1);
  CHECK(Says(torn, path + ":2: write name=value"));
  CHECK_FALSE(Says(torn, "hush"));
  CHECK(Says(Wick("produce --topic t --property-file /nowhere"), "cannot be read"));
}

TEST_CASE("wrong arguments exit with 2 and say what is wrong", "[cli]") {
  CHECK(Wick("").exit_code == 2);
  CHECK(Wick("latest --nonsense").exit_code == 2);
  CHECK(Wick("ingest").exit_code == 2);
  CHECK(Wick("reference").exit_code == 2);
  CHECK(Wick("reference set BTC").exit_code == 2);
  CHECK(Wick("candles X:A/B --limit 0").exit_code == 2);
  CHECK(Wick("feed --pairs 0").exit_code == 2);
  CHECK(Wick("produce").exit_code == 2);
  CHECK(Wick("dead-letters --offset 1").exit_code == 2);
  CHECK(Wick("bench").exit_code == 2);
  CHECK(Wick("bench everything").exit_code == 2);
  CHECK(Wick("bench latest --seconds 0").exit_code == 2);
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
      {"nonsense", "wick: there is no command \"nonsense\"; `wick --help` lists them\n"},
      {"reference set B/TC USD Kraken", "baseCurrency \"B/TC\""},
      {"reference set BTC USD Kra:ken", "exchange \"Kra:ken\""},
      {"candles X:A/B --limit 99999999999", "--limit"},
      {"latest", "name at least one symbol"},
      {"latest BTC/USDT", "\"BTC/USDT\" is no symbol; write EXCHANGE:BASE/QUOTE"},
      {"candles X:A/B --interval 5x", "--interval \"5x\" is none"},
      {"candles X:A/B --from yesterday", "--from \"yesterday\" is no time"},
      {"candles X:A/B --fill maybe", "--fill \"maybe\" is none of"},
      {"bench ingest --series 3", "--series 3 are fewer than the 8 --connections"},
      {"bench candles --interval 5x", "5x is none"},
      {"bench multi --http 127.0.0.1:1", "--http goes with ingest"},
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
       {"status", "cluster", "dead-letters", "checkpoint", "backup /tmp/wick-no-such", "exchanges",
        "bases", "reference list", "latest X:A/B", "candles X:A/B --from -1h", "feed --duration 1",
        "bench latest", "ingest /dev/null"}) {
    INFO(command);
    const Outcome outcome = Wick(command + kNobody);
    CHECK(outcome.exit_code == 1);
    CHECK(Says(outcome, "wick: cannot connect to 127.0.0.1:1: "));
    CHECK(Says(outcome, "is `wick serve` running there?\n"));
    CHECK(outcome.output.find('\n') == outcome.output.size() - 1);
  }
}

TEST_CASE("a directory that cannot be verified, or holds no backup, is named", "[cli]") {
  const Outcome verify = Wick("verify --data /no/such");
  CHECK(verify.exit_code == 2);
  CHECK(verify.output == "wick: there is no data directory /no/such; name it with --data\n");
  for (const std::string command :
       {"backups /no/such", "restore /no/such --data /tmp/wick-no-such"}) {
    INFO(command);
    const Outcome outcome = Wick(command);
    CHECK(outcome.exit_code == 1);
    CHECK(Says(outcome, "wick: /no/such holds no backups"));
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
  for (const std::string command : {"config", "serve"}) {
    const Outcome empty = Wick(command + " --data ''");
    CHECK(empty.exit_code == 1);
    CHECK(Says(empty, "storage.directory"));
    CHECK(Says(empty, "the path is empty"));
  }
  CHECK(Wick("config --config /no/such.toml").exit_code == 1);
}

TEST_CASE("a token is printed once, listed by name and removed", "[cli]") {
  const std::string file = "/tmp/wick_cli_tokens_" + std::to_string(::getpid());
  const std::string of_file = " --file " + file;
  const Outcome added = Wick("token add feeder --scopes read,ingest" + of_file);
  CHECK(added.exit_code == 0);
  const size_t token = added.output.find("wick_");
  CHECK(token != std::string::npos);
  CHECK(Wick("token add feeder" + of_file).exit_code == 1);
  CHECK(Wick("token add other --scopes write" + of_file).exit_code == 1);
  const Outcome list = Wick("token list" + of_file);
  CHECK(list.output == "NAME    SCOPES\nfeeder  read,ingest\n");
  CHECK(Wick("token remove nobody" + of_file).exit_code == 1);
  CHECK(Wick("token remove feeder" + of_file).exit_code == 0);
  CHECK(Wick("token list" + of_file).output == "NAME  SCOPES\n");
  CHECK(Wick("token list").exit_code == 2);
  ::unlink(file.c_str());
}

TEST_CASE("a token file that cannot be read is no way to do without", "[cli]") {
  const Outcome outcome = Wick("status --token-file /no/such" + std::string(kNobody));
  CHECK(outcome.exit_code == 2);
  CHECK(Says(outcome, "--token-file \"/no/such\" cannot be read or holds no token"));
}

TEST_CASE("the version is one line", "[cli]") {
  const Outcome version = Wick("version");
  CHECK(version.exit_code == 0);
  CHECK(version.output.starts_with("wick "));
  CHECK(version.output.find('\n') == version.output.size() - 1);
  CHECK(Wick("--version").exit_code == 0);
  CHECK(Wick("--version").output == version.output);
}

}  // namespace wick::cli
