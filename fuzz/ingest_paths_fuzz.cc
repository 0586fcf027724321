// The same events through JSON over HTTP and through the binary protocol, each to a server of its
// own: the same are refused, for the same reason, and what is stored is the same bit for bit.
#include <bit>
#include <cmath>
#include <string>
#include <vector>

#include "base/assert.h"
#include "candles.h"
#include "input.h"
#include "market/validation.h"
#include "scratch_server.h"
#include "wick/client.h"

namespace {

using namespace wick;

constexpr uint64_t kInputsPerServer = 10'000;
constexpr size_t kEventsMax = 12;

// --- events out of bytes

std::string AnyName(fuzz::Input& input) {
  constexpr std::string_view kNames[] = {"BTC",  "USD",     "Kraken",
                                         "币安", "a\"b\\c", "\xf0\x9f\x98\x80"};
  const uint8_t kind = input.U8();
  if (kind < 0xe0) return std::string(kNames[kind % std::size(kNames)]);
  return std::string(input.Text(kNameBytesMax + 1));
}

uint64_t AnyTimestamp(fuzz::Input& input) {
  const uint8_t kind = input.U8();
  if (kind == 0xff) return input.U64();
  // From hours before the clock to a little after what it takes as the future.
  return fuzz::kNowMs + 12'000 - uint64_t{input.U16()} * (kind % 64);
}

PriceEvent AnyEvent(fuzz::Input& input) {
  PriceEvent event;
  event.symbol.base_currency = AnyName(input);
  event.symbol.quote_currency = AnyName(input);
  event.symbol.exchange = AnyName(input);
  event.price.price = fuzz::AnyNumber(input);
  event.price.base_volume_last_24h = fuzz::AnyNumber(input);
  event.price.quote_volume_last_24h = fuzz::AnyNumber(input);
  event.price.timestamp_ms = AnyTimestamp(input);
  return event;
}

// --- events as JSON

/// A number in one of the ways JSON has for it; each is exact.
std::string NumberJson(double number, uint8_t style) {
  if (std::isnan(number)) return "\"NaN\"";  // refused like a NaN in a record
  if (std::isinf(number)) return number < 0 ? "-1e999" : "1e999";
  switch (style % 4) {
    case 0:
      return fmt::format("{}", number);
    case 1:
      return fmt::format("{:.17e}", number);
    case 2:
      return fmt::format("{:f}", number) == fmt::format("{:.1100f}", number)
                 ? fmt::format("{:f}", number)
                 : fmt::format("{:.17g}", number);
    default:
      return fmt::format("\"{:.20e}\"", number);
  }
}

std::string TextJson(std::string_view text, uint8_t style) {
  std::string json = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || (byte < 0x80 && (style & 0x80) != 0)) {
      json += fmt::format("\\u{:04x}", byte);
    } else {
      if (c == '"' || c == '\\') json += '\\';
      json += c;
    }
  }
  return json + '"';
}

std::string EventJson(const PriceEvent& event, uint8_t style) {
  const std::string names = fmt::format(R"("baseCurrency":{},"quoteCurrency":{},"exchange":{})",
                                        TextJson(event.symbol.base_currency, style),
                                        TextJson(event.symbol.quote_currency, style),
                                        TextJson(event.symbol.exchange, style));
  const std::string numbers = fmt::format(
      R"("price":{},"baseVolumeLast24h":{},"quoteVolumeLast24h":{},"timestampInMs":{})",
      NumberJson(event.price.price, style),
      NumberJson(event.price.base_volume_last_24h, style >> 2),
      NumberJson(event.price.quote_volume_last_24h, style >> 4), event.price.timestamp_ms);
  return (style & 0x40) != 0 ? fmt::format("{{ {} ,\t{} }}", numbers, names)
                             : fmt::format("{{{},{}}}", names, numbers);
}

// --- what a server says of them

struct Outcome {
  uint64_t accepted = 0;
  uint64_t duplicates = 0;
  std::vector<std::string> refusals;  // by event; empty: it was taken
};

/// The number behind `key` in an answer.
uint64_t NumberIn(std::string_view json, std::string_view key) {
  const size_t at = json.find(key);
  WICK_ASSERT(at != std::string_view::npos);
  return std::strtoull(json.data() + at + key.size(), nullptr, 10);
}

