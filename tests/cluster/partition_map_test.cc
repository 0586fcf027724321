#include "cluster/partition_map.h"

#include <string>
#include <vector>

#include "catch.h"

namespace wick::cluster {
namespace {

MapOptions Options(uint32_t partitions, std::vector<std::string> nodes,
                   std::vector<std::string> shares = {}) {
  return {partitions, std::move(nodes), "0", std::move(shares)};
}

PartitionMap Make(const MapOptions& options) {
  auto map = PartitionMap::Make(options);
  INFO(map.status());
  REQUIRE(map.ok());
  return *std::move(map);
}

std::string WhyNot(const MapOptions& options) {
  const absl::Status checked = CheckMapOptions(options);
  CHECK_FALSE(checked.ok());
  return Message(checked);
}

TEST_CASE("the partition of a pair is that of Kafka's Java clients", "[cluster][map]") {
  // toPositive(murmur2(key)) % partitions, with the hashes of org.apache.kafka.common.utils.Utils.
  const auto partition = [](int32_t hash, uint32_t partitions) {
    return (static_cast<uint32_t>(hash) & 0x7fffffff) % partitions;
  };
  for (const uint32_t partitions : {1u, 2u, 12u, 64u, 1024u}) {
    CAPTURE(partitions);
    CHECK(PartitionOf("foobar", partitions) == partition(-790332482, partitions));
    CHECK(PartitionOf("21", partitions) == partition(-973932308, partitions));
    CHECK(PartitionOf("a-little-bit-long-string", partitions) == partition(-985981536, partitions));
    CHECK(PartitionOf({"BTC", "USD", "Kraken"}, partitions) == PartitionOf("BTC/USD", partitions));
  }
}

TEST_CASE("without shares partition p is on node p mod nodes", "[cluster][map]") {
  const PartitionMap map = Make(Options(12, {"wick-{0-2}:8080:8081"}));
  CHECK(map.partitions() == 12);
  CHECK(map.nodes().size() == 3);
  CHECK(map.PartitionsOf(0) == std::vector<uint32_t>{0, 3, 6, 9});
  CHECK(map.PartitionsOf(2) == std::vector<uint32_t>{2, 5, 8, 11});
}

TEST_CASE("shares say which node has which partitions", "[cluster][map]") {
  const PartitionMap map = Make(Options(10, {"n{0-2}:1:2"}, {"0-3+9", "4", "5-8"}));
  CHECK(map.PartitionsOf(0) == std::vector<uint32_t>{0, 1, 2, 3, 9});
  CHECK(map.PartitionsOf(1) == std::vector<uint32_t>{4});
  CHECK(map.PartitionsOf(2) == std::vector<uint32_t>{5, 6, 7, 8});
}

TEST_CASE("all exchanges of a pair are on the node of its partition, and in its share alone",
          "[cluster][map]") {
  const PartitionMap map = Make(Options(12, {"n{0-2}:1:2"}));
  std::vector<int> pairs(3);
  for (int i = 0; i < 300; ++i) {
    const std::string base = "B" + std::to_string(i);
    const SymbolView one{base, "USD", "Kraken"};
    const SymbolView other{base, "USD", "Binance"};
    const uint32_t node = map.NodeOf(one);
    ++pairs[node];
    REQUIRE(node == PartitionOf(base + "/USD", 12) % 3);
    REQUIRE(map.NodeOf(other) == node);
    for (uint32_t each = 0; each < 3; ++each) {
      REQUIRE(map.ShareOf(each).Has(other) == (each == node));
    }
    REQUIRE(Share().Has(one));
  }
  for (const int count : pairs) CHECK(count > 60);
  CHECK(Share().is_whole());
  CHECK_FALSE(map.ShareOf(0).is_whole());
}

TEST_CASE("settings that contradict each other are refused", "[cluster][map]") {
  CHECK(CheckMapOptions({}).ok());
  CHECK(CheckMapOptions(Options(3, {"n{0-2}:1:2"}, {"2", "0", "1"})).ok());

  MapOptions alone = Options(0, {"n:1:2"});
  CHECK(WhyNot(alone).find("cluster.partitions is 0, but") == 0);
  alone = {};
  alone.node = "hostname";
  CHECK(WhyNot(alone).find("cluster.partitions is 0, but") == 0);
  alone = {};
  alone.shares = {"0"};
  CHECK(WhyNot(alone).find("cluster.partitions is 0, but") == 0);

  CHECK(WhyNot(Options(2, {"n{0-2}:1:2"})) ==
        "cluster.nodes names 3 nodes, but cluster.partitions is 2: every node needs a partition");
  CHECK(WhyNot(Options(4, {"n{0-2}:1:2"}, {"0", "1-3"})) ==
        "cluster.shares has 2 shares, but cluster.nodes names 3 nodes: write one for each");
  CHECK(WhyNot(Options(4, {"n{0-1}:1:2"}, {"0-2", "2-3"}))
            .find("cluster.shares: partition 2 is on node 0 and on node 1") == 0);
  CHECK(WhyNot(Options(12, {"n{0-1}:1:2"}, {"0-3", "7+9-11"}))
            .find("cluster.shares: no node has partition 4-6+8 of 12") == 0);
  CHECK(WhyNot(Options(4, {"n{0-1}:1:2"}, {"0-3", "x"}))
            .find("cluster.shares, node 1: 'x' is no share") == 0);

  MapOptions node = Options(4, {"n{0-1}:1:2"});
  node.node = "";
  CHECK(WhyNot(node).find("cluster.node is empty") == 0);
  node.node = "2";
  CHECK(WhyNot(node).find("cluster.node: there is no node 2") == 0);
  node.node = "hostname";
  CHECK(CheckMapOptions(node).ok());  // whatever this machine is called
}

TEST_CASE("a share is partitions and ranges of them", "[cluster][map]") {
  using Numbers = std::vector<uint32_t>;
  CHECK(*ParseShare("0", 12) == Numbers{0});
  CHECK(*ParseShare("0-3+9", 12) == Numbers{0, 1, 2, 3, 9});
  CHECK(*ParseShare("9+0-3+5-5", 12) == Numbers{0, 1, 2, 3, 5, 9});
  for (const char* text :
       {"", "+", "0+", "+0", "0-", "-3", "3-1", "0,1", "0 + 1", "a", "0-3x", "0--3"}) {
    CAPTURE(text);
    const auto share = ParseShare(text, 12);
    REQUIRE_FALSE(share.ok());
    CHECK(Message(share.status()).find("is no share: write partitions and ranges with +") !=
          std::string::npos);
  }
  CHECK(Message(ParseShare("0-12", 12).status()) ==
        "'0-12' has partition 12, but there are only 12, from 0");
  CHECK(Message(ParseShare("0-4294967295", 12).status()).find("there are only 12") !=
        std::string::npos);
  CHECK(Message(ParseShare("0-3+3", 12).status()) == "'0-3+3' has partition 3 twice");
}

TEST_CASE("the text of a share reads back to the same", "[cluster][map]") {
  CHECK(ShareText({}).empty());
  for (const char* text : {"0", "0-1", "0-3+9", "1+3+5-7", "11"}) {
    CHECK(ShareText(*ParseShare(text, 12)) == text);
  }
}

}  // namespace
}  // namespace wick::cluster
