// TLS on a running server, over both protocols, with certificates made for the test.
#include <openssl/ssl.h>
#include <sys/stat.h>

#include <boost/asio/ssl.hpp>
#include <filesystem>
#include <string>

#include "certificate.h"
#include "running_server.h"
#include "server/tls.h"
#include "server/token_file.h"

namespace wick::server {
namespace {

namespace ssl = boost::asio::ssl;
using boost::asio::ip::tcp;
using test::CertificateFiles;
using test::MakeCertificate;

/// A server with a certificate that can be replaced.
class TlsServer {
 public:
  explicit TlsServer(const std::vector<std::string>& more = {}) {
    files_ = MakeCertificate(directory_, "first");
    std::vector<std::string> overrides = {"tls.certificate=" + files_.certificate,
                                          "tls.key=" + files_.key};
    overrides.insert(overrides.end(), more.begin(), more.end());
    running_.emplace(overrides);
  }
  ~TlsServer() {
    running_.reset();
    std::filesystem::remove_all(directory_);
  }

  /// Puts another certificate in the place of the first one; its authority.
  std::string Replace() {
    const CertificateFiles second = MakeCertificate(directory_, "second");
    std::filesystem::rename(second.certificate, files_.certificate);
    std::filesystem::rename(second.key, files_.key);
    return second.authority;
  }

  /// The files stay.
  void Stop() { running_.reset(); }

  Server& server() { return running_->server(); }
  const CertificateFiles& files() const { return files_; }
  const std::string& directory() const { return directory_; }

  Result<Client> Connect(const std::string& authority, const std::string& name = "") {
    ClientOptions options;
    options.port = server().binary().port;
    TlsOptions& tls = options.tls.emplace();
    tls.ca_file = authority;
    tls.server_name = name;
    return Client::Connect(options);
  }

 private:
  static std::string MakeDirectory() {
    char pattern[] = "/tmp/wick_tls_test_XXXXXX";
    return ::mkdtemp(pattern);
  }

  const std::string directory_ = MakeDirectory();
  CertificateFiles files_;
  std::optional<RunningServer> running_;
};

/// A blocking HTTP connection through TLS.
class TlsConnection {
 public:
  TlsConnection(const Endpoint& endpoint, const std::string& authority, int version_max = 0) {
    context_.load_verify_file(authority);
    stream_.emplace(io_, context_);
    stream_->set_verify_mode(ssl::verify_peer);
    if (version_max != 0) {
      SSL_set_security_level(stream_->native_handle(), 0);  // or the client itself would refuse
      SSL_set_min_proto_version(stream_->native_handle(), version_max);
      SSL_set_max_proto_version(stream_->native_handle(), version_max);
    }
    stream_->next_layer().connect({boost::asio::ip::make_address(endpoint.host), endpoint.port});
    stream_->handshake(ssl::stream_base::client, error_);
  }

  const boost::system::error_code& error() const { return error_; }
  int version() { return SSL_version(stream_->native_handle()); }
  SSL* native() { return stream_->native_handle(); }

  void Send(std::string_view bytes) { boost::asio::write(*stream_, boost::asio::buffer(bytes)); }
  /// Everything up to the end; error() is what ended it.
  std::string ReceiveAll() {
    std::string all;
    boost::asio::read(*stream_, boost::asio::dynamic_buffer(all), error_);
    return all;
  }

