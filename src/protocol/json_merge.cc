#include "protocol/json_merge.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <tuple>

#include "market/validation.h"
#include "protocol/json_reader.h"
#include "protocol/json_replies.h"
#include "protocol/json_string.h"

namespace wick::protocol {
namespace {

/// Reads one answer. Each call gives false at the first thing that is not as this program writes
/// it; fields that are not known, of a later version, are passed over.
class AnswerReader {
 public:
  explicit AnswerReader(std::string_view text) {
    if (index_.Build(text) == nullptr) reader_.emplace(text, index_);
  }

  template <typename ReadElement>
  bool ReadAnswer(const ReadElement& read_element) {
    return reader_ && reader_->ReadArray(read_element) && reader_->ReadEnd();
  }
  template <typename ReadElement>
  bool ReadElements(const ReadElement& read_element) {
    return reader_->ReadArray(read_element);
  }
  template <typename ReadField>
  bool ReadFields(const ReadField& read_field) {
    return reader_->ReadObject(read_field);
  }

  bool Read(std::string& text) {
    JsonValue value;
    return reader_->ReadValue(value) && value.type == JsonType::kString &&
           Unescape(value.text, text) && market::IsValidUtf8(text);
  }
  bool Read(uint64_t& number) {
    JsonValue value;
    if (!reader_->ReadValue(value) || value.type != JsonType::kNumber) return false;
    const auto whole = ToUint64(value.number);
    number = whole.value_or(0);
    return whole.has_value();
  }
  bool Read(double& number) {
    JsonValue value;
    if (!reader_->ReadValue(value) || value.type != JsonType::kNumber) return false;
    number = ToDouble(value.number, value.text);
    return std::isfinite(number);  // what is not could not be written again
  }
  bool Read(PriceEvent& event) {
    return ReadFields([&](std::string_view key) {
      if (key == "baseCurrency") return Read(event.symbol.base_currency);
      if (key == "quoteCurrency") return Read(event.symbol.quote_currency);
      if (key == "exchange") return Read(event.symbol.exchange);
      if (key == "price") return Read(event.price.price);
      if (key == "baseVolumeLast24h") return Read(event.price.base_volume_last_24h);
      if (key == "quoteVolumeLast24h") return Read(event.price.quote_volume_last_24h);
      if (key == "timestampInMs") return Read(event.price.timestamp_ms);
      return Skip();
    });
  }
  bool Skip() {
    JsonValue ignored;
    return reader_->ReadValue(ignored);
  }

