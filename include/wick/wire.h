// The binary protocol: layouts, numbers, limits. Tables and worked examples: docs/wire-format.md.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "wick/event.h"

namespace wick {

/// Why a request failed. On the wire: append, never renumber. Where the HTTP API has the same case,
/// its problem document has the same code.
enum class ErrorCode : uint16_t {
  // The server closes the connection after these.
  kMalformedFrame = 1,      // not this protocol, or flags nobody defined
  kUnsupportedVersion = 2,  // the message names the versions the server speaks
  kHelloRequired = 3,       // the first frame was another one
  kFrameTooLarge = 4,       // payload longer than the limit: what follows cannot be found

  // The connection goes on after these.
  kUnknownType = 5,
  kBadRequest = 6,  // the payload is not what its type says, or asks for what cannot be
  kTooLarge = 7,    // more entries than a request may have
  kUnknownSeries = 8,
  kInvalidName = 9,
  kNotFound = 10,  // a base currency without a reference
  kUnavailable = 11,
  kStorageFull = 12,
  kInternal = 13,
  kRecovering = 14,
  kOverloaded = 15,
  kForbidden = 17,  // the token has not the scope of the request
  kMoved = 18,      // another node of the cluster has the pair; the error names its address

  // Again one after which the server closes.
  kUnauthorized = 16,  // no token, or one the server does not know

  // Made by the client, never on the wire.
  kConnectFailed = 0xFF00,
  kConnectionLost = 0xFF01,
  kTimeout = 0xFF02,
  kBadReply = 0xFF03,   // the server sent bytes that are no reply
  kTlsFailed = 0xFF04,  // no TLS there, or a certificate that is not to be trusted
};

struct ErrorCodeName {
  ErrorCode code;
  std::string_view name;  // as users meet it
};
inline constexpr ErrorCodeName kErrorCodeNames[] = {
    {ErrorCode::kMalformedFrame, "malformed_frame"},
    {ErrorCode::kUnsupportedVersion, "unsupported_version"},
    {ErrorCode::kHelloRequired, "hello_required"},
    {ErrorCode::kFrameTooLarge, "frame_too_large"},
    {ErrorCode::kUnknownType, "unknown_type"},
    {ErrorCode::kBadRequest, "bad_request"},
    {ErrorCode::kTooLarge, "too_large"},
    {ErrorCode::kUnknownSeries, "unknown_series"},
    {ErrorCode::kInvalidName, "invalid_name"},
    {ErrorCode::kNotFound, "unknown_reference"},
    {ErrorCode::kUnavailable, "unavailable"},
    {ErrorCode::kStorageFull, "storage_full"},
    {ErrorCode::kInternal, "internal_error"},
    {ErrorCode::kRecovering, "recovering"},
    {ErrorCode::kOverloaded, "overloaded"},
    {ErrorCode::kUnauthorized, "unauthorized"},
    {ErrorCode::kForbidden, "forbidden"},
    {ErrorCode::kMoved, "moved"},
    {ErrorCode::kConnectFailed, "connect_failed"},
    {ErrorCode::kConnectionLost, "connection_lost"},
    {ErrorCode::kTimeout, "timeout"},
    {ErrorCode::kBadReply, "bad_reply"},
    {ErrorCode::kTlsFailed, "tls_failed"},
};

/// "unknown_series"; "unknown" for a number this version does not know.
constexpr std::string_view CodeName(ErrorCode code) {
  for (const ErrorCodeName& known : kErrorCodeNames) {
    if (known.code == code) return known.name;
  }
  return "unknown";
}

}  // namespace wick

