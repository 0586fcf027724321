#include "server/settings.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <boost/asio/ip/address.hpp>
#include <charconv>
#include <limits>

#include "base/address.h"
#include "base/assert.h"
#include "market/retention.h"
#include "market/tier.h"
#include "market/validation.h"

namespace wick::server {
namespace {

using market::kKeepForever;
using market::Tier;

constexpr uint64_t kSecondMs = 1'000;
constexpr uint64_t kMinuteMs = 60 * kSecondMs;
constexpr uint64_t kHourMs = 60 * kMinuteMs;
constexpr uint64_t kDayMs = 24 * kHourMs;

template <Tier kTier>
Field KeepOf(ServerConfig& c) {
  return &c.engine.keep.ms[market::Index(kTier)];
}
template <Tier kTier>
Field WindowOf(ServerConfig& c) {
  return &c.engine.window_candles[market::Index(kTier)];
}

// Columns: key, kind, default, min, max, scale, field, help.
constexpr auto kSettings = std::to_array<Setting>({
    {"server.http", Kind::kEndpoint, "127.0.0.1:8080", 0, 0, 1,
     [](ServerConfig& c) -> Field { return &c.http; },
     "Address and port of the HTTP API. Port 0 takes a free one and logs it."},
    {"server.binary", Kind::kEndpoint, "127.0.0.1:8081", 0, 0, 1,
     [](ServerConfig& c) -> Field { return &c.binary; },
     "Address and port of the binary protocol. Port 0 takes a free one and logs it."},
    {"server.workers", Kind::kCount, "0", 0, 256, 1,
     [](ServerConfig& c) -> Field { return &c.engine.workers; },
     "Threads that own the series and serve the sockets. 0: one for each core but one, which "
     "commits, storage, parsers or clients have. One for each serves more where clients are on "
     "other machines."},
    {"server.pin_workers", Kind::kFlag, "true", 0, 0, 1,
     [](ServerConfig& c) -> Field { return &c.pin_workers; },
     "Binds each worker to one core. Turn it off where other programs need the same cores."},
    {"server.spin_us", Kind::kCount, "0", 0, 1'000, 1,
     [](ServerConfig& c) -> Field { return &c.spin_us; },
     "Microseconds for which a worker without work looks for more before it sleeps. Whoever asks "
     "within them is spared the wake-up; each pause costs up to so much CPU time. 0: it sleeps at "
     "once. Only where cores are idle."},
    {"server.reader_threads", Kind::kCount, "2", 1, 256, 1,
     [](ServerConfig& c) -> Field { return &c.reader_threads; },
     "Threads for answers that may read the disk."},
    {"server.parser_threads", Kind::kCount, "2", 1, 256, 1,
     [](ServerConfig& c) -> Field { return &c.parser_threads; },
     "Threads for large bodies of events, /v1/status and /metrics."},
    {"server.max_connections", Kind::kCount, "10000", 1, 1'000'000, 1,
     [](ServerConfig& c) -> Field { return &c.connections_max; },
     "Connections open at once, HTTP and binary together. Further ones are closed at once."},
    {"server.max_connections_per_address", Kind::kCount, "0", 0, 1'000'000, 1,
     [](ServerConfig& c) -> Field { return &c.limits.connections_per_address_max; },
     "The same for one remote address. 0: no bound of its own."},
    {"server.insecure", Kind::kFlag, "false", 0, 0, 1,
     [](ServerConfig& c) -> Field { return &c.insecure; },
     "Lets other machines reach the server without TLS and tokens. Only where the network is "
     "guarded otherwise."},

    {"tls.certificate", Kind::kPath, "", 0, 0, 1,
     [](ServerConfig& c) -> Field { return &c.tls.certificate; },
     "PEM file of the certificate and its chain, for both listeners. Empty: no TLS. Read again on "
     "SIGHUP."},
    {"tls.key", Kind::kPath, "", 0, 0, 1, [](ServerConfig& c) -> Field { return &c.tls.key; },
     "PEM file of the certificate's private key."},

    {"auth.tokens", Kind::kPath, "", 0, 0, 1,
     [](ServerConfig& c) -> Field { return &c.tokens_file; },
     "File of the tokens that are let in, see `wick token`. Empty: everybody is. Read again on "
     "SIGHUP."},

    {"http.hosts", Kind::kList, "", 0, 0, 1, [](ServerConfig& c) -> Field { return &c.http_hosts; },
     "Names by which it may be asked for, beside addresses and names without a dot; * is any. "
     "Empty: no others, but any with auth.tokens."},
    {"http.cors_origins", Kind::kList, "", 0, 0, 1,
     [](ServerConfig& c) -> Field { return &c.cors_origins; },
     "Origins whose pages may use the API, as https://app.example.com; * is any. Empty: none."},

    {"storage.directory", Kind::kPath, "./data", 0, 0, 1,
     [](ServerConfig& c) -> Field { return &c.storage.directory; },
     "Where everything is kept. Made if it does not exist."},
    {"storage.block_cache", Kind::kSize, "64MiB", 1_MiB, 1024_GiB, 1,
     [](ServerConfig& c) -> Field { return &c.storage.block_cache_bytes; },
     "Memory for candles read from the disk."},
    {"storage.journal_memory", Kind::kSize, "128MiB", 1_MiB, 64_GiB, 1,
     [](ServerConfig& c) -> Field { return &c.storage.journal_memtable_bytes; },
     "Memory for journal frames. When it holds several checkpoints, frames never reach an SST "
     "file."},
    {"storage.candle_memory", Kind::kSize, "16MiB", 1_MiB, 64_GiB, 1,
     [](ServerConfig& c) -> Field { return &c.storage.candle_memtable_bytes; },
     "Memory for candles and states on their way to SST files, for each column family."},
    {"storage.max_wal", Kind::kSize, "512MiB", 16_MiB, 1024_GiB, 1,
     [](ServerConfig& c) -> Field { return &c.storage.wal_bytes_max; },
     "Write-ahead log on disk; bounds what is replayed after a crash."},
    {"storage.min_free", Kind::kSize, "64MiB", 0, 1024_GiB, 1,
     [](ServerConfig& c) -> Field { return &c.engine.min_free_bytes; },
     "Writes are refused while the disk has less free than this, or than 5 % of a smaller one."},

    {"tiers.1s.keep", Kind::kDuration, "24h", kSecondMs, kKeepForever, 1, KeepOf<Tier::k1s>,
     "Age up to which candles of one second are kept."},
    {"tiers.1s.window", Kind::kDuration, "5m", kSecondMs, kDayMs, kSecondMs, WindowOf<Tier::k1s>,
     "The newest candles of one second of every series that stay in memory."},
    {"tiers.1m.keep", Kind::kDuration, "30d", kSecondMs, kKeepForever, 1, KeepOf<Tier::k1m>,
     "Age up to which candles of one minute are kept."},
    {"tiers.1m.window", Kind::kDuration, "4h", kMinuteMs, 30 * kDayMs, kMinuteMs,
     WindowOf<Tier::k1m>, "The newest candles of one minute of every series that stay in memory."},
    {"tiers.1h.keep", Kind::kDuration, "730d", kSecondMs, kKeepForever, 1, KeepOf<Tier::k1h>,
     "Age up to which candles of one hour are kept."},
    {"tiers.1d.keep", Kind::kDuration, "forever", kSecondMs, kKeepForever, 1, KeepOf<Tier::k1d>,
     "Age up to which candles of one day are kept."},

    {"retention.interval", Kind::kDuration, "10m", kSecondMs, 30 * kDayMs, 1,
     [](ServerConfig& c) -> Field { return &c.engine.retention_interval_ms; },
     "Time between removals of expired candles. They are never shown, removed or not."},

    {"ingest.max_future_skew", Kind::kDuration, "10s", 0, kDayMs, 1,
     [](ServerConfig& c) -> Field { return &c.engine.future_skew_ms_max; },
     "How far ahead of this machine's clock an event may be."},
    {"ingest.max_inflight_events", Kind::kCount, "1000000", 1'000, 1'000'000'000, 1,
     [](ServerConfig& c) -> Field { return &c.engine.inflight_events_max; },
     "Events of one worker that are not yet durable; at the bound its sockets are not read."},

    {"series.max", Kind::kCount, "4000000", 1, 1'000'000'000, 1,
     [](ServerConfig& c) -> Field { return &c.engine.series_max; },
     "Series that may ever be registered; events of further ones are refused."},
    {"series.max_new_per_minute", Kind::kCount, "1000000", 0, 1'000'000'000, 1,
     [](ServerConfig& c) -> Field { return &c.engine.new_series_per_minute_max; },
     "Series that may be registered in a minute; events of further ones are refused for a while. "
     "0: "
     "no bound."},

    {"checkpoint.interval", Kind::kDuration, "5s", 10, kDayMs, 1,
     [](ServerConfig& c) -> Field { return &c.engine.checkpoint_interval_ms; },
     "Time between checkpoints. Longer: less written; shorter: a quicker start after a crash."},
    {"checkpoint.max_journal", Kind::kSize, "128MiB", 1_MiB, 64_GiB, 1,
     [](ServerConfig& c) -> Field { return &c.engine.journal_bytes_max; },
     "A checkpoint starts early when the journal holds this much."},
    {"checkpoint.max_unwritten_candles", Kind::kCount, "200000", 1'000, 1'000'000'000, 1,
     [](ServerConfig& c) -> Field { return &c.engine.unwritten_candles_max; },
     "A checkpoint starts early when a worker holds this many candles that are not on disk."},

    {"limits.max_event_body", Kind::kSize, "64MiB", 1_KiB, 1_GiB, 1,
     [](ServerConfig& c) -> Field { return &c.event_body_bytes_max; },
     "Largest body of POST /v1/events."},
    {"limits.max_body", Kind::kSize, "1MiB", 1_KiB, 1_GiB, 1,
     [](ServerConfig& c) -> Field { return &c.body_bytes_max; },
     "Largest body of any other HTTP request."},
    {"limits.max_candles_per_request", Kind::kCount, "10000", 1, 1'000'000, 1,
     [](ServerConfig& c) -> Field { return &c.engine.candles_per_request_max; },
     "Largest limit of a candle request."},
    {"limits.max_header", Kind::kSize, "16KiB", 1_KiB, 32_KiB, 1,
     [](ServerConfig& c) -> Field { return &c.limits.header_bytes_max; },
     "Request line and header fields of an HTTP request together."},
    {"limits.max_frame", Kind::kSize, "1MiB", 16_KiB, 1_MiB, 1,
     [](ServerConfig& c) -> Field { return &c.limits.frame_bytes_max; },
     "Payload of a frame that a binary client sends. Hello tells it."},
    {"limits.max_json_depth", Kind::kCount, "32", 4, 256, 1,
     [](ServerConfig& c) -> Field { return &c.limits.json_depth_max; },
     "Arrays and objects within each other in a body."},
    {"limits.max_cold_reads", Kind::kCount, "256", 1, 1'000'000, 1,
     [](ServerConfig& c) -> Field { return &c.limits.cold_reads_max; },
     "Reads under way or waiting that may touch the disk. Further ones are refused."},
    {"limits.max_unread", Kind::kSize, "4MiB", 64_KiB, 1_GiB, 1,
     [](ServerConfig& c) -> Field { return &c.limits.unread_bytes_max; },
     "Replies of one connection that its client has not taken; then nothing more of it is read."},
    {"limits.max_buffered_requests", Kind::kSize, "256MiB", 1_MiB, 1024_GiB, 1,
     [](ServerConfig& c) -> Field { return &c.limits.request_bytes_max; },
     "Bodies and frames of all connections on their way in; then their sockets are not read."},
    {"limits.max_buffered_answers", Kind::kSize, "256MiB", 1_MiB, 1024_GiB, 1,
     [](ServerConfig& c) -> Field { return &c.limits.answer_bytes_max; },
     "Answers of all connections on their way out; then reads are refused, but for few latest "
     "prices."},
    {"limits.min_body_rate", Kind::kSize, "1KiB", 1, 1_GiB, 1,
     [](ServerConfig& c) -> Field { return &c.limits.body_rate_min; },
     "Bytes a second that a body or frame must bring, over 10 s."},
    {"limits.header_timeout", Kind::kDuration, "10s", 10, kDayMs, 1,
     [](ServerConfig& c) -> Field { return &c.limits.header_timeout_ms; },
     "Time for a whole HTTP header from its first byte on, and for a TLS handshake."},
    {"limits.hello_timeout", Kind::kDuration, "10s", 10, kDayMs, 1,
     [](ServerConfig& c) -> Field { return &c.limits.hello_timeout_ms; },
     "Time for the hello of a binary connection."},
    {"limits.idle_timeout", Kind::kDuration, "2m", 10, kDayMs, 1,
     [](ServerConfig& c) -> Field { return &c.limits.idle_timeout_ms; },
     "Time between two requests of an HTTP connection."},
    {"limits.write_timeout", Kind::kDuration, "1m", 10, kDayMs, 1,
     [](ServerConfig& c) -> Field { return &c.limits.write_timeout_ms; },
     "Time in which a client must take something of the answer it is sent."},
    {"limits.linger_timeout", Kind::kDuration, "10s", 10, kDayMs, 1,
     [](ServerConfig& c) -> Field { return &c.limits.linger_timeout_ms; },
     "Time a refused client has to read why before it is closed."},

    {"kafka.brokers", Kind::kList, "", 0, 0, 1,
     [](ServerConfig& c) -> Field { return &c.kafka.brokers; },
     "Brokers to begin with, as kafka-1:9092, kafka-2:9092. Empty: no topic is read."},
    {"kafka.topics", Kind::kList, "", 0, 0, 1,
     [](ServerConfig& c) -> Field { return &c.kafka.topics; },
     "Topics that are read. Records hold events as JSON (one or an array) or binary frames."},
    {"kafka.partitions", Kind::kList, "", 0, 0, 1,
     [](ServerConfig& c) -> Field { return &c.kafka.partitions; },
     "Numbers of the partitions that are read, of every topic. Empty: all, and those to come."},
    {"kafka.start", Kind::kStart, "refuse", 0, 0, 1,
     [](ServerConfig& c) -> Field { return &c.kafka.start; },
     "Where a topic begins of which nothing was ever read. Refuse: it is not read."},
    {"kafka.dead_letter_topic", Kind::kName, "", 0, 0, 1,
     [](ServerConfig& c) -> Field { return &c.kafka.dead_letter_topic; },
     "Topic for records that cannot be read, beside `wick dead-letters`. Empty: none."},
    {"kafka.max_dead_letters", Kind::kSize, "256MiB", 1_MiB, 1024_GiB, 1,
     [](ServerConfig& c) -> Field { return &c.kafka.dead_letter_bytes_max; },
     "Disk for dead letters. Over it the oldest go, of the partition that has most."},
    {"kafka.group", Kind::kName, "wick", 0, 0, 1,
     [](ServerConfig& c) -> Field { return &c.kafka.group; },
     "Group under which offsets are committed for tools that show lag. Nothing else rests on it."},
    {"kafka.partition_refresh", Kind::kDuration, "30s", kSecondMs, kDayMs, 1,
     [](ServerConfig& c) -> Field { return &c.kafka.partition_refresh_ms; },
     "Time between two looks for new partitions."},
    {"kafka.ready_lag", Kind::kCount, "10000", 0, 1'000'000'000, 1,
     [](ServerConfig& c) -> Field { return &c.kafka.ready_lag; },
     "Records that a partition may be behind while /readyz answers 200. 0: any number."},

    {"cluster.partitions", Kind::kCount, "0", 0, cluster::kPartitionsMax, 1,
     [](ServerConfig& c) -> Field { return &c.cluster.partitions; },
     "Partitions of all pairs, as many as every topic has. 0: this node stands alone."},
    {"cluster.nodes", Kind::kList, "", 0, 0, 1,
     [](ServerConfig& c) -> Field { return &c.cluster.nodes; },
     "All nodes in the order of their numbers, as HOST:HTTP_PORT:BINARY_PORT. "
     "wick-{0-2}.wick-nodes:8080:8081 is three."},
    {"cluster.node", Kind::kName, "", 0, 0, 1,
     [](ServerConfig& c) -> Field { return &c.cluster.node; },
     "Number of this node among them, from 0; or hostname, for the number at the host name's end."},
    {"cluster.shares", Kind::kList, "", 0, 0, 1,
     [](ServerConfig& c) -> Field { return &c.cluster.shares; },
     "Partitions of each node, as 0-3+9, 4-8, 10-11. Empty: partition p is on node p mod nodes."},
    {"cluster.peer_timeout", Kind::kDuration, "2s", 10, 60 * kSecondMs, 1,
     [](ServerConfig& c) -> Field { return &c.peers.timeout_ms; },
     "Time another node has for its part of an answer; then it is missing from it."},
    {"cluster.max_peer_answer", Kind::kSize, "64MiB", 64_KiB, 1_GiB, 1,
     [](ServerConfig& c) -> Field { return &c.peers.answer_bytes_max; },
     "Largest part of one node; a larger one is missing from the answer."},
    {"cluster.max_fan_outs", Kind::kCount, "64", 1, 1'000'000, 1,
     [](ServerConfig& c) -> Field { return &c.peers.fan_outs_max; },
     "Requests for which other nodes are being asked. Further ones are refused."},
    {"cluster.ca", Kind::kPath, "", 0, 0, 1, [](ServerConfig& c) -> Field { return &c.peers.ca; },
     "With tls.certificate: PEM file of the authorities that vouch for the other nodes. Empty: the "
     "system's."},

    {"log.level", Kind::kLogLevel, "info", 0, 0, 1,
     [](ServerConfig& c) -> Field { return &c.log_level; },
     "Least severe lines that are logged to stderr."},
});

constexpr std::array<std::string_view, 6> kLogLevels = {"trace", "debug", "info",
                                                        "warn",  "error", "off"};
constexpr std::array<std::string_view, 3> kStarts = {"refuse", "earliest", "latest"};

bool IsPrintableAscii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

struct Unit {
  std::string_view suffix;
  uint64_t factor;
};
// Largest first: values are printed in the largest unit that divides them. No suffix ends in an
// earlier one's.
constexpr std::array<Unit, 5> kDurationUnits = {
    {{"d", kDayMs}, {"h", kHourMs}, {"m", kMinuteMs}, {"s", kSecondMs}, {"ms", 1}}};
constexpr std::array<Unit, 4> kSizeUnits = {
    {{"GiB", 1_GiB}, {"MiB", 1_MiB}, {"KiB", 1_KiB}, {"B", 1}}};

std::span<const Unit> UnitsOf(Kind kind) {
  switch (kind) {
    case Kind::kDuration:
      return kDurationUnits;
    case Kind::kSize:
      return kSizeUnits;
    default:
      return {};
  }
}

std::string_view KindName(Kind kind) {
  switch (kind) {
    case Kind::kCount:
      return "number";
    case Kind::kFlag:
      return "true or false";
    case Kind::kDuration:
      return "duration";
    case Kind::kSize:
      return "size";
    case Kind::kEndpoint:
      return "address:port";
    case Kind::kPath:
      return "path";
    case Kind::kList:
      return "names with commas";
    case Kind::kName:
      return "name";
    case Kind::kStart:
      return "refuse, earliest or latest";
    case Kind::kLogLevel:
      return "trace, debug, info, warn, error or off";
  }
  return "";
}

std::string NumberText(Kind kind, uint64_t value) {
  if (kind == Kind::kDuration && value == kKeepForever) return "forever";
  for (const Unit& unit : UnitsOf(kind)) {
    if (value != 0 && value % unit.factor == 0) {
      return fmt::format("{}{}", value / unit.factor, unit.suffix);
    }
  }
  if (value == 0 && kind == Kind::kDuration) return "0s";
  return fmt::format("{}", value);
}

absl::Status Misspelt(const Setting& setting, std::string_view text) {
  switch (setting.kind) {
    case Kind::kDuration:
      return InvalidArgument(
          "'{}' is no duration: write a whole number with ms, s, m, h or d, as in 5m{}", text,
          setting.max == kKeepForever ? ", or forever" : "");
    case Kind::kSize:
      return InvalidArgument(
          "'{}' is no size: write a whole number with B, KiB, MiB or GiB, as in 64MiB", text);
    default:
      return InvalidArgument("'{}' is no whole number", text);
  }
}

absl::StatusOr<uint64_t> ParseNumber(const Setting& setting, std::string_view text) {
  if (setting.kind == Kind::kDuration && text == "forever" && setting.max == kKeepForever) {
    return kKeepForever;
  }
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc::result_out_of_range) {
    return InvalidArgument("'{}' is too large: {}", text, DescribeBounds(setting));
  }
  if (error != std::errc()) return Misspelt(setting, text);
  const std::string_view suffix(end, static_cast<size_t>(text.data() + text.size() - end));
  const std::span<const Unit> units = UnitsOf(setting.kind);
  uint64_t factor = 0;
  if (units.empty() && suffix.empty()) factor = 1;
  for (const Unit& unit : units) {
    if (unit.suffix == suffix) factor = unit.factor;
  }
  if (factor == 0) return Misspelt(setting, text);
  // The largest number itself means "forever" and is never reached by counting.
  if (number >= std::numeric_limits<uint64_t>::max() / factor) {
    return InvalidArgument("'{}' is too large: {}", text, DescribeBounds(setting));
  }
  return number * factor;
}

absl::StatusOr<Endpoint> ParseEndpoint(std::string_view text) {
  const size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) {
    return InvalidArgument("'{}' has no port: write address:port, as in 127.0.0.1:8080", text);
  }
  std::string_view host = text.substr(0, colon);
  const std::string_view port = text.substr(colon + 1);
  const bool bracketed = host.size() >= 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) host = host.substr(1, host.size() - 2);
  Endpoint endpoint{host == "localhost" ? "127.0.0.1" : std::string(host), 0};
  boost::system::error_code error;
  const auto address = boost::asio::ip::make_address(endpoint.host, error);
  if (error || address.is_v6() != bracketed) {
    return InvalidArgument(
        "'{}' names no IP address: write a numeric one, as in 127.0.0.1:8080, 0.0.0.0:8080 or "
        "[::1]:8080",
        text);
  }
  endpoint.host = address.to_string();  // without what a parser of addresses does not look at
  const auto [end, port_error] =
      std::from_chars(port.data(), port.data() + port.size(), endpoint.port);
  if (port_error != std::errc() || end != port.data() + port.size()) {
    return InvalidArgument("'{}' has no valid port: ports are 0 to 65535, 0 takes a free one",
                           text);
  }
  return endpoint;
}

