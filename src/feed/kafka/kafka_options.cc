#include "feed/kafka/kafka_options.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "cold/kafka_records.h"
#include "feed/kafka/handles.h"
#include "market/validation.h"

namespace wick::feed {
namespace {

/// What exactly-once rests on.
constexpr std::array<std::string_view, 10> kOwnProperties = {
    "bootstrap.servers",  "metadata.broker.list",     "group.id",          "enable.auto.commit",
    "auto.commit.enable", "enable.auto.offset.store", "auto.offset.reset", "enable.partition.eof",
    "partitioner",        "plugin.library.paths"};

bool IsTopicName(std::string_view name) {
  return !name.empty() && name.size() <= cold::kTopicBytesMax && name != "." && name != ".." &&
         std::ranges::all_of(name, [](unsigned char c) {
           return std::isalnum(c) != 0 || c == '.' || c == '_' || c == '-';
         });
}

absl::Status CheckTopic(std::string_view key, std::string_view name) {
  if (IsTopicName(name)) return absl::OkStatus();
  return InvalidArgument(
      "{}: '{}' is no topic: letters, digits, '.', '_' and '-', at most {} of them", key,
      market::Printable(name), cold::kTopicBytesMax);
}

absl::Status SetProperty(rd_kafka_conf_t& conf, const std::string& name, const std::string& value) {
  std::array<char, 512> why{};
  if (rd_kafka_conf_set(&conf, name.c_str(), value.c_str(), why.data(), why.size()) ==
      RD_KAFKA_CONF_OK) {
    return absl::OkStatus();
  }
  return InvalidArgument("kafka.properties.{}: {}", name, why.data());
}

void LogOf(const rd_kafka_t* client, int level, const char* facility, const char* text) {
  const auto& log = *static_cast<const KafkaLog*>(rd_kafka_opaque(client));
  const KafkaSeverity severity = level <= 3   ? KafkaSeverity::kError
                                 : level <= 4 ? KafkaSeverity::kWarning
                                              : KafkaSeverity::kInfo;
  log(severity, fmt::format("kafka: {}: {}", facility, text));
}

}  // namespace

absl::Status CheckKafkaOptions(const KafkaOptions& options) {
  if (options.brokers.empty() != options.topics.empty()) {
    return InvalidArgument("kafka.brokers and kafka.topics go together: set both or none");
  }
  for (const std::string& topic : options.topics) {
    WICK_RETURN_IF_ERROR(CheckTopic("kafka.topics", topic));
    if (std::ranges::count(options.topics, topic) > 1) {
      return InvalidArgument("kafka.topics: {} is named twice", topic);
    }
  }
  for (const std::string& text : options.partitions) {
    int32_t number = -1;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size() || number < 0) {
      return InvalidArgument("kafka.partitions: '{}' is no partition: write whole numbers", text);
    }
  }
  if (!options.dead_letter_topic.empty()) {
    WICK_RETURN_IF_ERROR(CheckTopic("kafka.dead_letter_topic", options.dead_letter_topic));
    if (std::ranges::count(options.topics, options.dead_letter_topic) > 0) {
      return InvalidArgument(
          "kafka.dead_letter_topic: {} is one of kafka.topics: what cannot be read would come back "
          "for ever",
          options.dead_letter_topic);
    }
  }
  for (const auto& [name, value] : options.properties) {
    WICK_RETURN_IF_ERROR(CheckKafkaProperty(name, value));
  }
  return absl::OkStatus();
}

absl::Status CheckKafkaProperty(const std::string& name, const std::string& value) {
  if (std::ranges::find(kOwnProperties, name) != kOwnProperties.end()) {
    return InvalidArgument(
        "kafka.properties.{}: wick sets it itself, or offsets would not be exact", name);
  }
  const OwnedConf conf(rd_kafka_conf_new());
  return SetProperty(*conf, name, value);
}

bool IsSecretProperty(std::string_view name) {
  return name.find("password") != name.npos || name.find("secret") != name.npos ||
         name == "ssl.key.pem" || name == "sasl.oauthbearer.config";
}

absl::StatusOr<OwnedConf> MakeConf(const KafkaOptions& options,
                                   const std::map<std::string, std::string>& own) {
  OwnedConf conf(rd_kafka_conf_new());
  std::string brokers;
  for (const std::string& broker : options.brokers)
    brokers += (brokers.empty() ? "" : ",") + broker;
  WICK_RETURN_IF_ERROR(SetProperty(*conf, "bootstrap.servers", brokers));
  WICK_RETURN_IF_ERROR(SetProperty(*conf, "client.id", "wick"));
  for (const auto& [name, value] : own) WICK_RETURN_IF_ERROR(SetProperty(*conf, name, value));
  for (const auto& [name, value] : options.properties) {
    WICK_RETURN_IF_ERROR(SetProperty(*conf, name, value));
  }
  return conf;
}

absl::StatusOr<OwnedClient> MakeClient(rd_kafka_type_t type, OwnedConf conf, const KafkaLog& log) {
  rd_kafka_conf_set_opaque(conf.get(), const_cast<KafkaLog*>(&log));
  rd_kafka_conf_set_log_cb(conf.get(), LogOf);
  std::array<char, 512> why{};
  OwnedClient client(rd_kafka_new(type, conf.get(), why.data(), why.size()));
  if (client == nullptr) return InvalidArgument("kafka: {}", why.data());
  conf.release();  // the client has it now
  return client;
}

}  // namespace wick::feed