 private:
  boost::asio::io_context io_;
  ssl::context context_{ssl::context::tls_client};
  std::optional<ssl::stream<tcp::socket>> stream_;
  boost::system::error_code error_;
};

std::string LastGet(std::string_view target) {
  return fmt::format("GET {} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", target);
}

}  // namespace

TEST_CASE("HTTP through TLS: large bodies, large answers, and an end that is announced",
          "[server][tls]") {
  TlsServer tls;
  std::string events = "[";
  for (int i = 0; i < 3'000; ++i) {
    if (i > 0) events += ',';
    events += EventJson(fmt::format("B{}", i), 1 + i, kNowMs);
  }
  events += ']';
  REQUIRE(events.size() > 256 * 1024);  // many records of TLS
  TlsConnection http(tls.server().http(), tls.files().authority);
  REQUIRE_FALSE(http.error());
  CHECK(http.version() == TLS1_3_VERSION);
  http.Send(WithBody("POST", "/v1/events", events));
  http.Send(LastGet("/v1/exchanges"));
  const std::string answers = http.ReceiveAll();
  CHECK(http.error() == boost::asio::error::eof);  // close_notify, not a cut
  CHECK(answers.find(R"({"accepted":3000,"duplicates":0,"rejected":0,"errors":[]})") !=
        std::string::npos);
  CHECK(answers.find("B2999") != std::string::npos);
}

TEST_CASE("the last answer arrives though the client is still sending", "[server][tls]") {
  TlsServer tls;
  TlsConnection http(tls.server().http(), tls.files().authority);
  http.Send("POST /v1/latest HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999\r\n\r\n");
  http.Send(std::string(300'000, ' '));  // unread by the server, and more than its buffer holds
  CHECK(http.ReceiveAll().find("HTTP/1.1 413 ") == 0);
}

TEST_CASE("the binary protocol through TLS, with everything in both directions", "[server][tls]") {
  TlsServer tls;
  auto client = tls.Connect(tls.files().authority);
  REQUIRE(client.ok());
  std::vector<Symbol> symbols;
  for (int i = 0; i < 5'000; ++i) symbols.push_back({fmt::format("B{}", i), "USD", "Kraken"});
  const std::vector<SymbolView> views(symbols.begin(), symbols.end());
  const auto registered = client->Register(views);
  REQUIRE(registered.ok());
  std::vector<Tick> ticks;
  for (const wire::Registration& entry : registered->entries) {
    ticks.push_back({Raw(entry.series), kNowMs, 2.5, 0, 0});
  }
  const auto ingested = client->Ingest(ticks);
  REQUIRE(ingested.ok());
  CHECK(ingested->accepted == 5'000);
  const auto latest = client->Latest(std::span<const SymbolView>(views));
  REQUIRE(latest.ok());
  CHECK(latest->size() == 5'000);
  CHECK(latest->back().price == 2.5);
  const auto exchanges = client->Exchanges();
  REQUIRE(exchanges.ok());
  CHECK(exchanges->front().pairs.size() == 5'000);
}

TEST_CASE("a client trusts the right certificate for the right name and no other",
          "[server][tls]") {
  TlsServer tls;
  const std::string other = MakeCertificate(tls.directory(), "other").authority;
  CHECK(tls.Connect(tls.files().authority, "localhost").ok());
  CHECK(tls.Connect(tls.files().authority, "127.0.0.1").ok());
  for (const auto& [authority, name, says] :
       {std::tuple(other, "", "is not to be trusted"),
        std::tuple(std::string(), "", "is not to be trusted"),  // the system knows none of ours
        std::tuple(tls.files().authority, "wick.example.com", "hostname mismatch"),
        std::tuple(tls.files().authority, "127.0.0.2", "IP address mismatch"),
        std::tuple(tls.directory() + "/none", "", "cannot use ")}) {
    INFO(authority << " " << name);
    const auto refused = tls.Connect(authority, name);
    REQUIRE_FALSE(refused.ok());
    INFO(refused.error().message);
    CHECK(refused.error().code == ErrorCode::kTlsFailed);
    CHECK(refused.error().message.find(says) != std::string::npos);
  }
}

TEST_CASE("TLS 1.0 and 1.1 are refused, 1.2 is not", "[server][tls]") {
  TlsServer tls;
  for (const int version : {TLS1_VERSION, TLS1_1_VERSION}) {
    CAPTURE(version);
    TlsConnection old(tls.server().http(), tls.files().authority, version);
    CHECK(old.error());
  }
  TlsConnection http(tls.server().http(), tls.files().authority, TLS1_2_VERSION);
  REQUIRE_FALSE(http.error());
  CHECK(std::string(SSL_get_cipher_name(http.native())).starts_with("ECDHE-"));
  CHECK(SSL_get_secure_renegotiation_support(http.native()) == 1);
  SSL_renegotiate(http.native());
  CHECK(SSL_do_handshake(http.native()) != 1);  // no_renegotiation
}

TEST_CASE("plain bytes on a port of TLS are answered by its end, and others are served",
          "[server][tls]") {
  TlsServer tls;
  Connection http(tls.server().http());
  http.Send(Get("/healthz"));
  const std::string answer = http.ReceiveAll();
  CHECK(answer.find("HTTP/1.1") == std::string::npos);

  ClientOptions plain;
  plain.port = tls.server().binary().port;
  const auto refused = Client::Connect(plain);
  REQUIRE_FALSE(refused.ok());
  INFO(refused.error().message);
  CHECK(refused.error().message.find("does it want TLS?") != std::string::npos);

  CHECK(tls.Connect(tls.files().authority).ok());
  TlsConnection metrics(tls.server().http(), tls.files().authority);
  metrics.Send(LastGet("/metrics"));
  CHECK(metrics.ReceiveAll().find("\nwick_tls_handshakes_failed_total 2\n") != std::string::npos);
}

TEST_CASE("TLS on a plain port fails cleanly", "[server][tls]") {
  TlsServer tls;  // for its authority alone
  RunningServer plain;
  for (const Endpoint& endpoint : {plain.server().http(), plain.server().binary()}) {
    TlsConnection connection(endpoint, tls.files().authority);
    CHECK(connection.error());
    ClientOptions options;
    options.port = endpoint.port;
    options.tls.emplace().ca_file = tls.files().authority;
    const auto refused = Client::Connect(options);
    REQUIRE_FALSE(refused.ok());
    CHECK(refused.error().code == ErrorCode::kTlsFailed);
  }
  CHECK(plain.Connect().Ping().ok());
}

TEST_CASE("clients that never finish their handshake keep nobody out", "[server][tls]") {
  TlsServer tls;
  std::vector<std::unique_ptr<Connection>> silent;
  for (int i = 0; i < 100; ++i) {
    silent.push_back(std::make_unique<Connection>(tls.server().http()));
    if (i % 2 == 0) silent.back()->Send(std::string_view("\x16\x03\x01\x02\x00\x01", 6));
  }
  auto client = tls.Connect(tls.files().authority);
  REQUIRE(client.ok());
  CHECK(client->Ping().ok());
}

TEST_CASE("a replaced certificate is used by new connections; old ones go on", "[server][tls]") {
  TlsServer tls;
  const std::string before = tls.files().authority;
  auto old = tls.Connect(before);
  REQUIRE(old.ok());
  const std::string after = tls.Replace();
  CHECK(tls.Connect(before).ok());  // nothing was read again yet
  tls.server().Reload();
  CHECK(old->Ping().ok());
  CHECK_FALSE(tls.Connect(before).ok());
  CHECK(tls.Connect(after).ok());
}

TEST_CASE("an ingestor reconnects through TLS with its token, until that is taken back",
          "[server][tls]") {
  TlsServer first;  // for its files, and its port
  const std::string tokens = first.directory() + "/tokens";
  const auto token = AddToken(tokens, "feeder", *ParseScopes("ingest"));
  REQUIRE(token.ok());
  const std::vector<std::string> overrides = {
      "tls.certificate=" + first.files().certificate, "tls.key=" + first.files().key,
      "auth.tokens=" + tokens,
      fmt::format("server.binary=127.0.0.1:{}", first.server().binary().port)};
  ClientOptions options;
  options.port = first.server().binary().port;
  options.token = *token;
  options.tls.emplace().ca_file = first.files().authority;
  IngestorOptions patient;
  patient.backoff_ms = 10;
  patient.reconnects = 1'000;

  first.Stop();
  std::optional<RunningServer> running(overrides);
  uint64_t accepted = 0;
  auto ingestor = Ingestor::Connect(options, patient,
                                    [&](const BatchReport& batch) { accepted += batch.accepted; });
  REQUIRE(ingestor.ok());
  const SymbolView symbol{"BTC", "USD", "Kraken"};
  REQUIRE(ingestor->Add(symbol, {1, 0, 0, kNowMs}).ok());
  REQUIRE(ingestor->Flush().ok());
  running.reset();
  running.emplace(overrides);
  REQUIRE(ingestor->Add(symbol, {2, 0, 0, kNowMs}).ok());
  REQUIRE(ingestor->Flush().ok());
  CHECK(accepted == 2);
  CHECK(ingestor->reconnects() == 1);

  REQUIRE(RemoveToken(tokens, "feeder").ok());
  running->server().Reload();
  REQUIRE(ingestor->Add(symbol, {3, 0, 0, kNowMs}).ok());
  const auto refused = ingestor->Flush();
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().code == ErrorCode::kUnauthorized);  // and not after a thousand tries
}

TEST_CASE("a broken certificate or a key of another one changes nothing", "[server][tls]") {
  TlsServer tls;
  const CertificateFiles other = MakeCertificate(tls.directory(), "other");
  const std::string kept = tls.files().key + ".kept";
  std::filesystem::rename(tls.files().key, kept);
  tls.server().Reload();
  CHECK(tls.Connect(tls.files().authority).ok());
  std::filesystem::rename(other.key, tls.files().key);
  tls.server().Reload();
  CHECK(tls.Connect(tls.files().authority).ok());
  std::filesystem::rename(kept, tls.files().key);
  std::filesystem::resize_file(tls.files().certificate, 100);
  tls.server().Reload();
  CHECK(tls.Connect(tls.files().authority).ok());
}

TEST_CASE("a server does not start on what is no certificate, and says which file",
          "[server][tls]") {
  TlsServer tls;
  const auto why = [](const std::string& certificate, const std::string& key) {
    const auto loaded = Tls::Load({certificate, key});
    REQUIRE_FALSE(loaded.ok());
    return Message(loaded.status());
  };
  const std::string& certificate = tls.files().certificate;
  const std::string& key = tls.files().key;
  CHECK(why("/none.crt", key).starts_with("tls.certificate = /none.crt: "));
  CHECK(why(certificate, "/none.key").starts_with("tls.key = /none.key: "));
  CHECK(why(key, key).starts_with("tls.certificate = "));
  CHECK(why(certificate, certificate).starts_with("tls.key = "));
  CHECK(why("", key).find("go together") != std::string::npos);
  const CertificateFiles other = MakeCertificate(tls.directory(), "other");
  CHECK(why(certificate, other.key).find("key values mismatch") != std::string::npos);

  using namespace test::certificate;
  const Key rsa(EVP_RSA_gen(2'048), EVP_PKEY_free);
  const Certificate of_rsa = Make("rsa", 3, rsa.get(), nullptr, rsa.get(), "", 24);
  const std::string file = tls.directory() + "/rsa.crt";
  ToFile(file, [&](FILE* to) { return PEM_write_X509(to, of_rsa.get()); });
  CHECK(why(file, key).starts_with("tls.key = " + key + ": "));  // of an elliptic curve
}

}  // namespace wick::server