std::vector<std::string> ParseList(std::string_view text) {
  std::vector<std::string> entries;
  while (!text.empty()) {
    std::string_view entry = text.substr(0, text.find(','));
    text.remove_prefix(std::min(entry.size() + 1, text.size()));
    while (entry.starts_with(' ')) entry.remove_prefix(1);
    while (entry.ends_with(' ')) entry.remove_suffix(1);
    if (!entry.empty()) entries.emplace_back(entry);
  }
  return entries;
}

absl::Status SetChoice(std::span<const std::string_view> choices, std::string_view what,
                       const Setting& setting, std::string_view text, ServerConfig& config) {
  if (std::find(choices.begin(), choices.end(), text) == choices.end()) {
    return InvalidArgument("'{}' is no {}: write {}", text, what, KindName(setting.kind));
  }
  *std::get<std::string*>(setting.field(config)) = text;
  return absl::OkStatus();
}

absl::Status SetNumber(const Setting& setting, std::string_view text, Field field) {
  WICK_ASSIGN_OR_RETURN(const uint64_t value, ParseNumber(setting, text));
  if (value < setting.min || value > setting.max) {
    return InvalidArgument("'{}' is out of bounds: {}", text, DescribeBounds(setting));
  }
  if (value % setting.scale != 0) {
    return InvalidArgument("'{}' is no multiple of {}", text,
                           NumberText(setting.kind, setting.scale));
  }
  if (auto** wide = std::get_if<uint64_t*>(&field)) **wide = value / setting.scale;
  if (auto** narrow = std::get_if<uint32_t*>(&field)) {
    **narrow = static_cast<uint32_t>(value / setting.scale);
  }
  return absl::OkStatus();
}

