#include "feed/kafka/producer.h"

#include <algorithm>

#include "feed/kafka/handles.h"

namespace wick::feed {
namespace {

constexpr int kPollMs = 100;

}  // namespace

struct KafkaProducer::Impl {
  static void Delivered(rd_kafka_t*, const rd_kafka_message_t* message, void* /*opaque*/) {
    auto& impl = *static_cast<Impl*>(message->_private);
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
      ++impl.acknowledged;
      return;
    }
    if (impl.refusal.ok()) {
      impl.refusal = Error(absl::StatusCode::kUnknown, "a record for topic {} was not taken: {}",
                           rd_kafka_topic_name(message->rkt), rd_kafka_err2str(message->err));
    }
  }

  OwnedClient client;
  // Of this thread: written by Delivered(), which runs within polls and flushes.
  uint64_t acknowledged = 0;
  absl::Status refusal;
};

KafkaProducer::KafkaProducer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

KafkaProducer::~KafkaProducer() {
  rd_kafka_purge(impl_->client.get(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
  rd_kafka_flush(impl_->client.get(), kPollMs);
}

absl::StatusOr<std::unique_ptr<KafkaProducer>> KafkaProducer::Open(const KafkaOptions& options,
                                                                   const KafkaLog& log) {
  WICK_ASSIGN_OR_RETURN(OwnedConf conf, MakeConf(options, {{"enable.idempotence", "true"},
                                                           {"partitioner", "murmur2"},
                                                           {"linger.ms", "5"},
                                                           {"batch.size", "1000000"},
                                                           {"compression.type", "lz4"}}));
  rd_kafka_conf_set_dr_msg_cb(conf.get(), Impl::Delivered);
  auto impl = std::make_unique<Impl>();
  WICK_ASSIGN_OR_RETURN(impl->client, MakeClient(RD_KAFKA_PRODUCER, std::move(conf), log));
  return std::unique_ptr<KafkaProducer>(new KafkaProducer(std::move(impl)));
}

absl::Status KafkaProducer::Produce(const std::string& topic, std::string_view key,
                                    std::string_view value, const Headers& headers) {
  std::vector<rd_kafka_vu_t> parts(5);
  parts[0].vtype = RD_KAFKA_VTYPE_TOPIC;
  parts[0].u.cstr = topic.c_str();
  parts[1].vtype = RD_KAFKA_VTYPE_KEY;
  parts[1].u.mem = {key.empty() ? nullptr : const_cast<char*>(key.data()), key.size()};
  parts[2].vtype = RD_KAFKA_VTYPE_VALUE;
  parts[2].u.mem = {const_cast<char*>(value.data()), value.size()};
  parts[3].vtype = RD_KAFKA_VTYPE_MSGFLAGS;
  parts[3].u.i = RD_KAFKA_MSG_F_COPY;
  parts[4].vtype = RD_KAFKA_VTYPE_OPAQUE;
  parts[4].u.ptr = impl_.get();
  for (const auto& [name, text] : headers) {
    rd_kafka_vu_t header{};
    header.vtype = RD_KAFKA_VTYPE_HEADER;
    header.u.header = {name.c_str(), text.data(), static_cast<ssize_t>(text.size())};
    parts.push_back(header);
  }
  for (;;) {
    rd_kafka_poll(impl_->client.get(), 0);
    WICK_RETURN_IF_ERROR(impl_->refusal);
    const OwnedError error(rd_kafka_produceva(impl_->client.get(), parts.data(), parts.size()));
    if (error == nullptr) return absl::OkStatus();
    if (rd_kafka_error_code(error.get()) != RD_KAFKA_RESP_ERR__QUEUE_FULL) {
      return Error(absl::StatusCode::kUnknown, "a record for topic {} was not taken: {}", topic,
                   rd_kafka_error_string(error.get()));
    }
    rd_kafka_poll(impl_->client.get(), kPollMs);
  }
}

absl::Status KafkaProducer::Flush(int longest_ms, absl::FunctionRef<bool()> give_up) {
  rd_kafka_resp_err_t flushed = RD_KAFKA_RESP_ERR__TIMED_OUT;
  for (int left_ms = longest_ms; left_ms > 0 && flushed == RD_KAFKA_RESP_ERR__TIMED_OUT;
       left_ms -= kPollMs) {
    flushed = rd_kafka_flush(impl_->client.get(), std::min(left_ms, kPollMs));
    if (give_up()) break;
  }
  absl::Status refusal = std::exchange(impl_->refusal, absl::OkStatus());
  if (flushed == RD_KAFKA_RESP_ERR_NO_ERROR) return refusal;
  rd_kafka_purge(impl_->client.get(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
  rd_kafka_flush(impl_->client.get(), kPollMs);
  impl_->refusal = absl::OkStatus();  // what was given up says so itself
  return Error(absl::StatusCode::kUnavailable, "the brokers did not acknowledge in {} ms: {}",
               longest_ms, refusal.ok() ? rd_kafka_err2str(flushed) : Message(refusal));
}

uint64_t KafkaProducer::acknowledged() const { return impl_->acknowledged; }

}  // namespace wick::feed
