// A Kafka in this process: librdkafka's own mock of a cluster.
#pragma once

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#include <array>
#include <string>
#include <vector>

#include "catch.h"

namespace wick::test {

/// It keeps the newest 5 MB of each partition. Threads: one at a time.
class MockCluster {
 public:
  explicit MockCluster(int brokers = 1) {
    std::array<char, 512> why{};
    rd_kafka_conf_t* const conf = rd_kafka_conf_new();
    rd_kafka_conf_set_log_cb(conf, nullptr);  // it has no brokers, and says so
    client_ = rd_kafka_new(RD_KAFKA_PRODUCER, conf, why.data(), why.size());
    INFO(why.data());
    REQUIRE(client_ != nullptr);
    cluster_ = rd_kafka_mock_cluster_new(client_, brokers);
    REQUIRE(cluster_ != nullptr);
  }
  ~MockCluster() {
    rd_kafka_mock_cluster_destroy(cluster_);
    rd_kafka_destroy(client_);
  }
  MockCluster(const MockCluster&) = delete;
  MockCluster& operator=(const MockCluster&) = delete;

  std::string brokers() const { return rd_kafka_mock_cluster_bootstraps(cluster_); }
  void CreateTopic(const std::string& topic, int partitions) {
    REQUIRE(rd_kafka_mock_topic_create(cluster_, topic.c_str(), partitions, 1) ==
            RD_KAFKA_RESP_ERR_NO_ERROR);
  }
  /// Without a leader (-1) nobody answers for a partition.
  void SetLeader(const std::string& topic, int partition, int broker) {
    REQUIRE(rd_kafka_mock_partition_set_leader(cluster_, topic.c_str(), partition, broker) ==
            RD_KAFKA_RESP_ERR_NO_ERROR);
  }
  /// The next requests to produce are refused, for good and not to be tried again.
  void RefuseProduced(size_t requests) {
    for (size_t i = 0; i < requests; ++i) {
      rd_kafka_mock_push_request_errors(cluster_, kProduceRequest, 1,
                                        RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED);
    }
  }
  /// No record is handed out until GrantFetches(); where a partition ends is answered.
  void RefuseFetches() {
    for (int i = 0; i < 1'000; ++i) {
      rd_kafka_mock_push_request_errors(cluster_, kFetchRequest, 1,
                                        RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED);
    }
  }
  void GrantFetches() { rd_kafka_mock_clear_request_errors(cluster_, kFetchRequest); }
  void SetDown(int broker) { rd_kafka_mock_broker_set_down(cluster_, broker); }
  void SetUp(int broker) { rd_kafka_mock_broker_set_up(cluster_, broker); }

 private:
  static constexpr int16_t kProduceRequest = 0;  // of Kafka's protocol
  static constexpr int16_t kFetchRequest = 1;

  rd_kafka_t* client_ = nullptr;
  rd_kafka_mock_cluster_t* cluster_ = nullptr;
};

struct KafkaRecord {
  int32_t partition = 0;
  int64_t offset = 0;
  std::string key;
  std::string value;
  std::vector<std::pair<std::string, std::string>> headers;
};

/// Everything that is in a topic now, by partition and offset.
inline std::vector<KafkaRecord> ReadTopic(const std::string& brokers, const std::string& topic,
                                          int partitions) {
  std::array<char, 512> why{};
  rd_kafka_conf_t* const conf = rd_kafka_conf_new();
  REQUIRE(rd_kafka_conf_set(conf, "bootstrap.servers", brokers.c_str(), why.data(), why.size()) ==
          RD_KAFKA_CONF_OK);
  rd_kafka_t* const client = rd_kafka_new(RD_KAFKA_CONSUMER, conf, why.data(), why.size());
  REQUIRE(client != nullptr);
  rd_kafka_topic_t* const handle = rd_kafka_topic_new(client, topic.c_str(), nullptr);
  std::vector<KafkaRecord> records;
  for (int32_t partition = 0; partition < partitions; ++partition) {
    int64_t low = 0;
    int64_t high = 0;
    REQUIRE(rd_kafka_query_watermark_offsets(client, topic.c_str(), partition, &low, &high,
                                             30'000) == RD_KAFKA_RESP_ERR_NO_ERROR);
    REQUIRE(rd_kafka_consume_start(handle, partition, low) == 0);
    for (int64_t next = low; next < high;) {
      rd_kafka_message_t* const message = rd_kafka_consume(handle, partition, 30'000);
      REQUIRE(message != nullptr);
      if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
        KafkaRecord record{partition,
                           message->offset,
                           {static_cast<const char*>(message->key), message->key_len},
                           {static_cast<const char*>(message->payload), message->len},
                           {}};
        rd_kafka_headers_t* headers = nullptr;
        if (rd_kafka_message_headers(message, &headers) == RD_KAFKA_RESP_ERR_NO_ERROR) {
          const char* name = nullptr;
          const void* text = nullptr;
          size_t bytes = 0;
          for (size_t i = 0; rd_kafka_header_get_all(headers, i, &name, &text, &bytes) ==
                             RD_KAFKA_RESP_ERR_NO_ERROR;
               ++i) {
            record.headers.emplace_back(name, std::string(static_cast<const char*>(text), bytes));
          }
        }
        next = message->offset + 1;
        records.push_back(std::move(record));
      }
      rd_kafka_message_destroy(message);
    }
    rd_kafka_consume_stop(handle, partition);
  }
  rd_kafka_topic_destroy(handle);
  rd_kafka_destroy(client);
  return records;
}

}  // namespace wick::test
