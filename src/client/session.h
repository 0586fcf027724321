// One server and the connection to it: a request out, its reply in.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "client/cluster_map.h"
#include "client/connection.h"
#include "wick/client.h"
#include "wick/wire.h"

namespace wick::client {

/// One request at a time. Threads: one at a time.
class Session {
 public:
  /// Connects and says hello.
  static Result<std::unique_ptr<Session>> Open(const ClientOptions& options);

  const wire::HelloReply& hello() const { return connection_->hello(); }
  const wire::Limits& limits() const { return hello().limits; }
  const std::string& server() const { return connection_->server(); }
  /// True after an error that is final: open another one.
  bool spent() const { return spent_; }

  /// Makes a request, whose payload `write` appends; its id.
  template <typename Write>
  Result<uint64_t> Send(wire::Type type, Write&& write) {
    connection_->Begin(type);
    write(connection_->writer());
    return connection_->End();
  }
  /// Hands the kernel what it takes of it at once; Await() sends the rest.
  void Flush();
  /// Waits for the payload of its reply, as long as the request timeout. Replies of earlier
  /// requests, whose callers were told of a timeout, are thrown away.
  Result<std::string> Await(wire::Type type, uint64_t id);

  Result<ClusterMap> AskMap();

  ClientError Unreadable() const;

 private:
  Session(std::unique_ptr<Connection> connection, const ClientOptions& options);

  const std::unique_ptr<Connection> connection_;
  const uint64_t request_timeout_ms_;
  bool spent_ = false;
};

}  // namespace wick::client
