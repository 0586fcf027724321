// In which partition a pair is: of a topic that is keyed by BASE/QUOTE, and of a cluster.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "wick/series.h"

namespace wick {

/// MurmurHash2, 32 bits, with the seed of Kafka's Java client.
constexpr uint32_t Murmur2(std::string_view key) {
  constexpr uint32_t kMultiplier = 0x5bd1e995;
  const auto byte = [&key](size_t at) { return uint32_t{static_cast<uint8_t>(key[at])}; };
  uint32_t hash = 0x9747b28c ^ static_cast<uint32_t>(key.size());
  size_t at = 0;
  for (; at + 4 <= key.size(); at += 4) {
    uint32_t word = byte(at) | byte(at + 1) << 8 | byte(at + 2) << 16 | byte(at + 3) << 24;
    word *= kMultiplier;
    word ^= word >> 24;
    word *= kMultiplier;
    hash = hash * kMultiplier ^ word;
  }
  for (size_t left = key.size() - at; left > 0; --left) {
    hash ^= byte(at + left - 1) << (8 * (left - 1));
    if (left == 1) hash *= kMultiplier;
  }
  hash ^= hash >> 13;
  hash *= kMultiplier;
  return hash ^ hash >> 15;
}

/// The partition of a key of `partitions`, as Java's default partitioner says.
constexpr uint32_t PartitionOf(std::string_view key, uint32_t partitions) {
  return (Murmur2(key) & 0x7fffffff) % partitions;
}

/// "BASE/QUOTE", the key of a pair: on all exchanges the same.
inline std::string PairKey(const SymbolView& symbol) {
  std::string key;
  key.reserve(symbol.base_currency.size() + 1 + symbol.quote_currency.size());
  return key.append(symbol.base_currency).append("/").append(symbol.quote_currency);
}

/// The partition of a pair of `partitions`, > 0.
inline uint32_t PartitionOf(const SymbolView& symbol, uint32_t partitions) {
  return PartitionOf(PairKey(symbol), partitions);
}

}  // namespace wick
