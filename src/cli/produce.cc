// wick produce
#include <absl/container/flat_hash_map.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <fstream>
#include <memory>

#include "base/clock.h"
#include "cli/commands.h"
#include "cli/ingest_summary.h"
#include "cli/market_options.h"
#include "cli/progress.h"
#include "cli/server_option.h"
#include "cli/table.h"
#include "feed/file_source.h"
#include "feed/kafka/producer.h"
#include "feed/kafka/record_writer.h"

namespace wick::cli {
namespace {

constexpr uint64_t kAnyFutureMs = UINT64_MAX;     // the reader of the topic decides
constexpr uint64_t kUnsentEventsMax = 1'000'000;  // gathered, of all pairs
constexpr int kFlushMsMax = 60'000;

struct Options {
  MarketOptions market;
  std::string file;  // empty: a made-up market
  std::vector<std::string> brokers = {"127.0.0.1:9092"};
  std::string topic;
  std::string format = "json";
  uint32_t batch_events = 100;
  std::vector<std::string> properties;  // name=value
  std::string property_file;            // of such lines; empty: none
};

/// Gathers events by pair into records and sends them, keyed by BASE/QUOTE: the events of a pair
/// stay in their order.
class PairRecords {
 public:
  PairRecords(feed::KafkaProducer& producer, const Options& options)
      : producer_(producer), options_(options) {}

  absl::Status Add(const SymbolView& symbol, const Price& price) {
    key_.assign(symbol.base_currency).append("/").append(symbol.quote_currency);
    const auto format =
        options_.format == "json" ? feed::RecordFormat::kJson : feed::RecordFormat::kBinary;
    feed::RecordWriter& writer = writers_.try_emplace(key_, format).first->second;
    writer.Add(symbol, price);
    ++events_;
    ++unsent_;
    if (writer.events() >= options_.batch_events) return SendOne(key_, writer);
    return unsent_ >= kUnsentEventsMax ? Send() : absl::OkStatus();
  }

  /// Sends what was gathered, full or not.
  absl::Status Send() {
    if (unsent_ == 0) return absl::OkStatus();
    for (auto& [key, writer] : writers_) {
      if (writer.events() > 0) WICK_RETURN_IF_ERROR(SendOne(key, writer));
    }
    return absl::OkStatus();
  }

  uint64_t events() const { return events_; }

 private:
  absl::Status SendOne(const std::string& key, feed::RecordWriter& writer) {
    unsent_ -= writer.events();
    return producer_.Produce(options_.topic, key, writer.Take());
  }

