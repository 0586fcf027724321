#include "cli/server_option.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <utility>

#include "cli/commands.h"

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

void AddServerOption(CLI::App& command, Remote& remote) {
  remote.address = fmt::format("127.0.0.1:{}", wire::kPortDefault);
  command.add_option("--server", remote.address, "Address of the server's binary protocol")
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
  const std::string& address = remote.address;
  const size_t colon = address.rfind(':');
  const char* const end = address.data() + address.size();
  if (colon != address.npos && colon > 0) {
    const auto port = std::from_chars(address.data() + colon + 1, end, options.port);
    options.host = address.substr(0, colon);
    if (options.host.starts_with('[') && options.host.ends_with(']')) {  // [::1]:8081
      options.host = options.host.substr(1, options.host.size() - 2);
    }
    if (port.ec == std::errc() && port.ptr == end && options.port != 0 && !options.host.empty())
      return options;
  }
  throw CLI::ValidationError(
      fmt::format("--server \"{}\" is not HOST:PORT, as in 127.0.0.1:8081", address));
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

void Print(std::string_view text) { std::fwrite(text.data(), 1, text.size(), stdout); }

}  // namespace wick::cli
