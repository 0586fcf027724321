#include "protocol/binary_requests.h"

#include <algorithm>
#include <utility>

#include "market/interval.h"
#include "market/tier.h"

namespace wick::protocol::binary {
namespace {

static_assert(static_cast<int>(engine::Ack::kNone) == static_cast<int>(wire::Ack::kNone));
static_assert(static_cast<int>(engine::Ack::kMemory) == static_cast<int>(wire::Ack::kMemory));
static_assert(static_cast<int>(engine::Ack::kDurable) == static_cast<int>(wire::Ack::kDurable));

template <typename... Args>
bool Fail(ErrorReply& error, ErrorCode code, fmt::format_string<Args...> format, Args&&... args) {
  error.code = code;
  error.message = fmt::format(format, std::forward<Args>(args)...);
  return false;
}

/// One payload being decoded. `name` is the request's in messages.
class Decoder {
 public:
  Decoder(std::string_view name, std::string_view payload, const wire::Limits& limits,
          ErrorReply& error)
      : reader(payload), name_(name), payload_(payload), limits_(limits), error_(error) {}

  wire::Reader reader;

  /// The payload must end here.
  bool End() {
    if (!reader.ok()) {
      return Refuse("the payload of {} bytes ends within the request", payload_.size());
    }
    if (reader.left() > 0) {
      return Refuse("{} of the payload's {} bytes follow the end of the request", reader.left(),
                    payload_.size());
    }
    return true;
  }

  /// The head of a list; `limit` 0: what fits in the frame.
  bool Count(uint32_t limit, size_t entry_bytes_min, std::string_view entries, uint32_t& count) {
    const std::string_view head = payload_.substr(payload_.size() - reader.left());
    if (const uint32_t asked = wire::Reader(head).U32(); asked > limit) {
      return Fail(error_, ErrorCode::kTooLarge,
                  "{}: {} {} in one request, at most {}; send several", name_, asked, entries,
                  limit);
    }
    count = reader.Count(entry_bytes_min);
    return reader.ok() || End();
  }

  bool Symbols(std::vector<SymbolView>& symbols) {
    uint32_t count = 0;
    if (!Count(limits_.entries_per_request, wire::kSymbolBytesMin, "symbols", count)) return false;
    symbols.reserve(count);
    for (uint32_t i = 0; i < count && reader.ok(); ++i) symbols.push_back(reader.Names());
    return End();
  }

  template <typename... Args>
  bool Refuse(fmt::format_string<Args...> format, Args&&... args) {
    return Fail(error_, ErrorCode::kBadRequest, "{}: {}", name_,
                fmt::format(format, std::forward<Args>(args)...));
  }

  const wire::Limits& limits() const { return limits_; }