  feed::KafkaProducer& producer_;
  const Options& options_;
  absl::flat_hash_map<std::string, feed::RecordWriter> writers_;
  std::string key_;
  uint64_t events_ = 0;
  uint64_t unsent_ = 0;
};

absl::Status SendFile(feed::FileSource& source, PairRecords& records) {
  Progress progress;
  for (;;) {
    const absl::StatusOr<bool> more = source.Next();
    if (!more.ok()) {  // what came before the damage is still sent
      WICK_RETURN_IF_ERROR(records.Send());
      return more.status();
    }
    if (!*more) return records.Send();
    for (const feed::FileEvent& event : source.events()) {
      WICK_RETURN_IF_ERROR(records.Add(event.symbol, event.price));
    }
    if (!source.bytes_total()) WICK_RETURN_IF_ERROR(records.Send());  // a pipe may pause
    progress.Show(source.bytes_read(), source.bytes_total(), records.events());
  }
}

absl::Status SetProperty(const std::string& property, std::string_view where,
                         feed::KafkaOptions& kafka) {
  const size_t equals = property.find('=');
  if (equals == property.npos) {  // not shown: it may be half of a secret
    return InvalidArgument("{}: write name=value, as in security.protocol=ssl", where);
  }
  kafka.properties[property.substr(0, equals)] = property.substr(equals + 1);
  return absl::OkStatus();
}

absl::StatusOr<feed::KafkaOptions> KafkaOptionsOf(const Options& options) {
  feed::KafkaOptions kafka;
  kafka.brokers = options.brokers;
  kafka.topics = {options.topic};
  if (!options.property_file.empty()) {
    std::ifstream file(options.property_file);
    if (!file) return InvalidArgument("--property-file {}: cannot be read", options.property_file);
    int number = 0;
    for (std::string line; std::getline(file, line);) {
      ++number;
      if (line.ends_with('\r')) line.pop_back();
      if (line.empty() || line.starts_with('#')) continue;
      WICK_RETURN_IF_ERROR(SetProperty(
          line, fmt::format("--property-file {}:{}", options.property_file, number), kafka));
    }
  }
  for (const std::string& property : options.properties) {
    WICK_RETURN_IF_ERROR(SetProperty(property, "--property", kafka));
  }
  WICK_RETURN_IF_ERROR(feed::CheckKafkaOptions(kafka));
  return kafka;
}

int Produce(const Options& options) {
  const auto kafka = KafkaOptionsOf(options);
  if (!kafka.ok()) return Fail(Message(kafka.status()));
  const feed::KafkaLog log = [](feed::KafkaSeverity severity, const std::string& line) {
    if (severity == feed::KafkaSeverity::kError) Fail(line);
  };
  const auto producer = feed::KafkaProducer::Open(*kafka, log);
  if (!producer.ok()) return Fail(Message(producer.status()));
  const SystemClock clock;
  std::unique_ptr<feed::FileSource> source;
  if (!options.file.empty()) {
    auto opened = feed::FileSource::Open(options.file, clock, kAnyFutureMs);
    if (!opened.ok()) return Fail(Message(opened.status()));
    source = std::move(*opened);
  }

  const auto begin = std::chrono::steady_clock::now();
  PairRecords records(**producer, options);
  absl::Status sent = source != nullptr ? SendFile(*source, records)
                                        : SendMarket(
                                              options.market,
                                              [&](const SymbolView& symbol, const Price& price) {
                                                return records.Add(symbol, price);
                                              },
                                              [&] { return records.Send(); });
  sent.Update(records.Send());
  sent.Update((*producer)->Flush(kFlushMsMax));
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  IngestSummary summary;
  if (sent.ok()) summary.accepted = records.events();
  if (source != nullptr) summary.report = source->report();
  Print(summary.Text(seconds, "line"));
  Print(fmt::format("records   {}\n", Grouped((*producer)->acknowledged())));
  if (!sent.ok()) return Fail(Message(sent));
  if (source == nullptr) Print(AchievedText(options.market, records.events(), seconds));
  return kOk;
}

}  // namespace

void AddProduce(CLI::App& app, Action& action) {
  CLI::App* const command =
      app.add_subcommand("produce", "Send events to a topic of Kafka, keyed by BASE/QUOTE");
  const auto options = std::make_shared<Options>();
  command
      ->add_option("file", options->file,
                   "As of `wick ingest`; - is standard input. Without it: as of `wick feed`")
      ->type_name("FILE");
  command->add_option("--brokers", options->brokers, "Brokers to begin with")
      ->type_name("HOST:PORT,...")
      ->delimiter(',')
      ->capture_default_str();
  command->add_option("--topic", options->topic, "Topic")->type_name("TOPIC")->required();
  command->add_option("--format", options->format, "Of the records: json or binary")
      ->check(CLI::IsMember({"json", "binary"}))
      ->capture_default_str();
  command->add_option("--batch", options->batch_events, "Events of a pair in a record, at most")
      ->type_name("EVENTS")
      ->check(CLI::Range(1u, 10'000u))
      ->capture_default_str();
  command->add_option("--property", options->properties, "Of librdkafka; may be repeated")
      ->type_name("NAME=VALUE")
      ->take_all()
      ->expected(1);
  command
      ->add_option("--property-file", options->property_file,
                   "Of such lines; for secrets, which a command line shows to everybody")
      ->type_name("FILE");
  AddMarketOptions(*command, options->market);
  command->footer(
      "The partition of a key is the one that Java's clients choose. Exit code 1 if not everything "
      "was\n"
      "acknowledged by all replicas in sync.\n"
      "Examples:\n"
      "  wick produce ticks.csv.gz --brokers kafka-1:9092 --topic ticks\n"
      "  wick produce --topic ticks --format binary --rate 0 --duration 10");
  command->callback([options, &action] { action = [options] { return Produce(*options); }; });
}

}  // namespace wick::cli
