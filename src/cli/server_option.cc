#include "cli/server_option.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <charconv>
#include <cstdio>
#include <utility>

#include "cli/commands.h"

namespace wick::cli {

void AddServerOption(CLI::App& command, std::string& server) {
  server = fmt::format("127.0.0.1:{}", wire::kPortDefault);
  command.add_option("--server", server, "Address of the server's binary protocol")
      ->type_name("HOST:PORT")
      ->envname("WICK_SERVER")
      ->capture_default_str();
}

ClientOptions ServerOptions(const std::string& server) {
  ClientOptions options;
  options.name = "wick-cli";
  const size_t colon = server.rfind(':');
  const char* const end = server.data() + server.size();
  if (colon != server.npos && colon > 0) {
    const auto port = std::from_chars(server.data() + colon + 1, end, options.port);
    options.host = server.substr(0, colon);
    if (options.host.starts_with('[') && options.host.ends_with(']')) {  // [::1]:8081
      options.host = options.host.substr(1, options.host.size() - 2);
    }
    if (port.ec == std::errc() && port.ptr == end && options.port != 0 && !options.host.empty())
      return options;
  }
  throw CLI::ValidationError(
      fmt::format("--server \"{}\" is not HOST:PORT, as in 127.0.0.1:8081", server));
}

std::optional<Client> ConnectTo(const std::string& server) {
  Result<Client> client = Client::Connect(ServerOptions(server));
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
