#include "wick/client.h"

#include <algorithm>
#include <numeric>

#include "client/cluster.h"
#include "client/codec.h"
#include "client/merge.h"
#include "client/name_cache.h"

namespace wick {
namespace {

using Entries = std::span<const size_t>;

constexpr auto kNoPayload = [](wire::Writer) {};

/// Adds the rejections of a part of a request, with their index in the whole. False: one is of no
/// entry.
bool AddRejections(std::vector<wire::Rejection>&& part, Entries entries,
                   std::vector<wire::Rejection>& all) {
  for (wire::Rejection& rejection : part) {
    if (rejection.index >= entries.size()) return false;
    rejection.index = static_cast<uint32_t>(entries[rejection.index]);
    all.push_back(std::move(rejection));
  }
  return true;
}

/// Those of the first entries.
void CutRejections(std::vector<wire::Rejection>& all) {
  std::ranges::sort(all, {}, &wire::Rejection::index);
  if (all.size() > wire::kRejectionsPerReplyMax) all.resize(wire::kRejectionsPerReplyMax);
}

std::string NeverRegistered(SeriesId series) {
  return "series " + std::to_string(Raw(series)) +
         " was never registered; register its symbol with this client first";
}

ClientError UnknownSeries(SeriesId series) {
  return {ErrorCode::kUnknownSeries, NeverRegistered(series)};
}

}  // namespace

struct Client::Impl {
  const ClientOptions options;
  std::unique_ptr<client::Cluster> cluster;
  client::NameCache names;  // of a cluster: their numbers are the client's series ids

  Result<std::string> AskOne(wire::Type type, const std::function<void(wire::Writer)>& write) {
    return cluster->AskOne(type, write);
  }

  template <typename T>
  Result<T> CallOne(wire::Type type, const std::function<void(wire::Writer)>& write) {
    const Result<std::string> payload = AskOne(type, write);
    if (!payload) return payload.error();
    T value;
    if (client::ReadReply(*payload, value)) return value;
    return ClientError{ErrorCode::kBadReply, "bad reply from " + options.host + ":" +
                                                 std::to_string(options.port) +
                                                 ": its payload is not what the request asked for"};
  }

  Result<void> DoOne(wire::Type type) {
    const Result<std::string> payload = AskOne(type, kNoPayload);
    if (!payload) return payload.error();
    return {};
  }

  /// A listing from every node; `merge` makes one of several.
  template <typename T, typename Merge>
  Result<Gathered<T>> Gather(wire::Type type, const std::function<void(wire::Writer)>& write,
                             const Merge& merge) {
    std::vector<std::vector<T>> lists;
    std::vector<MissingNode> missing =
        cluster->AskAll(type, write, [&lists](std::string_view payload) {
          std::vector<T> list;
          if (!client::ReadReply(payload, list)) return false;
          lists.push_back(std::move(list));
          return true;
        });
    if (lists.empty()) return std::move(missing.front().error);
    Gathered<T> all(cluster->alone() ? std::move(lists.front()) : merge(std::move(lists)));
    all.missing = std::move(missing);
    return all;
  }

  template <typename T>
  Result<Gathered<T>> Gather(wire::Type type, const std::function<void(wire::Writer)>& write) {
    return Gather<T>(type, write, [](auto lists) { return client::Merge(std::move(lists)); });
  }

  /// A change of the references of every node.
  Result<void> ChangeAll(wire::Type type, const std::function<void(wire::Writer)>& write) {
    size_t done = 0;
    const std::vector<MissingNode> missing =
        cluster->AskAll(type, write, [&done](std::string_view) { return ++done > 0; });
    for (const MissingNode& node : missing) {
      const bool did = node.error.code == ErrorCode::kMoved;  // its map has no say in references
      if (!did && node.error.code != ErrorCode::kNotFound) return node.error;
    }
    if (done == 0) return missing.front().error;
    return {};
  }

