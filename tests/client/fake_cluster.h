// Nodes of a cluster on loopback sockets, which keep the latest price of their pairs.
#pragma once

#include <algorithm>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "client/fake_server.h"
#include "wick/partition.h"
#include "wick/query.h"

namespace wick {

inline const Symbol kBtc{"BTC", "USD", "kraken"};  // of four partitions in partition 1
inline const Symbol kSol{"SOL", "USD", "kraken"};  // in partition 0
inline const Symbol kXrp{"XRP", "USD", "kraken"};  // in partition 0

/// Two nodes and four partitions. Each node has its own view of the map, which the test may change.
/// Ids begin at 0 on both, and are others on each connection.
class FakeCluster {
 public:
  static constexpr uint32_t kPartitions = 4;

  FakeCluster() {
    for (uint32_t number = 0; number < 2; ++number) {
      Node& node = nodes_[number];
      node.server = std::make_unique<FakeServer>(
          [this, number](FakeSession& session) { Serve(number, session); });
    }
  }
  ~FakeCluster() {
    for (uint32_t number = 0; number < 2; ++number) Stop(number);
  }

  ClientOptions Options(uint32_t node) const { return nodes_[node].server->Options(); }
  std::string Address(uint32_t node) const {
    return "127.0.0.1:" + std::to_string(Options(node).port);
  }
  size_t connections(uint32_t node) const { return nodes_[node].server->connections(); }

  /// What the node says of a partition from now on.
  void SetOwner(uint32_t node, uint32_t partition, uint32_t owner) {
    const std::lock_guard lock(mutex_);
    nodes_[node].owners[partition] = owner;
  }
  /// What both say.
  void Move(uint32_t partition, uint32_t owner) {
    for (uint32_t node = 0; node < 2; ++node) SetOwner(node, partition, owner);
  }
  void SetPrice(uint32_t node, const Symbol& symbol, Price price) {
    const std::lock_guard lock(mutex_);
    nodes_[node].prices[KeyOf(symbol)] = {symbol, price};
  }
  Price PriceOf(uint32_t node, const Symbol& symbol) {
    const std::lock_guard lock(mutex_);
    return nodes_[node].prices[KeyOf(symbol)].price;
  }
  /// Ingests are refused from now on.
  void SetFull(uint32_t node) {
    const std::lock_guard lock(mutex_);
    nodes_[node].full = true;
  }
  /// Ingests are not answered from now on, and not taken.
  void SetSilent(uint32_t node) {
    const std::lock_guard lock(mutex_);
    nodes_[node].silent = true;
  }
  /// What node 0 says from now on: there is no node 1, and all is its own.
  void RemoveNode1() {
    const std::lock_guard lock(mutex_);
    nodes_[0].owners.assign(kPartitions, 0);
    nodes_[0].known = 1;
  }
  /// Requests that came since the last call, without hello.
  std::vector<wire::Type> TakeLog(uint32_t node) {
    const std::lock_guard lock(mutex_);
    return std::exchange(nodes_[node].log, {});
  }
  std::vector<std::string> tokens(uint32_t node) {
    const std::lock_guard lock(mutex_);
    return nodes_[node].tokens;
  }
  std::vector<Reference> references(uint32_t node) {
    const std::lock_guard lock(mutex_);
    return nodes_[node].references;
  }

  /// Ends the node's connection; it can be connected to again.
  void Drop(uint32_t node) {
    const std::lock_guard lock(mutex_);
    if (nodes_[node].session) nodes_[node].session->End();
  }
  /// The node goes away.
  void Stop(uint32_t node) {
    {
      const std::lock_guard lock(mutex_);
      nodes_[node].stopped = true;
    }
    Drop(node);
    nodes_[node].server->Stop();
  }

 private:
  using Key = std::string;
  struct Node {
    std::unique_ptr<FakeServer> server;
    std::vector<uint32_t> owners = {0, 1, 0, 1};  // by partition
    std::map<Key, PriceEvent> prices;
    std::vector<Reference> references;
    std::vector<wire::Type> log;
    std::vector<std::string> tokens;
    uint32_t known = 2;  // nodes, in its map
    bool full = false;
    bool silent = false;
    bool stopped = false;
    uint32_t ids_from = 0;
    std::vector<Symbol> names;  // of this connection; ids from ids_from on
    FakeSession* session = nullptr;
  };
  using Request = FakeSession::Request;

  static Key KeyOf(const SymbolView& symbol) {
    return std::string(symbol.exchange) + ":" + PairKey(symbol);
  }