 private:
  const std::string_view name_;
  const std::string_view payload_;
  const wire::Limits& limits_;
  ErrorReply& error_;
};

bool DecodeIngest(Decoder& decoder, IngestRequest& request) {
  const uint8_t ack = decoder.reader.U8();
  const bool reserved_zero = decoder.reader.U8() == 0 && decoder.reader.U16() == 0;
  uint32_t count = 0;
  if (!decoder.Count(decoder.limits().events_per_ingest, sizeof(Tick), "events", count)) {
    return false;
  }
  if (ack > static_cast<uint8_t>(engine::Ack::kDurable)) {
    return decoder.Refuse("ack {} is none of 0 (none), 1 (memory), 2 (durable)", ack);
  }
  if (!reserved_zero) return decoder.Refuse("the reserved bytes 1 to 3 must be 0");
  request.ack = static_cast<engine::Ack>(ack);
  request.ticks = decoder.reader.Records<Tick>(count);
  return decoder.End();
}

bool DecodeLatestByIds(Decoder& decoder, LatestByIdsRequest& request) {
  uint32_t count = 0;
  if (!decoder.Count(decoder.limits().entries_per_request, sizeof(uint32_t), "ids", count)) {
    return false;
  }
  request.series = decoder.reader.Records<uint32_t>(count);
  return decoder.End();
}

/// Milliseconds of one unit with a fixed length; 0: calendar month or no unit at all.
uint64_t UnitMs(char unit) {
  switch (static_cast<IntervalUnit>(unit)) {
    case IntervalUnit::kSecond:
      return 1'000;
    case IntervalUnit::kMinute:
      return 60'000;
    case IntervalUnit::kHour:
      return 3'600'000;
    case IntervalUnit::kDay:
      return 86'400'000;
    case IntervalUnit::kWeek:
      return 7 * 86'400'000;
    case IntervalUnit::kMonth:
      return 0;
  }
  return 0;
}

bool IsInterval(uint32_t count, char unit) {
  if (unit == 'w' || unit == 'M') return count == 1;
  const uint64_t unit_ms = UnitMs(unit);
  return unit_ms > 0 && count > 0 && count <= market::kIntervalMsMax / unit_ms;
}

/// Of a candles request or one of history, whose layout is the same.
template <typename Request>
bool DecodeCandles(Decoder& decoder, Request& request) {
  wire::Reader& reader = decoder.reader;
  const uint8_t grain = reader.U8();
  const uint8_t fill = reader.U8();
  const char unit = static_cast<char>(reader.U8());
  const uint8_t present = reader.U8();
  const uint32_t interval_count = reader.U32();
  const uint32_t limit = reader.U32();
  const SeriesId series{reader.U32()};
  const uint64_t from_ms = reader.U64();
  const uint64_t to_ms = reader.U64();
  if (present & wire::kBySymbol) {
    request.series = reader.Names();
  } else {
    request.series = series;
  }
  if (!decoder.End()) return false;

  if (grain > static_cast<uint8_t>(Grain::kFinest)) {
    return decoder.Refuse("grain {} is none of 0 (fixed), 1 (auto), 2 (finest)", grain);
  }
  if (fill > static_cast<uint8_t>(Fill::kNull)) {
    return decoder.Refuse("fill {} is none of 0 (none), 1 (previous), 2 (null)", fill);
  }
  if (present > (wire::kHasFrom | wire::kHasTo | wire::kBySymbol)) {
    return decoder.Refuse("presence bits {:#x} are not all defined", present);
  }
  CandlesRequest& candles = request.candles;
  candles.grain = static_cast<Grain>(grain);
  candles.fill = static_cast<Fill>(fill);
  if (candles.grain == Grain::kFixed) {
    if (!IsInterval(interval_count, unit)) {
      return decoder.Refuse(
          "interval of {} x unit {:#x} is none: 1 to 366 days in s, m, h or d; 1 in w or M",
          interval_count, static_cast<uint8_t>(unit));
    }
    candles.interval = {interval_count, static_cast<IntervalUnit>(unit)};
  }
  if (limit == 0 || limit > decoder.limits().candles_per_request) {
    return decoder.Refuse("limit {} is not in 1..{}", limit, decoder.limits().candles_per_request);
  }
  candles.limit = limit;
  if (present & wire::kHasFrom) candles.from_ms = from_ms;
  if (present & wire::kHasTo) candles.to_ms = to_ms;
  if (candles.from_ms && candles.to_ms && from_ms >= to_ms) {
    return decoder.Refuse("from {} must be less than to {}", from_ms, to_ms);
  }
  return true;
}

bool DecodeHistory(Decoder& decoder, HistoryRequest& request) {
  if (!DecodeCandles(decoder, request)) return false;
  const CandlesRequest& candles = request.candles;
  const bool of_tier =
      candles.grain == Grain::kFixed && std::ranges::any_of(market::kTiers, [&](market::Tier tier) {
        return candles.interval == market::IntervalOf(tier);
      });
  if (!of_tier) return decoder.Refuse("history is of grain 0 and an interval of 1s, 1m, 1h or 1d");
  if (candles.fill != Fill::kNone) return decoder.Refuse("history has no filled candles: fill 0");
  if (!candles.from_ms) return decoder.Refuse("history has a from");
  return true;
}

bool DecodeExchanges(Decoder& decoder, ExchangesRequest& request) {
  const uint8_t flags = decoder.reader.U8();
  if (flags > (wire::kWithPairs | wire::kOneExchange)) {
    return decoder.Refuse("flags {:#x} are not all defined", flags);
  }
  request.pairs = (flags & wire::kWithPairs) != 0;
  if (flags & wire::kOneExchange) request.exchange = decoder.reader.Text();
  return decoder.End();
}

bool DecodeBases(Decoder& decoder, BasesRequest& request) {
  uint32_t count = 0;
  if (!decoder.Count(decoder.limits().entries_per_request, sizeof(uint16_t), "bases", count)) {
    return false;
  }
  request.base_currencies.reserve(count);
  for (uint32_t i = 0; i < count && decoder.reader.ok(); ++i) {
    request.base_currencies.emplace_back(decoder.reader.Text());
  }
  return decoder.End();
}

Reference ReferenceOf(const SymbolView& names) {
  return {std::string(names.base_currency), std::string(names.quote_currency),
          std::string(names.exchange)};
}

bool DecodeReplaceReferences(Decoder& decoder, ReplaceReferencesRequest& request) {
  std::vector<SymbolView> names;
  if (!decoder.Symbols(names)) return false;
  request.references.reserve(names.size());
  for (const SymbolView& entry : names) request.references.push_back(ReferenceOf(entry));

  const auto base = [](const SymbolView& entry) { return entry.base_currency; };
  std::ranges::sort(names, {}, base);
  if (std::ranges::adjacent_find(names, {}, base) != names.end()) {
    return decoder.Refuse("a base currency is given twice; each has one reference");
  }
  return true;
}

}  // namespace

FrameState NextFrame(std::string_view bytes, const wire::Limits& limits, Frame& frame,
                     ErrorReply& error) {
  frame = {};
  if (bytes.size() < wire::kHeaderBytes) return FrameState::kPart;
  frame.header = wire::ReadHeader(bytes);
  if (frame.header.payload_bytes > limits.payload_bytes) {
    Fail(error, ErrorCode::kFrameTooLarge,
         "a frame says it has {} payload bytes, at most {}; is this a wick binary client?",
         frame.header.payload_bytes, limits.payload_bytes);
    return FrameState::kBroken;
  }
  if (frame.header.flags != 0) {
    Fail(error, ErrorCode::kMalformedFrame, "flags {:#x} of a request must be 0",
         frame.header.flags);
    return FrameState::kBroken;
  }
  bytes.remove_prefix(wire::kHeaderBytes);
  if (bytes.size() < frame.header.payload_bytes) return FrameState::kPart;
  frame.payload = bytes.substr(0, frame.header.payload_bytes);
  return FrameState::kWhole;
}

bool DecodeHello(const Frame& frame, HelloRequest& request, ErrorReply& error) {
  if (frame.header.type != RequestType(wire::Type::kHello)) {
    return Fail(error, ErrorCode::kHelloRequired,
                "the first frame has type {}, it must be hello (type {})", frame.header.type,
                RequestType(wire::Type::kHello));
  }
  wire::Reader reader(frame.payload);
  if (reader.U32() != wire::kMagic) {
    return Fail(error, ErrorCode::kMalformedFrame, "hello does not begin with the bytes \"wick\"");
  }
  request.version = reader.U16();
  if (reader.ok() && request.version != wire::kVersion) {
    return Fail(error, ErrorCode::kUnsupportedVersion,
                "version {} of the protocol is not spoken here; this server speaks version {}",
                request.version, wire::kVersion);
  }
  request.client_name = reader.Text();
  request.token.reset();
  if (reader.left() > 0) request.token = reader.Text();
  if (!reader.ok()) {
    return Fail(error, ErrorCode::kBadRequest, "hello: the payload of {} bytes ends within it",
                frame.payload.size());
  }
  if (request.client_name.size() > wire::kClientNameBytesMax) {
    return Fail(error, ErrorCode::kBadRequest, "hello: a client name of {} bytes, at most {}",
                request.client_name.size(), wire::kClientNameBytesMax);
  }
  if (request.token && request.token->size() > wire::kTokenBytesMax) {
    return Fail(error, ErrorCode::kBadRequest, "hello: a token of {} bytes, at most {}",
                request.token->size(), wire::kTokenBytesMax);
  }
  return true;
}

bool DecodeRequest(const Frame& frame, const wire::Limits& limits, Request& request,
                   ErrorReply& error) {
  const auto decoder = [&](std::string_view name) {
    return Decoder(name, frame.payload, limits, error);
  };
  const auto empty = [&](std::string_view name) { return decoder(name).End(); };
  switch (static_cast<wire::Type>(frame.header.type)) {
    case wire::Type::kHello:
      return Fail(error, ErrorCode::kBadRequest, "hello: it was said before on this connection");
    case wire::Type::kPing:
      request.emplace<PingRequest>();
      return empty("ping");
    case wire::Type::kRegister:
      return decoder("register").Symbols(request.emplace<RegisterRequest>().symbols);
    case wire::Type::kIngest: {
      Decoder ingest = decoder("ingest");
      return DecodeIngest(ingest, request.emplace<IngestRequest>());
    }
    case wire::Type::kLatestByIds: {
      Decoder latest = decoder("latest_by_ids");
      return DecodeLatestByIds(latest, request.emplace<LatestByIdsRequest>());
    }
    case wire::Type::kLatestBySymbols:
      return decoder("latest_by_symbols")
          .Symbols(request.emplace<LatestBySymbolsRequest>().symbols);
    case wire::Type::kCandles: {
      Decoder candles = decoder("candles");
      return DecodeCandles(candles, request.emplace<BinaryCandlesRequest>());
    }
    case wire::Type::kExchanges: {
      Decoder exchanges = decoder("exchanges");
      return DecodeExchanges(exchanges, request.emplace<ExchangesRequest>());
    }
    case wire::Type::kBases: {
      Decoder bases = decoder("bases");
      return DecodeBases(bases, request.emplace<BasesRequest>());
    }
    case wire::Type::kPricesOfBase: {
      Decoder base = decoder("prices_of_base");
      request.emplace<PricesOfBaseRequest>().base_currency = base.reader.Text();
      return base.End();
    }
    case wire::Type::kReferences:
      request.emplace<ReferencesRequest>();
      return empty("references");
    case wire::Type::kSetReference: {
      Decoder reference = decoder("set_reference");
      request.emplace<SetReferenceRequest>().reference = ReferenceOf(reference.reader.Names());
      return reference.End();
    }
    case wire::Type::kRemoveReference: {
      Decoder base = decoder("remove_reference");
      request.emplace<RemoveReferenceRequest>().base_currency = base.reader.Text();
      return base.End();
    }
    case wire::Type::kReplaceReferences: {
      Decoder references = decoder("replace_references");
      return DecodeReplaceReferences(references, request.emplace<ReplaceReferencesRequest>());
    }
    case wire::Type::kStatus:
      request.emplace<StatusRequest>();
      return empty("status");
    case wire::Type::kCheckpoint:
      request.emplace<CheckpointRequest>();
      return empty("checkpoint");
    case wire::Type::kBackup: {
      Decoder backup = decoder("backup");
      BackupRequest& asked = request.emplace<BackupRequest>();
      asked.directory = backup.reader.Text();
      asked.keep = backup.reader.U32();
      asked.bytes_per_second = backup.reader.U64();
      return backup.End();
    }
    case wire::Type::kDeadLetters: {
      Decoder letters = decoder("dead_letters");
      DeadLettersRequest& asked = request.emplace<DeadLettersRequest>();
      asked.topic = letters.reader.Text();
      asked.partition = letters.reader.U32();
      asked.offset = letters.reader.U64();
      asked.limit = letters.reader.U32();
      if (!letters.End()) return false;
      if (asked.topic.size() <= cold::kTopicBytesMax && asked.limit >= 1 &&
          asked.limit <= wire::kDeadLettersPerReplyMax) {
        return true;
      }
      return Fail(error, ErrorCode::kBadRequest,
                  "dead_letters: a topic has at most {} bytes, the limit is 1 to {}",
                  cold::kTopicBytesMax, wire::kDeadLettersPerReplyMax);
    }
    case wire::Type::kCluster:
      request.emplace<ClusterRequest>();
      return empty("cluster");
    case wire::Type::kHistory: {
      Decoder history = decoder("history");
      return DecodeHistory(history, request.emplace<HistoryRequest>());
    }
  }
  return Fail(error, ErrorCode::kUnknownType, "no request has the type {}", frame.header.type);
}

}  // namespace wick::protocol::binary
