// The names a client has met, and the ids that servers gave them.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "wick/wire.h"

namespace wick::client {

/// Numbers symbols from 0 in the order they are met. Threads: one at a time.
class NameCache {
 public:
  struct Entry {
    const Symbol* symbol = nullptr;  // the key in numbers_, which does not move
    uint64_t connection = 0;         // that it was registered on; 0: none, or refused for now
    SeriesId id = kNoSeries;         // on that connection; kNoSeries if refused
    Refusal refusal = Refusal::kNone;
    std::string message;  // of the refusal
  };

  /// The number of a symbol, given if it is new. No allocation otherwise.
  uint32_t Number(const SymbolView& symbol);
  const Entry& operator[](uint32_t number) const { return entries_[number]; }
  size_t size() const { return entries_.size(); }

  /// The numbers of the events with these indexes (in Tick::series) that this connection has not
  /// registered, each once.
  std::vector<uint32_t> NotRegistered(std::span<const Tick> events,
                                      std::span<const uint32_t> indexes, uint64_t connection) const;

  /// Writes the payload of a register request with the front of `numbers` that fits; returns how
  /// many.
  size_t WriteFront(std::span<const uint32_t> numbers, const wire::Limits& limits,
                    wire::Writer writer) const;

  /// Keeps the reply for `numbers`; it has as many entries.
  void SetRegistered(std::span<const uint32_t> numbers, const wire::RegisterReply& reply,
                     uint64_t connection);

 private:
  struct Hash {
    using is_transparent = void;
    size_t operator()(const SymbolView& symbol) const;
  };
  struct Equal {
    using is_transparent = void;
    bool operator()(const SymbolView& a, const SymbolView& b) const { return a == b; }
  };

  std::unordered_map<Symbol, uint32_t, Hash, Equal> numbers_;
  std::vector<Entry> entries_;
};

}  // namespace wick::client
