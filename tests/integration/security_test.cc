// Tokens and TLS as a user types them: the real binary on both sides.
#include <signal.h>
#include <sys/stat.h>

#include <fstream>

#include "catch.h"
#include "certificate.h"
#include "integration/wick_process.h"

using namespace wick::test;

namespace {

/// Makes a token with `wick token add`; the file that holds it.
std::string AddToken(const TemporaryDirectory& directory, const std::string& name,
                     const std::string& scopes) {
  const auto added =
      RunWick({"token", "add", name, "--scopes", scopes, "--file", directory / "tokens"});
  INFO(added.err);
  REQUIRE(added.exit_code == 0);
  std::ofstream(directory / (name + ".token")) << added.out;
  return directory / (name + ".token");
}

/// Waits until the log says `text`: a signal has been heeded.
void AwaitLog(const WickServer& server, const std::string& text) {
  while (server.log().find(text) == std::string::npos) usleep(2'000);
}

}  // namespace

TEST_CASE("tokens and TLS from the command line, and SIGHUP while a client is connected",
          "[integration][security]") {
  const TemporaryDirectory directory;
  const CertificateFiles first = MakeCertificate(directory / "", "first");
  const std::string reader = AddToken(directory, "reader", "read");
  const std::string feeder = AddToken(directory, "feeder", "ingest");
  WickServer server(directory / "data",
                    {"--set", "auth.tokens=" + (directory / "tokens"), "--set",
                     "tls.certificate=" + first.certificate, "--set", "tls.key=" + first.key});
  const auto wick = [&](std::vector<std::string> args, const std::string& token_file,
                        const std::string& authority) {
    args.insert(args.end(), {"--server", server.binary_address(), "--tls-ca", authority});
    if (!token_file.empty()) args.insert(args.end(), {"--token-file", token_file});
    return RunWick(args);
  };

  std::ofstream(directory / "events.csv") << "baseCurrency,quoteCurrency,exchange,price,"
                                             "timestampInMs\nBTC,USD,Kraken,5,1700000000000\n";
  CHECK(wick({"ingest", directory / "events.csv"}, feeder, first.authority).exit_code == 0);
  CHECK(wick({"latest", "Kraken:BTC/USD"}, reader, first.authority).exit_code == 0);
  const auto nobody = wick({"exchanges"}, "", first.authority);
  CHECK(nobody.exit_code == 1);
  CHECK(nobody.err.find("this server asks for a token") != std::string::npos);
  const auto beyond = wick({"checkpoint"}, reader, first.authority);
  CHECK(beyond.exit_code == 1);
  CHECK(beyond.err.find("the scope admin") != std::string::npos);

  wick::ClientOptions options;
  options.port = server.binary_port();
  options.tls.emplace().ca_file = first.authority;
  std::ifstream(reader) >> options.token.emplace();
  auto live = wick::Client::Connect(options);
  REQUIRE(live.ok());
  CHECK(live->Status().ok());

  const CertificateFiles second = MakeCertificate(directory / "", "second");
  std::filesystem::rename(second.certificate, first.certificate);
  std::filesystem::rename(second.key, first.key);
  CHECK(RunWick({"token", "remove", "reader", "--file", directory / "tokens"}).exit_code == 0);
  server.Signal(SIGHUP);
  AwaitLog(server, "auth.tokens: read again");
  CHECK(server.log().find("tls.certificate: read again") != std::string::npos);
  CHECK_FALSE(live->Status().ok());
  CHECK(wick({"exchanges"}, feeder, first.authority).exit_code == 1);  // another certificate
  const auto gone = wick({"exchanges"}, reader, second.authority);
  CHECK(gone.exit_code == 1);
  CHECK(gone.err.find("none that this server knows") != std::string::npos);
  CHECK(wick({"ingest", directory / "events.csv"}, feeder, second.authority).exit_code == 0);

  std::string token;
  std::ifstream(feeder) >> token;
  CHECK(server.log().find(token) == std::string::npos);
  CHECK(server.log().find(*options.token) == std::string::npos);
  CHECK(server.Terminate() == 0);
}

TEST_CASE("a server that others could reach refuses to start without TLS and tokens",
          "[integration][security]") {
  const TemporaryDirectory directory;
  const auto refused = RunWick(
      {"serve", "--data", directory / "data", "--http", "0.0.0.0:0", "--binary", "127.0.0.1:0"});
  CHECK(refused.exit_code == 1);
  CHECK(refused.err.find("server.http = 0.0.0.0:0: other machines could reach it") !=
        std::string::npos);
  CHECK_FALSE(std::filesystem::exists(directory / "data"));  // before anything is made
}

TEST_CASE("a private key that others may read is warned about", "[integration][security]") {
  const TemporaryDirectory directory;
  const CertificateFiles files = MakeCertificate(directory / "", "test");
  ::chmod(files.key.c_str(), 0640);
  const WickServer server(directory / "data", {"--set", "tls.certificate=" + files.certificate,
                                               "--set", "tls.key=" + files.key});
  CHECK(server.log().find("the private key may be read by other users") != std::string::npos);
}