namespace wick::wire {

static_assert(std::endian::native == std::endian::little, "records are copied, not converted");

inline constexpr uint32_t kMagic = 0x6B636977;  // the bytes "wick"
inline constexpr uint16_t kVersion = 1;
inline constexpr uint16_t kPortDefault = 8081;

// --- frames
//   | payload_bytes u32 | type u16 | flags u16 | request_id u64 | payload ... |
inline constexpr size_t kHeaderBytes = 16;

struct Header {
  uint32_t payload_bytes = 0;  // without the header
  uint16_t type = 0;
  uint16_t flags = 0;
  uint64_t request_id = 0;  // chosen by the client; a reply carries that of its request
};
static_assert(sizeof(Header) == kHeaderBytes && std::is_trivially_copyable_v<Header>);

/// Types of requests. Append, never renumber.
enum class Type : uint16_t {
  kHello = 1,
  kPing = 2,
  kRegister = 3,
  kIngest = 4,
  kLatestByIds = 5,
  kLatestBySymbols = 6,
  kCandles = 7,
  kExchanges = 8,
  kBases = 9,
  kPricesOfBase = 10,
  kReferences = 11,
  kSetReference = 12,
  kRemoveReference = 13,
  kReplaceReferences = 14,
  kStatus = 15,
  kCheckpoint = 16,
  kBackup = 17,
  kDeadLetters = 18,
  kCluster = 19,
  kHistory = 20,
};

/// The reply to a request has the request's type with this bit; an error has nothing but the bit.
inline constexpr uint16_t kReplyBit = 0x8000;
inline constexpr uint16_t kErrorType = kReplyBit;
constexpr uint16_t RequestType(Type type) { return static_cast<uint16_t>(type); }
constexpr uint16_t ReplyType(Type type) { return static_cast<uint16_t>(type) | kReplyBit; }

/// Replies only: the payload goes on in a later frame of the same request. It may be cut at any
/// byte; frames of other replies may come in between.
inline constexpr uint16_t kMore = 1;

// --- limits
/// A longer frame would hold up the small requests behind it and make each session's buffer larger.
inline constexpr uint32_t kPayloadBytesMax = 1 << 20;
/// One ingest frame of this size is folded in a few milliseconds, so that reads beside it do not
/// wait longer.
inline constexpr uint32_t kEventsPerIngestMax = 16'384;
/// Ids, symbols, bases or references of one request; the answer with 32 bytes each stays one frame.
inline constexpr uint32_t kEntriesPerRequestMax = 10'000;
/// The server's configuration may say less or more.
inline constexpr uint32_t kCandlesPerRequestMax = 10'000;
inline constexpr uint32_t kRejectionsPerReplyMax = 100;   // the counts tell of the rest
inline constexpr uint32_t kDeadLettersPerReplyMax = 100;  // of 64 KiB at most
inline constexpr size_t kClientNameBytesMax = 64;
inline constexpr size_t kTokenBytesMax = 1'024;
inline constexpr size_t kMessageBytesMax = 1'024;

/// A candle as it lies in a payload.
struct CandleRecord {
  uint64_t timestamp_ms;
  double open, high, low, close;
  uint64_t count;
  double base_volume_last_24h, quote_volume_last_24h;
  uint32_t interval_count;
  uint8_t interval_unit;
  uint8_t flags;  // kClosed, kFilled
  uint16_t zero;
};
static_assert(sizeof(CandleRecord) == 72);

inline constexpr size_t kIngestHeadBytes = 8;
inline constexpr size_t kCandlesHeadBytes = 32;  // of the request and of the reply; history, too
inline constexpr size_t kCandleBytes = sizeof(CandleRecord);
inline constexpr size_t kSymbolBytesMin = 3 * sizeof(uint16_t);
static_assert(kIngestHeadBytes + kEventsPerIngestMax * sizeof(Tick) <= kPayloadBytesMax);
static_assert(sizeof(uint32_t) + kEntriesPerRequestMax * sizeof(Price) <= kPayloadBytesMax);

/// What a server accepts; its reply to hello says so.
struct Limits {
  uint32_t payload_bytes = kPayloadBytesMax;
  uint32_t events_per_ingest = kEventsPerIngestMax;
  uint32_t entries_per_request = kEntriesPerRequestMax;
  uint32_t candles_per_request = kCandlesPerRequestMax;

