#include "cli/server_option.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <utility>

#include "cli/commands.h"
#include "client/cluster_map.h"

namespace wick::cli {

namespace {

constexpr const char* kTokenVariable = "WICK_TOKEN";

/// nullopt: none was given. Not an option of its own: the list of processes would show it.
std::optional<std::string> TokenOf(const Remote& remote) {
  if (remote.token_file.empty()) {
    const char* const token = std::getenv(kTokenVariable);
    return token && *token ? std::optional<std::string>(token) : std::nullopt;
  }
  std::ifstream file(remote.token_file);
  std::string token;
  file >> token;  // the first word: a line end behind it is none of the token
  if (!token.empty() && token.size() <= wire::kTokenBytesMax) return token;
  throw CLI::ValidationError(
      fmt::format("--token-file \"{}\" cannot be read or holds no token", remote.token_file));
}

}  // namespace

void AddServerOption(CLI::App& command, Remote& remote, Asks asks) {
  remote.address = fmt::format("127.0.0.1:{}", wire::kPortDefault);
  command
      .add_option("--server", remote.address,
                  fmt::format("Address of the server's binary protocol; of a cluster, of {}",
                              asks == Asks::kAnyNode ? "any node" : "the node that is meant"))
      ->type_name("HOST:PORT")
      ->envname("WICK_SERVER")
      ->capture_default_str();
  command
      .add_option("--token-file", remote.token_file,
                  fmt::format("File with the token; else the variable {} has it", kTokenVariable))
      ->type_name("FILE")
      ->envname("WICK_TOKEN_FILE");
  CLI::Option* const tls =
      command.add_flag("--tls", remote.tls, "Speak TLS, and have the server prove who it is");
  tls->envname("WICK_TLS");
  command
      .add_option("--tls-ca", remote.tls_ca,
                  "Trust this authority (PEM) instead of the system's; implies --tls")
      ->type_name("FILE")
      ->envname("WICK_TLS_CA");
}

ClientOptions ClientOptionsOf(const Remote& remote) {
  ClientOptions options;
  options.name = "wick-cli";
  options.token = TokenOf(remote);
  if (remote.tls || !remote.tls_ca.empty()) options.tls.emplace().ca_file = remote.tls_ca;
  if (client::ParseAddress(remote.address, options.host, options.port)) return options;
  throw CLI::ValidationError(
      fmt::format("--server \"{}\" is not HOST:PORT, as in 127.0.0.1:8081", remote.address));
}

std::optional<Client> ConnectTo(const Remote& remote) {
  Result<Client> client = Client::Connect(ClientOptionsOf(remote));
  if (client) return std::move(client).value();
  Fail(client.error().message);
  return std::nullopt;
}

int Fail(const std::string& message) {
  fmt::print(stderr, "wick: {}\n", message);
  return kFailed;
}

int TellMissing(const std::vector<MissingNode>& missing) {
  for (const MissingNode& node : missing) {
    const bool in_doubt = node.error.code == ErrorCode::kMoved;
    Fail(fmt::format("the answer {} {}", in_doubt ? "may have gaps:" : "is without",
                     node.error.message));
  }
  return missing.empty() ? kOk : kFailed;
}

void Print(std::string_view text) { std::fwrite(text.data(), 1, text.size(), stdout); }

}  // namespace wick::cli
