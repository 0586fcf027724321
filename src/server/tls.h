// The certificate and the key of the server.
#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "base/status.h"

namespace boost::asio::ssl {
class context;
}

namespace wick::server {

/// Where they are, as PEM files.
struct TlsFiles {
  std::string certificate;  // with the chain behind it
  std::string key;

  bool empty() const { return certificate.empty() && key.empty(); }
};

/// TLS 1.2 and later, forward-secret ciphers only, no renegotiation, no compression.
/// Threads: all. Failure: files that cannot be used leave what was loaded before in use.
class Tls {
 public:
  /// The error says which file and what is wrong with it.
  static absl::StatusOr<std::unique_ptr<Tls>> Load(const TlsFiles& files);

  /// Reads the files again, for the connections that come from now on.
  absl::Status Reload();

  /// What new connections use. A connection keeps what it began with.
  std::shared_ptr<boost::asio::ssl::context> context() const;

 private:
  using Context = std::shared_ptr<boost::asio::ssl::context>;

  Tls(const TlsFiles& files, Context context);

  const TlsFiles files_;
  mutable std::mutex mutex_;
  Context context_;  // under mutex_
};

}  // namespace wick::server
