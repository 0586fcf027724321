// A server of scripts on a loopback socket, that speaks frames and nothing else.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "wick/client.h"
#include "wick/wire.h"

namespace wick {

/// The payload that `write` makes.
template <typename Write>
std::string PayloadOf(Write write) {
  std::string payload;
  write(wire::Writer(payload));
  return payload;
}

inline std::string FrameOf(uint16_t type, uint64_t request_id, std::string_view payload,
                           uint16_t flags = 0) {
  std::string bytes;
  wire::AppendHeader({static_cast<uint32_t>(payload.size()), type, flags, request_id}, bytes);
  bytes += payload;
  return bytes;
}

inline std::string ErrorFrame(uint64_t request_id, ErrorCode code, std::string_view message) {
  return FrameOf(wire::kErrorType, request_id, PayloadOf([&](wire::Writer writer) {
                   writer.U16(static_cast<uint16_t>(code));
                   writer.Text(message);
                 }));
}

inline std::string IngestReplyFrame(uint64_t request_id, const wire::IngestReply& reply) {
  return FrameOf(ReplyType(wire::Type::kIngest), request_id, PayloadOf([&](wire::Writer writer) {
                   writer.U32(reply.accepted);
                   writer.U32(reply.duplicates);
                   writer.U32(reply.rejected);
                   writer.U32(static_cast<uint32_t>(reply.rejections.size()));
                   for (const wire::Rejection& rejection : reply.rejections) {
                     writer.U32(rejection.index);
                     writer.U8(static_cast<uint8_t>(rejection.refusal));
                     writer.Text(rejection.message);
                   }
                 }));
}

/// One accepted connection, in the hands of a script. Not for assertions: they belong to the test's
/// thread.
class FakeSession {
 public:
  struct Request {
    wire::Header header;
    std::string payload;
    wire::Type type() const { return static_cast<wire::Type>(header.type); }
    uint64_t id() const { return header.request_id; }
  };

  explicit FakeSession(int socket) : socket_(socket) {
    const int on = 1;
    setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  }
  ~FakeSession() { close(socket_); }
  FakeSession(const FakeSession&) = delete;
  FakeSession& operator=(const FakeSession&) = delete;

  /// The next frame; a header of zeros if the client has gone.
  Request Read() {
    Request request;
    std::string header(wire::kHeaderBytes, '\0');
    if (!ReadAll(header)) return {};
    request.header = wire::ReadHeader(header);
    request.payload.resize(request.header.payload_bytes);
    if (!ReadAll(request.payload)) return {};
    return request;
  }

  void Send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return;
      bytes.remove_prefix(static_cast<size_t>(sent));
    }
  }

  void Reply(const Request& request, std::string_view payload, uint16_t flags = 0) {
    Send(FrameOf(ReplyType(request.type()), request.id(), payload, flags));
  }

  /// Reads hello and answers it. `partitions` of a cluster, or as a server that knows of none.
  Request Hello(const wire::Limits& limits = {}, uint32_t partitions = 0) {
    Request hello = Read();
    Reply(hello, PayloadOf([&](wire::Writer writer) {
            writer.U16(wire::kVersion);
            writer.Text("0.0.0-fake");
            writer.U32(limits.payload_bytes);
            writer.U32(limits.events_per_ingest);
            writer.U32(limits.entries_per_request);
            writer.U32(limits.candles_per_request);
            if (partitions > 0) writer.U32(partitions);
          }));
    return hello;
  }

  /// Reads a register request and gives its symbols ids from `first` on. Returns their exchanges.
  std::vector<std::string> Register(uint32_t first) {
    const Request request = Read();
    wire::Reader reader(request.payload);
    const uint32_t count = reader.U32();
    std::vector<std::string> exchanges;
    for (uint32_t i = 0; i < count; ++i) exchanges.emplace_back(reader.Names().exchange);
    Reply(request, PayloadOf([&](wire::Writer writer) {
            writer.U32(count);
            for (uint32_t i = 0; i < count; ++i) {
              writer.U32(first + i);
              writer.U8(0);
            }
            writer.U32(0);
          }));
    return exchanges;
  }

  /// Ends the connection; any thread may.
  void End() { shutdown(socket_, SHUT_RDWR); }

  /// Waits until the client has closed the connection.
  void WaitForEnd() {
    while (Read().header.type != 0) {
    }
  }

 private:
  bool ReadAll(std::string& bytes) {
    for (size_t got = 0; got < bytes.size();) {
      const ssize_t n = recv(socket_, bytes.data() + got, bytes.size() - got, 0);
      if (n <= 0) return false;
      got += static_cast<size_t>(n);
    }
    return true;
  }

  const int socket_;
};

/// The ticks of an ingest request.
inline std::vector<Tick> TicksOf(const FakeSession::Request& request) {
  wire::Reader reader(request.payload);
  reader.U32();
  const wire::Packed<Tick> packed = reader.Records<Tick>(reader.U32());
  std::vector<Tick> ticks;
  for (size_t i = 0; i < packed.size(); ++i) ticks.push_back(packed[i]);
  return ticks;
}

/// Runs the n-th script on the n-th connection, one after the other, then closes it. Connections
/// beyond the scripts get the last one.
class FakeServer {
 public:
  using Script = std::function<void(FakeSession&)>;

  explicit FakeServer(std::vector<Script> scripts) : scripts_(std::move(scripts)) {
    listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    if (bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
        listen(listener_, 16) != 0 ||
        getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
      std::abort();
    }
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { Run(); });
  }
  explicit FakeServer(Script script) : FakeServer(std::vector<Script>{std::move(script)}) {}
  ~FakeServer() { Stop(); }

  /// Returns when the scripts that were begun have ended; nobody can connect any more. What scripts
  /// recorded may be read after it.
  void Stop() {
    if (!thread_.joinable()) return;
    shutdown(listener_, SHUT_RDWR);
    thread_.join();
    close(listener_);
  }

  ClientOptions Options() const {
    ClientOptions options;
    options.port = port_;
    return options;
  }
  size_t connections() const { return connections_; }

 private:
  void Run() {
    for (;;) {
      const int socket = accept(listener_, nullptr, nullptr);
      if (socket < 0) return;
      const size_t script = std::min<size_t>(connections_++, scripts_.size() - 1);
      FakeSession session(socket);
      scripts_[script](session);
    }
  }

  const std::vector<Script> scripts_;
  int listener_ = -1;
  uint16_t port_ = 0;
  std::atomic<size_t> connections_{0};
  std::thread thread_;
};

}  // namespace wick
