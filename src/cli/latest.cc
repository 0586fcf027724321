// wick latest
#include <CLI/CLI.hpp>
#include <algorithm>
#include <fstream>
#include <iostream>
#include <memory>

#include "base/clock.h"
#include "cli/commands.h"
#include "cli/price_table.h"
#include "cli/server_option.h"
#include "cli/symbol_text.h"
#include "protocol/json_replies.h"

namespace wick::cli {
namespace {

struct Options {
  Remote server;
  std::vector<std::string> symbols;
  std::string file;
  bool json = false;
};

/// One symbol a line; blank lines are skipped. False: the file cannot be read.
bool ReadSymbols(const std::string& path, std::vector<Symbol>& symbols) {
  std::ifstream file;
  if (path != "-") file.open(path);
  std::istream& lines = path == "-" ? std::cin : file;
  if (!lines) return false;
  for (std::string line; std::getline(lines, line);) {
    while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) line.pop_back();
    if (!line.empty()) symbols.push_back(SymbolArgument(line));
  }
  return true;
}

/// The node that a symbol's price is missing of, by symbol; nullptr: it answered.
std::vector<const MissingNode*> NodesMissing(const Gathered<Price>& prices) {
  std::vector<const MissingNode*> nodes(prices.size(), nullptr);
  for (const MissingNode& missing : prices.missing) {
    for (const size_t entry : missing.entries) nodes[entry] = &missing;
  }
  return nodes;
}

std::string JsonOf(const std::vector<Symbol>& symbols, const Gathered<Price>& prices) {
  const std::vector<const MissingNode*> missing = NodesMissing(prices);
  std::string text = "[";
  for (size_t i = 0; i < symbols.size(); ++i) {
    if (i > 0) text += ',';
    if (missing[i] != nullptr) {
      protocol::AppendNoElement(text, protocol::ProblemCode::kNodeUnavailable,
                                missing[i]->error.message);
    } else if (prices[i].timestamp_ms == 0) {
      text += "null";
    } else {
      protocol::AppendPriceEvent(text, symbols[i], prices[i]);
    }
  }
  return text + "]\n";
}

/// Names the first symbols that have no price because of a node.
void TellOpen(const std::vector<Symbol>& symbols, const MissingNode& node) {
  constexpr size_t kNamed = 5;
  std::string names;
  for (size_t i = 0; i < std::min(node.entries.size(), kNamed); ++i) {
    names += (i > 0 ? ", " : "") + SymbolText(symbols[node.entries[i]]);
  }
  if (node.entries.size() > kNamed)
    names += fmt::format(" and {} more", node.entries.size() - kNamed);
  if (!names.empty()) Fail(fmt::format("open because of node {}: {}", node.node, names));
}

int Latest(const Options& options) {
  std::vector<Symbol> symbols;
  for (const std::string& text : options.symbols) symbols.push_back(SymbolArgument(text));
  if (!options.file.empty() && !ReadSymbols(options.file, symbols)) {
    return Fail(fmt::format("cannot read the symbols of {}", options.file));
  }
  if (symbols.empty()) throw CLI::ValidationError("name at least one symbol, or a --file of them");

  std::optional<Client> client = ConnectTo(options.server);
  if (!client) return kFailed;
  const std::vector<SymbolView> views(symbols.begin(), symbols.end());
  const Result<Gathered<Price>> prices = client->Latest(views);
  if (!prices) return Fail(prices.error().message);

  PriceTable table(SystemClock().NowMs());
  int exit_code = TellMissing(prices->missing);
  for (const MissingNode& node : prices->missing) TellOpen(symbols, node);
  const std::vector<const MissingNode*> missing = NodesMissing(*prices);
  for (size_t i = 0; i < symbols.size(); ++i) {
    if ((*prices)[i].timestamp_ms != 0) {
      table.Add(symbols[i], (*prices)[i]);
    } else if (missing[i] == nullptr) {
      exit_code = Fail(fmt::format("no price of {} was ever seen; `wick exchanges` lists what was",
                                   SymbolText(symbols[i])));
    }
  }
  Print(options.json ? JsonOf(symbols, *prices) : table.Text());
  return exit_code;
}

}  // namespace

void AddLatest(CLI::App& app, Action& action) {
  CLI::App* const command = app.add_subcommand("latest", "Latest prices");
  const auto options = std::make_shared<Options>();
  command->add_option("symbols", options->symbols, "Series, each EXCHANGE:BASE/QUOTE")
      ->type_name("SYMBOL");
  command->add_option("--file", options->file, "File of symbols, one a line; - is standard input")
      ->type_name("FILE");
  AddServerOption(*command, options->server);
  command->add_flag("--json", options->json,
                    "The document of POST /v1/latest: null where nothing was seen");
  command->footer(
      "Exit code 1 if one of them was never seen, or a node of the cluster did not answer.\n"
      "Examples:\n"
      "  wick latest Binance:BTC/USDT Kraken:ETH/USD\n"
      "  wick latest --file symbols.txt --json");
  command->callback([options, &action] { action = [options] { return Latest(*options); }; });
}

}  // namespace wick::cli
