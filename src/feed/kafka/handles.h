// librdkafka's objects with owners. Private to src/feed/kafka.
#pragma once

#include <librdkafka/rdkafka.h>

#include <map>
#include <memory>
#include <string>

#include "base/status.h"
#include "feed/kafka/kafka_options.h"

namespace wick::feed {

template <auto kDestroy>
struct Destroyer {
  template <typename T>
  void operator()(T* object) const {
    kDestroy(object);
  }
};
template <typename T, auto kDestroy>
using Owned = std::unique_ptr<T, Destroyer<kDestroy>>;

using OwnedConf = Owned<rd_kafka_conf_t, rd_kafka_conf_destroy>;
using OwnedClient = Owned<rd_kafka_t, rd_kafka_destroy>;
using OwnedTopic = Owned<rd_kafka_topic_t, rd_kafka_topic_destroy>;
using OwnedQueue = Owned<rd_kafka_queue_t, rd_kafka_queue_destroy>;
using OwnedMessage = Owned<rd_kafka_message_t, rd_kafka_message_destroy>;
using OwnedPartitions =
    Owned<rd_kafka_topic_partition_list_t, rd_kafka_topic_partition_list_destroy>;
using OwnedMetadata = Owned<const rd_kafka_metadata_t, rd_kafka_metadata_destroy>;
using OwnedError = Owned<rd_kafka_error_t, rd_kafka_error_destroy>;

/// A configuration with the brokers, wick's own properties and the user's. InvalidArgument: names
/// the property that librdkafka refuses.
absl::StatusOr<OwnedConf> MakeConf(const KafkaOptions& options,
                                   const std::map<std::string, std::string>& own);

/// `log` must outlive the client.
absl::StatusOr<OwnedClient> MakeClient(rd_kafka_type_t type, OwnedConf conf, const KafkaLog& log);

}  // namespace wick::feed