  void Serve(uint32_t number, FakeSession& session) {
    Node& node = nodes_[number];
    {
      const std::lock_guard lock(mutex_);
      if (node.stopped) return;
      node.session = &session;
    }
    const Request hello = session.Hello({}, kPartitions);
    {
      const std::lock_guard lock(mutex_);
      wire::Reader reader(hello.payload);
      reader.Bytes(6);
      reader.Text();
      node.tokens.emplace_back(reader.Text());
      node.ids_from += static_cast<uint32_t>(node.names.size());
      node.names.clear();
    }
    for (Request request = session.Read(); request.header.type != 0; request = session.Read()) {
      const std::lock_guard lock(mutex_);
      node.log.push_back(request.type());
      Answer(number, session, request);
    }
    const std::lock_guard lock(mutex_);
    node.session = nullptr;
  }

  void Answer(uint32_t number, FakeSession& session, const Request& request) {
    wire::Reader reader(request.payload);
    switch (request.type()) {
      case wire::Type::kRegister:
      case wire::Type::kLatestBySymbols: {
        std::vector<Symbol> symbols(reader.U32());
        for (Symbol& symbol : symbols) symbol = Symbol(reader.Names());
        if (Moves(number, session, request, symbols)) return;
        return request.type() == wire::Type::kRegister
                   ? Register(nodes_[number], session, request, symbols)
                   : Latest(nodes_[number], session, request, symbols);
      }
      case wire::Type::kCandles: {
        reader.Bytes(wire::kCandlesHeadBytes);
        const Symbol symbol(reader.Names());
        if (Moves(number, session, request, {symbol})) return;
        return session.Reply(request, CandlesOf(nodes_[number].prices[KeyOf(symbol)].price));
      }
      case wire::Type::kIngest:
        return Ingest(nodes_[number], session, request);
      case wire::Type::kCluster:
        return session.Reply(request, MapOf(number));
      case wire::Type::kExchanges:
        return session.Reply(request, ExchangesOf(number));
      case wire::Type::kBases:
        return session.Reply(request, BasesOf(number));
      case wire::Type::kPricesOfBase:
        return session.Reply(request, PricesOfBase(number, std::string(reader.Text())));
      default:
        return AnswerReferences(nodes_[number], session, request);
    }
  }

  /// True: kMoved was answered.
  bool Moves(uint32_t number, FakeSession& session, const Request& request,
             const std::vector<Symbol>& symbols) {
    for (const Symbol& symbol : symbols) {
      const uint32_t owner = nodes_[number].owners[PartitionOf(symbol, kPartitions)];
      if (owner == number) continue;
      session.Send(FrameOf(wire::kErrorType, request.id(), PayloadOf([&](wire::Writer writer) {
                             writer.U16(static_cast<uint16_t>(ErrorCode::kMoved));
                             writer.Text("node " + std::to_string(owner) + " has " +
                                         PairKey(symbol));
                             writer.Text(Address(owner));
                           })));
      return true;
    }
    return false;
  }

  std::string MapOf(uint32_t number) const {
    return PayloadOf([&](wire::Writer writer) {
      writer.U32(kPartitions);
      writer.U32(number);
      writer.U32(nodes_[number].known);
      for (uint32_t node = 0; node < nodes_[number].known; ++node) {
        std::vector<uint32_t> partitions;
        for (uint32_t p = 0; p < kPartitions; ++p) {
          if (nodes_[number].owners[p] == node) partitions.push_back(p);
        }
        writer.Text("127.0.0.1:80");
        writer.Text(Address(node));
        writer.U32(static_cast<uint32_t>(partitions.size()));
        writer.Records(std::span<const uint32_t>(partitions));
      }
    });
  }

  static void Register(Node& node, FakeSession& session, const Request& request,
                       const std::vector<Symbol>& symbols) {
    session.Reply(request, PayloadOf([&](wire::Writer writer) {
                    writer.U32(static_cast<uint32_t>(symbols.size()));
                    for (const Symbol& symbol : symbols) {
                      const auto known = std::find(node.names.begin(), node.names.end(), symbol);
                      const auto id = static_cast<uint32_t>(known - node.names.begin());
                      if (known == node.names.end()) node.names.push_back(symbol);
                      writer.U32(node.ids_from + id);
                      writer.U8(0);
                    }
                    writer.U32(0);
                  }));
  }

  static void Latest(Node& node, FakeSession& session, const Request& request,
                     const std::vector<Symbol>& symbols) {
    session.Reply(request, PayloadOf([&](wire::Writer writer) {
                    writer.U32(static_cast<uint32_t>(symbols.size()));
                    for (const Symbol& symbol : symbols) {
                      writer.PriceRecord(node.prices[KeyOf(symbol)].price);
                    }
                  }));
  }

