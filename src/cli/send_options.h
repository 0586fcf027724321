// How the subcommands that send events do it.
#pragma once

#include <cstdint>
#include <string>

#include "base/status.h"
#include "cli/server_option.h"
#include "wick/client.h"

namespace CLI {
class App;
}

namespace wick::cli {

struct SendOptions {
  Remote server;
  uint32_t batch_events = IngestorOptions{}.batch_events;
  uint32_t in_flight_batches = IngestorOptions{}.in_flight_batches;
  std::string ack = "durable";
};

/// Adds --server, --batch, --in-flight and --ack.
void AddSendOptions(CLI::App& command, SendOptions& options);

Result<Ingestor> ConnectIngestor(const SendOptions& options, Ingestor::Report report);

absl::Status ToStatus(const ClientError& error);

}  // namespace wick::cli
