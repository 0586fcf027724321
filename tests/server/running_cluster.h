// Several nodes of one cluster in this process.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "free_ports.h"
#include "running_server.h"

namespace wick::server {

/// The value of a header field; empty: it has none.
inline std::string FieldOf(const Answer& answer, std::string_view name) {
  const std::string front = fmt::format("\r\n{}: ", name);
  const size_t begin = answer.head.find(front);
  if (begin == std::string::npos) return "";
  const size_t value = begin + front.size();
  return answer.head.substr(value, answer.head.find("\r\n", value) - value);
}

/// Nodes on addresses of this machine, each with a data directory of its own.
class RunningCluster {
 public:
  /// `more`: settings of every node.
  explicit RunningCluster(size_t nodes, uint32_t partitions, std::vector<std::string> more = {})
      : more_(std::move(more)), ports_(test::FreePorts(2 * nodes)) {
    char pattern[] = "/tmp/wick_cluster_test_XXXXXX";
    directory_ = ::mkdtemp(pattern);
    std::string list;
    for (size_t node = 0; node < nodes; ++node) {
      list += fmt::format("{}{}:{}", node > 0 ? "," : "", http(node), ports_[2 * node + 1]);
    }
    more_.push_back("cluster.nodes=" + list);
    more_.push_back(fmt::format("cluster.partitions={}", partitions));
    for (size_t node = 0; node < nodes; ++node) {
      servers_.emplace_back();
      Start(node);
    }
  }
  ~RunningCluster() {
    servers_.clear();
    std::filesystem::remove_all(directory_);
  }

  size_t size() const { return servers_.size(); }
  std::string http(size_t node) const { return fmt::format("127.0.0.1:{}", ports_[2 * node]); }
  std::string binary(size_t node) const {
    return fmt::format("127.0.0.1:{}", ports_[2 * node + 1]);
  }
  Server& server(size_t node) { return *servers_[node]; }

  /// `more`: settings of this node alone, until it starts again.
  void Start(size_t node, const std::vector<std::string>& more = {}) {
    std::vector<std::string> all = {"server.http=" + http(node),
                                    "server.binary=" + binary(node),
                                    "server.workers=2",
                                    "server.pin_workers=false",
                                    fmt::format("storage.directory={}/{}", directory_, node),
                                    fmt::format("cluster.node={}", node)};
    all.insert(all.end(), more_.begin(), more_.end());
    all.insert(all.end(), more.begin(), more.end());
    const auto config = LoadConfig("", all);
    INFO(config.status());
    REQUIRE(config.ok());
    auto started = Server::Start(*config, clock_);
    INFO(started.status());
    REQUIRE(started.ok());
    servers_[node] = std::move(*started);
  }
  void Stop(size_t node) {
    CHECK(servers_[node]->Stop().ok());
    servers_[node].reset();
  }

  Answer Ask(size_t node, std::string_view request) {
    return Connection(servers_[node]->http()).Ask(request);
  }
  Answer Ask(size_t node, std::string_view method, std::string_view target, std::string_view body) {
    return Ask(node,
               body.empty() && method == "GET" ? Get(target) : WithBody(method, target, body));
  }
  /// The field Location that sends a client on to a node.
  std::string Moved(size_t node, std::string_view target) const {
    return fmt::format("http://{}{}{}moved=1", http(node), target,
                       target.find('?') == std::string_view::npos ? '?' : '&');
  }
  /// Follows a redirect, once; `moved` says whether there was one.
  Answer Follow(size_t node, std::string_view method, std::string_view target,
                std::string_view body, bool& moved) {
    Answer answer = Ask(node, method, target, body);
    moved = answer.status == 307;
    if (!moved) return answer;
    const std::string location = FieldOf(answer, "Location");
    for (size_t other = 0; other < size(); ++other) {
      if (location == Moved(other, target)) {
        return Ask(other, method, location.substr(location.find("/v1")), body);
      }
    }
    FAIL("no node is at " << location);
    return answer;
  }

  wick::Client Connect(size_t node) {
    ClientOptions options;
    options.port = servers_[node]->binary().port;
    auto client = Client::Connect(options);
    REQUIRE(client.ok());
    return std::move(*client);
  }

 private:
  std::vector<std::string> more_;
  const std::vector<uint16_t> ports_;
  std::string directory_;
  ManualClock clock_{kNowMs};
  std::vector<std::unique_ptr<Server>> servers_;
};

}  // namespace wick::server