  friend bool operator==(const Limits&, const Limits&) = default;
};

// --- what both sides say
/// When an ingest is answered. The values of engine::Ack.
enum class Ack : uint8_t {
  kNone = 0,     // when the events were taken over: `duplicates` is not yet known and 0
  kMemory = 1,   // when readers see the events
  kDurable = 2,  // when they survive power loss
};

// Presence bits of a candles request, and of its reply.
inline constexpr uint8_t kHasFrom = 1;
inline constexpr uint8_t kHasTo = 2;
inline constexpr uint8_t kBySymbol = 4;
inline constexpr uint8_t kHasNext = 1;
// Flags of an exchanges request.
inline constexpr uint8_t kWithPairs = 1;
inline constexpr uint8_t kOneExchange = 2;
// Flags of a candle.
inline constexpr uint8_t kClosed = 1;
inline constexpr uint8_t kFilled = 2;

struct HelloReply {
  uint16_t version = kVersion;  // both sides go on with this one
  std::string server_version;   // of the program: "0.1.0"
  Limits limits;
  uint32_t partitions = 0;  // of the node's cluster; 0: it stands alone

  friend bool operator==(const HelloReply&, const HelloReply&) = default;
};

/// Why one entry of a request was refused; its neighbours were not.
struct Rejection {
  uint32_t index = 0;  // in the request
  Refusal refusal = Refusal::kNone;
  std::string message;

  friend bool operator==(const Rejection&, const Rejection&) = default;
};

struct Registration {
  SeriesId series = kNoSeries;  // valid on this connection; kNoSeries if refused
  Refusal refusal = Refusal::kNone;

  friend bool operator==(const Registration&, const Registration&) = default;
};

struct RegisterReply {
  std::vector<Registration> entries;  // one for each symbol, in their order
  std::vector<Rejection> rejections;  // of the first kRejectionsPerReplyMax refused ones, by index

  friend bool operator==(const RegisterReply&, const RegisterReply&) = default;
};

struct IngestReply {
  uint32_t accepted = 0;
  uint32_t duplicates = 0;  // equal to their series' latest: changed nothing
  uint32_t rejected = 0;
  std::vector<Rejection> rejections;  // of the first kRejectionsPerReplyMax refused ones, by index

  friend bool operator==(const IngestReply&, const IngestReply&) = default;
};

/// A backup that was made.
struct BackupReply {
  uint32_t id = 0;     // of the generation in its directory
  uint32_t files = 0;  // of the generation; it may share them with others
  uint64_t bytes = 0;  // of those files
  uint64_t duration_ms = 0;

  friend bool operator==(const BackupReply&, const BackupReply&) = default;
};

/// One node of a cluster, as the configuration names it.
struct ClusterNode {
  std::string http;                  // "host:port"
  std::string binary;                // "host:port"
  std::vector<uint32_t> partitions;  // ascending

  friend bool operator==(const ClusterNode&, const ClusterNode&) = default;
};

/// Which node has which pairs: those whose murmur2 of `BASE/QUOTE`, as Kafka's Java clients take
/// it of `partitions`, is one of the node's.
struct ClusterReply {
  uint32_t partitions = 0;         // of the cluster; 0: the node stands alone
  uint32_t self = 0;               // number of the node that answers
  std::vector<ClusterNode> nodes;  // in the order of their numbers; empty if it stands alone

  friend bool operator==(const ClusterReply&, const ClusterReply&) = default;
};

// --- bytes
/// The front of `text`, at most `bytes_max`, not cut within a UTF-8 character.
constexpr std::string_view CutText(std::string_view text, size_t bytes_max) {
  if (text.size() <= bytes_max) return text;
  while (bytes_max > 0 && (static_cast<unsigned char>(text[bytes_max]) & 0xC0) == 0x80) --bytes_max;
  return text.substr(0, bytes_max);
}

/// Records as they lie in a payload, at any alignment; valid as long as the bytes. `index <
/// size()`.
template <typename T>
requires std::is_trivially_copyable_v<T>
class Packed {
 public:
  Packed() = default;
  explicit Packed(std::string_view bytes) : bytes_(bytes) {}

  size_t size() const { return bytes_.size() / sizeof(T); }
  std::string_view bytes() const { return bytes_; }
  T operator[](size_t index) const {
    T record;
    std::memcpy(&record, bytes_.data() + index * sizeof(T), sizeof(T));
    return record;
  }

 private:
  std::string_view bytes_;
};

/// Takes values off the front of a payload. Past the end it gives zeros and ok() stays false.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : left_(bytes) {}

  bool ok() const { return ok_; }
  size_t left() const { return left_.size(); }
  bool AtEnd() const { return ok_ && left_.empty(); }

