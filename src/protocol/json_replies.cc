#include "protocol/json_replies.h"

#include "protocol/json_number.h"
#include "protocol/json_string.h"

namespace wick::protocol {
namespace {

/// Appends the elements, a comma between each two, in brackets.
template <typename Elements, typename AppendElement>
void AppendArray(std::string& out, const Elements& elements, const AppendElement& append) {
  out += '[';
  bool first = true;
  for (const auto& element : elements) {
    if (!first) out += ',';
    first = false;
    append(element);
  }
  out += ']';
}

void AppendNames(std::string& out, const SymbolView& symbol) {
  out += R"("baseCurrency":)";
  AppendString(out, symbol.base_currency);
  out += R"(,"quoteCurrency":)";
  AppendString(out, symbol.quote_currency);
  out += R"(,"exchange":)";
  AppendString(out, symbol.exchange);
}

void AppendPair(std::string& out, const PairListing& pair) {
  out += R"({"baseCurrency":)";
  AppendString(out, pair.base_currency);
  out += R"(,"quoteCurrency":)";
  AppendString(out, pair.quote_currency);
  out += R"(,"lastSeenInMs":)";
  AppendNumber(out, pair.last_seen_ms);
  out += '}';
}

}  // namespace

void AppendIngestReply(std::string& out, const engine::IngestResult& result,
                       const IngestReport& report) {
  out += R"({"accepted":)";
  AppendNumber(out, result.accepted);
  out += R"(,"duplicates":)";
  AppendNumber(out, result.duplicates);
  out += R"(,"rejected":)";
  AppendNumber(out, report.rejected());
  out += R"(,"errors":)";
  AppendArray(out, report.errors(), [&out](const EventError& error) {
    out += R"({"index":)";
    AppendNumber(out, error.index);
    out += R"(,"code":)";
    AppendString(out, RefusalCode(error.refusal));
    out += R"(,"message":)";
    AppendString(out, error.message);
    out += '}';
  });
  out += '}';
}

void AppendPriceEvent(std::string& out, const SymbolView& symbol, const Price& price) {
  out += '{';
  AppendNames(out, symbol);
  out += R"(,"price":)";
  AppendNumber(out, price.price);
  out += R"(,"baseVolumeLast24h":)";
  AppendNumber(out, price.base_volume_last_24h);
  out += R"(,"quoteVolumeLast24h":)";
  AppendNumber(out, price.quote_volume_last_24h);
  out += R"(,"timestampInMs":)";
  AppendNumber(out, price.timestamp_ms);
  out += '}';
}

void AppendNoElement(std::string& out, ProblemCode code, std::string_view detail) {
  out += R"({"code":)";
  AppendString(out, ProblemKinds()[static_cast<size_t>(code)].code);
  out += R"(,"detail":)";
  AppendString(out, detail);
  out += '}';
}

void AppendPriceEvents(std::string& out, std::span<const PriceEvent> events) {
  AppendArray(out, events, [&out](const PriceEvent& event) {
    AppendPriceEvent(out, event.symbol, event.price);
  });
}

void AppendExchanges(std::string& out, std::span<const ExchangeListing> exchanges, bool pairs) {
  AppendArray(out, exchanges, [&out, pairs](const ExchangeListing& listing) {
    out += R"({"exchange":)";
    AppendString(out, listing.exchange);
    out += R"(,"lastSeenInMs":)";
    AppendNumber(out, listing.last_seen_ms);
    if (pairs) {
      out += R"(,"pairs":)";
      AppendArray(out, listing.pairs, [&out](const PairListing& pair) { AppendPair(out, pair); });
    }
    out += '}';
  });
}

void AppendBases(std::string& out, std::span<const BaseListing> bases) {
  AppendArray(out, bases, [&out](const BaseListing& base) {
    out += R"({"baseCurrency":)";
    AppendString(out, base.reference.symbol.base_currency);
    out += R"(,"price":)";
    AppendPriceEvent(out, base.reference.symbol, base.reference.price);
    out += R"(,"series":)";
    AppendNumber(out, base.series);
    out += '}';
  });
}

void AppendReference(std::string& out, const Reference& reference) {
  out += '{';
  AppendNames(out, {reference.base_currency, reference.quote_currency, reference.exchange});
  out += '}';
}

void AppendReferences(std::string& out, std::span<const Reference> references) {
  AppendArray(out, references,
              [&out](const Reference& reference) { AppendReference(out, reference); });
}

void AppendBackupReply(std::string& out, std::string_view directory,
                       const wire::BackupReply& reply) {
  out += R"({"action":"backup","directory":)";
  AppendString(out, directory);
  out += R"(,"id":)";
  AppendNumber(out, uint64_t{reply.id});
  out += R"(,"files":)";
  AppendNumber(out, uint64_t{reply.files});
  out += R"(,"bytes":)";
  AppendNumber(out, reply.bytes);
  out += R"(,"durationInMs":)";
  AppendNumber(out, reply.duration_ms);
  out += '}';
}

void AppendAdminReply(std::string& out, std::string_view action, uint64_t duration_ms) {
  out += R"({"action":)";
  AppendString(out, action);
  out += R"(,"durationInMs":)";
  AppendNumber(out, duration_ms);
  out += '}';
}

}  // namespace wick::protocol
