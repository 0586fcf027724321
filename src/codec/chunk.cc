#include "codec/chunk.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

#include "base/assert.h"
#include "base/bytes.h"
#include "codec/bit_pack.h"
#include "codec/scale.h"

namespace wick::codec {
namespace {

/// In the order they are written in. A bit each in the mask a block begins with.
enum Column : uint8_t {
  kSkip = 0,     // buckets without a candle before this one
  kCount,        // count - 1
  kOpenOffset,   // ms
  kOpen,         // from the close before
  kBaseVolume,   // from the one before
  kQuoteVolume,  // from the one before
  kSpan,         // close offset - open offset, ms
  kClose,        // from the open
  kHigh,         // above max(open, close)
  kLow,          // below min(open, close)
  kColumnCount,
};
constexpr Column kFirstOfMany = kSpan;  // from here on only candles of many events have a value

/// In Header::flags: a candle of one event has its price four times and one offset, so that the
/// columns from kFirstOfMany on leave it out.
constexpr uint8_t kSinglesAreFlat = 1;

//   | version u8 | flags u8 | candles - 1 u16 LE | exponents u8: price, base, quote | blocks ... |
struct __attribute__((packed)) Header {
  ChunkVersion version;
  uint8_t flags;
  uint16_t candles_less_one;
  uint8_t price_exponent;
  uint8_t base_exponent;
  uint8_t quote_exponent;
};
static_assert(sizeof(Header) == 7);

/// The values of up to kPackedBlockValues candles.
using Block = std::array<std::array<uint64_t, kPackedBlockValues>, kColumnCount>;

// Small differences of either sign as small numbers: 0, -1, 1, -2, ...
constexpr uint64_t ZigZag(uint64_t difference) {
  return (difference << 1) ^ (0 - (difference >> 63));
}
constexpr uint64_t UnZigZag(uint64_t number) { return (number >> 1) ^ (0 - (number & 1)); }

// Integers of a Scale are compared as signed; only their differences wrap.
constexpr uint64_t Max(uint64_t a, uint64_t b) {
  return static_cast<int64_t>(a) < static_cast<int64_t>(b) ? b : a;
}
constexpr uint64_t Min(uint64_t a, uint64_t b) {
  return static_cast<int64_t>(a) < static_cast<int64_t>(b) ? a : b;
}

bool SameBits(double a, double b) {
  return std::bit_cast<uint64_t>(a) == std::bit_cast<uint64_t>(b);
}

bool IsFlat(const FoldedCandle& c) {
  return c.open_offset_ms == c.close_offset_ms && SameBits(c.open, c.close) &&
         SameBits(c.open, c.high) && SameBits(c.open, c.low);
}

/// What a block takes over from the one before it; the same on both ways.
struct Carry {
  uint32_t index = 0;  // of the bucket after the last candle, within the chunk
  uint64_t close = 0;
  uint64_t base = 0;
  uint64_t quote = 0;
};

struct Scales {
  Scale price;
  Scale base;
  Scale quote;
};

Scales FitScales(std::span<const FoldedCandle> candles) {
  std::array<double, 4 * kBucketsPerChunk> values;
  size_t prices = 0;
  for (const FoldedCandle& c : candles) {
    values[prices++] = c.open;
    if (SameBits(c.open, c.high) && SameBits(c.open, c.low) && SameBits(c.open, c.close)) continue;
    values[prices++] = c.high;
    values[prices++] = c.low;
    values[prices++] = c.close;
  }
  const auto fit = [&](double FoldedCandle::*field) {
    std::ranges::transform(candles, values.begin(), field);
    return Scale::Fit({values.data(), candles.size()});
  };
  const Scale price = Scale::Fit({values.data(), prices});
  return {price, fit(&FoldedCandle::base_volume_last_24h),
          fit(&FoldedCandle::quote_volume_last_24h)};
}

/// Fills the columns of `candles`; returns how many of them have values in the columns of many
/// events.
size_t ToColumns(std::span<const FoldedCandle> candles, const Scales& scales, bool singles_are_flat,
                 Carry& carry, Block& block) {
  size_t many = 0;
  for (size_t i = 0; i < candles.size(); ++i) {
    const FoldedCandle& c = candles[i];
    const uint32_t index = c.bucket % kBucketsPerChunk;
    const uint64_t open = scales.price.ToInteger(c.open);
    const uint64_t close = scales.price.ToInteger(c.close);
    const uint64_t base = scales.base.ToInteger(c.base_volume_last_24h);
    const uint64_t quote = scales.quote.ToInteger(c.quote_volume_last_24h);
    WICK_ASSERT(index >= carry.index);
    block[kSkip][i] = index - carry.index;
    block[kCount][i] = c.count - 1;
    block[kOpenOffset][i] = c.open_offset_ms;
    block[kOpen][i] = ZigZag(open - carry.close);
    block[kBaseVolume][i] = ZigZag(base - carry.base);
    block[kQuoteVolume][i] = ZigZag(quote - carry.quote);
    if (c.count != 1 || !singles_are_flat) {
      block[kSpan][many] = c.close_offset_ms - c.open_offset_ms;
      block[kClose][many] = ZigZag(close - open);
      block[kHigh][many] = scales.price.ToInteger(c.high) - Max(open, close);
      block[kLow][many] = Min(open, close) - scales.price.ToInteger(c.low);
      ++many;
    }
    carry = {index + 1, close, base, quote};
  }
  return many;
}

//   | columns u16 LE: a bit for each that is not all zero | packed block of each such column ... |
void AppendBlock(const Block& block, size_t candles, size_t many, std::string& out) {
  const size_t mask_at = out.size();
  uint16_t mask = 0;
  AppendLittleEndian(mask, out);
  for (int column = 0; column < kColumnCount; ++column) {
    const std::span values(block[column].data(), column < kFirstOfMany ? candles : many);
    if (std::ranges::all_of(values, [](uint64_t value) { return value == 0; })) continue;
    mask |= static_cast<uint16_t>(1u << column);
    PackBlock(values, out);
  }
  std::memcpy(out.data() + mask_at, &mask, sizeof(mask));
}

bool TakeBlock(std::string_view& bytes, size_t candles, uint8_t flags, Block& block) {
  uint16_t mask;
  if (!TakeLittleEndian(bytes, mask) || mask >> kColumnCount != 0) return false;
  size_t values = candles;
  for (int column = 0; column < kColumnCount; ++column) {
    if (column == kFirstOfMany && (flags & kSinglesAreFlat) != 0) {
      const auto& counts = block[kCount];
      values -= std::count(counts.begin(), counts.begin() + candles, uint64_t{0});
    }
    if ((mask >> column & 1) == 0) {
      std::fill_n(block[column].begin(), values, 0);
    } else if (!UnpackBlock(bytes, {block[column].data(), values})) {
      return false;
    }
  }
  return true;
}

/// The opposite of ToColumns(). False: a value is outside its field.
bool FromColumns(const Block& block, const Scales& scales, uint8_t flags, Bucket first,
                 Carry& carry, std::span<FoldedCandle> candles) {
  size_t many = 0;
  for (size_t i = 0; i < candles.size(); ++i) {
    const uint64_t index = carry.index + block[kSkip][i];
    const uint64_t open_offset = block[kOpenOffset][i];
    if (block[kSkip][i] >= kBucketsPerChunk || index >= kBucketsPerChunk) return false;
    if (open_offset > UINT32_MAX || block[kCount][i] == UINT64_MAX) return false;

    FoldedCandle& c = candles[i];
    const uint64_t open = carry.close + UnZigZag(block[kOpen][i]);
    carry.index = static_cast<uint32_t>(index + 1);
    carry.close = open;
    carry.base += UnZigZag(block[kBaseVolume][i]);
    carry.quote += UnZigZag(block[kQuoteVolume][i]);
    c.bucket = first + static_cast<Bucket>(index);
    c.count = block[kCount][i] + 1;
    c.open_offset_ms = c.close_offset_ms = static_cast<uint32_t>(open_offset);
    c.open = c.high = c.low = c.close = scales.price.ToDouble(open);
    c.base_volume_last_24h = scales.base.ToDouble(carry.base);
    c.quote_volume_last_24h = scales.quote.ToDouble(carry.quote);
    if (block[kCount][i] == 0 && (flags & kSinglesAreFlat) != 0) continue;

    if (block[kSpan][many] > UINT32_MAX) return false;
    const uint64_t close = open + UnZigZag(block[kClose][many]);
    carry.close = close;
    c.close_offset_ms += static_cast<uint32_t>(block[kSpan][many]);
    c.close = scales.price.ToDouble(close);
    c.high = scales.price.ToDouble(Max(open, close) + block[kHigh][many]);
    c.low = scales.price.ToDouble(Min(open, close) - block[kLow][many]);
    ++many;
  }
  return true;
}

}  // namespace

void EncodeChunk(std::span<const FoldedCandle> candles, std::string& out) {
  WICK_ASSERT(!candles.empty());
  WICK_ASSERT(candles.size() <= kBucketsPerChunk);
  WICK_ASSERT(ChunkOf(candles.front().bucket) == ChunkOf(candles.back().bucket));

  const bool singles_are_flat =
      std::ranges::all_of(candles, [](const FoldedCandle& c) { return c.count != 1 || IsFlat(c); });
  const Scales scales = FitScales(candles);
  const Header header = {ChunkVersion::kV1,
                         singles_are_flat ? kSinglesAreFlat : uint8_t{0},
                         static_cast<uint16_t>(candles.size() - 1),
                         scales.price.exponent(),
                         scales.base.exponent(),
                         scales.quote.exponent()};
  out.append(reinterpret_cast<const char*>(&header), sizeof(header));

  Carry carry;
  Block block;
  for (size_t at = 0; at < candles.size(); at += kPackedBlockValues) {
    const auto part = candles.subspan(at, std::min(kPackedBlockValues, candles.size() - at));
    const size_t many = ToColumns(part, scales, singles_are_flat, carry, block);
    AppendBlock(block, part.size(), many, out);
  }
}

std::string DecodeChunk(std::string_view bytes, Chunk chunk, std::vector<FoldedCandle>& candles) {
  Header header;
  if (!TakeLittleEndian(bytes, header)) return "it is too short";
  if (header.version != ChunkVersion::kV1) {
    return "its version is " + std::to_string(static_cast<int>(header.version)) +
           ", this wick reads " + std::to_string(static_cast<int>(ChunkVersion::kV1));
  }
  const size_t total = size_t{header.candles_less_one} + 1;
  if (header.flags > kSinglesAreFlat || total > kBucketsPerChunk ||
      !Scale::IsExponent(header.price_exponent) || !Scale::IsExponent(header.base_exponent) ||
      !Scale::IsExponent(header.quote_exponent)) {
    return "its header makes no sense";
  }
  const Scales scales = {Scale(header.price_exponent), Scale(header.base_exponent),
                         Scale(header.quote_exponent)};

  const size_t before = candles.size();
  candles.resize(before + total);
  Carry carry;
  Block block;
  for (size_t at = 0; at < total; at += kPackedBlockValues) {
    const std::span part(candles.data() + before + at, std::min(kPackedBlockValues, total - at));
    if (!TakeBlock(bytes, part.size(), header.flags, block) ||
        !FromColumns(block, scales, header.flags, FirstBucket(chunk), carry, part)) {
      candles.resize(before);
      return "its candles from the " + std::to_string(at) + "th on make no sense";
    }
  }
  if (!bytes.empty()) {
    candles.resize(before);
    return std::to_string(bytes.size()) + " bytes follow its last candle";
  }
  return {};
}

size_t CandlesOf(std::string_view bytes) {
  Header header;
  if (!TakeLittleEndian(bytes, header) || header.version != ChunkVersion::kV1) return 0;
  const size_t total = size_t{header.candles_less_one} + 1;
  return total <= kBucketsPerChunk ? total : 0;
}

}  // namespace wick::codec
