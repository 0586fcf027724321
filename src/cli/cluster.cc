// wick cluster
#include <CLI/CLI.hpp>
#include <memory>

#include "cli/commands.h"
#include "cli/server_option.h"
#include "cli/table.h"
#include "client/cluster_map.h"
#include "cluster/partition_map.h"
#include "protocol/json_replies.h"

namespace wick::cli {
namespace {

struct Options {
  Remote server;
  bool json = false;
};

/// What came of asking a node for its map.
enum class State : uint8_t { kAgrees, kDisagrees, kMissing };

/// The map that the node there tells.
Result<client::ClusterMap> MapOf(ClientOptions options) {
  options.follow = false;
  Result<Client> client = Client::Connect(options);
  if (!client) return client.error();
  Result<wire::ClusterReply> reply = client->Cluster();
  if (!reply) return reply.error();
  return client::ClusterMap::Make(std::move(*reply),
                                  fmt::format("{}:{}", options.host, options.port));
}

/// Whoever disagrees or does not answer is told of on stderr.
State Ask(const client::ClusterMap& map, uint32_t node, const ClientOptions& options) {
  const Result<client::ClusterMap> told = MapOf(map.OptionsOf(node, options));
  if (!told) {
    Fail(fmt::format("node {}: {}", node, told.error().message));
    return State::kMissing;
  }
  if (told->HasSameNodesOfPairs(map) && told->self() == node) return State::kAgrees;
  Fail(
      fmt::format("node {}: {} has another map of the cluster; give all nodes the same "
                  "cluster.partitions, cluster.nodes and cluster.shares",
                  node, map.AddressOf(node)));
  return State::kDisagrees;
}

std::string TextOf(const wire::ClusterReply& reply, const std::vector<State>& states) {
  constexpr std::string_view kTexts[] = {"yes", "yes, with another map", "no"};  // by State
  Table table({">NODE", "HTTP", "BINARY", "PARTITIONS", "REACHABLE"});
  for (size_t i = 0; i < reply.nodes.size(); ++i) {
    const wire::ClusterNode& node = reply.nodes[i];
    table.Add({std::to_string(i), node.http, node.binary, cluster::ShareText(node.partitions),
               std::string(kTexts[static_cast<size_t>(states[i])])});
  }
  return table.Text();
}

int Cluster(const Options& options) {
  const ClientOptions settings = ClientOptionsOf(options.server);
  const Result<client::ClusterMap> map = MapOf(settings);
  if (!map) return Fail(map.error().message);
  const wire::ClusterReply& reply = map->reply();

  int exit_code = kOk;
  std::vector<State> states;
  std::vector<std::optional<bool>> reachable;
  for (uint32_t node = 0; node < reply.nodes.size(); ++node) {
    states.push_back(Ask(*map, node, settings));
    reachable.emplace_back(states.back() != State::kMissing);
    if (states.back() != State::kAgrees) exit_code = kFailed;
  }
  std::string text;
  if (options.json) {
    protocol::AppendCluster(text, reply, reachable);
    text += '\n';
  } else if (map->alone()) {
    text = fmt::format("{} stands alone: it is of no cluster\n", options.server.address);
  } else {
    text = TextOf(reply, states);
  }
  Print(text);
  return exit_code;
}

}  // namespace

void AddCluster(CLI::App& app, Action& action) {
  CLI::App* const command =
      app.add_subcommand("cluster", "The nodes of a cluster: addresses, partitions, who answers");
  const auto options = std::make_shared<Options>();
  AddServerOption(*command, options->server);
  command->add_flag("--json", options->json,
                    "The document of GET /v1/cluster; `reachable` is as seen from here");
  command->footer(
      "The map is that of the node it is given; each node is connected to and asked for its own.\n"
      "Exit code 1 if one cannot be reached or has another map.\n"
      "Examples:\n"
      "  wick cluster\n"
      "  wick cluster --json --server wick-0.wick-nodes:8081");
  command->callback([options, &action] { action = [options] { return Cluster(*options); }; });
}

}  // namespace wick::cli
