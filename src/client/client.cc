#include "wick/client.h"

#include <algorithm>

#include "client/codec.h"
#include "client/connection.h"

namespace wick {

using client::Connection;

struct Client::Impl {
  const ClientOptions options;
  std::unique_ptr<Connection> connection;

  /// Sends one request, whose payload `write` appends, and waits for its reply. Replies of earlier
  /// requests, whose callers were told of a timeout, are thrown away.
  template <typename Write>
  Result<client::Reply> Exchange(wire::Type type, Write write) {
    const client::Deadline deadline = client::DeadlineIn(options.request_timeout_ms);
    connection->Begin(type);
    write(connection->writer());
    const Result<uint64_t> id = connection->End();
    if (!id) return id.error();
    for (;;) {
      Result<std::optional<client::Reply>> next = connection->Next(deadline);
      if (!next) return next.error();
      if (!next->has_value()) {
        return ClientError{ErrorCode::kTimeout, connection->server() + " did not answer within " +
                                                    std::to_string(options.request_timeout_ms) +
                                                    " ms"};
      }
      client::Reply& reply = **next;
      if (reply.request_id != *id) continue;
      if (reply.type == ReplyType(type)) return std::move(reply);
      ClientError error;
      if (reply.type == wire::kErrorType && client::ReadReply(reply.payload, error)) return error;
      return Unreadable();
    }
  }

  template <typename T, typename Write>
  Result<T> Call(wire::Type type, Write write) {
    const Result<client::Reply> reply = Exchange(type, write);
    if (!reply) return reply.error();
    T value;
    if (!client::ReadReply(reply->payload, value)) return Unreadable();
    return value;
  }

  template <typename Write>
  Result<void> Do(wire::Type type, Write write) {
    const Result<client::Reply> reply = Exchange(type, write);
    if (!reply) return reply.error();
    return {};
  }

  ClientError Unreadable() const {
    return {ErrorCode::kBadReply, "bad reply from " + connection->server() +
                                      ": its payload is not what the request asked for"};
  }

