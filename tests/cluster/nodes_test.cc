#include "cluster/nodes.h"

#include <string>
#include <vector>

#include "catch.h"

namespace wick::cluster {
namespace {

std::vector<Node> Parse(const std::vector<std::string>& entries) {
  const auto nodes = ParseNodes(entries);
  INFO(nodes.status());
  REQUIRE(nodes.ok());
  return *nodes;
}

std::string WhyNot(const std::vector<std::string>& entries) {
  const auto nodes = ParseNodes(entries);
  CHECK_FALSE(nodes.ok());
  return Message(nodes.status());
}

TEST_CASE("a node is a host and two ports", "[cluster][nodes]") {
  CHECK(Parse({"wick-0.wick-nodes:8080:8081"}) ==
        std::vector<Node>{{"wick-0.wick-nodes", 8080, 8081}});
  const std::vector<Node> v6 = Parse({"[::1]:80:65535", "10.0.0.7:1:2"});
  CHECK(v6 == std::vector<Node>{{"::1", 80, 65535}, {"10.0.0.7", 1, 2}});
  CHECK(HttpAddress(v6[0]) == "[::1]:80");
  CHECK(BinaryAddress(v6[0]) == "[::1]:65535");
  CHECK(BinaryAddress(v6[1]) == "10.0.0.7:2");
}

TEST_CASE("a range in a host stands for one node a number", "[cluster][nodes]") {
  CHECK(Parse({"wick-{0-2}.wick-nodes:8080:8081"}) ==
        std::vector<Node>{{"wick-0.wick-nodes", 8080, 8081},
                          {"wick-1.wick-nodes", 8080, 8081},
                          {"wick-2.wick-nodes", 8080, 8081}});
  CHECK(Parse({"a{9-10}:1:2", "b:1:2"}) ==
        std::vector<Node>{{"a9", 1, 2}, {"a10", 1, 2}, {"b", 1, 2}});
  CHECK(Parse({"n{7-7}:1:2"}) == std::vector<Node>{{"n7", 1, 2}});
  CHECK(Parse({"n{0-255}:1:2"}).size() == kNodesMax);
  CHECK(Parse({"n{4294967294-4294967295}:1:2"}) ==
        std::vector<Node>{{"n4294967294", 1, 2}, {"n4294967295", 1, 2}});
}

TEST_CASE("what is no node is refused with its text", "[cluster][nodes]") {
  CHECK(WhyNot({}) == "cluster.nodes is empty: name every node, this one included");
  for (const char* entry : {"wick-0", "wick-0:8080", ":8080", ":"}) {
    CAPTURE(entry);
    CHECK(WhyNot({entry}).find(std::string("'") + entry + "' is no node: write HOST:") !=
          std::string::npos);
  }
  for (const char* entry : {"a:0:1", "a:1:0", "a:x:1", "a:1:", "a:65536:1", "a:-1:1", "a:1 :2"}) {
    CAPTURE(entry);
    CHECK(WhyNot({entry}).find("has no valid port") != std::string::npos);
  }
  for (const char* entry :
       {":1:2", "::1:1:2", "[a]:1:2", "[]:1:2", "a b:1:2", "a/b:1:2", "}:1:2"}) {
    CAPTURE(entry);
    CHECK(WhyNot({entry}).find("has no host") != std::string::npos);
  }
  for (const char* entry : {"a{:1:2", "a{}:1:2", "a{1}:1:2", "a{2-1}:1:2", "a{-1}:1:2", "a{1-}:1:2",
                            "a{x-y}:1:2", "a{1-2:1:2"}) {
    CAPTURE(entry);
    CHECK(WhyNot({entry}).find("has no range of numbers: write {0-2}") != std::string::npos);
  }
  CHECK(WhyNot({"a{0-256}:1:2"}).find("more than 256 nodes") != std::string::npos);
  CHECK(WhyNot({"a{0-200}:1:2", "b{0-200}:1:2"}).find("402 nodes are more than 256") !=
        std::string::npos);
  CHECK(WhyNot({"a:1:2", "b:1:2", "a:1:3"}) == "cluster.nodes: a:1 is named twice");
  CHECK(WhyNot({"a:1:1"}) == "cluster.nodes: a:1 is named twice");
}

TEST_CASE("a node is named by its number, or by the number at the end of the host name",
          "[cluster][nodes]") {
  CHECK(*NodeNumber("0", "anything", 3) == 0);
  CHECK(*NodeNumber("2", "wick-1", 3) == 2);
  CHECK(*NodeNumber("hostname", "wick-1", 3) == 1);
  CHECK(*NodeNumber("hostname", "wick-02", 3) == 2);
  CHECK(*NodeNumber("hostname", "wick-12.wick-nodes.market.svc.cluster.local", 13) == 12);
  CHECK(*NodeNumber("hostname", "7", 8) == 7);

  const auto why_not = [](std::string_view text, std::string_view host) {
    const auto number = NodeNumber(text, host, 3);
    CHECK_FALSE(number.ok());
    return Message(number.status());
  };
  CHECK(why_not("3", "") == "cluster.node: there is no node 3: cluster.nodes names 0 to 2");
  CHECK(why_not("hostname", "wick-3") ==
        "cluster.node: there is no node 3 (from the host name wick-3): cluster.nodes names 0 to 2");
  CHECK(why_not("hostname", "laptop.lan1").find("the host name 'laptop.lan1' has no number") !=
        std::string::npos);
  for (const char* text : {"-1", "one", "1 ", "99999999999", "host name"}) {
    CAPTURE(text);
    CHECK(why_not(text, "wick-1")
              .find("is no node: write its number in cluster.nodes, from 0 to "
                    "2, or hostname") != std::string::npos);
  }
}

}  // namespace
}  // namespace wick::cluster