  /// Prices of named series: `write` and `ask` may name them by id.
  Result<Gathered<Price>> Prices(client::ListRequest request) {
    Gathered<Price> all{std::vector<Price>(request.entries)};
    request.take = [&all](Entries entries, std::string_view payload) {
      std::vector<Price> part;
      if (!client::ReadReply(payload, part) || part.size() != entries.size()) return false;
      for (size_t i = 0; i < part.size(); ++i) all[entries[i]] = part[i];
      return true;
    };
    all.missing = cluster->Ask(request);
    size_t open = 0;
    for (const MissingNode& node : all.missing) open += node.entries.size();
    if (open > 0 && (open == request.entries || cluster->alone())) {
      return std::move(all.missing.front().error);
    }
    std::ranges::stable_sort(all.missing, {}, &MissingNode::node);
    return all;
  }

  using OneSeries = std::variant<SeriesId, SymbolView>;

  /// A request of `type` with the layout of one for candles.
  Result<CandlesReply> AskCandles(wire::Type type, const OneSeries& series,
                                  const CandlesRequest& asked) {
    CandlesReply reply;
    client::ListRequest request{type, 1};
    request.node_of = [&](size_t) {
      const SymbolView* symbol = std::get_if<SymbolView>(&series);
      return symbol ? cluster->NodeOf(*symbol) : 0;
    };
    request.write = [&](Entries, const wire::Limits&, wire::Writer writer) {
      client::WriteCandles(series, asked, writer);
      return size_t{1};
    };
    request.take = [&](Entries, std::string_view payload) {
      return type == wire::Type::kHistory ? client::ReadHistory(payload, asked.limit, reply)
                                          : client::ReadReply(payload, reply);
    };
    std::vector<MissingNode> missing = cluster->Ask(request);
    if (!missing.empty()) return std::move(missing.front().error);
    return reply;
  }

  Result<CandlesReply> Candles(const OneSeries& series, const CandlesRequest& asked) {
    return AskCandles(wire::Type::kCandles, series, asked);
  }

  Result<CandlesReply> History(const OneSeries& series, const CandlesRequest& asked) {
    auto stored = AskCandles(wire::Type::kHistory, series, asked);
    CandlesRequest rest = asked;
    if (stored.ok()) {
      if (!stored->candles.empty() || !stored->next_ms) return stored;
      rest.from_ms = stored->next_ms;
    } else if (stored.error().code != ErrorCode::kUnknownType &&
               stored.error().code != ErrorCode::kBadReply) {
      return stored;
    }
    // Memory has the next ones; or the server is too old for history, or its chunks too new, or
    // damaged, which it can tell better.
    return Candles(series, rest);
  }

  /// In a cluster an id is asked for by its names: the node that gave it may not have it any more.
  Result<CandlesReply> OfId(SeriesId series, const CandlesRequest& asked,
                            Result<CandlesReply> (Impl::*ask)(const OneSeries&,
                                                              const CandlesRequest&)) {
    if (cluster->alone()) return (this->*ask)(series, asked);
    const Symbol* symbol = SymbolOf(series);
    if (!symbol) return UnknownSeries(series);
    return (this->*ask)(SymbolView(*symbol), asked);
  }

  /// Writes the front of `entries` that fits, as the payload of a register or a latest.
  static size_t WriteFront(std::span<const SymbolView> symbols, Entries entries,
                           const wire::Limits& limits, wire::Writer writer) {
    std::vector<SymbolView> front;
    const size_t front_max = std::min<size_t>(entries.size(), limits.entries_per_request);
    front.reserve(front_max);
    for (const size_t entry : entries.first(front_max)) front.push_back(symbols[entry]);
    const auto fitting = client::FittingFront(front, limits);
    client::WriteSymbols(fitting, writer);
    return fitting.size();
  }

  /// What the nodes said, with their ids; in a cluster the names remember those.
  Result<wire::RegisterReply> Register(std::span<const SymbolView> symbols) {
    wire::RegisterReply all;
    all.entries.resize(symbols.size());
    client::ListRequest request{wire::Type::kRegister, symbols.size()};
    request.node_of = [&](size_t entry) { return cluster->NodeOf(symbols[entry]); };
    request.write = [&](Entries entries, const wire::Limits& limits, wire::Writer writer) {
      return WriteFront(symbols, entries, limits, writer);
    };
    request.take = [&](Entries entries, std::string_view payload) {
      wire::RegisterReply part;
      if (!client::ReadReply(payload, part) || part.entries.size() != entries.size()) return false;
      if (!cluster->alone()) Remember(symbols, entries, part);
      for (size_t i = 0; i < entries.size(); ++i) all.entries[entries[i]] = part.entries[i];
      return AddRejections(std::move(part.rejections), entries, all.rejections);
    };
    const std::vector<MissingNode> missing = cluster->Ask(request);
    if (!missing.empty()) return missing.front().error;
    CutRejections(all.rejections);
    return all;
  }

