// wick feed
#include <CLI/CLI.hpp>
#include <chrono>
#include <memory>

#include "cli/commands.h"
#include "cli/ingest_summary.h"
#include "cli/market_options.h"
#include "cli/send_options.h"
#include "cli/server_option.h"

namespace wick::cli {
namespace {

struct Options {
  SendOptions send;
  MarketOptions market;
};

absl::Status StatusOf(const Result<void>& result) {
  return result ? absl::OkStatus() : ToStatus(result.error());
}

int Feed(const Options& options) {
  IngestSummary summary;
  Result<Ingestor> ingestor = ConnectIngestor(options.send, [&summary](const BatchReport& batch) {
    summary.Take(batch, [](uint64_t event) { return event + 1; });
  });
  if (!ingestor) return Fail(ingestor.error().message);

  const auto begin = std::chrono::steady_clock::now();
  absl::Status sent = SendMarket(
      options.market,
      [&](const SymbolView& symbol, const Price& price) {
        return StatusOf(ingestor->Add(symbol, price));
      },
      [&] { return StatusOf(ingestor->Send()); });
  if (sent.ok()) sent = StatusOf(ingestor->Flush());
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  summary.reconnects = ingestor->reconnects();
  summary.resent = ingestor->resent();
  Print(summary.Text(seconds, "event"));
  if (!sent.ok()) return Fail(Message(sent));
  if (!summary.failure.empty()) return Fail(summary.failure);
  Print(AchievedText(options.market, summary.answered(), seconds));
  return summary.rejected() == 0 ? kOk : kFailed;
}

}  // namespace

void AddFeed(CLI::App& app, Action& action) {
  CLI::App* const command =
      app.add_subcommand("feed", "Send the events of a made-up market at a set rate");
  const auto options = std::make_shared<Options>();
  AddMarketOptions(*command, options->market);
  AddSendOptions(*command, options->send);
  command->footer(
      "Exit code 1 if any event was refused.\n"
      "Examples:\n"
      "  wick feed --exchanges 20 --pairs 500 --rate 50000 --duration 60\n"
      "  wick feed --rate 0 --batch 16384");
  command->callback([options, &action] { action = [options] { return Feed(*options); }; });
}

}  // namespace wick::cli
