#include "server/metrics.h"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <limits>
#include <string_view>
#include <utility>
#include <vector>

#include "market/tier.h"
#include "server/binary_api.h"
#include "server/http_api.h"
#include "server/services.h"
#include "server/version.h"
#include "wick/event.h"

namespace wick::server {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;
using Label = ClientMetric::Label;

constexpr std::array<std::string_view, kOutcomeCount> kOutcomeNames = {"ok", "client_error",
                                                                       "server_error"};

constexpr std::array<std::string_view, kDenialCount> kDenialNames = {"nothing", "unknown_token",
                                                                     "too_little_scope"};

/// Collects the families of one page.
class Page {
 public:
  /// Opens a family; Add() appends to the one opened last.
  Page& Counter(std::string name, std::string help) {
    return Open(std::move(name), std::move(help), MetricType::Counter);
  }
  Page& Gauge(std::string name, std::string help) {
    return Open(std::move(name), std::move(help), MetricType::Gauge);
  }
  Page& Histogram(std::string name, std::string help) {
    return Open(std::move(name), std::move(help), MetricType::Histogram);
  }

  Page& Add(double value, std::vector<Label> labels = {}) {
    ClientMetric& metric = families_.back().metric.emplace_back();
    metric.label = std::move(labels);
    metric.counter.value = value;
    metric.gauge.value = value;
    return *this;
  }
  Page& Add(uint64_t value, std::vector<Label> labels = {}) {
    return Add(static_cast<double>(value), std::move(labels));
  }

  Page& Add(const RouteCounts& counts, std::vector<Label> labels) {
    ClientMetric& metric = families_.back().metric.emplace_back();
    metric.label = std::move(labels);
    uint64_t cumulative = 0;
    for (size_t i = 0; i < counts.by_latency.size(); ++i) {
      cumulative += counts.by_latency[i];
      const double bound = i < kLatencyBucketsSeconds.size()
                               ? kLatencyBucketsSeconds[i]
                               : std::numeric_limits<double>::infinity();
      metric.histogram.bucket.push_back({cumulative, bound});
    }
    metric.histogram.sample_count = cumulative;
    metric.histogram.sample_sum = static_cast<double>(counts.nanoseconds) / 1e9;
    return *this;
  }

  std::string Text() const { return prometheus::TextSerializer().Serialize(families_); }

 private:
  Page& Open(std::string name, std::string help, MetricType type) {
    families_.push_back({std::move(name), std::move(help), type, {}});
    return *this;
  }