  uint8_t U8() { return Take<uint8_t>(); }
  uint16_t U16() { return Take<uint16_t>(); }
  uint32_t U32() { return Take<uint32_t>(); }
  uint64_t U64() { return Take<uint64_t>(); }
  double F64() { return Take<double>(); }

  std::string_view Bytes(size_t bytes) {
    if (bytes > left_.size()) {
      ok_ = false;
      left_ = {};
      return {};
    }
    const std::string_view taken = left_.substr(0, bytes);
    left_.remove_prefix(bytes);
    return taken;
  }

  /// | bytes u16 | text |
  std::string_view Text() { return Bytes(U16()); }
  /// | base text | quote text | exchange text |
  SymbolView Names() {
    const std::string_view base = Text();
    const std::string_view quote = Text();
    return {base, quote, Text()};
  }
  Price PriceRecord() {
    const double price = F64();
    const double base_volume = F64();
    const double quote_volume = F64();
    return {price, base_volume, quote_volume, U64()};
  }

  /// | count u32 | for a list whose entries take at least `entry_bytes_min`: a count that cannot
  /// fit in what is left is an error, so that nobody reserves memory for it.
  uint32_t Count(size_t entry_bytes_min) {
    const uint32_t count = U32();
    if (count > left_.size() / entry_bytes_min) {
      ok_ = false;
      left_ = {};
      return 0;
    }
    return count;
  }

  /// `count` records of T.
  template <typename T>
  Packed<T> Records(size_t count) {
    return Packed<T>(Bytes(count * sizeof(T)));
  }

 private:
  template <typename T>
  T Take() {
    T value{};
    const std::string_view bytes = Bytes(sizeof(T));
    if (!bytes.empty()) std::memcpy(&value, bytes.data(), sizeof(T));
    return value;
  }

  std::string_view left_;
  bool ok_ = true;
};

/// Appends values to a string, which must outlive it.
class Writer {
 public:
  explicit Writer(std::string& out) : out_(out) {}

  void U8(uint8_t value) { Put(value); }
  void U16(uint16_t value) { Put(value); }
  void U32(uint32_t value) { Put(value); }
  void U64(uint64_t value) { Put(value); }
  void F64(double value) { Put(value); }
  void Bytes(std::string_view bytes) { out_.append(bytes); }

  /// Text over 65,535 bytes is cut: no name, token or message may be that long.
  void Text(std::string_view text) {
    text = CutText(text, UINT16_MAX);
    U16(static_cast<uint16_t>(text.size()));
    Bytes(text);
  }
  void Names(const SymbolView& symbol) {
    Text(symbol.base_currency);
    Text(symbol.quote_currency);
    Text(symbol.exchange);
  }
  void PriceRecord(const Price& price) { Put(price); }
  template <typename T>
  requires std::is_trivially_copyable_v<T>
  void Records(std::span<const T> records) {
    out_.append(reinterpret_cast<const char*>(records.data()), records.size_bytes());
  }

 private:
  template <typename T>
  void Put(const T& value) {
    out_.append(reinterpret_cast<const char*>(&value), sizeof(T));
  }

  std::string& out_;
};
static_assert(sizeof(Price) == 32);  // copied as it lies: price, volumes, timestamp

/// `bytes` has at least kHeaderBytes.
inline Header ReadHeader(std::string_view bytes) {
  Header header;
  std::memcpy(&header, bytes.data(), kHeaderBytes);
  return header;
}

inline void AppendHeader(const Header& header, std::string& out) {
  out.append(reinterpret_cast<const char*>(&header), kHeaderBytes);
}

/// Appends a frame's header with a length still to come; the payload is appended behind it.
inline size_t BeginFrame(uint16_t type, uint64_t request_id, std::string& out) {
  const size_t start = out.size();
  AppendHeader({0, type, 0, request_id}, out);
  return start;
}

/// Writes the length of the frame that began at `start` and ends with `out`. Returns the payload's
/// bytes.
inline size_t EndFrame(size_t start, std::string& out) {
  const size_t payload_bytes = out.size() - start - kHeaderBytes;
  const auto length = static_cast<uint32_t>(payload_bytes);
  std::memcpy(out.data() + start, &length, sizeof(length));
  return payload_bytes;
}

}  // namespace wick::wire