  void Remember(std::span<const SymbolView> symbols, Entries entries,
                const wire::RegisterReply& reply) {
    std::vector<uint32_t> numbers;
    numbers.reserve(entries.size());
    for (const size_t entry : entries) numbers.push_back(names.Number(symbols[entry]));
    const uint32_t node = cluster->NodeOf(symbols[entries.front()]);
    names.SetRegistered(numbers, reply, cluster->ConnectionOf(node));
  }

  /// Sends the ticks of `known`, whose ids are the client's, and adds up what became of them.
  Result<void> Ingest(std::span<const Tick> ticks, Entries known, wire::Ack ack,
                      wire::IngestReply& all) {
    client::ListRequest request{wire::Type::kIngest, known.size(), false};
    request.node_of = [&](size_t entry) {
      return cluster->NodeOf(*names[ticks[known[entry]].series].symbol);
    };
    request.write = [&](Entries entries, const wire::Limits& limits, wire::Writer writer) {
      const size_t count = std::min<size_t>(entries.size(), limits.events_per_ingest);
      client::WriteIngestHead(ack, static_cast<uint32_t>(count), writer);
      const uint64_t connection = cluster->ConnectionOf(request.node_of(entries.front()));
      for (const size_t entry : entries.first(count)) {
        Tick tick = ticks[known[entry]];
        const client::NameCache::Entry& name = names[tick.series];
        // An id of another connection would be any series here: better a tick that is rejected.
        tick.series = Raw(name.connection == connection ? name.id : kNoSeries);
        writer.Records(std::span<const Tick>(&tick, 1));
      }
      return count;
    };
    request.take = [&](Entries entries, std::string_view payload) {
      std::vector<size_t> indexes;
      indexes.reserve(entries.size());
      for (const size_t entry : entries) indexes.push_back(known[entry]);
      return Add(payload, indexes, all);
    };
    const std::vector<MissingNode> missing = cluster->Ask(request);
    if (!missing.empty()) return missing.front().error;
    return {};
  }

  static bool Add(std::string_view payload, Entries entries, wire::IngestReply& all) {
    wire::IngestReply part;
    if (!client::ReadReply(payload, part)) return false;
    all.accepted += part.accepted;
    all.duplicates += part.duplicates;
    all.rejected += part.rejected;
    return AddRejections(std::move(part.rejections), entries, all.rejections);
  }

  /// Registers again what the nodes' connections do not know, and gives the ticks that can be sent;
  /// the others are rejected.
  Result<std::vector<size_t>> Known(std::span<const Tick> ticks, wire::IngestReply& all) {
    std::vector<uint32_t> numbers;
    for (const Tick& tick : ticks) {
      const uint32_t number = tick.series;
      if (number < names.size() && names[number].id != kNoSeries) numbers.push_back(number);
    }
    std::ranges::sort(numbers);
    numbers.erase(std::unique(numbers.begin(), numbers.end()), numbers.end());
    std::vector<SymbolView> symbols;
    symbols.reserve(numbers.size());
    for (const uint32_t number : numbers) symbols.push_back(*names[number].symbol);
    if (Result<void> reached = cluster->Reach(symbols); !reached) return reached.error();
    std::erase_if(symbols, [&](const SymbolView& symbol) {
      return names[names.Number(symbol)].connection ==
             cluster->ConnectionOf(cluster->NodeOf(symbol));
    });
    if (!symbols.empty()) {
      if (Result<wire::RegisterReply> again = Register(symbols); !again) return again.error();
    }

    std::vector<size_t> known;
    known.reserve(ticks.size());
    for (size_t i = 0; i < ticks.size(); ++i) {
      const SeriesId series{ticks[i].series};
      const bool met = Raw(series) < names.size();
      if (met && names[Raw(series)].id != kNoSeries) {
        known.push_back(i);
        continue;
      }
      ++all.rejected;
      if (all.rejections.size() == wire::kRejectionsPerReplyMax) continue;
      const bool refused = met && names[Raw(series)].refusal != Refusal::kNone;
      all.rejections.push_back({static_cast<uint32_t>(i),
                                refused ? names[Raw(series)].refusal : Refusal::kUnknownSeries,
                                refused ? names[Raw(series)].message : NeverRegistered(series)});
    }
    return known;
  }

