// Keys of every column family. Layout: docs/disk-format.md.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "codec/chunk.h"
#include "wick/series.h"

namespace wick::cold {

using codec::Chunk;
using codec::ChunkOf;
using codec::FirstBucket;
using codec::kBucketsPerChunk;

/// A key by value: big-endian, so that RocksDB's byte order is the order of the numbers.
template <size_t kBytes>
class Key {
 public:
  std::string_view view() const { return {bytes_, kBytes}; }

  template <typename T>
  void Put(size_t at, T number) {
    for (size_t i = 0; i < sizeof(T); ++i) {
      bytes_[at + i] = static_cast<char>(number >> (8 * (sizeof(T) - 1 - i)));
    }
  }

 private:
  char bytes_[kBytes] = {};
};

/// Reads a big-endian number of sizeof(T) bytes; `bytes` holds at least as many.
template <typename T>
T ReadBigEndian(std::string_view bytes) {
  T number = 0;
  for (size_t i = 0; i < sizeof(T); ++i) {
    number = static_cast<T>(number << 8) | static_cast<uint8_t>(bytes[i]);
  }
  return number;
}

//   | series u32 BE |
using SeriesKey = Key<4>;
inline SeriesKey MakeSeriesKey(SeriesId series) {
  SeriesKey key;
  key.Put(0, Raw(series));
  return key;
}

//   | number u64 BE |
using FrameKey = Key<8>;
inline FrameKey MakeFrameKey(uint64_t number) {
  FrameKey key;
  key.Put(0, number);
  return key;
}

//   | series u32 BE | chunk u32 BE |     RocksDB's order is series, then time
using ChunkKey = Key<8>;
inline ChunkKey MakeChunkKey(uint32_t raw_series, Chunk chunk) {
  ChunkKey key;
  key.Put(0, raw_series);
  key.Put(4, chunk);
  return key;
}

}  // namespace wick::cold
