// The file of tokens: who may do what. Format and use: docs/security.md.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "protocol/scope.h"

namespace wick::server {

/// SHA-256 of a token. One of 256 random bits cannot be found by trying, so neither salt nor a slow
/// hash would add anything.
using TokenDigest = std::array<unsigned char, 32>;
TokenDigest DigestOf(std::string_view token);

/// One line of the file.
struct TokenEntry {
  std::string name;
  protocol::Scopes scopes;
  TokenDigest digest{};
};

/// Reads `read,ingest`. The error says which names there are.
absl::StatusOr<protocol::Scopes> ParseScopes(std::string_view text);
std::string ToString(const protocol::Scopes& scopes);

/// Lines of `name scopes sha256`, comments with #, blank lines. The first line that is none of
/// these is an error that names `file` and the line, but no word of it, lest a token get into the
/// log: a file is used as a whole or not at all.
absl::StatusOr<std::vector<TokenEntry>> ParseTokens(std::string_view text, std::string_view file);
absl::StatusOr<std::vector<TokenEntry>> ReadTokens(const std::string& path);

/// Makes a token, appends its line and returns it: it is not kept anywhere. A file that is not
/// there is made, for its owner alone. The file is replaced as a whole and durably; comments stay.
absl::StatusOr<std::string> AddToken(const std::string& path, std::string_view name,
                                     const protocol::Scopes& scopes);

/// Takes the line of `name` out; kNotFound if there is none.
absl::Status RemoveToken(const std::string& path, std::string_view name);

}  // namespace wick::server
