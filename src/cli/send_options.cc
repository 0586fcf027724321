#include "cli/send_options.h"

#include <CLI/CLI.hpp>
#include <utility>

#include "cli/server_option.h"

namespace wick::cli {

void AddSendOptions(CLI::App& command, SendOptions& options) {
  AddServerOption(command, options.server);
  command.add_option("--batch", options.batch_events, "Events sent at a time")
      ->type_name("EVENTS")
      ->check(CLI::Range(uint32_t{1}, wire::kEventsPerIngestMax))
      ->capture_default_str();
  command
      .add_option("--in-flight", options.in_flight_batches,
                  "Batches sent before the first is answered")
      ->type_name("BATCHES")
      ->check(CLI::Range(1u, 1'000u))
      ->capture_default_str();
  command
      .add_option("--ack", options.ack,
                  "When a batch is answered: durable (on disk) or memory (readable)")
      ->check(CLI::IsMember({"durable", "memory"}))
      ->capture_default_str();
}

Result<Ingestor> ConnectIngestor(const SendOptions& options, Ingestor::Report report) {
  IngestorOptions ingestor;
  ingestor.batch_events = options.batch_events;
  ingestor.in_flight_batches = options.in_flight_batches;
  ingestor.ack = options.ack == "memory" ? wire::Ack::kMemory : wire::Ack::kDurable;
  return Ingestor::Connect(ClientOptionsOf(options.server), ingestor, std::move(report));
}

absl::Status ToStatus(const ClientError& error) {
  return Error(absl::StatusCode::kUnavailable, "{}", error.message);
}

}  // namespace wick::cli
