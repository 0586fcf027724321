// The server a subcommand speaks with.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "wick/client.h"

namespace CLI {
class App;
}

namespace wick::cli {

/// Adds --server to a subcommand; `server` outlives the parsing.
void AddServerOption(CLI::App& command, std::string& server);

/// Throws CLI::ValidationError if `server` is no HOST:PORT.
ClientOptions ServerOptions(const std::string& server);

/// nullopt: the reason is on stderr.
std::optional<Client> ConnectTo(const std::string& server);

/// One line on stderr, "wick: ..."; returns kFailed.
int Fail(const std::string& message);

/// Writes to stdout.
void Print(std::string_view text);

}  // namespace wick::cli
