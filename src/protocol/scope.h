// What the requests of both protocols need their sender to be allowed.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "wick/wire.h"

namespace wick::protocol {

/// No scope contains another one: who may administer may not thereby read.
enum class Scope : uint8_t {
  kNone = 0,    // anyone, token or not
  kToken = 1,   // any token
  kRead = 2,    // prices, candles, listings, references, status, metrics
  kIngest = 4,  // events, and the registration of their series
  kAdmin = 8,   // references, checkpoints, backups
};

/// The scopes that are given to tokens, as they are written.
struct ScopeName {
  Scope scope;
  std::string_view name;
};
inline constexpr std::array<ScopeName, 3> kScopeNames = {
    {{Scope::kRead, "read"}, {Scope::kIngest, "ingest"}, {Scope::kAdmin, "admin"}}};

constexpr std::string_view NameOf(Scope scope) {
  for (const ScopeName& known : kScopeNames) {
    if (known.scope == scope) return known.name;
  }
  return {};
}

/// A set of scopes.
class Scopes {
 public:
  constexpr Scopes() = default;
  constexpr void Add(Scope scope) { bits_ |= static_cast<uint8_t>(scope); }
  /// True for kNone, whatever the set.
  constexpr bool Allow(Scope scope) const {
    return (bits_ & static_cast<uint8_t>(scope)) == static_cast<uint8_t>(scope);
  }

  friend bool operator==(const Scopes&, const Scopes&) = default;

 private:
  uint8_t bits_ = 0;
};

/// What an HTTP request needs. One that no route fits is told so if it has a token.
Scope ScopeOfHttp(std::string_view method, std::string_view target);

/// What a frame needs. A type that does not exist is told so to any token.
Scope ScopeOfBinary(uint16_t type);

}  // namespace wick::protocol