  /// Prices that are not above 0 are refused, and ids of earlier connections.
  static void Ingest(Node& node, FakeSession& session, const Request& request) {
    if (node.silent) return;
    if (node.full) {
      return session.Send(ErrorFrame(request.id(), ErrorCode::kStorageFull, "no space left"));
    }
    wire::IngestReply reply;
    const std::vector<Tick> ticks = TicksOf(request);
    for (uint32_t i = 0; i < ticks.size(); ++i) {
      const Tick tick = ticks[i];
      const uint32_t at = tick.series - node.ids_from;
      if (at >= node.names.size()) {
        reply.rejections.push_back({i, Refusal::kUnknownSeries, "never registered"});
      } else if (tick.price <= 0) {
        reply.rejections.push_back({i, Refusal::kInvalidPrice, "not above 0"});
      } else {
        node.prices[KeyOf(node.names[at])] = {node.names[at], wick::PriceOf(tick)};
        ++reply.accepted;
      }
    }
    reply.rejected = static_cast<uint32_t>(reply.rejections.size());
    session.Send(IngestReplyFrame(request.id(), reply));
  }

  /// A candle that opens with the price.
  static std::string CandlesOf(const Price& price) {
    return PayloadOf([&](wire::Writer writer) {
      writer.Bytes(std::string(24, '\0'));
      writer.U32(1);
      writer.U32(0);
      writer.U64(price.timestamp_ms);
      writer.F64(price.price);
      writer.Bytes(std::string(wire::kCandleBytes - 16, '\0'));
    });
  }

  /// The prices of pairs that are the node's.
  std::vector<PriceEvent> Own(uint32_t number) {
    std::vector<PriceEvent> own;
    for (const auto& [key, event] : nodes_[number].prices) {
      const uint32_t owner = nodes_[number].owners[PartitionOf(event.symbol, kPartitions)];
      if (owner == number && event.price.timestamp_ms > 0) own.push_back(event);
    }
    return own;
  }

  /// Each price as an exchange of its own.
  std::string ExchangesOf(uint32_t number) {
    return PayloadOf([&](wire::Writer writer) {
      const std::vector<PriceEvent> own = Own(number);
      writer.U32(static_cast<uint32_t>(own.size()));
      for (const PriceEvent& event : own) {
        writer.Text(event.symbol.exchange);
        writer.U64(event.price.timestamp_ms);
        writer.U32(1);
        writer.Text(event.symbol.base_currency);
        writer.Text(event.symbol.quote_currency);
        writer.U64(event.price.timestamp_ms);
      }
    });
  }

  static void WriteEvent(const PriceEvent& event, wire::Writer& writer) {
    writer.Names(event.symbol);
    writer.PriceRecord(event.price);
  }

  std::string BasesOf(uint32_t number) {
    return PayloadOf([&](wire::Writer writer) {
      const std::vector<PriceEvent> own = Own(number);
      writer.U32(static_cast<uint32_t>(own.size()));
      for (const PriceEvent& event : own) {
        WriteEvent(event, writer);
        writer.U64(1);
      }
    });
  }

  std::string PricesOfBase(uint32_t number, const std::string& base) {
    return PayloadOf([&](wire::Writer writer) {
      std::vector<PriceEvent> own = Own(number);
      std::erase_if(own, [&](const PriceEvent& e) { return e.symbol.base_currency != base; });
      writer.U32(static_cast<uint32_t>(own.size()));
      for (const PriceEvent& event : own) WriteEvent(event, writer);
    });
  }

  static void AnswerReferences(Node& node, FakeSession& session, const Request& request) {
    wire::Reader reader(request.payload);
    std::string payload;
    if (request.type() == wire::Type::kSetReference) {
      const Symbol names(reader.Names());
      node.references.push_back({names.base_currency, names.quote_currency, names.exchange});
    } else if (request.type() == wire::Type::kRemoveReference) {
      const std::string base(reader.Text());
      if (std::erase_if(node.references,
                        [&](const Reference& r) { return r.base_currency == base; }) == 0) {
        return session.Send(ErrorFrame(request.id(), ErrorCode::kNotFound, "no reference"));
      }
    } else if (request.type() == wire::Type::kReferences) {
      payload = PayloadOf([&](wire::Writer writer) {
        writer.U32(static_cast<uint32_t>(node.references.size()));
        for (const Reference& r : node.references) {
          writer.Names({r.base_currency, r.quote_currency, r.exchange});
        }
      });
    }
    session.Reply(request, payload);
  }

  std::mutex mutex_;
  Node nodes_[2];
};

}  // namespace wick