  std::vector<MetricFamily> families_;
};

std::vector<Label> TierLabel(market::Tier tier) {
  return {{"tier", std::string(market::Name(tier))}};
}

double SecondsOf(uint64_t ms) { return static_cast<double>(ms) / 1e3; }

void AddEvents(const engine::EngineStatus& status, Page& page) {
  page.Counter("wick_events_accepted_total", "Events accepted since the start, late ones included.")
      .Add(status.events_accepted);
  page.Counter("wick_events_duplicate_total",
               "Events equal to their series' latest: acknowledged, nothing changed.")
      .Add(status.events_duplicate);
  page.Counter("wick_events_rejected_total", "Events refused, by reason.");
  for (int i = 1; i < kRefusalCount; ++i) {
    page.Add(status.events_rejected[static_cast<size_t>(i)],
             {{"reason", std::string(RefusalCode(static_cast<Refusal>(i)))}});
  }
  page.Counter("wick_events_late_total", "Events older than their series' latest.")
      .Add(status.events_late);
  page.Counter("wick_late_beyond_horizon_total",
               "Late events that a tier did not take, because it keeps nothing so old.");
  for (market::Tier tier : market::kTiers) {
    page.Add(status.late_beyond_horizon[market::Index(tier)], TierLabel(tier));
  }
  page.Gauge("wick_series", "Series registered.").Add(status.series);
  page.Gauge("wick_newest_event_timestamp_seconds",
             "Time of the newest event, since the Unix epoch.")
      .Add(SecondsOf(status.newest_event_ms));
}

void AddDurability(const engine::EngineStatus& status, Page& page) {
  page.Gauge("wick_writable", "1: writes are taken; 0: none are, see wick_write_state.")
      .Add(status.write.state == engine::WriteState::kOk ? 1.0 : 0.0);
  page.Gauge("wick_write_state",
             "1 for the state that holds: ok, disk_full (until there is room), failed (for good).");
  for (const auto state :
       {engine::WriteState::kOk, engine::WriteState::kDiskFull, engine::WriteState::kFailed}) {
    page.Add(status.write.state == state ? 1.0 : 0.0,
             {{"state", std::string(engine::Name(state))}});
  }
  page.Gauge("wick_disk_free_bytes", "Free on the disk of the data directory.")
      .Add(status.disk_free_bytes);
  page.Counter("wick_commits_total", "Synced writes.").Add(status.commits);
  page.Gauge("wick_journal_frames", "Journal frames kept for recovery.").Add(status.journal_frames);
  page.Gauge("wick_journal_bytes", "Bytes of the journal frames kept for recovery.")
      .Add(status.journal_bytes);
  page.Gauge("wick_unsynced_frames", "Journal frames on their way to the disk.")
      .Add(status.last_number - status.synced_number);
  page.Counter("wick_checkpoints_total", "Checkpoints completed.").Add(status.checkpoints);
  page.Gauge("wick_checkpoint_lag_frames", "Synced journal frames that no checkpoint covers yet.")
      .Add(status.synced_number - status.checkpoint_number);
  page.Gauge("wick_checkpoint_last_timestamp_seconds",
             "When the newest checkpoint ended, since the Unix epoch; 0: none yet.")
      .Add(SecondsOf(status.checkpoint_ended_ms));
  page.Gauge("wick_checkpoint_duration_seconds", "How long the newest checkpoint took.")
      .Add(SecondsOf(status.checkpoint_duration_ms));
  page.Gauge("wick_recovery_duration_seconds", "How long the recovery at the start took.")
      .Add(SecondsOf(status.recovery_duration_ms));
  page.Gauge("wick_recovery_events", "Events replayed from the journal at the start.")
      .Add(status.recovered_events);
}

void AddShards(const engine::EngineStatus& status, Page& page) {
  using Shard = engine::EngineStatus::Shard;
  const auto add = [&](const char* name, const char* help, uint64_t Shard::*field) {
    page.Gauge(name, help);
    for (size_t i = 0; i < status.shards.size(); ++i) {
      page.Add(status.shards[i].*field, {{"shard", std::to_string(i)}});
    }
  };
  add("wick_shard_queued_events", "Events handed over and not yet applied.", &Shard::queued_events);
  add("wick_shard_uncommitted_events", "Events applied and not yet durable.",
      &Shard::uncommitted_events);
  add("wick_shard_dirty_series", "Series changed since their last checkpoint.",
      &Shard::dirty_series);
  add("wick_shard_unwritten_candles", "Candles in memory that are not yet on disk.",
      &Shard::unwritten_candles);
}

void AddStorage(const engine::EngineStatus& status, Page& page) {
  page.Gauge("wick_tier_memory_bytes", "Memory of the closed candles held, by tier.");
  for (market::Tier tier : market::kTiers) {
    page.Add(status.tier_memory_bytes[market::Index(tier)], TierLabel(tier));
  }
  page.Gauge("wick_series_memory_bytes", "Memory of latest prices, open candles, names and index.")
      .Add(status.series_memory_bytes);
  page.Gauge("wick_tier_disk_bytes", "Candles on disk, by tier.");
  for (market::Tier tier : market::kTiers) {
    page.Add(status.store.tier_disk_bytes[market::Index(tier)], TierLabel(tier));
  }
  page.Gauge("wick_store_disk_bytes", "SST files on disk.").Add(status.store.disk_bytes);
  page.Gauge("wick_store_wal_bytes", "Live write-ahead log on disk.").Add(status.store.wal_bytes);
  page.Gauge("wick_store_memtable_bytes", "Memory of what is not yet in SST files.")
      .Add(status.store.memtable_bytes);
  page.Gauge("wick_store_block_cache_bytes", "Memory of blocks read from SST files.")
      .Add(status.store.block_cache_bytes);
}

void AddKafka(const protocol::KafkaStatus& kafka, Page& page) {
  using Partition = protocol::KafkaPartitionStatus;
  const auto label = [](const Partition& partition) -> std::vector<Label> {
    return {{"topic", partition.topic}, {"partition", std::to_string(partition.partition)}};
  };
  const auto add = [&](Page& opened, auto value_of) {
    for (const Partition& partition : kafka.partitions)
      opened.Add(value_of(partition), label(partition));
  };
  add(page.Gauge("wick_kafka_reading", "1: the partition is read; 0: see wick_kafka_state."),
      [](const Partition& p) { return p.state == protocol::KafkaState::kReading ? 1.0 : 0.0; });
  page.Gauge("wick_kafka_state", "1 for the state that holds, by partition.");
  for (const Partition& partition : kafka.partitions) {
    std::vector<Label> labels = label(partition);
    labels.push_back({"state", std::string(Name(partition.state))});
    page.Add(1.0, std::move(labels));
  }
  add(page.Gauge("wick_kafka_lag_records", "Records of the partition that are not durable here."),
      [](const Partition& p) { return p.lag(); });
  add(page.Gauge("wick_kafka_next_offset", "Offset of the first record that is not durable here."),
      [](const Partition& p) { return p.next_offset; });
  add(page.Gauge("wick_kafka_end_offset", "Offset behind the partition's last record."),
      [](const Partition& p) { return p.end_offset; });
  add(page.Counter("wick_kafka_records_total", "Records read."),
      [](const Partition& p) { return p.records; });
  add(page.Counter("wick_kafka_events_total", "Events of the records read, refused ones excepted."),
      [](const Partition& p) { return p.events; });
  add(page.Counter("wick_kafka_dead_letters_total", "Records that could not be read, or not all."),
      [](const Partition& p) { return p.dead_letters; });
  add(page.Counter("wick_kafka_repeated_records_total",
                   "Records that came again and were skipped."),
      [](const Partition& p) { return p.repeated; });
  add(page.Counter("wick_kafka_missing_offsets_total",
                   "Offsets without a record: compacted, or marks of transactions."),
      [](const Partition& p) { return p.missing; });
  page.Gauge("wick_kafka_connected", "1: the topics are known; 0: the brokers do not say.")
      .Add(kafka.error.empty() ? 1.0 : 0.0);
  page.Gauge("wick_kafka_paused", "1: nothing is taken as long as the disk is full.")
      .Add(kafka.paused ? 1.0 : 0.0);
  page.Counter("wick_kafka_dead_letters_published_total", "Dead letters published to their topic.")
      .Add(kafka.dead_letters_published);
  page.Counter("wick_kafka_dead_letters_failed_total",
               "Attempts to publish dead letters that failed.")
      .Add(kafka.dead_letters_failed);
  page.Counter("wick_kafka_dead_letters_dropped_total",
               "Dead letters dropped to keep within kafka.max_dead_letters.")
      .Add(kafka.dead_letters_dropped);
}

void AddCluster(const ClusterCounts& cluster, Page& page) {
  const auto label = [](size_t node) -> std::vector<Label> {
    return {{"node", std::to_string(node)}};
  };
  page.Gauge("wick_cluster_partitions", "Partitions that this node has, by its number.")
      .Add(cluster.own_partitions, label(cluster.self));
  page.Counter("wick_cluster_redirects_total",
               "Requests for pairs that other nodes have, answered with where they are.")
      .Add(cluster.http_redirects, {{"protocol", "http"}})
      .Add(cluster.binary_redirects, {{"protocol", "binary"}});
  page.Counter("wick_cluster_fan_outs_total", "Requests for which other nodes were asked.")
      .Add(cluster.fan_outs);
  page.Counter("wick_cluster_fan_outs_refused_total",
               "Requests refused: other nodes were being asked for too many.")
      .Add(cluster.fan_outs_refused);
  page.Counter("wick_cluster_fan_outs_incomplete_total",
               "Answers from which a node, or a partition of one, was missing.")
      .Add(cluster.fan_outs_incomplete);
  page.Counter("wick_cluster_peer_failures_total", "Questions to another node without an answer.");
  for (size_t node = 0; node < cluster.nodes.size(); ++node) {
    if (node != cluster.self) page.Add(cluster.nodes[node].failures, label(node));
  }
  page.Gauge("wick_cluster_peer_reachable",
             "Whether the last question to another node was answered, if one was asked.");
  for (size_t node = 0; node < cluster.nodes.size(); ++node) {
    const auto& reachable = cluster.nodes[node].reachable;
    if (node != cluster.self && reachable) page.Add(*reachable ? 1.0 : 0.0, label(node));
  }
}

void AddRequests(const std::string& protocol, const char* label,
                 const std::array<RouteCounts, kRoutesMax>& counts, size_t begin, size_t end,
                 std::string_view (*name)(size_t), Page& page) {
  page.Counter("wick_" + protocol + "_requests_total", "Requests answered, by how they ended.");
  for (size_t i = begin; i < end; ++i) {
    for (size_t k = 0; k < kOutcomeCount; ++k) {
      page.Add(counts[i].by_outcome[k],
               {{label, std::string(name(i))}, {"outcome", std::string(kOutcomeNames[k])}});
    }
  }
  page.Histogram("wick_" + protocol + "_request_duration_seconds",
                 "Time from the whole request read to its answer made.");
  for (size_t i = begin; i < end; ++i) page.Add(counts[i], {{label, std::string(name(i))}});
}

}  // namespace

