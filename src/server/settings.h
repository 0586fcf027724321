// Every setting of the server in one table: key, kind, default, bounds, help, and the field it
// fills.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/status.h"
#include "base/units.h"
#include "cluster/partition_map.h"
#include "cold/store.h"
#include "engine/engine.h"
#include "feed/kafka/kafka_options.h"
#include "server/peers.h"
#include "server/tls.h"

namespace wick::server {

/// An address to listen on.
struct Endpoint {
  std::string host;   // numeric IPv4 or IPv6 address
  uint16_t port = 0;  // 0: any free port

  friend bool operator==(const Endpoint&, const Endpoint&) = default;
};

/// "127.0.0.1:8080", "[::1]:8080".
std::string ToString(const Endpoint& endpoint);

/// What one client, and all of them together, may take of the server. What happens at each bound:
/// docs/operations.md.
struct ClientLimits {
  uint32_t connections_per_address_max = 0;  // 0: no bound of its own
  uint64_t header_bytes_max = 16_KiB;
  uint64_t frame_bytes_max = 1_MiB;  // payload of a binary frame
  uint32_t json_depth_max = 32;
  uint32_t cold_reads_max = 256;         // under way or waiting
  uint64_t unread_bytes_max = 4_MiB;     // replies of one connection that wait for its peer
  uint64_t request_bytes_max = 256_MiB;  // bodies and frames of all connections on their way in
  uint64_t answer_bytes_max = 256_MiB;   // answers of all connections on their way out
  uint64_t body_rate_min = 1_KiB;        // bytes a second of a body or frame
  uint64_t header_timeout_ms = 10'000;
  uint64_t hello_timeout_ms = 10'000;
  uint64_t idle_timeout_ms = 120'000;
  uint64_t write_timeout_ms = 60'000;
  uint64_t linger_timeout_ms = 10'000;
};

/// The settings as the program uses them. A default-constructed one is not the default
/// configuration: DefaultConfig() is.
struct ServerConfig {
  engine::EngineOptions engine;  // engine.workers 0: one for each core but one
  cold::StoreOptions storage;
  Endpoint http;
  Endpoint binary;
  bool insecure = false;                  // beyond loopback without TLS and tokens
  TlsFiles tls;                           // of both listeners; empty: plain
  std::string tokens_file;                // empty: no tokens are asked for
  std::vector<std::string> http_hosts;    // see BrowserRules
  std::vector<std::string> cors_origins;  // see BrowserRules
  bool pin_workers = true;
  uint32_t spin_us = 0;  // before a worker sleeps
  uint32_t reader_threads = 2;
  uint32_t parser_threads = 2;
  uint32_t connections_max = 10'000;  // HTTP and binary together
  uint64_t event_body_bytes_max = 64_MiB;
  uint64_t body_bytes_max = 1_MiB;
  ClientLimits limits;
  feed::KafkaOptions kafka;
  cluster::MapOptions cluster;
  PeerOptions peers;
  std::string log_level;
};

/// How a value is written and what its number counts.
enum class Kind : uint8_t {
  kCount,     // 10000
  kFlag,      // true, false
  kDuration,  // "500ms", "300s", "5m", "24h", "30d", "forever"; bounds in ms
  kSize,      // "512B", "64KiB", "64MiB", "2GiB"; bounds in bytes
  kEndpoint,  // "127.0.0.1:8080", "[::1]:8080"
  kPath,      // "./data"; empty where that is the default
  kList,      // "a.example.com, b.example.com", empty
  kName,      // "ticks"; empty where that is the default
  kStart,     // "refuse", "earliest", "latest"
  kLogLevel,  // "trace", "debug", "info", "warn", "error", "off"
};

/// The field of the configuration that a setting fills.
using Field =
    std::variant<uint64_t*, uint32_t*, bool*, std::string*, Endpoint*, std::vector<std::string>*>;

struct Setting {
  std::string_view key;  // "section.name"
  Kind kind;
  std::string_view default_text;
  uint64_t min = 0;    // bounds of kCount, kDuration (ms) and kSize (bytes), inclusive
  uint64_t max = 0;    // market::kKeepForever: "forever" is allowed
  uint64_t scale = 1;  // the field holds value / scale, and the value must be a multiple of it
  Field (*field)(ServerConfig&);
  std::string_view help;

  std::string_view section() const { return key.substr(0, key.rfind('.')); }
  std::string_view name() const { return key.substr(key.rfind('.') + 1); }
};

/// All settings; those of a section stand together.
std::span<const Setting> Settings();

/// nullptr: there is no such setting.
const Setting* FindSetting(std::string_view key);

/// Reads a value from its text form (without quotes). The reason of a refusal does not repeat the
/// key.
absl::Status SetValue(const Setting& setting, std::string_view text, ServerConfig& config);

/// The text form of the value in `config`; the default in the words of the table.
std::string ValueText(const Setting& setting, const ServerConfig& config);

/// "duration, 1m to forever, default 24h".
std::string DescribeBounds(const Setting& setting);

/// Before the name of each property of librdkafka: they are not in the table, but given as they
/// are.
inline constexpr std::string_view kKafkaPropertyPrefix = "kafka.properties.";

ServerConfig DefaultConfig();

}  // namespace wick::server
