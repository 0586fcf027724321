// Whose HTTP requests are answered: judged when the header is there, before a body is read.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/http_problem.h"
#include "server/auth.h"
#include "server/http_reader.h"

namespace wick::server {

/// What a browser may be made to do by the pages it shows. Immutable.
///
/// A server without tokens trusts whoever reaches it, and a browser on the same machine does: a
/// page whose own name was made to point here (DNS rebinding) would be taken for ours. So it
/// answers only to its names. With tokens any name will do: no page has the token.
class BrowserRules {
 public:
  /// `hosts`: names beside addresses and names without a dot, which are always ours; without ports;
  /// "*" is any. Empty: no others, or any if `has_tokens`. `cors_origins`:
  /// "https://app.example.com", as browsers write them; "*" is any.
  BrowserRules(std::vector<std::string> hosts, std::vector<std::string> cors_origins,
               bool has_tokens);

  /// True if the value of a Host field, "name:port", names this server.
  bool IsOurs(std::string_view host) const;
  /// True if pages of this origin may read answers and make changes.
  bool IsFriend(std::string_view origin) const;

 private:
  const std::vector<std::string> hosts_;
  const std::vector<std::string> cors_origins_;
  const bool any_host_;
};

/// Judges the requests of one connection. Threads: one at a time.
class HttpGuard {
 public:
  /// `auth` nullptr: no tokens are asked for. `peer` is for the log.
  HttpGuard(const BrowserRules& rules, Auth* auth, std::string peer);

  /// Why a request is refused; nullopt: it is not. Only the header is looked at.
  std::optional<protocol::Problem> Check(const HttpMessage& message);

  /// The origin whose pages may read the answer; empty: none may.
  std::string_view ReaderOf(const HttpMessage& message) const;

 private:
  std::optional<protocol::Problem> CheckBrowser(const HttpMessage& message);
  std::optional<protocol::Problem> CheckToken(const HttpMessage& message);

  const BrowserRules& rules_;
  Auth* const auth_;
  const std::string peer_;
  Bearer bearer_;
  std::string host_;  // found to be ours last
};

/// True for the question of a browser whether it may send a request (CORS preflight).
bool IsPreflight(const HttpMessage& message);

}  // namespace wick::server
