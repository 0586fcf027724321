#include "server/metrics.h"

#include <chrono>
#include <memory>
#include <set>
#include <sstream>
#include <string>

#include "catch.h"
#include "server/http_api.h"

namespace wick::server {
namespace {

using namespace std::chrono_literals;

bool Has(const std::string& page, const std::string& line) {
  return ("\n" + page).find("\n" + line + "\n") != std::string::npos;
}

TEST_CASE("the metrics page tells what the engine counted", "[server][metrics]") {
  engine::EngineStatus status;
  status.events_accepted = 12;
  status.events_rejected[static_cast<size_t>(Refusal::kInvalidPrice)] = 3;
  status.late_beyond_horizon[1] = 4;
  status.journal_bytes = 1'234'567'890;
  status.synced_number = 9;
  status.checkpoint_number = 7;
  status.checkpoint_duration_ms = 1'500;
  status.shards.resize(2);
  status.shards[1].queued_events = 5;
  RequestCounts counts;
  counts.binary_connections = 6;
  const std::string page = MetricsText(status, counts);

  CHECK(Has(page, "# TYPE wick_events_accepted_total counter"));
  CHECK(Has(page, "wick_events_accepted_total 12"));
  CHECK(Has(page, "wick_events_rejected_total{reason=\"invalid_price\"} 3"));
  CHECK(Has(page, "wick_late_beyond_horizon_total{tier=\"1m\"} 4"));
  CHECK(Has(page, "wick_journal_bytes 1234567890"));
  CHECK(Has(page, "wick_checkpoint_lag_frames 2"));
  CHECK(Has(page, "wick_checkpoint_duration_seconds 1.5"));
  CHECK(Has(page, "wick_shard_queued_events{shard=\"1\"} 5"));
  CHECK(Has(page, "wick_connections{protocol=\"binary\"} 6"));
  CHECK(Has(page, "wick_writable 1"));

  CHECK(Has(page, "wick_write_state{state=\"ok\"} 1"));
  CHECK(Has(page, "wick_write_state{state=\"disk_full\"} 0"));

  status.write = {engine::WriteState::kDiskFull, "no room", 1};
  CHECK(Has(MetricsText(status, counts), "wick_writable 0"));
  CHECK(Has(MetricsText(status, counts), "wick_write_state{state=\"disk_full\"} 1"));
}

TEST_CASE("the metrics page tells of each partition that is read", "[server][metrics][kafka]") {
  RequestCounts counts;
  CHECK(MetricsText({}, counts).find("wick_kafka") == std::string::npos);
  counts.kafka.emplace();
  counts.kafka->partitions.resize(2);
  protocol::KafkaPartitionStatus& first = counts.kafka->partitions[0];
  first.topic = "t";
  first.partition = 1;
  first.state = protocol::KafkaState::kReading;
  first.next_offset = 5;
  first.end_offset = 12;
  protocol::KafkaPartitionStatus& second = counts.kafka->partitions[1];
  second.topic = "t";
  second.partition = 2;
  second.dead_letters = 4;
  const std::string page = MetricsText({}, counts);
  CHECK(Has(page, "wick_kafka_lag_records{topic=\"t\",partition=\"1\"} 7"));
  CHECK(Has(page, "wick_kafka_next_offset{topic=\"t\",partition=\"1\"} 5"));
  CHECK(Has(page, "wick_kafka_reading{topic=\"t\",partition=\"1\"} 1"));
  CHECK(Has(page, "wick_kafka_reading{topic=\"t\",partition=\"2\"} 0"));
  CHECK(Has(page, "wick_kafka_state{topic=\"t\",partition=\"2\",state=\"starting\"} 1"));
  CHECK(Has(page, "wick_kafka_dead_letters_total{topic=\"t\",partition=\"2\"} 4"));
  CHECK(Has(page, "wick_kafka_connected 1"));
}

TEST_CASE("the metrics page tells of the other nodes of a cluster", "[server][metrics][cluster]") {
  RequestCounts counts;
  CHECK(MetricsText({}, counts).find("wick_cluster") == std::string::npos);
  ClusterCounts& cluster = counts.cluster.emplace();
  cluster.self = 1;
  cluster.own_partitions = 4;
  cluster.http_redirects = 5;
  cluster.binary_redirects = 6;
  cluster.fan_outs = 7;
  cluster.fan_outs_refused = 8;
  cluster.fan_outs_incomplete = 9;
  cluster.nodes = {{10, false}, {0, std::nullopt}, {0, true}, {11, std::nullopt}};
  const std::string page = MetricsText({}, counts);
  CHECK(Has(page, "wick_cluster_partitions{node=\"1\"} 4"));
  CHECK(Has(page, "wick_cluster_redirects_total{protocol=\"http\"} 5"));
  CHECK(Has(page, "wick_cluster_redirects_total{protocol=\"binary\"} 6"));
  CHECK(Has(page, "wick_cluster_fan_outs_total 7"));
  CHECK(Has(page, "wick_cluster_fan_outs_refused_total 8"));
  CHECK(Has(page, "wick_cluster_fan_outs_incomplete_total 9"));
  CHECK(Has(page, "wick_cluster_peer_failures_total{node=\"0\"} 10"));
  CHECK(Has(page, "wick_cluster_peer_failures_total{node=\"3\"} 11"));
  CHECK(page.find("wick_cluster_peer_failures_total{node=\"1\"}") == std::string::npos);
  CHECK(Has(page, "wick_cluster_peer_reachable{node=\"0\"} 0"));
  CHECK(Has(page, "wick_cluster_peer_reachable{node=\"2\"} 1"));
  CHECK(page.find("wick_cluster_peer_reachable{node=\"3\"}") == std::string::npos);
}

TEST_CASE("latencies are counted in the bucket whose bound they do not pass", "[server][metrics]") {
  const auto stats = std::make_unique<RequestStats>();
  stats->Count(1, Outcome::kOk, 25us);  // exactly on the first bound
  stats->Count(1, Outcome::kOk, 26us);
  stats->Count(1, Outcome::kClientError, 11s);  // beyond the last bound
  RequestCounts counts;
  stats->AddTo(counts.http);
  const std::string page = MetricsText({}, counts);
  const std::string route = "route=\"GET /v1/latest\"";
  const std::string duration = "wick_http_request_duration_seconds";
  CHECK(Has(page, "wick_http_requests_total{" + route + ",outcome=\"ok\"} 2"));
  CHECK(Has(page, "wick_http_requests_total{" + route + ",outcome=\"client_error\"} 1"));
  CHECK(Has(page, duration + "_bucket{" + route + ",le=\"2.5e-05\"} 1"));
  CHECK(Has(page, duration + "_bucket{" + route + ",le=\"5e-05\"} 2"));
  CHECK(Has(page, duration + "_bucket{" + route + ",le=\"10\"} 2"));
  CHECK(Has(page, duration + "_bucket{" + route + ",le=\"+Inf\"} 3"));
  CHECK(Has(page, duration + "_count{" + route + "} 3"));
}

TEST_CASE("counts of several workers add up", "[server][metrics]") {
  const auto one = std::make_unique<RequestStats>();
  const auto two = std::make_unique<RequestStats>();
  one->Count(0, Outcome::kOk, 1ms);
  two->Count(0, Outcome::kServerError, 3ms);
  RequestCounts counts;
  one->AddTo(counts.http);
  two->AddTo(counts.http);
  CHECK(counts.http[0].by_outcome == std::array<uint64_t, kOutcomeCount>{1, 0, 1});
  CHECK(counts.http[0].nanoseconds == 4'000'000);
}

TEST_CASE("every family has help and a type, once, and a name of ours", "[server][metrics]") {
  std::istringstream page(MetricsText({}, {}));
  std::set<std::string> helped;
  std::set<std::string> typed;
  for (std::string line; std::getline(page, line);) {
    std::istringstream words(line);
    std::string hash, kind, name;
    words >> hash >> kind >> name;
    if (hash != "#") continue;
    INFO(line);
    CHECK(name.rfind("wick_", 0) == 0);
    CHECK((kind == "HELP" ? helped : typed).insert(name).second);
  }
  CHECK(helped.size() > 20);
  CHECK(helped == typed);
}

TEST_CASE("every route has a name of its own", "[server][metrics]") {
  std::set<std::string_view> names;
  for (size_t i = 0; i < kHttpRouteCount; ++i) CHECK(names.insert(HttpRouteName(i)).second);
  for (const protocol::HttpRouteInfo& route : protocol::HttpRoutes()) {
    INFO(route.method << " " << route.path);
    CHECK(names.contains(std::string(route.method) + " " + std::string(route.path)));
  }
}

}  // namespace
}  // namespace wick::server
