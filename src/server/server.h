// The running server: storage, engine and sockets, built in order and stopped in reverse.
#pragma once

#include <memory>

#include "base/clock.h"
#include "base/status.h"
#include "server/settings.h"

namespace wick::server {

/// A server in this process. Threads: one at a time.
class Server {
 public:
  /// Listens and answers probes; everything else is told to wait until Recover() has returned.
  /// Errors are one line for the operator. The clock must outlive the server.
  static absl::StatusOr<std::unique_ptr<Server>> Listen(const ServerConfig& config,
                                                        const Clock& clock);
  /// Opens the storage, recovers and begins to serve; once. After an error the server can only be
  /// destroyed.
  absl::Status Recover();
  /// Both.
  static absl::StatusOr<std::unique_ptr<Server>> Start(const ServerConfig& config,
                                                       const Clock& clock);
  /// As Stop().
  ~Server();

  /// Where it listens, with the real ports.
  const Endpoint& http() const;
  const Endpoint& binary() const;

  /// Reads certificate and tokens again; logs what became of it. Any thread, one at a time.
  void Reload();

  /// OK, or why events are refused. After Recover().
  absl::Status Writable() const;

  /// Stops accepting, lets open requests end, writes a last checkpoint and joins all threads. Later
  /// calls do nothing.
  absl::Status Stop();

 private:
  struct Impl;
  explicit Server(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

/// Serves until SIGINT or SIGTERM, logging to stderr; SIGHUP has certificate and tokens read
/// again. The line "recovering http=127.0.0.1:8080
/// binary=127.0.0.1:8081" says that probes are answered, "listening http=… binary=…" that it is
/// ready. A signal during the recovery ends the process at once: nothing was accepted yet.
absl::Status Serve(const ServerConfig& config);

}  // namespace wick::server