RequestCounts CountRequests(const Services& services) {
  RequestCounts counts;
  for (unsigned i = 0; i < services.engine().workers(); ++i) {
    services.stats[i].http.AddTo(counts.http);
    services.stats[i].binary.AddTo(counts.binary);
  }
  counts.http_connections = services.connections.open(ConnectionKind::kHttp);
  counts.binary_connections = services.connections.open(ConnectionKind::kBinary);
  counts.refused_connections = services.connections.refused();
  counts.failed_handshakes = services.connections.failed_handshakes();
  if (services.access.auth) counts.denials = services.access.auth->refusals();
  counts.reads = services.reads.reads();
  counts.refused_reads = services.reads.refused();
  counts.request_bytes = services.requests.used();
  counts.answer_bytes = services.answers.used();
  counts.uptime_ms = services.UptimeMs();
  counts.kafka = services.state.Kafka();
  if (services.cluster != nullptr) counts.cluster = services.cluster->Counts();
  return counts;
}

std::string MetricsText(const engine::EngineStatus& status, const RequestCounts& counts) {
  Page page;
  page.Gauge("wick_build_info", "1, with the version as a label.")
      .Add(1.0, {{"version", std::string(kVersion)}});
  page.Gauge("wick_uptime_seconds", "Time since the start.").Add(SecondsOf(counts.uptime_ms));
  AddEvents(status, page);
  AddDurability(status, page);
  AddShards(status, page);
  AddStorage(status, page);
  page.Gauge("wick_connections", "Connections open, by protocol.")
      .Add(counts.http_connections, {{"protocol", "http"}})
      .Add(counts.binary_connections, {{"protocol", "binary"}});
  page.Counter("wick_connections_refused_total", "Connections closed at once: there were too many.")
      .Add(counts.refused_connections);
  page.Counter("wick_tls_handshakes_failed_total", "Connections that did not agree on TLS.")
      .Add(counts.failed_handshakes);
  page.Counter("wick_auth_refused_total",
               "Requests refused for want of a token, by what they had.");
  for (size_t i = 0; i < kDenialCount; ++i) {
    page.Add(counts.denials[i], {{"had", std::string(kDenialNames[i])}});
  }
  page.Gauge("wick_reads", "Reads under way or waiting that may touch the disk.").Add(counts.reads);
  page.Counter("wick_reads_refused_total",
               "Reads refused: too many were under way, or too many answers unread.")
      .Add(counts.refused_reads);
  page.Gauge("wick_buffered_request_bytes",
             "Bodies and frames on their way in, beyond 64 KiB of each connection.")
      .Add(counts.request_bytes);
  page.Gauge("wick_buffered_answer_bytes",
             "Answers on their way out, beyond 64 KiB of each connection.")
      .Add(counts.answer_bytes);
  if (counts.kafka) AddKafka(*counts.kafka, page);
  if (counts.cluster) AddCluster(*counts.cluster, page);
  AddRequests("http", "route", counts.http, 0, kHttpRouteCount, HttpRouteName, page);
  AddRequests("binary", "type", counts.binary, 1, kBinaryRouteCount, BinaryRouteName, page);
  return page.Text();
}

}  // namespace wick::server
