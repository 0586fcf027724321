// wick bases
#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>

#include "base/clock.h"
#include "cli/commands.h"
#include "cli/price_table.h"
#include "cli/server_option.h"
#include "cli/symbol_text.h"
#include "cli/table.h"
#include "cli/time_text.h"
#include "protocol/json_replies.h"

namespace wick::cli {
namespace {

struct Options {
  Remote server;
  std::vector<std::string> bases;
  std::string all_of;
  bool json = false;
};

int FailUnseen(const std::string& base) {
  return Fail(fmt::format("no price of base currency \"{}\" was ever seen (case counts)", base));
}

/// Every price of one base currency.
int AllPrices(const Options& options, Client& client) {
  const Result<Gathered<PriceEvent>> prices = client.PricesOfBase(options.all_of);
  if (!prices) return Fail(prices.error().message);
  std::string text;
  if (options.json) {
    protocol::AppendPriceEvents(text, *prices);
    text += '\n';
  } else {
    PriceTable table(SystemClock().NowMs());
    for (const PriceEvent& event : *prices) table.Add(event.symbol, event.price);
    text = table.Text();
  }
  Print(text);
  if (const int without = TellMissing(prices->missing); without != kOk) return without;
  return prices->empty() ? FailUnseen(options.all_of) : kOk;
}

std::string TextOf(const std::vector<BaseListing>& bases, uint64_t now_ms) {
  Table table({"BASE", ">PRICE", "FROM", ">SERIES", "TIME", ">AGE"});
  for (const BaseListing& base : bases) {
    const auto& [symbol, price] = base.reference;
    table.Add({symbol.base_currency, NumberText(price.price), SymbolText(symbol),
               Grouped(base.series), FormatTime(price.timestamp_ms),
               FormatAge(price.timestamp_ms, now_ms)});
  }
  return table.Text();
}

/// One reference price for each base currency.
int ReferencePrices(const Options& options, Client& client) {
  const Result<Gathered<BaseListing>> bases = client.Bases(options.bases);
  if (!bases) return Fail(bases.error().message);
  if (options.json) {
    std::string text;
    protocol::AppendBases(text, *bases);
    Print(text + "\n");
  } else if (!bases->empty()) {
    Print(TextOf(*bases, SystemClock().NowMs()));
  }
  int exit_code = TellMissing(bases->missing);
  if (exit_code != kOk) return exit_code;
  for (const std::string& base : options.bases) {
    const bool seen =
        std::any_of(bases->begin(), bases->end(), [&base](const BaseListing& listing) {
          return listing.reference.symbol.base_currency == base;
        });
    if (!seen) exit_code = FailUnseen(base);
  }
  return exit_code;
}

int Bases(const Options& options) {
  std::optional<Client> client = ConnectTo(options.server);
  if (!client) return kFailed;
  return options.all_of.empty() ? ReferencePrices(options, *client) : AllPrices(options, *client);
}

}  // namespace

void AddBases(CLI::App& app, Action& action) {
  CLI::App* const command = app.add_subcommand("bases", "Latest prices by base currency");
  const auto options = std::make_shared<Options>();
  CLI::Option* const bases =
      command->add_option("bases", options->bases, "Only these base currencies")->type_name("BASE");
  command->add_option("--all", options->all_of, "Every latest price of this one, newest first")
      ->type_name("BASE")
      ->excludes(bases);
  AddServerOption(*command, options->server);
  command->add_flag("--json", options->json,
                    "The document of GET /v1/bases, or of /v1/bases/BASE with --all");
  command->footer(
      "One price for each base currency: that of its reference (`wick reference`), else the "
      "newest.\n"
      "Exit code 1 if one of them was never seen, or a node of the cluster did not answer.\n"
      "Examples:\n"
      "  wick bases BTC ETH\n"
      "  wick bases --all BTC --json");
  command->callback([options, &action] { action = [options] { return Bases(*options); }; });
}

}  // namespace wick::cli
