#include "cli/bench/prepare.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/clock.h"
#include "cli/bench/market.h"
#include "client/cluster_map.h"
#include "market/interval.h"
#include "market/tier.h"

namespace wick::cli::bench {
namespace {

ClientError BadOption(std::string message) { return {ErrorCode::kBadRequest, std::move(message)}; }

Result<void> CheckLimits(const Options& options, const wire::Limits& limits) {
  const uint32_t events = options.kind == Kind::kMixed ? options.write_batch : options.BatchOf();
  const bool writes = options.kind == Kind::kIngest || options.kind == Kind::kMixed;
  if (writes && options.http.empty() && events > limits.events_per_ingest) {
    return BadOption(fmt::format("a batch of {} events; this server takes at most {} in a frame",
                                 events, limits.events_per_ingest));
  }
  if (options.kind != Kind::kIngest && options.kind != Kind::kCandles &&
      options.BatchOf() > limits.entries_per_request) {
    return BadOption(fmt::format("--batch {}: this server takes at most {} ids in a request",
                                 options.BatchOf(), limits.entries_per_request));
  }
  if (options.packed && !options.random_range) {
    return BadOption("--packed asks for history, which has a beginning: add --random-range");
  }
  if (options.packed && !std::ranges::any_of(market::kTiers, [&](market::Tier tier) {
        return market::IntervalOf(tier) == options.interval;
      })) {
    return BadOption("--packed asks for history, which is of --interval 1s, 1m, 1h or 1d");
  }
  if (options.kind == Kind::kCandles && options.candles > limits.candles_per_request) {
    return BadOption(fmt::format("--candles {}: this server answers at most {} in a request",
                                 options.candles, limits.candles_per_request));
  }
  return {};
}

/// The symbols of the load: in a cluster of pairs that this node has.
Result<std::vector<Symbol>> SymbolsOfNode(uint32_t series, Client& client,
                                          const std::string& address) {
  if (client.server().partitions == 0) {
    return SymbolsOf(series, [](const SymbolView&) { return true; });
  }
  Result<wire::ClusterReply> reply = client.Cluster();
  if (!reply) return reply.error();
  const auto map = client::ClusterMap::Make(std::move(*reply), address);
  if (!map) return map.error();
  if (map->reply().nodes[map->self()].partitions.empty()) {
    return BadOption(fmt::format("{} has no partition of its cluster", address));
  }
  return SymbolsOf(series,
                   [&](const SymbolView& symbol) { return map->NodeOf(symbol) == map->self(); });
}

Result<void> Register(Client& client, Series& series) {
  const std::vector<SymbolView> views(series.symbols.begin(), series.symbols.end());
  const Result<wire::RegisterReply> reply = client.Register(views);
  if (!reply) return reply.error();
  for (const wire::Registration& entry : reply->entries) {
    if (entry.refusal != Refusal::kNone) {
      return BadOption(fmt::format(
          "{} of {} series were refused, the first as {}; ask for fewer with --series, or raise "
          "series.max and series.max_new_per_minute of the server",
          std::count_if(reply->entries.begin(), reply->entries.end(),
                        [](const auto& e) { return e.refusal != Refusal::kNone; }),
          series.symbols.size(), RefusalCode(entry.refusal)));
    }
    series.ids.push_back(entry.series);
  }
  return {};
}

/// One event of every series in each bucket of the span, the oldest first.
Result<void> Fill(Client& client, const Series& series, const Span& span, uint64_t seed) {
  Market market(static_cast<uint32_t>(series.ids.size()), seed);
  std::vector<Tick> ticks;
  const size_t ticks_max = client.server().limits.events_per_ingest;
  const auto send = [&]() -> Result<void> {
    const Result<wire::IngestReply> reply = client.Ingest(ticks, wire::Ack::kDurable);
    ticks.clear();
    if (!reply) return reply.error();
    if (reply->rejected == 0) return {};
    return BadOption("events before the load were refused: " + reply->rejections.front().message);
  };
  for (uint32_t bucket = 0; bucket < span.candles; ++bucket) {
    const uint64_t timestamp_ms = span.first_ms + bucket * span.interval_ms;
    for (uint32_t i = 0; i < series.ids.size(); ++i) {
      ticks.push_back(TickOf(series.ids[i], market.Next(i).At(timestamp_ms)));
      if (ticks.size() < ticks_max) continue;
      if (Result<void> sent = send(); !sent) return sent;
    }
  }
  return ticks.empty() ? Result<void>() : send();
}

}  // namespace

uint32_t HistoryOf(const Options& options) { return std::max(options.history, options.candles); }

Span HistorySpan(const Options& options, uint64_t now_ms) {
  const Interval& interval = options.interval;
  const uint64_t last_ms = market::BucketStartMs(interval, now_ms);
  const uint64_t interval_ms = market::NextBucketMs(interval, last_ms) - last_ms;
  const uint32_t candles = HistoryOf(options);
  return {last_ms - (candles - 1) * interval_ms, interval_ms, candles};
}

Result<Series> Prepare(const Options& options) {
  ClientOptions one = ClientOptionsOf(options.server);
  one.follow = false;  // the load has the node's own ids
  Result<Client> client = Client::Connect(one);
  if (!client) return client.error();
  if (Result<void> fits = CheckLimits(options, client->server().limits); !fits) {
    return fits.error();
  }
  Result<std::vector<Symbol>> symbols =
      SymbolsOfNode(options.series, *client, options.server.address);
  if (!symbols) return symbols.error();
  Series series{std::move(*symbols), {}};
  if (Result<void> registered = Register(*client, series); !registered) return registered.error();
  if (options.prepare && options.kind != Kind::kIngest) {
    const uint64_t now_ms = SystemClock().NowMs();
    const Span span =
        options.kind == Kind::kCandles ? HistorySpan(options, now_ms) : Span{now_ms, 0, 1};
    if (Result<void> filled = Fill(*client, series, span, options.seed); !filled) {
      return filled.error();
    }
    if (options.kind == Kind::kCandles) {  // what memory does not keep is to be read from the disk
      if (Result<void> saved = client->Checkpoint(); !saved) return saved.error();
    }
  }
  return series;
}

}  // namespace wick::cli::bench