std::string FieldText(const Setting& setting, const ServerConfig& config) {
  // The accessor wants a mutable configuration; it is only read here.
  const Field field = setting.field(const_cast<ServerConfig&>(config));
  if (auto* const* wide = std::get_if<uint64_t*>(&field)) {
    return NumberText(setting.kind, **wide * setting.scale);
  }
  if (auto* const* narrow = std::get_if<uint32_t*>(&field)) {
    return NumberText(setting.kind, uint64_t{**narrow} * setting.scale);
  }
  if (auto* const* flag = std::get_if<bool*>(&field)) return **flag ? "true" : "false";
  if (auto* const* endpoint = std::get_if<Endpoint*>(&field)) return ToString(**endpoint);
  if (auto* const* list = std::get_if<std::vector<std::string>*>(&field)) {
    return fmt::format("{}", fmt::join(**list, ", "));
  }
  return *std::get<std::string*>(field);
}

}  // namespace

std::string ToString(const Endpoint& endpoint) { return AddressText(endpoint.host, endpoint.port); }

std::span<const Setting> Settings() { return kSettings; }

const Setting* FindSetting(std::string_view key) {
  for (const Setting& setting : kSettings) {
    if (setting.key == key) return &setting;
  }
  return nullptr;
}

absl::Status SetValue(const Setting& setting, std::string_view text, ServerConfig& config) {
  const Field field = setting.field(config);
  switch (setting.kind) {
    case Kind::kCount:
    case Kind::kDuration:
    case Kind::kSize:
      return SetNumber(setting, text, field);
    case Kind::kFlag:
      if (text != "true" && text != "false") {
        return InvalidArgument("'{}' is neither true nor false", text);
      }
      *std::get<bool*>(field) = text == "true";
      return absl::OkStatus();
    case Kind::kEndpoint: {
      WICK_ASSIGN_OR_RETURN(*std::get<Endpoint*>(field), ParseEndpoint(text));
      return absl::OkStatus();
    }
    case Kind::kPath:
      if (text.empty() && !setting.default_text.empty()) {
        return InvalidArgument("the path is empty");
      }
      // Else `wick config` would print a file that is no TOML.
      if (text.find('\0') != text.npos || !market::IsValidUtf8(text)) {
        return InvalidArgument("the path must be UTF-8 without zero bytes");
      }
      *std::get<std::string*>(field) = text;
      return absl::OkStatus();
    case Kind::kList:
      if (!IsPrintableAscii(text)) return InvalidArgument("names are printable ASCII");
      *std::get<std::vector<std::string>*>(field) = ParseList(text);
      return absl::OkStatus();
    case Kind::kName:
      if (!IsPrintableAscii(text)) return InvalidArgument("names are printable ASCII");
      *std::get<std::string*>(field) = text;
      return absl::OkStatus();
    case Kind::kStart:
      return SetChoice(kStarts, "start", setting, text, config);
    case Kind::kLogLevel:
      return SetChoice(kLogLevels, "log level", setting, text, config);
  }
  return absl::OkStatus();
}

std::string ValueText(const Setting& setting, const ServerConfig& config) {
  static const ServerConfig defaults = DefaultConfig();
  std::string text = FieldText(setting, config);
  return text == FieldText(setting, defaults) ? std::string(setting.default_text) : text;
}

std::string DescribeBounds(const Setting& setting) {
  const std::string_view kind = KindName(setting.kind);
  if (setting.default_text.empty()) return fmt::format("{}, default none", kind);
  if (setting.max == 0) return fmt::format("{}, default {}", kind, setting.default_text);
  return fmt::format("{}, {} to {}, default {}", kind, NumberText(setting.kind, setting.min),
                     NumberText(setting.kind, setting.max), setting.default_text);
}

ServerConfig DefaultConfig() {
  ServerConfig config;
  for (const Setting& setting : kSettings) {
    const absl::Status status = SetValue(setting, setting.default_text, config);
    WICK_ASSERT(status.ok());  // the table's own defaults lie within its bounds
  }
  return config;
}

}  // namespace wick::server
