#include "server/access.h"

#include <spdlog/spdlog.h>

#include <boost/asio/ip/address.hpp>
#include <string_view>
#include <utility>
#include <vector>

#include "base/assert.h"

namespace wick::server {
namespace {

bool IsLoopback(const Endpoint& endpoint) {
  boost::system::error_code error;
  const auto address = boost::asio::ip::make_address(endpoint.host, error);
  return !error && address.is_loopback();
}

absl::Status CheckReach(std::string_view setting, const Endpoint& endpoint,
                        const ServerConfig& config) {
  const bool tls = !config.tls.empty();
  const bool tokens = !config.tokens_file.empty();
  if (IsLoopback(endpoint) || (tls && tokens)) return absl::OkStatus();
  const std::string_view missing = tls      ? "auth.tokens is not set"
                                   : tokens ? "tls.certificate is not set"
                                            : "neither tls.certificate nor auth.tokens is set";
  if (config.insecure) {
    spdlog::warn("{} = {}: other machines may reach it, and {} (server.insecure)", setting,
                 ToString(endpoint), missing);
    return absl::OkStatus();
  }
  return Error(
      absl::StatusCode::kFailedPrecondition,
      "{} = {}: other machines could reach it, and {}; set both (docs/security.md), listen "
      "on 127.0.0.1, or, where the network itself is guarded, set server.insecure = true",
      setting, ToString(endpoint), missing);
}

/// The names of BrowserRules: with those by which the nodes of the cluster know one another.
std::vector<std::string> HostsOf(const ServerConfig& config, bool has_tokens) {
  std::vector<std::string> hosts = config.http_hosts;
  if (config.cluster.partitions == 0 || (hosts.empty() && has_tokens)) return hosts;
  const auto nodes = cluster::ParseNodes(config.cluster.nodes);
  WICK_ASSERT(nodes.ok());  // CheckMapOptions()
  for (const cluster::Node& node : *nodes) hosts.push_back(node.host);
  return hosts;
}

/// Logs what became of one part of a reload.
void Report(std::string_view what, const absl::Status& status) {
  if (status.ok()) {
    spdlog::info("{}: read again", what);
  } else {
    spdlog::error("{}; what was in use before stays in use", Message(status));
  }
}

}  // namespace

absl::StatusOr<std::unique_ptr<Access>> Access::Load(const ServerConfig& config) {
  WICK_RETURN_IF_ERROR(CheckReach("server.http", config.http, config));
  WICK_RETURN_IF_ERROR(CheckReach("server.binary", config.binary, config));
  std::unique_ptr<Tls> tls;
  if (!config.tls.empty()) {
    WICK_ASSIGN_OR_RETURN(tls, Tls::Load(config.tls));
  }
  std::unique_ptr<Auth> auth;
  if (!config.tokens_file.empty()) {
    WICK_ASSIGN_OR_RETURN(auth, Auth::Load(config.tokens_file));
  }
  BrowserRules browsers(HostsOf(config, auth != nullptr), config.cors_origins, auth != nullptr);
  return std::unique_ptr<Access>(new Access{std::move(tls), std::move(auth), std::move(browsers)});
}

void Access::Reload() {
  if (tls) Report("tls.certificate", tls->Reload());
  if (auth) Report("auth.tokens", auth->Reload());
  if (!tls && !auth)
    spdlog::info("SIGHUP: there is neither a certificate nor tokens to read again");
}

}  // namespace wick::server
