#include "server/peers.h"

#include <chrono>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "catch.h"
#include "running_cluster.h"
#include "strange_node.h"

namespace wick::server {
namespace {

using Ms = std::chrono::milliseconds;

struct AskedPeers {
  explicit AskedPeers(std::vector<cluster::Node> nodes, PeerOptions options = {})
      : peers(*Peers::Start(options, nodes, /*tls=*/false, budget)) {}

  std::future<PeerAnswers> Begin(std::vector<PeerRequest> requests) const {
    auto promise = std::make_shared<std::promise<PeerAnswers>>();
    auto future = promise->get_future();
    peers->Ask(std::move(requests),
               [promise](PeerAnswers answers) mutable { promise->set_value(std::move(answers)); });
    return future;
  }
  std::future<PeerAnswers> Begin(uint32_t node) const {
    return Begin({{node, "GET", "/v1/bases", "", ""}});
  }
  PeerAnswer Ask(uint32_t node) const {
    auto answers = Begin(node).get();
    return std::move(answers.front());
  }

  Budget budget{1'000'000};
  std::unique_ptr<Peers> peers;
};

PeerOptions Impatient() {
  PeerOptions options;
  options.timeout_ms = 200;
  return options;
}

template <typename Function>
Ms TimeOf(Function function) {
  const auto began = std::chrono::steady_clock::now();
  function();
  return std::chrono::duration_cast<Ms>(std::chrono::steady_clock::now() - began);
}

const std::string kGood = AnswerText("200 OK", "[]");

}  // namespace

TEST_CASE("a node that is away costs one question in a while", "[server][cluster]") {
  const auto ports = test::FreePorts(2);
  const StrangeNode other(ports[1], kGood);
  std::optional<SilentNode> silent(ports[0]);
  const AskedPeers asked({{"127.0.0.1", ports[0], 1}, {"127.0.0.1", ports[1], 1}}, Impatient());
  const std::string why = "it did not answer within 200 ms (cluster.peer_timeout)";
  const auto fail = [&] { CHECK(asked.Ask(0).failure == why); };
  const Ms first = TimeOf(fail);
  CHECK(first >= Ms(190));
  const Ms others = TimeOf([&] {
    for (int i = 0; i < 20; ++i) fail();
  });
  CHECK(others < Ms(150));
  CHECK(asked.Ask(1).status == 200);

  std::this_thread::sleep_for(Ms(kPeerRestMs));
  auto tries = asked.Begin(0);
  const Ms beside = TimeOf(fail);
  CHECK(beside < Ms(150));
  CHECK(tries.wait_for(Ms(0)) == std::future_status::timeout);
  CHECK(tries.get().front().failure == why);

  silent.reset();
  const StrangeNode back(ports[0], kGood);
  CHECK(asked.Ask(0).failure == why);
  std::this_thread::sleep_for(Ms(kPeerRestMs));
  CHECK(asked.Ask(0).status == 200);
  CHECK(asked.Ask(0).status == 200);
}

TEST_CASE("a node that answers others is not away for one that it is slow to answer",
          "[server][cluster]") {
  const auto ports = test::FreePorts(1);
  const StrangeNode node(ports[0], [](const std::string&) { return kGood; },
                         {Ms(10'000), false, "/slow"});
  const AskedPeers asked({{"127.0.0.1", ports[0], 1}}, Impatient());
  auto slow = asked.Begin({{0, "GET", "/slow", "", ""}});
  CHECK(asked.Ask(0).status == 200);
  CHECK(slow.get().front().failure.find("it did not answer within 200 ms") == 0);
  CHECK(asked.Ask(0).status == 200);
  // Each may have its own time.
  const Ms patient = TimeOf([&] {
    slow = asked.Begin({{0, "GET", "/slow", "", "", 3}});
    slow.wait();
  });
  CHECK(patient >= Ms(590));
  CHECK(slow.get().front().failure.find("it did not answer within 600 ms") == 0);
}

TEST_CASE("what this node has no memory for says nothing of the other", "[server][cluster]") {
  const auto ports = test::FreePorts(1);
  const StrangeNode node(ports[0], [](const std::string&) { return kGood; },
                         {Ms(50), /*keeps=*/true});
  AskedPeers asked({{"127.0.0.1", ports[0], 1}});
  auto one = asked.Begin(0);
  auto two = asked.Begin(0);
  CHECK(one.get().front().status == 200);
  CHECK(two.get().front().status == 200);
  CHECK(node.connections() == 2);

  asked.budget.Take(1'000'000);
  const PeerAnswer none = asked.Ask(0);
  CHECK(none.no_memory);
  CHECK(none.failure.empty());
  CHECK(asked.peers->failures(0) == 0);
  CHECK(asked.peers->reachable(0) == true);
  asked.budget.Give(1'000'000);
  CHECK(asked.Ask(0).status == 200);
  CHECK(node.connections() == 2);  // the other one was kept
}

TEST_CASE("requests to one node are sent one after the other", "[server][cluster]") {
  const auto ports = test::FreePorts(2);
  const auto answers = [](const std::string& request) {
    return request.find("/bad ") != std::string::npos ? AnswerText("500 Oh", "no") : kGood;
  };
  const StrangeNode first(ports[0], answers, {Ms(20), /*keeps=*/true});
  const StrangeNode second(ports[1], answers, {Ms(20), /*keeps=*/true});
  const AskedPeers asked({{"127.0.0.1", ports[0], 1}, {"127.0.0.1", ports[1], 1}});
  const auto got = asked
                       .Begin({{0, "GET", "/1", "", ""},
                               {0, "GET", "/2", "", ""},
                               {0, "GET", "/3", "", ""},
                               {1, "GET", "/4", "", ""},
                               {1, "GET", "/bad", "", ""},
                               {1, "GET", "/6", "", ""}})
                       .get();
  REQUIRE(got.size() == 6);
  for (size_t i = 0; i < 4; ++i) CHECK(got[i].status == 200);
  for (size_t i = 0; i < 6; ++i) CHECK(got[i].node == i / 3);
  CHECK(got[4].failure == "it answered 500: no");
  CHECK(got[5].failure == got[4].failure);
  CHECK(first.requests().size() == 3);
  CHECK(first.connections() == 1);
  CHECK(first.most_at_once() == 1);
  CHECK(second.requests().size() == 2);
}

TEST_CASE("what a node says instead of an answer is fit to be passed on", "[server][cluster]") {
  const auto ports = test::FreePorts(1);
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"\xff\x01 \"bad\"", R"(\xff\u0001 \"bad\")"},
      {R"({"code":"overloaded","detail":"too many\nreads"})", R"(too many\u000areads)"},
      {R"({"detail":7})", R"({\"detail\":7})"},
      {std::string(299, 'x') + "\u00d6", std::string(299, 'x') + "..."}};
  for (const auto& [body, expected] : cases) {
    const StrangeNode node(ports[0], AnswerText("503 Service Unavailable", body));
    const AskedPeers asked({{"127.0.0.1", ports[0], 1}});
    CHECK(asked.Ask(0).failure == "it answered 503: " + expected);
  }
}

TEST_CASE("the addresses of a name are looked up again when they fail", "[server][cluster]") {
  const auto ports = test::FreePorts(1);
  const AskedPeers asked({{"localhost", ports[0], 1}}, Impatient());
  {
    const StrangeNode node(ports[0], kGood);
    for (int i = 0; i < 3; ++i) REQUIRE(asked.Ask(0).status == 200);
  }
  CHECK(asked.Ask(0).failure.find("it cannot be reached: ") == 0);
  const StrangeNode node(ports[0], kGood);
  std::this_thread::sleep_for(Ms(kPeerRestMs));
  CHECK(asked.Ask(0).status == 200);
}

}  // namespace wick::server
