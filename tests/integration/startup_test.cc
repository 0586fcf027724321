// What can go wrong before the server serves: one clear line and a non-zero exit.
#include <sys/stat.h>

#include <algorithm>

#include "catch.h"
#include "integration/http_client.h"
#include "integration/wick_process.h"

using namespace wick::test;

namespace {

std::vector<std::string> Serve(const std::string& data, std::vector<std::string> more = {}) {
  std::vector<std::string> args = {"serve",       "--data",   data,         "--http",
                                   "127.0.0.1:0", "--binary", "127.0.0.1:0"};
  args.insert(args.end(), more.begin(), more.end());
  return args;
}

void CheckRefused(const CommandResult& result, const std::vector<std::string>& names) {
  INFO(result.err);
  CHECK(result.exit_code != 0);
  CHECK(result.exit_code < 126);
  const size_t errors = static_cast<size_t>(std::count(result.err.begin(), result.err.end(), '\n'));
  CHECK(errors >= 1);
  const size_t last = result.err.rfind('\n', result.err.size() - 2);
  const std::string line = result.err.substr(last == std::string::npos ? 0 : last + 1);
  for (const std::string& name : names) {
    CAPTURE(name, line);
    CHECK(line.find(name) != std::string::npos);
  }
}

}  // namespace

TEST_CASE("a second process on the same directory is refused", "[integration][startup]") {
  const TemporaryDirectory directory;
  WickServer server(directory / "data");
  CheckRefused(RunWick(Serve(directory / "data")), {directory / "data"});
}

TEST_CASE("a port in use is named", "[integration][startup]") {
  const TemporaryDirectory directory;
  WickServer server(directory / "data");
  const std::string port = std::to_string(server.http_port());
  CheckRefused(RunWick({"serve", "--data", directory / "other", "--http", "127.0.0.1:" + port,
                        "--binary", "127.0.0.1:0"}),
               {"127.0.0.1:" + port});
}

TEST_CASE("what is in the way of a data directory is named", "[integration][startup]") {
  const TemporaryDirectory directory;
  std::ofstream(directory / "file") << "not a directory";
  CheckRefused(RunWick(Serve(directory / "file/data")),
               {directory / "file", "data directory", "not a directory"});
}

TEST_CASE("a bad configuration is refused with file, line and reason", "[integration][startup]") {
  const TemporaryDirectory directory;
  std::ofstream(directory / "wick.toml") << "[server]\nhttp = \"127.0.0.1:0\"\nworkerz = 3\n";
  CheckRefused(RunWick(Serve(directory / "data", {"--config", directory / "wick.toml"})),
               {"wick.toml", "3", "workerz"});
  CheckRefused(RunWick(Serve(directory / "data", {"--set", "tiers.1s.keep=soon"})),
               {"tiers.1s.keep", "soon"});
  CheckRefused(RunWick(Serve(directory / "data", {"--config", directory / "none.toml"})),
               {"none.toml"});
}

TEST_CASE("while it recovers the server answers probes, and SIGTERM ends it at once",
          "[integration][startup]") {
  const TemporaryDirectory directory;
  std::filesystem::create_directory(directory / "data");
  // Whoever opens it waits for a writer, so this recovery has no end.
  REQUIRE(mkfifo((directory / "data/CURRENT").c_str(), 0600) == 0);
  WickServer server(directory / "data", {}, "recovering");
  HttpClient http(server.http_port());
  CHECK(http.Get("/healthz").status == 200);
  const HttpAnswer ready = http.Get("/readyz");
  CHECK(ready.status == 503);
  CHECK(ready.body.find("\"code\":\"recovering\"") != std::string::npos);
  CHECK(http.Get("/v1/status").status == 503);
  const auto status = RunWick({"status", "--server", server.binary_address()});
  CHECK(status.exit_code == 1);
  CHECK(status.err.find("recovering") != std::string::npos);
  CHECK(server.Terminate() == 0);
}

TEST_CASE("wrong arguments exit with 2, a server that is not there with 1", "[integration][cli]") {
  CHECK(RunWick({"nonsense"}).exit_code == 2);
  CHECK(RunWick({"latest", "--nonsense"}).exit_code == 2);
  const auto unreachable = RunWick({"latest", "x:BTC/USD", "--server", "127.0.0.1:1"});
  CHECK(unreachable.exit_code == 1);
  CHECK(unreachable.err.find("127.0.0.1:1") != std::string::npos);
}
