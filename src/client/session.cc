#include "client/session.h"

#include <optional>

#include "client/codec.h"

namespace wick::client {

Session::Session(std::unique_ptr<Connection> connection, const ClientOptions& options)
    : connection_(std::move(connection)), request_timeout_ms_(options.request_timeout_ms) {}

Result<std::unique_ptr<Session>> Session::Open(const ClientOptions& options) {
  Result<std::unique_ptr<Connection>> connection = Connection::Open(options);
  if (!connection) return connection.error();
  return std::unique_ptr<Session>(new Session(std::move(*connection), options));
}

void Session::Flush() {
  (void)connection_->Drain(SteadyClock::now());  // an error is that of Await(), too
}

Result<std::string> Session::Await(wire::Type type, uint64_t id) {
  const Deadline deadline = DeadlineIn(request_timeout_ms_);
  for (;;) {
    Result<std::optional<Reply>> next = connection_->Next(deadline);
    if (!next) {
      spent_ = true;
      return next.error();
    }
    if (!next->has_value()) {
      return ClientError{ErrorCode::kTimeout, server() + " did not answer within " +
                                                  std::to_string(request_timeout_ms_) + " ms"};
    }
    Reply& reply = **next;
    if (reply.request_id != id) continue;
    if (reply.type == ReplyType(type)) return std::move(reply.payload);
    ClientError error;
    if (reply.type == wire::kErrorType && ReadReply(reply.payload, error)) return error;
    return Unreadable();
  }
}

Result<ClusterMap> Session::AskMap() {
  const Result<uint64_t> id = Send(wire::Type::kCluster, [](wire::Writer) {});
  if (!id) return id.error();
  const Result<std::string> payload = Await(wire::Type::kCluster, *id);
  if (!payload) return payload.error();
  wire::ClusterReply reply;
  if (!ReadReply(*payload, reply)) return Unreadable();
  return ClusterMap::Make(std::move(reply), server());
}

ClientError Session::Unreadable() const {
  return {ErrorCode::kBadReply,
          "bad reply from " + server() + ": its payload is not what the request asked for"};
}

}  // namespace wick::client
