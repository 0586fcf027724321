// wick exchanges
#include <CLI/CLI.hpp>
#include <memory>

#include "base/clock.h"
#include "cli/commands.h"
#include "cli/server_option.h"
#include "cli/table.h"
#include "cli/time_text.h"
#include "protocol/json_replies.h"

namespace wick::cli {
namespace {

struct Options {
  Remote server;
  std::string exchange;
  bool no_pairs = false;
  bool json = false;
};

std::string TextOf(const std::vector<ExchangeListing>& exchanges, bool pairs, uint64_t now_ms) {
  Table table(pairs ? std::vector<std::string>{"EXCHANGE", "PAIR", "LAST SEEN", ">AGE"}
                    : std::vector<std::string>{"EXCHANGE", "LAST SEEN", ">AGE"});
  for (const ExchangeListing& exchange : exchanges) {
    if (!pairs) {
      table.Add({exchange.exchange, FormatTime(exchange.last_seen_ms),
                 FormatAge(exchange.last_seen_ms, now_ms)});
    }
    for (const PairListing& pair : exchange.pairs) {
      table.Add({exchange.exchange, pair.base_currency + "/" + pair.quote_currency,
                 FormatTime(pair.last_seen_ms), FormatAge(pair.last_seen_ms, now_ms)});
    }
  }
  return table.Text();
}

int Exchanges(const Options& options) {
  std::optional<Client> client = ConnectTo(options.server);
  if (!client) return kFailed;
  const std::optional<std::string_view> only =
      options.exchange.empty() ? std::nullopt : std::optional<std::string_view>(options.exchange);
  const bool pairs = !options.no_pairs;
  const Result<Gathered<ExchangeListing>> exchanges = client->Exchanges(only, pairs);
  if (!exchanges) return Fail(exchanges.error().message);
  if (options.json) {
    std::string text;
    protocol::AppendExchanges(text, *exchanges, pairs);
    Print(text + "\n");
  } else if (!exchanges->empty()) {
    Print(TextOf(*exchanges, pairs, SystemClock().NowMs()));
  }
  if (const int without = TellMissing(exchanges->missing); without != kOk) return without;
  if (only && exchanges->empty()) {
    return Fail(fmt::format(
        "exchange \"{}\" was never seen (case counts); `wick exchanges --no-pairs` lists all",
        *only));
  }
  return kOk;
}

}  // namespace

void AddExchanges(CLI::App& app, Action& action) {
  CLI::App* const command =
      app.add_subcommand("exchanges", "Exchanges and pairs, and when each was last seen");
  const auto options = std::make_shared<Options>();
  command->add_option("name", options->exchange, "Only this exchange")->type_name("NAME");
  command->add_flag("--no-pairs", options->no_pairs, "Exchanges alone");
  AddServerOption(*command, options->server);
  command->add_flag("--json", options->json, "The document of GET /v1/exchanges");
  command->footer(
      "Exit code 1 if the exchange was never seen, or a node of the cluster did not answer.\n"
      "Examples:\n"
      "  wick exchanges --no-pairs\n"
      "  wick exchanges Binance");
  command->callback([options, &action] { action = [options] { return Exchanges(*options); }; });
}

}  // namespace wick::cli
