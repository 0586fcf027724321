// Who gets in, and how: certificate, tokens, rules for browsers.
#pragma once

#include <memory>

#include "base/status.h"
#include "server/auth.h"
#include "server/http_guard.h"
#include "server/settings.h"
#include "server/tls.h"

namespace wick::server {

/// Threads: all; Reload() one at a time.
struct Access {
  /// Reads certificate and tokens. An error if others could reach the server without both, unless
  /// the configuration says that this is meant.
  static absl::StatusOr<std::unique_ptr<Access>> Load(const ServerConfig& config);

  /// Reads certificate and tokens again. What cannot be used is logged, and what was in use before
  /// stays in use.
  void Reload();

  std::unique_ptr<Tls> tls;    // nullptr: plain
  std::unique_ptr<Auth> auth;  // nullptr: no tokens are asked for
  BrowserRules browsers;
};

}  // namespace wick::server
