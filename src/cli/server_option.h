// The server a subcommand speaks with.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "wick/client.h"

namespace CLI {
class App;
}

namespace wick::cli {

/// Where the server is, and how it is spoken with.
struct Remote {
  std::string address;     // "host:port"
  std::string token_file;  // empty: the token is in the environment, or there is none
  bool tls = false;
  std::string tls_ca;  // empty: the system's authorities
};

/// Which node of a cluster a command may be sent to.
enum class Asks : uint8_t { kAnyNode, kOneNode };

/// Adds --server, --token-file, --tls and --tls-ca to a subcommand; `remote` outlives the parsing.
void AddServerOption(CLI::App& command, Remote& remote, Asks asks = Asks::kAnyNode);

/// Throws CLI::ValidationError if the address is no HOST:PORT or the file holds no token.
ClientOptions ClientOptionsOf(const Remote& remote);

/// nullopt: the reason is on stderr.
std::optional<Client> ConnectTo(const Remote& remote);

/// One line on stderr, "wick: ..."; returns kFailed.
int Fail(const std::string& message);

/// A line on stderr for each node that an answer does without, or in doubt; kFailed if there is
/// one, else kOk.
int TellMissing(const std::vector<MissingNode>& missing);

/// Writes to stdout.
void Print(std::string_view text);

}  // namespace wick::cli