Outcome SendJson(server::Server& server, const std::vector<PriceEvent>& events,
                 const std::vector<uint8_t>& styles) {
  std::string body;
  for (size_t i = 0; i < events.size(); ++i) body += EventJson(events[i], styles[i]) + '\n';
  fuzz::Connection connection(server.http());
  connection.Send(
      fmt::format("POST /v1/events?ack=memory HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
                  "Content-Type: application/x-ndjson\r\nContent-Length: {}\r\n\r\n{}",
                  body.size(), body));
  const std::string answer = connection.ReceiveAll();
  WICK_ASSERT(answer.starts_with("HTTP/1.1 200 "));
  std::string_view json = std::string_view(answer).substr(answer.find("\r\n\r\n") + 4);
  Outcome outcome;
  outcome.accepted = NumberIn(json, "\"accepted\":");
  outcome.duplicates = NumberIn(json, "\"duplicates\":");
  outcome.refusals.resize(events.size());
  constexpr std::string_view kIndex = "{\"index\":";
  constexpr std::string_view kCode = "\"code\":\"";
  for (size_t at = json.find(kIndex); at != std::string_view::npos;
       at = json.find(kIndex, at + 1)) {
    const std::string_view error = json.substr(at);
    const uint64_t index = NumberIn(error, kIndex);
    WICK_ASSERT(index < events.size());
    const std::string_view code = error.substr(error.find(kCode) + kCode.size());
    outcome.refusals[index] = code.substr(0, code.find('"'));
  }
  return outcome;
}

Outcome SendBinary(Client& client, const std::vector<PriceEvent>& events) {
  Outcome outcome;
  outcome.refusals.resize(events.size());
  std::vector<SymbolView> symbols;
  for (const PriceEvent& event : events) symbols.push_back(event.symbol);
  const auto registered = client.Register(symbols);
  WICK_ASSERT(registered.ok());
  std::vector<Tick> ticks;
  std::vector<size_t> sent;
  for (size_t i = 0; i < events.size(); ++i) {
    const wire::Registration& entry = registered->entries[i];
    if (entry.refusal == Refusal::kNone) {
      ticks.push_back(TickOf(entry.series, events[i].price));
      sent.push_back(i);
    } else {
      outcome.refusals[i] = RefusalCode(entry.refusal);
    }
  }
  const auto ingested = client.Ingest(ticks, wire::Ack::kMemory);
  WICK_ASSERT(ingested.ok());
  outcome.accepted = ingested->accepted;
  outcome.duplicates = ingested->duplicates;
  for (const wire::Rejection& rejection : ingested->rejections) {
    outcome.refusals[sent[rejection.index]] = RefusalCode(rejection.refusal);
  }
  return outcome;
}

/// Latest price and all candles of a series, as bytes.
std::string Stored(Client& client, const SymbolView& symbol) {
  std::string bytes;
  const auto append = [&bytes](auto... values) {
    (bytes.append(reinterpret_cast<const char*>(&values), sizeof(values)), ...);
  };
  const auto latest = client.Latest(std::span(&symbol, 1));
  WICK_ASSERT(latest.ok());
  append(latest->front());
  CandlesRequest request;
  request.grain = Grain::kFinest;
  request.from_ms = 0;
  const auto candles = client.Candles(symbol, request);
  WICK_ASSERT(candles.ok());
  for (const Candle& c : candles->candles) {
    append(c.timestamp_ms, c.open, c.high, c.low, c.close, c.count, c.base_volume_last_24h,
           c.quote_volume_last_24h, c.interval.count, c.interval.unit, c.closed, c.filled);
  }
  return bytes;
}

Client Connect(server::Server& server) {
  ClientOptions options;
  options.port = server.binary().port;
  auto client = Client::Connect(options);
  WICK_ASSERT(client.ok());
  return std::move(*client);
}

}  // namespace

/// A style of JSON, then an event, over and over.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t bytes) {
  static fuzz::ScratchServer json_scratch(kInputsPerServer);
  static fuzz::ScratchServer binary_scratch(kInputsPerServer);
  fuzz::Input input(data, bytes);
  std::vector<PriceEvent> events;
  std::vector<uint8_t> styles;
  while (!input.empty() && events.size() < kEventsMax) {
    styles.push_back(input.U8());
    events.push_back(AnyEvent(input));
  }
  if (events.empty()) return 0;

  server::Server& json_server = json_scratch.Next();
  server::Server& binary_server = binary_scratch.Next();
  Client client = Connect(binary_server);
  Client json_reader = Connect(json_server);
  const Outcome json = SendJson(json_server, events, styles);
  const Outcome binary = SendBinary(client, events);
  WICK_ASSERT(json.accepted == binary.accepted);
  WICK_ASSERT(json.duplicates == binary.duplicates);
  for (size_t i = 0; i < events.size(); ++i) {
    const bool named = market::CheckSymbol(events[i].symbol) == Refusal::kNone;
    WICK_ASSERT(json.refusals[i].empty() == binary.refusals[i].empty());
    // Of two faults either may be told; a name that is no UTF-8 is no JSON either.
    if (named) WICK_ASSERT(json.refusals[i] == binary.refusals[i]);
    if (json.refusals[i].empty()) {
      WICK_ASSERT(Stored(json_reader, events[i].symbol) == Stored(client, events[i].symbol));
    }
  }
  return 0;
}
