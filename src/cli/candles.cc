// wick candles
#include <CLI/CLI.hpp>
#include <array>
#include <cmath>
#include <memory>
#include <string_view>

#include "base/clock.h"
#include "cli/commands.h"
#include "cli/server_option.h"
#include "cli/symbol_text.h"
#include "cli/table.h"
#include "cli/time_text.h"
#include "market/interval.h"
#include "protocol/json_replies.h"

namespace wick::cli {
namespace {

struct Options {
  Remote server;
  std::string symbol;
  std::string interval = "1m";
  std::string from;
  std::string to;
  uint32_t limit = kCandlesPerRequestDefault;
  std::string fill = "none";
  std::string format = "table";
};

constexpr std::array<std::string_view, 3> kFills = {"none", "previous", "null"};  // by Fill

Fill FillOf(const std::string& text) {
  for (size_t i = 0; i < kFills.size(); ++i) {
    if (text == kFills[i]) return static_cast<Fill>(i);
  }
  throw CLI::ValidationError(fmt::format("--fill \"{}\" is none of: none, previous, null", text));
}

std::optional<uint64_t> TimeOf(const char* option, const std::string& text, uint64_t now_ms) {
  if (text.empty()) return std::nullopt;
  if (const std::optional<uint64_t> time_ms = ParseTime(text, now_ms)) return time_ms;
  throw CLI::ValidationError(
      fmt::format("{} \"{}\" is no time; write milliseconds since 1970, 2014-05-01T12:00Z, or -1h",
                  option, text));
}

CandlesRequest RequestOf(const Options& options, uint64_t now_ms) {
  CandlesRequest request;
  if (options.interval == "auto") {
    request.grain = Grain::kAuto;
  } else if (options.interval == "finest") {
    request.grain = Grain::kFinest;
  } else if (const std::optional<Interval> interval = market::ParseInterval(options.interval)) {
    request.interval = *interval;
  } else {
    throw CLI::ValidationError(fmt::format(
        "--interval \"{}\" is none; write auto, finest, or as in 1s, 5m, 4h, 1d, 1w, 1M",
        options.interval));
  }
  request.from_ms = TimeOf("--from", options.from, now_ms);
  request.to_ms = TimeOf("--to", options.to, now_ms);
  request.limit = options.limit;
  request.fill = FillOf(options.fill);
  return request;
}

/// No price where fill=null put a candle.
std::string PriceText(double price) { return std::isnan(price) ? "-" : NumberText(price); }

std::string TextOf(const CandlesReply& reply) {
  if (reply.candles.empty()) return {};
  Table table({"TIME", "INTERVAL", ">OPEN", ">HIGH", ">LOW", ">CLOSE", ">COUNT", ">BASE VOLUME 24H",
               ">QUOTE VOLUME 24H", "STATE"});
  for (const Candle& candle : reply.candles) {
    const Interval& interval = reply.grain == Grain::kFinest ? candle.interval : reply.interval;
    table.Add({FormatTime(candle.timestamp_ms), market::ToString(interval), PriceText(candle.open),
               PriceText(candle.high), PriceText(candle.low), PriceText(candle.close),
               Grouped(candle.count), PriceText(candle.base_volume_last_24h),
               PriceText(candle.quote_volume_last_24h),
               candle.filled   ? "filled"
               : candle.closed ? "closed"
                               : "open"});
  }
  return table.Text();
}

int Candles(const Options& options) {
  const Symbol symbol = SymbolArgument(options.symbol);
  const CandlesRequest request = RequestOf(options, SystemClock().NowMs());
  std::optional<Client> client = ConnectTo(options.server);
  if (!client) return kFailed;
  if (const uint32_t limit_max = client->server().limits.candles_per_request;
      request.limit > limit_max) {
    throw CLI::ValidationError(
        fmt::format("--limit {} is more than the {} candles this server answers at once",
                    request.limit, limit_max));
  }
  const Result<CandlesReply> reply = client->Candles(symbol, request);
  if (!reply) return Fail(reply.error().message);

  std::string text;
  if (options.format == "json") {
    protocol::AppendCandlesJson(text, symbol, *reply);
    text += '\n';
  } else if (options.format == "csv") {
    protocol::AppendCandlesCsv(text, *reply, request.fill);
  } else if (options.format == "ccxt") {
    protocol::AppendCandlesCcxt(text, *reply);
    text += '\n';
  } else {
    text = TextOf(*reply);
  }
  Print(text);
  if (options.format == "json") return kOk;  // the document says both itself
  if (request.from_ms && *request.from_ms < reply->available_from_ms) {
    fmt::print(stderr, "wick: candles before {} are not kept at this interval\n",
               FormatTime(reply->available_from_ms));
  }
  if (reply->candles.empty()) fmt::print(stderr, "wick: no candles in this range\n");
  if (reply->next_ms)
    fmt::print(stderr, "wick: there are more; go on with --from {}\n", *reply->next_ms);
  return kOk;
}

}  // namespace

void AddCandles(CLI::App& app, Action& action) {
  CLI::App* const command = app.add_subcommand("candles", "Candles of a series");
  const auto options = std::make_shared<Options>();
  command->add_option("symbol", options->symbol, "EXCHANGE:BASE/QUOTE")
      ->type_name("SYMBOL")
      ->required();
  command
      ->add_option("--interval", options->interval, "1s, 5m, 4h, 1d, 1w, 1M, ...; auto or finest")
      ->type_name("INTERVAL")
      ->capture_default_str();
  command->add_option("--from", options->from, "Start, inclusive; without it the newest candles")
      ->type_name("TIME");
  command->add_option("--to", options->to, "End, exclusive; without it now")->type_name("TIME");
  command->add_option("--limit", options->limit, "Most candles")
      ->type_name("CANDLES")
      ->check(CLI::Range(1u, UINT32_MAX))
      ->capture_default_str();
  command->add_option("--fill", options->fill, "In buckets without events: none, previous, null")
      ->type_name("FILL")
      ->capture_default_str();
  command->add_option("--format", options->format, "table, json, csv, ccxt")
      ->type_name("FORMAT")
      ->check(CLI::IsMember({"table", "json", "csv", "ccxt"}))
      ->capture_default_str();
  command->add_flag_callback(
      "--json", [options] { options->format = "json"; },
      "The same as --format json: the document of GET /v1/candles");
  AddServerOption(*command, options->server);
  command->footer(
      "TIME is milliseconds since 1970, ISO 8601 in UTC, or a time before now: -90s, -5m, -1h, "
      "-7d, -2w.\n"
      "Volumes are the rolling 24 h totals of the closing event, not volume of the candle.\n"
      "Examples:\n"
      "  wick candles Binance:BTC/USDT --interval 5m --from -1h\n"
      "  wick candles FXCM:EUR/USD --interval 1d --from 2014-05-01 --to 2014-05-15 --format csv\n"
      "  wick candles Binance:BTC/USDT --interval finest --from -2w --limit 10000 --json");
  command->callback([options, &action] { action = [options] { return Candles(*options); }; });
}

}  // namespace wick::cli
