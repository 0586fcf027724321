// Reply of GET /v1/cluster.
#include "protocol/json_number.h"
#include "protocol/json_replies.h"
#include "protocol/json_string.h"

namespace wick::protocol {

void AppendCluster(std::string& out, const wire::ClusterReply& cluster,
                   std::span<const std::optional<bool>> reachable) {
  out += R"({"partitions":)";
  AppendNumber(out, uint64_t{cluster.partitions});
  out += R"(,"node":)";
  AppendNumber(out, uint64_t{cluster.self});
  out += R"(,"nodes":[)";
  for (size_t i = 0; i < cluster.nodes.size(); ++i) {
    const wire::ClusterNode& node = cluster.nodes[i];
    out += i == 0 ? R"({"node":)" : R"(,{"node":)";
    AppendNumber(out, uint64_t{i});
    out += R"(,"http":)";
    AppendString(out, node.http);
    out += R"(,"binary":)";
    AppendString(out, node.binary);
    out += R"(,"partitions":[)";
    for (size_t p = 0; p < node.partitions.size(); ++p) {
      if (p > 0) out += ',';
      AppendNumber(out, uint64_t{node.partitions[p]});
    }
    out += i == cluster.self ? R"(],"self":true,"reachable":)" : R"(],"self":false,"reachable":)";
    out += !reachable[i] ? "null" : *reachable[i] ? "true" : "false";
    out += '}';
  }
  out += "]}";
}

}  // namespace wick::protocol