  /// The symbol of one of the client's ids; nullptr: it is none.
  const Symbol* SymbolOf(SeriesId series) const {
    const bool registered = Raw(series) < names.size() && names[Raw(series)].id != kNoSeries;
    return registered ? names[Raw(series)].symbol : nullptr;
  }
};

Client::Client(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Client::~Client() = default;
Client::Client(Client&&) noexcept = default;
Client& Client::operator=(Client&&) noexcept = default;

Result<Client> Client::Connect(const ClientOptions& options) {
  Result<std::unique_ptr<client::Cluster>> cluster = client::Cluster::Connect(options);
  if (!cluster) return cluster.error();
  return Client(std::unique_ptr<Impl>(new Impl{options, std::move(*cluster), {}}));
}

const wire::HelloReply& Client::server() const { return impl_->cluster->hello(); }

Result<wire::ClusterReply> Client::Cluster() {
  return impl_->CallOne<wire::ClusterReply>(wire::Type::kCluster, kNoPayload);
}

Result<void> Client::Ping() { return impl_->DoOne(wire::Type::kPing); }

Result<wire::RegisterReply> Client::Register(std::span<const SymbolView> symbols) {
  Result<wire::RegisterReply> reply = impl_->Register(symbols);
  if (!reply || impl_->cluster->alone()) return reply;
  for (size_t i = 0; i < symbols.size(); ++i) {
    wire::Registration& entry = reply->entries[i];
    if (entry.series != kNoSeries) entry.series = SeriesId{impl_->names.Number(symbols[i])};
  }
  return reply;
}

Result<wire::IngestReply> Client::Ingest(std::span<const Tick> ticks, wire::Ack ack) {
  wire::IngestReply all;
  if (!impl_->cluster->alone()) {
    const Result<std::vector<size_t>> known = impl_->Known(ticks, all);
    if (!known) return known.error();
    if (Result<void> sent = impl_->Ingest(ticks, *known, ack, all); !sent) return sent.error();
  } else {
    client::ListRequest request{wire::Type::kIngest, ticks.size(), false};
    request.node_of = [](size_t) { return 0; };
    request.write = [&](Entries entries, const wire::Limits& limits, wire::Writer writer) {
      const size_t count = std::min<size_t>(entries.size(), limits.events_per_ingest);
      client::WriteIngestHead(ack, static_cast<uint32_t>(count), writer);
      writer.Records(ticks.subspan(entries.front(), count));
      return count;
    };
    request.take = [&](Entries entries, std::string_view payload) {
      return Impl::Add(payload, entries, all);
    };
    const std::vector<MissingNode> missing = impl_->cluster->Ask(request);
    if (!missing.empty()) return missing.front().error;
  }
  CutRejections(all.rejections);
  return all;
}

Result<Gathered<Price>> Client::Latest(std::span<const SeriesId> series) {
  if (!impl_->cluster->alone()) {  // by name: whoever has it now answers, whatever ids it gives
    std::vector<SymbolView> symbols;
    symbols.reserve(series.size());
    for (const SeriesId id : series) {
      const Symbol* symbol = impl_->SymbolOf(id);
      if (!symbol) return UnknownSeries(id);
      symbols.push_back(*symbol);
    }
    return Latest(symbols);
  }
  client::ListRequest request{wire::Type::kLatestByIds, series.size()};
  request.node_of = [](size_t) { return 0; };
  request.write = [series](Entries entries, const wire::Limits& limits, wire::Writer writer) {
    const size_t count = std::min<size_t>(entries.size(), limits.entries_per_request);
    client::WriteIds(series.subspan(entries.front(), count), writer);
    return count;
  };
  return impl_->Prices(std::move(request));
}

Result<Gathered<Price>> Client::Latest(std::span<const SymbolView> symbols) {
  client::ListRequest request{wire::Type::kLatestBySymbols, symbols.size()};
  request.node_of = [&](size_t entry) { return impl_->cluster->NodeOf(symbols[entry]); };
  request.write = [&](Entries entries, const wire::Limits& limits, wire::Writer writer) {
    return Impl::WriteFront(symbols, entries, limits, writer);
  };
  return impl_->Prices(std::move(request));
}

Result<CandlesReply> Client::Candles(SeriesId series, const CandlesRequest& request) {
  return impl_->OfId(series, request, &Impl::Candles);
}

Result<CandlesReply> Client::Candles(const SymbolView& symbol, const CandlesRequest& request) {
  return impl_->Candles(symbol, request);
}

Result<CandlesReply> Client::History(SeriesId series, const CandlesRequest& request) {
  return impl_->OfId(series, request, &Impl::History);
}

Result<CandlesReply> Client::History(const SymbolView& symbol, const CandlesRequest& request) {
  return impl_->History(symbol, request);
}

Result<Gathered<ExchangeListing>> Client::Exchanges(std::optional<std::string_view> only,
                                                    bool pairs) {
  return impl_->Gather<ExchangeListing>(wire::Type::kExchanges, [&](wire::Writer writer) {
    client::WriteExchanges(only, pairs, writer);
  });
}

Result<Gathered<BaseListing>> Client::Bases(std::span<const std::string> only) {
  Gathered<Reference> references;
  if (!impl_->cluster->alone()) {  // a node gives its newest price where another has the reference
    Result<Gathered<Reference>> all = References();
    if (!all) return all.error();
    references = std::move(*all);
  }
  return impl_->Gather<BaseListing>(
      wire::Type::kBases, [&](wire::Writer writer) { client::WriteNames(only, writer); },
      [&](auto lists) { return client::Merge(std::move(lists), references); });
}

Result<Gathered<PriceEvent>> Client::PricesOfBase(std::string_view base_currency) {
  return impl_->Gather<PriceEvent>(wire::Type::kPricesOfBase,
                                   [&](wire::Writer writer) { writer.Text(base_currency); });
}

Result<Gathered<Reference>> Client::References() {
  return impl_->Gather<Reference>(wire::Type::kReferences, kNoPayload);
}

Result<void> Client::SetReference(const Reference& reference) {
  return impl_->ChangeAll(wire::Type::kSetReference,
                          [&](wire::Writer writer) { writer.Names(client::NamesOf(reference)); });
}

Result<void> Client::RemoveReference(std::string_view base_currency) {
  return impl_->ChangeAll(wire::Type::kRemoveReference,
                          [&](wire::Writer writer) { writer.Text(base_currency); });
}

Result<void> Client::ReplaceReferences(std::span<const Reference> references) {
  return impl_->ChangeAll(wire::Type::kReplaceReferences, [&](wire::Writer writer) {
    client::WriteReferences(references, writer);
  });
}

Result<std::string> Client::Status() { return impl_->AskOne(wire::Type::kStatus, kNoPayload); }

Result<void> Client::Checkpoint() { return impl_->DoOne(wire::Type::kCheckpoint); }

Result<wire::BackupReply> Client::Backup(std::string_view directory, uint32_t keep,
                                         uint64_t bytes_per_second) {
  return impl_->CallOne<wire::BackupReply>(wire::Type::kBackup, [&](wire::Writer writer) {
    client::WriteBackup(directory, keep, bytes_per_second, writer);
  });
}

Result<std::string> Client::DeadLetters(std::string_view topic, uint32_t partition, uint64_t offset,
                                        uint32_t limit) {
  return impl_->AskOne(wire::Type::kDeadLetters, [&](wire::Writer writer) {
    client::WriteDeadLetters(topic, partition, offset, limit, writer);
  });
}

}  // namespace wick