 private:
  JsonIndex index_;
  std::optional<JsonReader> reader_;  // nullopt: the text is no JSON
};

bool IsWhole(const PriceEvent& event) {
  return !event.symbol.base_currency.empty() && !event.symbol.quote_currency.empty() &&
         !event.symbol.exchange.empty() && event.price.timestamp_ms > 0;
}

template <typename Map>
auto ValuesOf(const Map& map) {
  std::vector<typename Map::mapped_type> values;
  values.reserve(map.size());
  for (const auto& [key, value] : map) values.push_back(value);
  return values;
}

}  // namespace

// --- exchanges
bool ExchangesMerge::Add(std::string_view answer) {
  std::vector<ExchangeListing> listings;
  AnswerReader reader(answer);
  const auto read_pair = [&] {
    PairListing& pair = listings.back().pairs.emplace_back();
    const bool read = reader.ReadFields([&](std::string_view key) {
      if (key == "baseCurrency") return reader.Read(pair.base_currency);
      if (key == "quoteCurrency") return reader.Read(pair.quote_currency);
      if (key == "lastSeenInMs") return reader.Read(pair.last_seen_ms);
      return reader.Skip();
    });
    return read && !pair.base_currency.empty() && !pair.quote_currency.empty();
  };
  const bool read = reader.ReadAnswer([&] {
    ExchangeListing& listing = listings.emplace_back();
    return reader.ReadFields([&](std::string_view key) {
      if (key == "exchange") return reader.Read(listing.exchange);
      if (key == "lastSeenInMs") return reader.Read(listing.last_seen_ms);
      if (key == "pairs") return reader.ReadElements(read_pair);
      return reader.Skip();
    }) && !listing.exchange.empty();
  });
  if (!read) return false;
  for (const ExchangeListing& listing : listings) {
    Exchange& exchange = exchanges_[listing.exchange];
    exchange.last_seen_ms = std::max(exchange.last_seen_ms, listing.last_seen_ms);
    for (const PairListing& pair : listing.pairs) {
      uint64_t& last_seen_ms = exchange.pairs[{pair.base_currency, pair.quote_currency}];
      last_seen_ms = std::max(last_seen_ms, pair.last_seen_ms);
    }
  }
  return true;
}

void ExchangesMerge::AppendTo(std::string& out) const {
  std::vector<ExchangeListing> listings;
  listings.reserve(exchanges_.size());
  for (const auto& [name, exchange] : exchanges_) {
    ExchangeListing& listing =
        listings.emplace_back(ExchangeListing{name, exchange.last_seen_ms, {}});
    for (const auto& [pair, last_seen_ms] : exchange.pairs) {
      listing.pairs.push_back({pair.first, pair.second, last_seen_ms});
    }
  }
  AppendExchanges(out, listings, pairs_);
}

// --- bases
BasesMerge::BasesMerge(std::vector<Reference> references) {
  for (Reference& reference : references) {
    references_.insert_or_assign(reference.base_currency, std::move(reference));
  }
}

bool BasesMerge::IsByMapping(const PriceEvent& price) const {
  const auto found = references_.find(price.symbol.base_currency);
  return found != references_.end() &&
         found->second.quote_currency == price.symbol.quote_currency &&
         found->second.exchange == price.symbol.exchange;
}

bool BasesMerge::IsBetter(const PriceEvent& price, const PriceEvent& other) const {
  if (IsByMapping(price) != IsByMapping(other)) return IsByMapping(price);
  if (price.price.timestamp_ms != other.price.timestamp_ms) {
    return price.price.timestamp_ms > other.price.timestamp_ms;
  }
  return std::tie(price.symbol.quote_currency, price.symbol.exchange) <
         std::tie(other.symbol.quote_currency, other.symbol.exchange);
}

bool BasesMerge::Add(std::string_view answer) {
  std::vector<BaseListing> listings;
  AnswerReader reader(answer);
  const bool read = reader.ReadAnswer([&] {
    BaseListing& listing = listings.emplace_back();
    return reader.ReadFields([&](std::string_view key) {
      if (key == "price") return reader.Read(listing.reference);
      if (key == "series") return reader.Read(listing.series);
      return reader.Skip();
    }) && IsWhole(listing.reference);
  });
  if (!read) return false;
  for (const BaseListing& listing : listings) {
    const auto [found, is_new] =
        bases_.try_emplace(listing.reference.symbol.base_currency, listing);
    if (is_new) continue;
    BaseListing& merged = found->second;
    merged.series += listing.series;
    if (IsBetter(listing.reference, merged.reference)) merged.reference = listing.reference;
  }
  return true;
}

void BasesMerge::AppendTo(std::string& out) const { AppendBases(out, ValuesOf(bases_)); }

// --- prices of a base currency
bool PriceEventsMerge::Add(std::string_view answer) {
  std::vector<PriceEvent> events;
  AnswerReader reader(answer);
  const bool read = reader.ReadAnswer(
      [&] { return reader.Read(events.emplace_back()) && IsWhole(events.back()); });
  if (!read) return false;
  for (PriceEvent& event : events) {
    PriceEvent& merged = events_[{event.symbol.quote_currency, event.symbol.exchange}];
    if (event.price.timestamp_ms > merged.price.timestamp_ms) merged = std::move(event);
  }
  return true;
}

void PriceEventsMerge::AppendTo(std::string& out) const {
  std::vector<PriceEvent> events = ValuesOf(events_);
  std::stable_sort(events.begin(), events.end(), [](const PriceEvent& a, const PriceEvent& b) {
    return a.price.timestamp_ms > b.price.timestamp_ms;
  });
  AppendPriceEvents(out, events);
}

// --- references
bool ReferencesMerge::Add(std::string_view answer) {
  std::vector<Reference> references;
  AnswerReader reader(answer);
  const bool read = reader.ReadAnswer([&] {
    Reference& reference = references.emplace_back();
    return reader.ReadFields([&](std::string_view key) {
      if (key == "baseCurrency") return reader.Read(reference.base_currency);
      if (key == "quoteCurrency") return reader.Read(reference.quote_currency);
      if (key == "exchange") return reader.Read(reference.exchange);
      return reader.Skip();
    }) && !reference.base_currency.empty() &&
           !reference.quote_currency.empty() && !reference.exchange.empty();
  });
  if (!read) return false;
  for (Reference& reference : references) {
    references_.try_emplace(reference.base_currency, std::move(reference));
  }
  return true;
}

void ReferencesMerge::AppendTo(std::string& out) const {
  AppendReferences(out, ValuesOf(references_));
}

}  // namespace wick::protocol