  const wire::Limits& limits() const { return connection->hello().limits; }
};

namespace {

constexpr auto kNoPayload = [](wire::Writer) {};

/// Adds the rejections of a later part of a request, whose first entry has the index `first`.
void AddRejections(std::vector<wire::Rejection>&& part, size_t first,
                   std::vector<wire::Rejection>& all) {
  for (wire::Rejection& rejection : part) {
    if (all.size() == wire::kRejectionsPerReplyMax) return;
    rejection.index += static_cast<uint32_t>(first);
    all.push_back(std::move(rejection));
  }
}

ClientError WrongCount(const Connection& connection) {
  return {ErrorCode::kBadReply, "bad reply from " + connection.server() +
                                    ": it has not one entry for each that was asked for"};
}

}  // namespace

Client::Client(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Client::~Client() = default;
Client::Client(Client&&) noexcept = default;
Client& Client::operator=(Client&&) noexcept = default;

Result<Client> Client::Connect(const ClientOptions& options) {
  Result<std::unique_ptr<Connection>> connection = Connection::Open(options);
  if (!connection) return connection.error();
  return Client(std::unique_ptr<Impl>(new Impl{options, std::move(*connection)}));
}

const wire::HelloReply& Client::server() const { return impl_->connection->hello(); }

Result<void> Client::Ping() { return impl_->Do(wire::Type::kPing, kNoPayload); }

Result<wire::RegisterReply> Client::Register(std::span<const SymbolView> symbols) {
  wire::RegisterReply all;
  while (all.entries.size() < symbols.size()) {
    const size_t first = all.entries.size();
    const auto part = client::FittingFront(symbols.subspan(first), impl_->limits());
    Result<wire::RegisterReply> reply = impl_->Call<wire::RegisterReply>(
        wire::Type::kRegister, [&](wire::Writer writer) { client::WriteSymbols(part, writer); });
    if (!reply) return reply.error();
    if (reply->entries.size() != part.size()) return WrongCount(*impl_->connection);
    all.entries.insert(all.entries.end(), reply->entries.begin(), reply->entries.end());
    AddRejections(std::move(reply->rejections), first, all.rejections);
  }
  return all;
}

Result<wire::IngestReply> Client::Ingest(std::span<const Tick> ticks, wire::Ack ack) {
  wire::IngestReply all;
  for (size_t first = 0; first < ticks.size();) {
    const auto part = ticks.subspan(
        first, std::min<size_t>(ticks.size() - first, impl_->limits().events_per_ingest));
    Result<wire::IngestReply> reply =
        impl_->Call<wire::IngestReply>(wire::Type::kIngest, [&](wire::Writer writer) {
          client::WriteIngestHead(ack, static_cast<uint32_t>(part.size()), writer);
          writer.Records(part);
        });
    if (!reply) return reply.error();
    all.accepted += reply->accepted;
    all.duplicates += reply->duplicates;
    all.rejected += reply->rejected;
    AddRejections(std::move(reply->rejections), first, all.rejections);
    first += part.size();
  }
  return all;
}

Result<std::vector<Price>> Client::Latest(std::span<const SeriesId> series) {
  std::vector<Price> all;
  while (all.size() < series.size()) {
    const size_t left = series.size() - all.size();
    const auto part =
        series.subspan(all.size(), std::min<size_t>(left, impl_->limits().entries_per_request));
    const Result<std::vector<Price>> prices = impl_->Call<std::vector<Price>>(
        wire::Type::kLatestByIds, [&](wire::Writer writer) { client::WriteIds(part, writer); });
    if (!prices) return prices.error();
    if (prices->size() != part.size()) return WrongCount(*impl_->connection);
    all.insert(all.end(), prices->begin(), prices->end());
  }
  return all;
}

Result<std::vector<Price>> Client::Latest(std::span<const SymbolView> symbols) {
  std::vector<Price> all;
  while (all.size() < symbols.size()) {
    const auto part = client::FittingFront(symbols.subspan(all.size()), impl_->limits());
    const Result<std::vector<Price>> prices = impl_->Call<std::vector<Price>>(
        wire::Type::kLatestBySymbols,
        [&](wire::Writer writer) { client::WriteSymbols(part, writer); });
    if (!prices) return prices.error();
    if (prices->size() != part.size()) return WrongCount(*impl_->connection);
    all.insert(all.end(), prices->begin(), prices->end());
  }
  return all;
}

Result<CandlesReply> Client::Candles(SeriesId series, const CandlesRequest& request) {
  return impl_->Call<CandlesReply>(wire::Type::kCandles, [&](wire::Writer writer) {
    client::WriteCandles(series, request, writer);
  });
}

Result<CandlesReply> Client::Candles(const SymbolView& symbol, const CandlesRequest& request) {
  return impl_->Call<CandlesReply>(wire::Type::kCandles, [&](wire::Writer writer) {
    client::WriteCandles(symbol, request, writer);
  });
}

Result<std::vector<ExchangeListing>> Client::Exchanges(std::optional<std::string_view> only,
                                                       bool pairs) {
  return impl_->Call<std::vector<ExchangeListing>>(
      wire::Type::kExchanges,
      [&](wire::Writer writer) { client::WriteExchanges(only, pairs, writer); });
}

Result<std::vector<BaseListing>> Client::Bases(std::span<const std::string> only) {
  return impl_->Call<std::vector<BaseListing>>(
      wire::Type::kBases, [&](wire::Writer writer) { client::WriteNames(only, writer); });
}

Result<std::vector<PriceEvent>> Client::PricesOfBase(std::string_view base_currency) {
  return impl_->Call<std::vector<PriceEvent>>(
      wire::Type::kPricesOfBase, [&](wire::Writer writer) { writer.Text(base_currency); });
}

Result<std::vector<Reference>> Client::References() {
  return impl_->Call<std::vector<Reference>>(wire::Type::kReferences, kNoPayload);
}

Result<void> Client::SetReference(const Reference& reference) {
  return impl_->Do(wire::Type::kSetReference,
                   [&](wire::Writer writer) { writer.Names(client::NamesOf(reference)); });
}

Result<void> Client::RemoveReference(std::string_view base_currency) {
  return impl_->Do(wire::Type::kRemoveReference,
                   [&](wire::Writer writer) { writer.Text(base_currency); });
}

Result<void> Client::ReplaceReferences(std::span<const Reference> references) {
  return impl_->Do(wire::Type::kReplaceReferences,
                   [&](wire::Writer writer) { client::WriteReferences(references, writer); });
}

Result<std::string> Client::Status() {
  Result<client::Reply> reply = impl_->Exchange(wire::Type::kStatus, kNoPayload);
  if (!reply) return reply.error();
  return std::move(reply->payload);
}

Result<void> Client::Checkpoint() { return impl_->Do(wire::Type::kCheckpoint, kNoPayload); }

Result<wire::BackupReply> Client::Backup(std::string_view directory, uint32_t keep,
                                         uint64_t bytes_per_second) {
  return impl_->Call<wire::BackupReply>(wire::Type::kBackup, [&](wire::Writer writer) {
    client::WriteBackup(directory, keep, bytes_per_second, writer);
  });
}

Result<std::string> Client::DeadLetters(std::string_view topic, uint32_t partition, uint64_t offset,
                                        uint32_t limit) {
  Result<client::Reply> reply = impl_->Exchange(wire::Type::kDeadLetters, [&](wire::Writer writer) {
    client::WriteDeadLetters(topic, partition, offset, limit, writer);
  });
  if (!reply) return reply.error();
  return std::move(reply->payload);
}

}  // namespace wick
